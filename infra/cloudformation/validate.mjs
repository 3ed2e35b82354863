// Validates CloudFormation templates offline: node validate.mjs FOLDER_OF_NODE_MODULES TEMPLATE…
// Prints each finding that is more than information, and fails when there is one.
import { createRequire } from "node:module";

const [modules, ...templates] = process.argv.slice(2);
const { RegoEngine, TemplateFile } = createRequire(modules + "/")("@aws/cloudformation-validate");
const engine = new RegoEngine();
let failed = false;
for (const path of templates) {
  const report = engine.validateStandard(new TemplateFile(path));
  const findings = report.diagnostics.filter((d) => d.severity !== "INFO");
  for (const d of findings) console.log(`${path}:${d.startLine}: ${d.severity} ${d.ruleId} ${d.propertyPath ?? ""}: ${d.message}`);
  const { resourcesScanned, rulesEvaluated } = report.metadata;
  console.log(`${path}: ${resourcesScanned} resources, ${rulesEvaluated} rules, ${findings.length} findings`);
  failed ||= findings.length > 0 || resourcesScanned === 0;
}
process.exit(failed ? 1 : 0);
