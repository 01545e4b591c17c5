// @ts-check
/** Files that are large: one array written and read whole, its first element, as a dict, slice after slice, and compressed. */
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import { H5Dict, H5File } from 'h5pickle';
import * as h5wasm from 'h5wasm/node';
import {
  checkSame,
  compare,
  log,
  randomNumbers,
  ratio,
  runChild,
  runScenario,
  summarize,
} from './harness.mjs';

/**
 * @typedef {import('./harness.mjs').Settings} Settings
 * @typedef {import('./harness.mjs').Table} Table
 * @typedef {import('./harness.mjs').Target} Target
 * @typedef {Pick<import('./harness.mjs').Outcome, 'notes' | 'tables' | 'targets'>} Part
 */

const OURS = 'h5pickle H5File';
const RAW_OUT = 'raw: write, fsync, rename, fsync of the folder';
const INTO_ONE = 'node:zlib, into one new array';
const RAW_IN = 'raw: readFileSync';

/** @param {ArrayBufferView} view */
const bytesOf = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

/**
 * What a writer does to replace a file, with nothing but the bytes.
 *
 * @param {string} path
 * @param {Uint8Array} bytes
 */
function writeRaw(path, bytes) {
  const temporary = `${path}.tmp`;
  const fd = fs.openSync(temporary, 'wx');
  for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done);
  fs.fsyncSync(fd);
  fs.closeSync(fd);
  fs.renameSync(temporary, path);
  sync(dirname(path));
}

/** @param {string} path */
function sync(path) {
  const fd = fs.openSync(path, 'r');
  fs.fsyncSync(fd);
  fs.closeSync(fd);
}

/**
 * @param {string} path
 * @param {Parameters<H5File['createDataset']>[1]} options
 * @param {import('h5pickle').OpenOptions} [how]
 */
function writeOurs(path, options, how) {
  const file = H5File.open(path, 'w', how);
  file.createDataset('value', options);
  file.close();
}

/** @param {string} path */
function readOurs(path) {
  const file = H5File.open(path);
  const { value } = file.dataset('value');
  file.close();
  return value;
}

/** @param {string} path */
function firstOf(path) {
  const file = H5File.open(path);
  const first = file.dataset('value').at(0);
  file.close();
  return first;
}

// ---- one array ------------------------------------------------------------------------------------------

/** Openings in one run. */
const OPENINGS = 100;

/**
 * @param {Settings} settings
 * @returns {Promise<Part>}
 */
async function oneArray({ quick, folder }) {
  const megabytes = quick ? 64 : 256;
  const array = new Float64Array(megabytes * 2 ** 17);
  const random = randomNumbers();
  for (let i = 0; i < array.length; i++) array[i] = random();
  const path = (/** @type {string} */ name) => join(folder, name);
  const ours = path('ours.h5');
  const raw = path('raw');
  const rounds = quick ? 5 : 9;

  const out = await compare(
    [
      { name: OURS, run: () => writeOurs(ours, { data: array }) },
      { name: RAW_OUT, run: () => writeRaw(raw, bytesOf(array)) },
    ],
    { rounds, fullCollections: true },
  );
  const back = await compare(
    [
      { name: OURS, run: () => readOurs(ours) },
      { name: RAW_IN, run: () => fs.readFileSync(raw) },
    ],
    { rounds, fullCollections: true },
  );
  checkSame('H5File', readOurs(ours), array);
  if (Buffer.compare(fs.readFileSync(raw), bytesOf(array)) !== 0)
    throw new Error('raw brought back something else');

  // Chunked ones as well: there an index stands between the dataset and its first element. Of a size that is given, since
  // the one that is chosen grows with the dataset.
  const layouts = /** @type {const} */ ([
    ['contiguous', {}],
    ['chunked', { chunks: [2 ** 14] }],
    ['compressed', { chunks: [2 ** 14], compression: 'gzip', compressionLevel: 1 }],
  ]);
  /** @type {Table[]} */
  const tables = [];
  /** @type {Target[]} */
  const targets = [];
  for (const [layout, options] of layouts) {
    const large = path(`${layout}-large.h5`);
    const small = path(`${layout}-small.h5`);
    writeOurs(large, { data: array, ...options });
    writeOurs(small, { data: array.subarray(0, 2 ** 17), ...options });
    checkSame('the first element', [firstOf(large), firstOf(small)], [array[0], array[0]]);
    const start = performance.now();
    firstOf(large);
    // What reads the whole dataset for it is told from what does not by one opening.
    const openings = performance.now() - start > 50 ? 2 : OPENINGS;
    const big = `of ${megabytes} MB, ${layout}`;
    const little = `of 1 MB, ${layout}`;
    const repeat = (/** @type {string} */ file) => {
      for (let i = 0; i < openings; i++) firstOf(file);
    };
    const rows = await compare(
      [
        { name: big, run: () => repeat(large) },
        { name: little, run: () => repeat(small) },
      ],
      { rounds: openings < OPENINGS ? 3 : 2 * rounds + 1, per: openings / 1000 },
    );
    tables.push({ id: `first-${layout}`, title: 'Opening, and the first element', unit: 'µs', rows });
    targets.push({
      text: `the first element of ${megabytes} MB, ${layout}: times the time of that of 1 MB`,
      value: ratio(rows, big, little),
      bound: 'at most',
      limit: 1.5,
    });
    for (const each of [large, small]) fs.unlinkSync(each);
  }
  for (const each of [ours, raw]) fs.unlinkSync(each);

  return {
    notes: [
      `Writing ${megabytes} MB of random float64, all in the same folder: both make a temporary file, write and sync it, rename it`,
      'over the old one, and sync the folder. Reading: from the page cache into new memory. The first element: opening the',
      `file, dataset.at(0), closing it, ${OPENINGS} times a round.`,
    ],
    tables: [
      { id: 'write-large', title: `Writing ${megabytes} MB`, unit: 'ms', rows: out },
      { id: 'read-large', title: `Reading ${megabytes} MB`, unit: 'ms', rows: back },
      ...tables,
    ],
    targets: [
      {
        text: `writing ${megabytes} MB by H5File: times the time of a raw write with the same syncs`,
        value: ratio(out, OURS, RAW_OUT),
        bound: 'at most',
        limit: 1.15,
      },
      {
        text: `reading ${megabytes} MB by H5File: times the time of readFileSync`,
        value: ratio(back, OURS, RAW_IN),
        bound: 'at most',
        limit: 1.2,
      },
      ...targets,
    ],
  };
}

// ---- as a dict ------------------------------------------------------------------------------------------

/**
 * A dict of entries with a text, a number and an array each.
 *
 * @param {string} path
 * @param {number} count
 * @param {Float64Array} samples
 */
function writeDict(path, count, samples) {
  const dict = H5Dict.open(path, { mode: 'w', durability: 'off' });
  dict.batch(() => {
    for (let i = 0; i < count; i++) dict.set(`entry ${i}`, { name: `entry ${i}`, count: i, samples });
  });
  dict.close();
}

/** @param {string} path */
function countOf(path) {
  const dict = H5Dict.open(path);
  const count = /** @type {H5Dict} */ (dict.get('entry 0')).get('count');
  dict.close();
  return count;
}

/**
 * @param {Settings} settings
 * @returns {Promise<Part>}
 */
async function asDict({ quick, folder }) {
  const entries = quick ? 64 : 1024;
  const shown = quick ? '64 MB' : '1 GB';
  const little = quick ? '64 KB' : '1 MB';
  const samples = new Float64Array(2 ** 17);
  const files = /** @type {const} */ ([
    [`of ${shown}, ${entries.toLocaleString('en')} entries of 1 MB`, entries, samples],
    [`of ${little}, ${entries.toLocaleString('en')} entries of 1 KB`, entries, samples.subarray(0, 2 ** 7)],
    ['of 1 MB, 1 entry', 1, samples],
  ]);
  const peers = files.map(([name, count, array], i) => {
    const path = join(folder, `dict-${i}.h5`);
    writeDict(path, count, array);
    checkSame('the value', countOf(path), 0);
    return {
      name,
      path,
      run() {
        for (let i = 0; i < OPENINGS; i++) countOf(path);
      },
    };
  });
  const rows = await compare(peers, { rounds: quick ? 11 : 19, per: OPENINGS / 1000 });
  for (const { path } of peers) fs.unlinkSync(path);
  const [large, small, one] = files.map(([name]) => name);
  const text = (/** @type {string | undefined} */ other) =>
    `a file ${large} as H5Dict, opened for one value: times the time of one ${other}`;
  return {
    notes: [
      'As a dict: opened by H5Dict.open, a number read that stands in an entry, and closed, as many times.',
    ],
    tables: [{ id: 'open-dict', title: 'Opening as H5Dict, and one value', unit: 'µs', rows }],
    targets: [small, one].map((other) => ({
      text: text(other),
      value: ratio(rows, String(large), String(other)),
      bound: /** @type {const} */ ('at most'),
      limit: 1.5,
    })),
  };
}

// ---- slices ---------------------------------------------------------------------------------------------

const SLICE_MB = 8;

/**
 * Writes or reads slices in a process of its own.
 *
 * @param {string[]} args
 * @returns {Promise<{ memory: number }>}
 */
function slices(...args) {
  log(`slices: ${args.join(' ')}`);
  return runChild('slices.mjs', args);
}

/**
 * @param {Settings} settings
 * @returns {Promise<Part>}
 */
async function inSlices({ quick, folder }) {
  const megabytes = quick ? 256 : 1024;
  const count = String(megabytes / SLICE_MB);
  const shown = megabytes === 1024 ? '1 GB' : `${megabytes} MB`;
  /** @type {Target[]} */
  const targets = [];
  /** @type {{ [action: string]: import('./harness.mjs').Timing[] }} */
  const rows = { write: [], read: [] };
  for (const layout of ['contiguous', 'chunked', ...(quick ? [] : ['gzip'])]) {
    for (const commits of ['end', 'each']) {
      const path = join(folder, 'slices.h5');
      const few = join(folder, 'slice.h5');
      for (const action of commits === 'end' ? ['write', 'read'] : ['write']) {
        const base = await slices(action, layout, commits, action === 'write' ? few : path, '1', '1');
        const all = await slices(action, layout, commits, path, count, count);
        const beyond = Math.max(0, all.memory - base.memory) / 2 ** 20;
        const how =
          action === 'read'
            ? layout
            : `${layout}, ${commits === 'end' ? 'one commit at the end' : 'a commit each'}`;
        const value = Number(beyond.toPrecision(4));
        rows[action]?.push(summarize(how, [all.memory / 2 ** 20]));
        targets.push({
          text: `${action === 'write' ? 'writing' : 'reading'} ${shown} in slices, ${how}: MB of memory beyond one slice`,
          value,
          bound: 'at most',
          limit: 100,
        });
      }
      if (commits === 'each') await slices('read', layout, commits, path, count, count);
      for (const each of [path, few]) fs.unlinkSync(each);
    }
  }
  log('');
  return {
    notes: [
      `Memory: the largest resident set of a process that writes or reads ${shown} in slices of ${SLICE_MB} MB, Node itself included.`,
      'The targets are about what that is more than for a process that does so with one slice.',
    ],
    tables: Object.entries(rows).map(([action, rows]) => ({
      id: `memory-${action}`,
      title: `${action === 'write' ? 'Writing' : 'Reading'} ${shown} in slices`,
      unit: 'MB of memory',
      rows,
    })),
    targets,
  };
}

// ---- compression ----------------------------------------------------------------------------------------

/** h5py's default, and ours. */
const LEVEL = 4;
/** 1 MB of float64. */
const CHUNK = 2 ** 17;

/**
 * What a sensor may measure: slow waves and some noise, in hundredths.
 *
 * @param {number} length
 */
function measured(length) {
  const random = randomNumbers(3);
  const array = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const wave = 12 * Math.sin(i / 90_000) + 5 * Math.sin(i / 1_700);
    array[i] = Math.round((wave + 0.1 * random()) * 100) / 100;
  }
  return array;
}

/**
 * The first bytes of all elements, then all second ones, ...
 *
 * @param {Uint8Array} bytes
 */
function shuffled(bytes) {
  const count = bytes.length / 8;
  const result = new Uint8Array(bytes.length);
  for (let byte = 0; byte < 8; byte++)
    for (let i = 0, at = byte * count; i < count; i++) result[at++] = Number(bytes[i * 8 + byte]);
  return result;
}

/**
 * Without shuffle, which h5wasm cannot ask for.
 *
 * @param {string} path
 * @param {Float64Array} array
 */
function writeH5wasm(path, array) {
  const file = new h5wasm.File(path, 'w');
  file.create_dataset({
    name: 'value',
    data: array,
    chunks: [CHUNK],
    compression: 'gzip',
    compression_opts: LEVEL,
  });
  file.close();
}

/** @param {string} path */
function readH5wasm(path) {
  const file = new h5wasm.File(path, 'r');
  const { value } = /** @type {h5wasm.Dataset} */ (file.get('value'));
  file.close();
  return value;
}

/**
 * @param {Settings} settings
 * @returns {Promise<Part>}
 */
async function compressed({ quick, folder }) {
  await h5wasm.ready;
  const megabytes = quick ? 16 : 64;
  const array = measured(megabytes * 2 ** 17);
  const chunks = Array.from({ length: array.length / CHUNK }, (_, i) =>
    bytesOf(array.subarray(i * CHUNK, (i + 1) * CHUNK)),
  );
  /** @type {Table[]} */
  const tables = [];
  /** @type {Target[]} */
  const targets = [];
  for (const shuffle of [false, true]) {
    const name = shuffle ? 'shuffle and gzip' : 'gzip';
    const ours = join(folder, 'ours.h5');
    const synced = join(folder, 'synced.h5');
    const theirs = join(folder, 'h5wasm.h5');
    const options = {
      data: array,
      chunks: [CHUNK],
      compression: /** @type {const} */ ('gzip'),
      compressionLevel: LEVEL,
      shuffle,
    };
    // What zlib gets has been shuffled before.
    const inputs = shuffle ? chunks.map(shuffled) : chunks;
    const deflate = () =>
      inputs.map((bytes) => deflateSync(bytes, { level: LEVEL, chunkSize: bytes.length }));
    const streams = deflate();
    const inflate = () => streams.map((bytes) => inflateSync(bytes, { chunkSize: 8 * CHUNK + 1 }));
    const intoOne = () => {
      const result = new Uint8Array(array.byteLength);
      for (let i = 0; i < streams.length; i++)
        result.set(
          inflateSync(/** @type {Buffer} */ (streams[i]), { chunkSize: 8 * CHUNK + 1 }),
          i * 8 * CHUNK,
        );
      return result;
    };
    const zlib = shuffle ? 'node:zlib alone, of shuffled bytes' : 'node:zlib alone';
    const out = await compare(
      [
        { name: OURS, run: () => writeOurs(ours, options, { durability: 'off' }) },
        { name: `${OURS}, synced`, run: () => writeOurs(synced, options) },
        { name: zlib, run: deflate },
        ...(shuffle ? [] : [{ name: 'h5wasm', run: () => writeH5wasm(theirs, array) }]),
      ],
      { rounds: quick ? 3 : 5, fullCollections: true },
    );
    const back = await compare(
      [
        { name: OURS, run: () => readOurs(ours) },
        { name: zlib, run: inflate },
        { name: INTO_ONE, run: intoOne },
        { name: 'h5wasm', run: () => readH5wasm(ours) },
      ],
      { rounds: quick ? 5 : 7, fullCollections: true },
    );
    checkSame('H5File', readOurs(ours), array);
    checkSame('H5File, synced', readOurs(synced), array);
    checkSame('h5wasm', readH5wasm(ours), array);
    if (!shuffle) checkSame('H5File from h5wasm', readOurs(theirs), array);
    if (Buffer.compare(intoOne(), Buffer.concat(inputs)) !== 0)
      throw new Error('node:zlib brought back something else');
    const total = streams.reduce((sum, bytes) => sum + bytes.length, 0);
    const sizes = new Map([
      [OURS, fs.statSync(ours).size],
      [`${OURS}, synced`, fs.statSync(synced).size],
      [zlib, total],
      ...(shuffle ? [] : /** @type {[string, number][]} */ ([['h5wasm', fs.statSync(theirs).size]])),
    ]);
    const sized = out.map((row) => ({ ...row, size: Number(sizes.get(row.peer)) }));
    tables.push({
      id: `write-${shuffle ? 'shuffle-' : ''}gzip`,
      title: `Writing ${megabytes} MB, ${name}`,
      unit: 'ms',
      rows: sized,
    });
    tables.push({
      id: `read-${shuffle ? 'shuffle-' : ''}gzip`,
      title: `Reading ${megabytes} MB, ${name}`,
      unit: 'ms',
      rows: back,
    });
    // Shuffling itself is work that zlib is spared: what is promised is without.
    if (shuffle) continue;
    targets.push(
      {
        text: `writing ${megabytes} MB in chunks, ${name}: times the time of node:zlib alone`,
        value: ratio(out, OURS, zlib),
        bound: 'at most',
        limit: 1.2,
      },
      {
        text: `reading ${megabytes} MB in chunks, ${name}: times the time of node:zlib, into one array`,
        value: ratio(back, OURS, INTO_ONE),
        bound: 'at most',
        limit: 1.2,
      },
    );
  }
  return {
    notes: [
      `Compressed: ${megabytes} MB of measured values with two decimals, in chunks of 1 MB, level ${LEVEL}. node:zlib has the bytes of the same`,
      'chunks, one after another, and no file; with shuffle, bytes that have been shuffled before. H5File writes to a file that',
      'is not synced, unless it says so, and reads from the page cache. Alone, node:zlib may use memory again that it has had; what',
      'is read stands in one new array, so that is what reading is compared with.',
    ],
    tables,
    targets,
  };
}

await runScenario(async (settings) => {
  const parts = [
    await oneArray(settings),
    await asDict(settings),
    await inSlices(settings),
    await compressed(settings),
  ];
  return {
    title: 'Large files, a slice at a time',
    notes: parts.flatMap(({ notes }) => notes),
    tables: parts.flatMap(({ tables }) => tables),
    targets: parts.flatMap(({ targets }) => targets),
  };
});
