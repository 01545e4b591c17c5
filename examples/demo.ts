/**
 * Writes real data and a domain model to .h5 files, reads them back, and checks that what came back is the same
 * in every respect that JavaScript can tell; then has h5wasm, the HDF5 library itself, read the files as well.
 *
 *     npm run demo [-- --out FOLDER]
 *
 * The exit status is 0 if all checks held.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { deserialize, read, serialize, write } from 'h5pickle';
import {
  firstColumn,
  type Inventory,
  readColumn,
  readJson,
  takeInventory,
  treeOf,
  withFile,
} from './outside-reader.js';
import { countObjects, findDifference } from './same-graph.js';
import { makeShop, SECRET, type Shop } from './shop.js';

interface Row {
  readonly name: string;
  readonly jsonSize?: number;
  readonly h5Size?: number;
  readonly times?: Times;
  /** What h5wasm has found in the file. */
  readonly inventory?: Inventory;
  /** How many of the values that h5wasm read have been compared with the original. */
  readonly compared?: number;
  /** What did not hold. */
  readonly problem?: string | undefined;
}

/** In milliseconds. */
interface Times {
  readonly write: number;
  readonly stringify?: number;
  readonly read: number;
  readonly parse?: number;
}

/** The files whose content is shown. */
const SHOWN = ['cars', 'countries-110m', 'shop'];

const { values: options } = parseArgs({ options: { out: { type: 'string' } } });
const out = options.out ?? mkdtempSync(join(tmpdir(), 'h5pickle-demo-'));
mkdirSync(out, { recursive: true });

const started = performance.now();
const sources = [
  ...jsonFiles('vega-datasets/data', /\.json$/),
  ...jsonFiles('world-atlas', /^(countries|land)-\d+m\.json$/),
];
console.log(`Writing ${sources.length} JSON files and a domain model to ${out}\n`);
printHeading();

const rows: Row[] = [];
for (const { name, path } of sources) {
  const row = await attempt(name, () => roundTripJson(name, JSON.parse(readFileSync(path, 'utf8'))));
  rows.push(row);
  printRow(row);
}
const shop = makeShop();
const shopRow = await attempt('shop', () => roundTripShop(shop));
rows.push(shopRow);
printRow(shopRow);
console.log('-'.repeat(108));
printRow(total(rows.filter((row) => row !== shopRow)));

console.log(`
shop: ${number(countObjects(shop))} objects with cycles and shared references, which JSON cannot hold.
h5wasm went through all ${rows.length} files: ${inventoryOf(rows)}.`);

for (const name of SHOWN) {
  console.log(`\n${name}.h5, as h5wasm shows it:`);
  for (const line of await withFile(pathOf(name), treeOf)) console.log(`  ${clip(line, 106)}`);
}

const failed = rows.filter((row) => row.problem !== undefined);
for (const { name, problem } of failed) console.log(`\nFAILED: ${name}: ${problem}`);

const column = await withFile(pathOf('cars'), firstColumn);
console.log(`
${rows.length - failed.length} of ${rows.length} files came back as they were. \
(${number((performance.now() - started) / 1000)} s)
In Python:

  import h5py; f = h5py.File(${JSON.stringify(pathOf('cars'))})
  f[${JSON.stringify(column.name)}][:5]   # begins with ${JSON.stringify(column.first)}`);
process.exitCode = failed.length === 0 && rows.length === sources.length + 1 ? 0 : 1;

// ---- what is checked ----------------------------------------------------------------------------------

/** A value that JSON can hold: to a file and back, side by side with JSON, and past h5wasm. */
async function roundTripJson(name: string, value: unknown): Promise<Row> {
  const path = pathOf(name);
  await write(path, value);
  const difference = findDifference(value, await read(path));

  // To the outside reader a tree is the same when it holds the same values under the same names.
  const [inventory, seen] = await withFile(path, (file) => [takeInventory(file), readJson(file)]);
  const outside = isDeepStrictEqual(seen, value) ? undefined : 'h5wasm reads something else';

  const text = JSON.stringify(value);
  const bytes = serialize(value);
  const [writeTime, stringify, readTime, parse] = medians([
    () => serialize(value),
    () => JSON.stringify(value),
    () => deserialize(bytes),
    () => JSON.parse(text),
  ]);
  return {
    name,
    jsonSize: Buffer.byteLength(text),
    h5Size: statSync(path).size,
    times: { write: writeTime!, stringify: stringify!, read: readTime!, parse: parse! },
    inventory,
    compared: countPrimitives(value),
    problem: difference ?? outside,
  };
}

/** A graph of instances with cycles. JSON has no way to write it, so there is nothing to compare with. */
async function roundTripShop(shop: Shop): Promise<Row> {
  const path = pathOf('shop');
  await write(path, shop);
  const copy = await read<Shop>(path);
  let problem = findDifference(shop, copy, new Set(['session']));
  // A few of the things that this has just proved, in plain words.
  const [customer] = copy.customers;
  if (customer!.orders.some((order) => order.customer !== customer)) problem ??= 'an order lost its customer';
  if (copy.shelf[0] !== copy.products.get('product 3')) problem ??= 'a product became two';
  if (3 in copy.shelf || !(1 in copy.shelf)) problem ??= 'a hole is no longer one';
  if ((copy.odd as unknown[]).at(-1) !== copy.odd) problem ??= 'a cycle is broken';
  if (copy.ledger.balance !== shop.ledger.balance) problem ??= 'a private number is lost';
  if (readFileSync(path).includes(SECRET)) problem ??= 'an ignored field is in the file';

  let compared = 0;
  const columns: [string, readonly unknown[]][] = [
    ['customers/name', shop.customers.map((each) => each.name)],
    ['customers/vip', shop.customers.map((each) => each.vip)],
    ['orders/number', shop.orders.map((each) => each.number)],
    ['orders/total', shop.orders.map((each) => each.total)],
    ['salesByHour', Array.from(shop.salesByHour)],
    ['visits', Array.from(shop.visits)],
  ];
  const inventory = await withFile(path, (file): Inventory => {
    for (const [name, values] of columns) {
      compared += values.length;
      if (!isDeepStrictEqual(readColumn(file, name), values)) problem ??= `h5wasm reads another ${name}`;
    }
    return takeInventory(file);
  });

  const bytes = serialize(shop);
  const [writeTime, readTime] = medians([() => serialize(shop), () => deserialize(bytes)]);
  return {
    name: 'shop',
    h5Size: statSync(path).size,
    times: { write: writeTime!, read: readTime! },
    inventory,
    compared,
    problem,
  };
}

/** The row of a file, whatever happens: what throws has failed, and the others go on. */
async function attempt(name: string, make: () => Promise<Row>): Promise<Row> {
  try {
    return await make();
  } catch (error) {
    return { name, problem: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * For each action the median of its times. All of them have run before. They take turns, so that what disturbs
 * one disturbs all.
 */
function medians(actions: readonly (() => unknown)[]): number[] {
  const times = actions.map((): number[] => []);
  const end = performance.now() + 100;
  for (let round = 0; round < 3 || (round < 15 && performance.now() < end); round++) {
    for (const [i, action] of actions.entries()) {
      const start = performance.now();
      action();
      times[i]!.push(performance.now() - start);
    }
  }
  return times.map((list) => list.sort((a, b) => a - b)[list.length >> 1]!);
}

function countPrimitives(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  let count = 0;
  for (const member of Object.values(value)) count += countPrimitives(member);
  return count;
}

function jsonFiles(folder: string, pattern: RegExp): { name: string; path: string }[] {
  const root = fileURLToPath(new URL(`../node_modules/${folder}`, import.meta.url));
  const names = readdirSync(root).filter((name) => pattern.test(name));
  console.log(`${names.length} JSON files in ${folder}`);
  return names.map((name) => ({ name: name.slice(0, -'.json'.length), path: join(root, name) }));
}

function pathOf(name: string): string {
  return join(out, `${name}.h5`);
}

// ---- what is printed ----------------------------------------------------------------------------------

function printHeading(): void {
  console.log(`Sizes in kB. Times in ms: the median of several runs, in memory, from the value to bytes (serialize,
JSON.stringify) and back (deserialize, JSON.parse). "compared": how many values have also been read from the
file by h5wasm, which is the HDF5 library itself, and compared with the original.
`);
  console.log(columns('', 'JSON', '.h5', 'write', 'stringify', 'read', 'parse', 'compared', ''));
}

function printRow({ name, jsonSize, h5Size, times, compared, problem }: Row): void {
  const size = (bytes: number | undefined) => (bytes === undefined ? '-' : number(bytes / 1000, 1));
  const time = (ms: number | undefined) => (ms === undefined ? '-' : number(ms, ms < 10 ? 2 : 0));
  const cells = [
    size(jsonSize),
    size(h5Size),
    time(times?.write),
    time(times?.stringify),
    time(times?.read),
    time(times?.parse),
    compared === undefined ? '-' : number(compared),
  ];
  console.log(columns(name, ...cells, problem === undefined ? 'ok' : 'FAILED'));
}

function total(all: readonly Row[]): Row {
  const sum = (of: (row: Row) => number | undefined) => all.reduce((total, row) => total + (of(row) ?? 0), 0);
  return {
    name: `all ${all.length} JSON files`,
    jsonSize: sum((row) => row.jsonSize),
    h5Size: sum((row) => row.h5Size),
    times: {
      write: sum((row) => row.times?.write),
      stringify: sum((row) => row.times?.stringify),
      read: sum((row) => row.times?.read),
      parse: sum((row) => row.times?.parse),
    },
    compared: sum((row) => row.compared),
    problem: all.find((row) => row.problem !== undefined)?.problem,
  };
}

function inventoryOf(all: readonly Row[]): string {
  const sum = (key: keyof Inventory) =>
    number(all.reduce((sum, row) => sum + (row.inventory?.[key] ?? 0), 0));
  return `${sum('groups')} groups, ${sum('datasets')} datasets, ${sum('attributes')} attributes, ${sum('values')} values`;
}

function columns(name: string, ...cells: string[]): string {
  const widths = [10, 10, 8, 10, 8, 8, 11, 8];
  return clip(name, 31).padEnd(32) + cells.map((cell, i) => cell.padStart(widths[i]!)).join('');
}

function number(value: number, digits = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function clip(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 3)}...` : text;
}
