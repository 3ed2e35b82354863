// Reads a Parquet file with two readers that share nothing with the one that wrote it, and prints a line of JSON for each:
//
//   node scripts/readers/sums.mjs FILE
//   {"reader":"arrow-rs","rows":2,"columns":{"session_id":{"values":2,"sum":14},…}}
//
// For each column it counts the values that are not null, and sums them up, each times the number of its row from 1: numbers as they are, true as 1,
// times as milliseconds, texts and bytes as their lengths in bytes. Decimals, which each reader represents in its own way, are left out.
//
// Exit codes: 0 done, 1 a reader failed, 3 the readers are not installed (run install.sh).
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const dir = resolve(process.env.STREAMREC_TOOLS || join(root, '.tools'), 'readers');
if (!existsSync(join(dir, 'installed'))) {
  process.stderr.write(`sums.mjs: the readers are not in ${dir}: run scripts/readers/install.sh\n`);
  process.exit(3);
}
const require = createRequire(join(dir, 'sums.cjs'));
const module = (path) => import(pathToFileURL(join(dir, 'node_modules', path)).href);

const decimals = new Set(['credit_limit', 'browse_history.price']);

function amount(v) {
  switch (typeof v) {
    case 'string': return Buffer.byteLength(v);
    case 'boolean': return v ? 1 : 0;
    case 'bigint': return Number(v);
    case 'number': return Math.abs(v) > 1e12 ? Math.floor(v) : v; // a time, in ms and a fraction
  }
  if (v instanceof Date) return v.getTime();
  return v.length; // bytes
}

function add(columns, path, v, weight) {
  if (v === null || v === undefined || decimals.has(path)) return;
  if (v instanceof Uint8Array || typeof v !== 'object' || v instanceof Date) {
    const c = columns[path] ??= { values: 0, sum: 0 };
    c.values++;
    c.sum += amount(v) * weight;
    return;
  }
  const plain = typeof v.toJSON === 'function' ? v.toJSON() : v; // of Arrow's lists and structures
  if (Array.isArray(plain)) {
    for (const x of plain) add(columns, path, x, weight);
  } else {
    for (const [name, x] of Object.entries(plain)) add(columns, path ? `${path}.${name}` : name, x, weight);
  }
}

function print(reader, rows) {
  const columns = {};
  rows.forEach((row, i) => add(columns, '', row, i + 1));
  console.log(JSON.stringify({ reader, rows: rows.length, columns }));
}

const file = readFileSync(process.argv[2]);
const arrow = require('apache-arrow');
const table = arrow.tableFromIPC(require('parquet-wasm/node').readParquet(new Uint8Array(file)).intoIPCStream());
print('arrow-rs', Array.from({ length: table.numRows }, (_, i) => table.get(i)));

const { parquetReadObjects } = await module('hyparquet/src/node.js');
const { compressors } = await module('hyparquet-compressors/src/index.js');
const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
print('hyparquet', await parquetReadObjects({ file: buffer, compressors, utf8: false }));
