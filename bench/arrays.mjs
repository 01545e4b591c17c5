// @ts-check
/** H5Array against numpy over h5py: parts of a dataset, and all of one that is larger than may be in memory. */
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { H5Array, H5File } from 'h5pickle';
import { fromPython, log, ratio, runChild, runScenario, summarize } from './harness.mjs';

/**
 * @typedef {import('./harness.mjs').Settings} Settings
 * @typedef {import('./harness.mjs').Table} Table
 * @typedef {import('./harness.mjs').Target} Target
 * @typedef {Pick<import('./harness.mjs').Outcome, 'notes' | 'tables' | 'targets'>} Part
 */

const OURS = 'h5pickle H5Array';
const THEIRS = 'h5py, numpy';
const COLUMNS = 4096;
const LAYOUTS = /** @type {const} */ ([
  ['contiguous', {}],
  ['in chunks', { chunks: [256, 256] }],
]);

/** @param {string[]} args */
const h5py = (...args) => fromPython('arrays.py', ...args);

/**
 * A dataset of whole numbers, written block by block.
 *
 * @param {string} path
 * @param {number} megabytes
 * @param {{ chunks?: readonly number[] }} layout
 */
function make(path, megabytes, layout) {
  const file = H5File.open(path, 'w', { durability: 'off' });
  const rows = (megabytes * 2 ** 17) / COLUMNS;
  const array = H5Array.of(file.createDataset('data', { shape: [rows, COLUMNS], dtype: 'f8', ...layout }));
  let next = 0;
  for (const block of array.blocks()) {
    const data = new Float64Array(block.shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < data.length; i++) data[i] = next++ % 1000;
    array.writeBlock(block, data);
  }
  file.close();
}

/** @param {ArrayLike<number>} numbers */
function total(numbers) {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += Number(numbers[i]);
  return sum;
}

/**
 * The same parts as in arrays.py.
 *
 * @param {number} rows
 * @returns {{ [name: string]: import('h5pickle').ArraySelection }}
 */
function partsOf(rows) {
  const some = new Set();
  for (let i = 0, at = 1; i < 500; i++) {
    at = (at * 48271) % 2147483647;
    some.add(at % rows);
  }
  return {
    '1000 rows': '100:1100',
    '100 columns': ':, 1000:1100',
    'a box of 1000 by 1000': '500:1500, 500:1500',
    'every tenth row, of each every tenth element': '::10, ::10',
    'some 500 rows': [[...some].sort((a, b) => a - b)],
  };
}

/**
 * @param {Settings} settings
 * @returns {Part}
 */
function parts({ quick, folder }) {
  const megabytes = quick ? 64 : 256;
  const rounds = quick ? 5 : 11;
  /** @type {Table[]} */
  const tables = [];
  for (const [layout, options] of LAYOUTS) {
    const path = join(folder, 'parts.h5');
    make(path, megabytes, options);
    log(`parts, ${layout}`);
    const file = H5File.open(path);
    const array = /** @type {H5Array<number>} */ (H5Array.open(file, 'data'));
    const [rows = 0] = array.shape;
    const theirs = h5py('slices', path, String(rounds));
    /**
     * @param {string} name
     * @param {() => ArrayLike<number>} run
     */
    const measure = (name, run) => {
      /** @type {number[]} */
      const times = [];
      let sum = 0;
      for (let round = -2; round < rounds; round++) {
        const start = performance.now();
        const read = run();
        if (round >= 0) times.push(performance.now() - start);
        sum = total(read);
      }
      const peers = [summarize(OURS, times)];
      if (theirs) {
        if (sum !== theirs[name].sum) throw new Error(`${name}: ${sum}, and ${theirs[name].sum} in numpy`);
        peers.push(summarize(THEIRS, theirs[name].times));
      }
      tables.push({
        id: `part-${tables.length}`,
        title: `Reading ${name} of ${megabytes} MB, ${layout}`,
        unit: 'ms',
        rows: peers,
        isDetail: true,
      });
    };
    for (const [name, part] of Object.entries(partsOf(rows)))
      measure(name, () => /** @type {Float64Array} */ (array.read(part)));
    measure('1000 single elements', () => {
      for (let i = 0; i < 1000; i++) array.at((i * 7) % rows, (i * 13) % COLUMNS);
      return [];
    });
    file.close();
    unlinkSync(path);
  }
  log('');
  return {
    notes: [
      `Parts of ${megabytes} MB of float64, ${COLUMNS} a row, from the page cache; chunks are of 256 by 256 elements. Each program`,
      'reads each part again and again in a process that has the file open. What is read is new memory here, and memory that it has',
      'had before in Python: where the first touch of a page takes long, that is most of the time of large parts.',
    ],
    tables,
    targets: [],
  };
}

const CAP = 64 * 2 ** 20;

/**
 * @param {Settings} settings
 * @returns {Promise<Part>}
 */
async function whole({ quick, folder }) {
  const megabytes = quick ? 256 : 1024;
  const shown = megabytes === 1024 ? '1 GB' : `${megabytes} MB`;
  const rounds = quick ? 3 : 5;
  /** @type {Table[]} */
  const tables = [];
  /** @type {Target[]} */
  const targets = [];
  for (const [layout, options] of LAYOUTS)
    for (const action of /** @type {const} */ (['sum', 'double'])) {
      const title = `${action === 'sum' ? 'Adding up' : 'Doubling, to another dataset,'} ${shown}, ${layout}`;
      log(title);
      const path = join(folder, 'whole.h5');
      if (action === 'sum') make(path, megabytes, options);
      /** @type {number[]} */
      const own = [];
      /** @type {number[]} */
      const other = [];
      let memory = 0;
      for (let round = 0; round < rounds; round++) {
        if (action === 'double') make(path, megabytes, options);
        const ours = /** @type {{ time: number, sum: number, memory: number }} */ (
          await runChild('array-blocks.mjs', [action, path, String(CAP)])
        );
        own.push(ours.time);
        memory = Math.max(memory, ours.memory);
        if (action === 'double') make(path, megabytes, options);
        const theirs = h5py(action, path, String(CAP));
        if (!theirs) continue;
        if (ours.sum !== theirs.sum) throw new Error(`${title}: ${ours.sum}, and ${theirs.sum} in numpy`);
        other.push(theirs.time);
      }
      const rows = [summarize(OURS, own)];
      if (other.length > 0) {
        rows.push(summarize(THEIRS, other));
        targets.push({
          text: `${title}: times the time of numpy over h5py`,
          value: ratio(rows, OURS, THEIRS),
          bound: 'at most',
          limit: action === 'sum' ? 1.2 : 1.5,
        });
      }
      targets.push({
        text: `${title}: MB of resident memory, under a cap of 64 MB`,
        value: Number((memory / 2 ** 20).toPrecision(4)),
        bound: 'at most',
        limit: 128,
      });
      tables.push({ id: `blocks-${action}-${layout.replaceAll(' ', '-')}`, title, unit: 'ms', rows });
    }
  unlinkSync(join(folder, 'whole.h5'));
  log('');
  return {
    notes: [
      `All of ${shown}, block by block: maxMemory is 64 MB, and h5py reads as many rows as are 64 MB at a time. Each in a process of`,
      'its own, opening and closing the file included; what is written is not synced. Memory: the largest resident set, Node itself',
      'included.',
    ],
    tables,
    targets,
  };
}

await runScenario(async (settings) => {
  const all = [parts(settings), await whole(settings)];
  return {
    title: 'H5Array beside numpy',
    notes: all.flatMap(({ notes }) => notes),
    tables: all.flatMap(({ tables }) => tables),
    targets: all.flatMap(({ targets }) => targets),
  };
});
