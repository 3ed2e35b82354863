// Runs one SQL query over a folder of Parquet files and prints its rows as lines of JSON.
//
//   node scripts/duckdb/query.mjs FOLDER 'SELECT city, count(*) FROM events GROUP BY ALL'
//   node scripts/duckdb/query.mjs FOLDER < query.sql
//
// The view events has the rows of all *.parquet files below FOLDER, columns matched by name, with the Hive partitions of
// their paths (gen, dt, hour) as further columns. Replays are not merged: filter by gen, or join the map of generations.
// getvariable('files') is the pattern of the files, for read_parquet and the functions of Parquet metadata. Times are in
// UTC. Integers and decimals are printed with all their digits.
//
// Exit codes: 0 done, 1 the query failed, 2 usage, 3 DuckDB is not installed (run install.sh).
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

function fail(code, message) {
  process.stderr.write(`query.mjs: ${message}\n`);
  process.exit(code);
}

function loadDuckDB() {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
  const tools = process.env.STREAMREC_TOOLS || join(root, '.tools');
  const dir = resolve(tools, 'duckdb');
  if (!existsSync(join(dir, 'node_modules/@duckdb/node-api'))) {
    fail(3, `DuckDB is not in ${dir}: run scripts/duckdb/install.sh`);
  }
  return createRequire(join(dir, 'query.cjs'))('@duckdb/node-api');
}

function readArguments() {
  const [folder, sql, ...rest] = process.argv.slice(2);
  if (!folder || rest.length > 0) fail(2, 'usage: query.mjs FOLDER [SQL]');
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) fail(2, `${folder} is not a folder`);
  const text = (sql ?? readFileSync(0, 'utf8')).trim().replace(/;$/, '');
  if (!text) fail(2, 'the query is empty');
  return { folder: resolve(folder), sql: text };
}

const quote = (text) => `'${text.replaceAll("'", "''")}'`;

async function print(connection, sql) {
  // DuckDB writes the JSON itself: JavaScript has no number for a BIGINT or a DECIMAL.
  const result = await connection.stream(`SELECT to_json(row)::VARCHAR FROM (${sql}) AS row`);
  for await (const rows of result.yieldRows()) {
    const lines = rows.map(([line]) => line + '\n').join('');
    if (!process.stdout.write(lines)) await new Promise((drained) => process.stdout.once('drain', drained));
  }
}

process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(0); // the reader has seen enough
  throw error;
});

const { folder, sql } = readArguments();
const { DuckDBInstance } = loadDuckDB();
try {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false', // there may be no network, and none is needed
  });
  const connection = await instance.connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  await connection.run(`SET VARIABLE files = ${quote(join(folder, '**/*.parquet'))}`);
  await connection.run(`CREATE VIEW events AS SELECT * FROM read_parquet(${quote(join(folder, '**/*.parquet'))},
    union_by_name = true, hive_partitioning = true)`);
  await print(connection, sql);
} catch (error) {
  fail(1, error.message);
}
