// Judges the questions of questions_test.go by an independent simulator of IAM: node simulate.mjs FOLDER_OF_NODE_MODULES QUESTIONS
// Fails when an answer differs, and when the simulator does not know an action, a resource or a condition key.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [modules, file] = process.argv.slice(2);
const { runSimulation } = createRequire(modules + "/")("@cloud-copilot/iam-simulate");
let asked = 0, wrong = 0;
for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
  const q = JSON.parse(line);
  const result = await runSimulation(q.simulation, {});
  const ignored = result.result?.ignoredContextKeys ?? [];
  const allowed = result.overallResult === "Allowed";
  asked++;
  if (result.resultType === "error" || ignored.length > 0 || allowed !== q.allowed) {
    wrong++;
    console.log(`${q.role}: ${q.what}: ${JSON.stringify(result.errors ?? result.overallResult)}, want ${q.allowed}; keys ignored: ${ignored}`);
  }
}
console.log(`${asked} questions, ${wrong} answers differ`);
process.exit(asked > 100 && wrong === 0 ? 0 : 1);
