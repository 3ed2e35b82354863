// Runs SQL statements from standard input with DuckDB, one after the other, and prints the rows of the last one as a JSON array.
//
//   node oracle.mjs < statements.sql
//
// DuckDB is where scripts/duckdb/install.sh puts it. Exit codes: 0 done, 1 a statement failed, 3 DuckDB is not installed.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const dir = resolve(process.env.STREAMREC_TOOLS || join(root, '.tools'), 'duckdb');

async function answer(sql) {
  const { DuckDBInstance } = createRequire(join(dir, 'oracle.cjs'))('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  const statements = await connection.extractStatements(sql);
  let last;
  for (let i = 0; i < statements.count; i++) {
    last = await (await statements.prepare(i)).runAndReadAll();
  }
  return last.getRowObjectsJson();
}

if (!existsSync(join(dir, 'node_modules/@duckdb/node-api'))) {
  process.stderr.write(`DuckDB is not in ${dir}: run scripts/duckdb/install.sh\n`);
  process.exit(3);
}
try {
  process.stdout.write(JSON.stringify(await answer(readFileSync(0, 'utf8'))) + '\n');
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
