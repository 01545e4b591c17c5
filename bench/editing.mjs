// @ts-check
/** Files that are changed in place: small commits in a large file, many of them, and very many links. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { H5File } from 'h5pickle';
import {
  checkSame,
  compare,
  fromPython,
  log,
  PYTHON,
  randomNumbers,
  ratio,
  runScenario,
  summarize,
} from './harness.mjs';

/**
 * @typedef {import('./harness.mjs').Settings} Settings
 * @typedef {import('./harness.mjs').Table} Table
 * @typedef {import('./harness.mjs').Target} Target
 * @typedef {Pick<import('./harness.mjs').Outcome, 'notes' | 'tables' | 'targets'>} Part
 */

const ARRAY = Float64Array.from({ length: 2 ** 20 }, randomNumbers());

// ---- one key of a large file ----------------------------------------------------------------------------

/** Commits that are recorded, and made in one run. */
const COMMITS = 10;
/** Runs before any is measured: until then V8 has not compiled what a commit does. */
const WARM_UP = 200;
const OBJECTS = 300;

/**
 * What was done to a file.
 *
 * @typedef {{ kind: 'write', bytes: Uint8Array, position: number } | { kind: 'resize', size: number } | { kind: 'sync' | 'data' }} Call
 */

/**
 * The writes and the syncs that `action` makes, whoever makes them, in their order. Reads are left out.
 *
 * @param {() => void} action
 */
function record(action) {
  /** @type {Call[]} */
  const calls = [];
  const { writeSync, writevSync, ftruncateSync, fsyncSync, fdatasyncSync } = fs;
  /** @param {unknown[]} args */
  const write = (...args) => {
    const [, bytes, offset, length, position] = args;
    // Whatever else may be written in whatever other way would be left out of what it is compared with.
    if (!(bytes instanceof Uint8Array) || typeof position !== 'number')
      throw new Error('a write that cannot be recorded');
    const from = Number(offset);
    calls.push({ kind: 'write', bytes: bytes.slice(from, from + Number(length)), position });
    return Reflect.apply(writeSync, fs, args);
  };
  Object.assign(fs, {
    writeSync: write,
    writevSync() {
      throw new Error('a write that cannot be recorded');
    },
    ftruncateSync(/** @type {number} */ fd, /** @type {number} */ size) {
      calls.push({ kind: 'resize', size });
      ftruncateSync(fd, size);
    },
    fsyncSync(/** @type {number} */ fd) {
      calls.push({ kind: 'sync' });
      fsyncSync(fd);
    },
    fdatasyncSync(/** @type {number} */ fd) {
      calls.push({ kind: 'data' });
      fdatasyncSync(fd);
    },
  });
  syncBuiltinESMExports();
  try {
    action();
  } finally {
    Object.assign(fs, { writeSync, writevSync, ftruncateSync, fsyncSync, fdatasyncSync });
    syncBuiltinESMExports();
  }
  return calls;
}

/**
 * The same bytes to the same places, and the same syncs.
 *
 * @param {number} fd
 * @param {Call[]} calls
 */
function replay(fd, calls) {
  for (const call of calls) {
    if (call.kind === 'write') fs.writeSync(fd, call.bytes, 0, call.bytes.length, call.position);
    else if (call.kind === 'resize') fs.ftruncateSync(fd, call.size);
    else if (call.kind === 'sync') fs.fsyncSync(fd);
    else fs.fdatasyncSync(fd);
  }
}

/** @param {Call[]} calls */
function describe(calls) {
  const writes = calls.filter((call) => call.kind === 'write');
  const bytes = writes.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const syncs = calls.filter(({ kind }) => kind === 'sync' || kind === 'data').length;
  const each = (/** @type {number} */ count) => Number((count / COMMITS).toPrecision(3));
  return `${each(writes.length)} writes of ${each(bytes)} bytes in all and ${each(syncs)} syncs`;
}

/**
 * @param {string} path
 * @param {number} megabytes
 */
function makeLarge(path, megabytes) {
  const file = H5File.open(path, 'w');
  const slice = ARRAY.length;
  const count = (megabytes * 2 ** 20) / ARRAY.byteLength;
  const large = file.createDataset('large', { shape: [count * slice], dtype: 'f8' });
  for (let i = 0; i < count; i++) large.write(ARRAY, [[i * slice, (i + 1) * slice]]);
  for (let i = 0; i < OBJECTS; i++) {
    const group = file.createGroup(`objects/${i}`, { attrs: { id: i, name: `object ${i}`, counter: 0 } });
    group.createDataset('samples', { data: Float64Array.of(i, i + 0.25, i + 0.5, i + 0.75) });
  }
  file.createDataset('counter', { data: 0 });
  file.close();
}

/**
 * @param {Settings} settings
 * @returns {Promise<Part>}
 */
async function oneKey({ quick, folder }) {
  const megabytes = quick ? 128 : 1024;
  const shown = megabytes === 1024 ? '1 GB' : `${megabytes} MB`;
  const original = join(folder, 'original.h5');
  const path = join(folder, 'ours.h5');
  const copy = join(folder, 'copy.h5');
  makeLarge(original, megabytes);

  /** @type {Table[]} */
  const tables = [];
  /** @type {Target[]} */
  const targets = [];
  const notes = [];
  for (const durability of /** @type {const} */ (['full', 'normal'])) {
    fs.copyFileSync(original, path);
    // So that no run waits for the large dataset to reach the disk.
    syncFile(path);
    const file = H5File.open(path, 'r+', { durability });
    const attrs = file.group(`objects/${OBJECTS >> 1}`).attrs;
    const counter = file.dataset('counter');
    let count = 0;
    const changeAttribute = () => {
      attrs.set('counter', ++count);
      file.commit();
    };
    const changeDataset = () => {
      counter.write(++count);
      file.commit();
    };
    /** @param {() => void} change */
    const many = (change) => {
      for (let i = 0; i < COMMITS; i++) change();
    };
    // What the first commits do once is not what is compared.
    for (let i = 0; i < WARM_UP; i++) {
      many(changeAttribute);
      many(changeDataset);
    }
    fs.copyFileSync(path, copy);
    syncFile(copy);
    const attributeCalls = record(() => many(changeAttribute));
    const datasetCalls = record(() => many(changeDataset));
    const fd = fs.openSync(copy, 'r+');

    const rows = await compare(
      [
        { name: 'h5pickle, an attribute', run: () => many(changeAttribute) },
        { name: 'bare, as for the attribute', run: () => replay(fd, attributeCalls) },
        { name: 'h5pickle, a scalar dataset', run: () => many(changeDataset) },
        { name: 'bare, as for the dataset', run: () => replay(fd, datasetCalls) },
      ],
      { rounds: quick ? 25 : 75, per: COMMITS },
    );
    fs.closeSync(fd);
    changeAttribute();
    const last = count;
    changeDataset();
    file.close();

    const reader = H5File.open(path);
    checkSame('attribute', reader.group(`objects/${OBJECTS >> 1}`).attrs.get('counter'), last);
    checkSame('dataset', reader.dataset('counter').value, last + 1);
    const large = reader.dataset('large');
    checkSame('large dataset', large.read([[0, ARRAY.length]]), ARRAY);
    checkSame('large dataset', large.at(-1), ARRAY.at(-1));
    reader.close();

    notes.push(
      `With durability '${durability}' a commit makes ${describe(attributeCalls)} for the attribute, ${describe(datasetCalls)} for the dataset.`,
    );
    tables.push({
      id: `commit-${durability}`,
      title: `A commit of one key in ${shown}, durability '${durability}'`,
      unit: 'ms',
      rows,
    });
    for (const [kind, bare] of [
      ['an attribute', 'as for the attribute'],
      ['a scalar dataset', 'as for the dataset'],
    ])
      targets.push({
        text: `a commit of ${kind} in ${shown}, '${durability}': times the time of its writes and syncs`,
        value: ratio(rows, `h5pickle, ${kind}`, `bare, ${bare}`),
        bound: 'at most',
        limit: 1.5,
      });
  }
  for (const each of [original, path, copy]) fs.unlinkSync(each);
  notes.unshift(
    `A commit of one key: the file holds a contiguous dataset of ${shown} and ${OBJECTS} groups, each with attributes and a`,
    'small dataset. What the file system calls of commits write and sync is recorded, and done again with node:fs to a copy',
    'of the file: the same bytes, places, sizes and syncs, in the same order. Some thousand commits have been made before: the',
    'first hundreds take longer, until V8 has compiled what they do.',
  );
  return { notes, tables, targets };
}

/** @param {string} path */
function syncFile(path) {
  const fd = fs.openSync(path, 'r+');
  fs.fsyncSync(fd);
  fs.closeSync(fd);
}

// ---- many openings --------------------------------------------------------------------------------------

const KEYS = 100;

/**
 * @param {Settings} settings
 * @returns {Promise<Part>}
 */
async function openings({ quick, folder }) {
  const count = quick ? 1_000 : 10_000;
  const random = randomNumbers(2);
  const text = () =>
    String.fromCharCode(97 + Math.floor(random() * 26)).repeat(Math.floor(random() ** 3 * 4000));
  const path = join(folder, 'keys.h5');
  /** @type {Map<string, string>} */
  const values = new Map();
  let file = H5File.open(path, 'w');
  for (let i = 0; i < KEYS; i++) {
    values.set(`attribute${i}`, text()).set(`dataset${i}`, text()).set(`made${i}`, text());
    file.createGroup(`group${i}`).attrs.set('text', values.get(`attribute${i}`));
    file.createDataset(`dataset${i}`, { data: values.get(`dataset${i}`), dtype: 'str' });
    file.createDataset(`made${i}`, { data: values.get(`made${i}`) });
  }
  file.close();

  /** @type {Record<'attribute' | 'dataset' | 'made', number[]>} */
  const times = { attribute: [], dataset: [], made: [] };
  let largest = 0;
  for (let i = 0; i < count; i++) {
    if (i % 100 === 0) log(`opening ${i} of ${count}`);
    const kind = /** @type {const} */ (['attribute', 'dataset', 'made'])[i % 3] ?? 'made';
    const key = Math.floor(random() * KEYS);
    const value = text();
    const start = performance.now();
    file = H5File.open(path, 'r+');
    if (kind === 'attribute') file.group(`group${key}`).attrs.set('text', value);
    else if (kind === 'dataset') file.dataset(`dataset${key}`).write(value);
    else {
      file.delete(`made${key}`);
      file.createDataset(`made${key}`, { data: value });
    }
    file.close();
    times[kind].push(performance.now() - start);
    values.set(`${kind}${key}`, value);
    if (i % 10 === 0) largest = Math.max(largest, fs.statSync(path).size);
  }
  log('');

  const check = (/** @type {H5File} */ file, /** @type {string} */ when) => {
    for (const [key, value] of values) {
      const stored = key.startsWith('attribute')
        ? file.group(key.replace('attribute', 'group')).attrs.get('text')
        : file.dataset(key).value;
      checkSame(`${key}, ${when}`, stored, value);
    }
  };
  const { size } = fs.statSync(path);
  file = H5File.open(path, 'r+');
  check(file, 'after all openings');
  file.compact();
  file.close();
  const live = fs.statSync(path).size;
  file = H5File.open(path);
  check(file, 'compacted');
  file.close();
  const shown = count.toLocaleString('en');
  const rows = [
    summarize('an attribute', times.attribute),
    summarize('a dataset, written', times.dataset),
    summarize('a dataset, deleted and made anew', times.made),
  ];
  return {
    notes: [
      `${shown} openings: each opens the file, changes one of ${KEYS * 3} texts to one of another length (0 to 4,000 letters), and`,
      `closes it, with durability 'full'. At the end the file has ${size.toLocaleString('en')} bytes, after compact() ${live.toLocaleString('en')}; the most that`,
      `was seen at one time were ${largest.toLocaleString('en')}.`,
    ],
    tables: [{ id: 'openings', title: `Open, change, close: ${shown} times`, unit: 'ms', rows }],
    targets: [
      {
        text: `after ${shown} openings: size of the file over that of its live data`,
        value: Number((size / live).toPrecision(3)),
        bound: 'at most',
        limit: 2,
      },
    ],
  };
}

// ---- very many links ------------------------------------------------------------------------------------

/** At first, after a file has been opened; then as many as there are. */
const FIRST = 10_000;
const ADDED = 1_000;

/** @typedef {'soft' | 'hard'} LinkKind */

/**
 * What links.py times or counts, in seconds; undefined if h5py is missing.
 *
 * @param {string} action
 * @param {LinkKind} kind
 * @param {string} path
 * @param {number} count
 * @param {number} [lookedUp]
 * @returns {number | undefined}
 */
function h5py(action, kind, path, count, lookedUp = 0) {
  return fromPython('links.py', action, kind, path, count, lookedUp, ADDED);
}

/** @param {number} i */
const nameOf = (i) => `link number ${i}`;

/**
 * Names of links in an order that looks random; links.py has the same.
 *
 * @param {number} count
 * @param {number} lookedUp
 */
function* randomLinks(count, lookedUp) {
  for (let i = 0, at = 1; i < lookedUp; i++) {
    at = (at * 48271) % 2147483647;
    yield nameOf(at % count);
  }
}

/**
 * @param {H5File} file
 * @param {LinkKind} kind
 * @param {number} from
 * @param {number} to
 */
function addLinks(file, kind, from, to) {
  const group = file.group('links');
  const target = file.group('target');
  if (kind === 'soft') for (let i = from; i < to; i++) group.softLink(nameOf(i), '/target');
  else for (let i = from; i < to; i++) group.link(nameOf(i), target);
}

/** @type {Record<string, (kind: LinkKind, path: string, count: number, lookedUp: number) => void>} */
const OURS = {
  insert(kind, path, count) {
    const file = H5File.open(path, 'w', { durability: 'off' });
    file.createGroup('target');
    file.createGroup('links');
    addLinks(file, kind, 0, count);
    file.close();
  },
  add(kind, path, count) {
    const file = H5File.open(path, 'r+', { durability: 'off' });
    addLinks(file, kind, count, count + ADDED);
    file.commit();
    file.close();
  },
  'look up'(kind, path, count, lookedUp) {
    const file = H5File.open(path);
    const group = file.group('links');
    let found = 0;
    for (const name of randomLinks(count, lookedUp)) {
      const link = group.linkInfo(name);
      if (link?.kind === kind && (kind === 'hard' || (link.kind === 'soft' && link.target === '/target')))
        found++;
    }
    file.close();
    if (found !== lookedUp) throw new Error(`of ${lookedUp} links ${found} were found`);
  },
  get(kind, path, count, lookedUp) {
    const file = H5File.open(path);
    const group = file.group('links');
    let found = 0;
    for (const name of randomLinks(count, lookedUp)) if (group.get(name)) found++;
    file.close();
    if (found !== lookedUp) throw new Error(`of ${lookedUp} objects ${found} were found (${kind})`);
  },
};

/**
 * What is done in each round, how often, and what an aim says of it.
 *
 * @param {number} count
 */
function stepsOf(count) {
  const shown = (/** @type {number} */ number) => number.toLocaleString('en');
  return [
    { id: 'insert', action: 'insert', times: count, title: 'into a new file', aim: 'inserting' },
    { id: 'look-up', action: 'look up', times: count, title: `${shown(count)} looked up`, aim: 'looking up' },
    { id: 'look-up-first', action: 'look up', times: FIRST, title: `the first ${shown(FIRST)} looked up` },
    { id: 'get-first', action: 'get', times: FIRST, title: `the first ${shown(FIRST)} objects got` },
    { id: 'add', action: 'add', times: ADDED, title: `${shown(ADDED)} more, committed` },
  ];
}

/**
 * @param {Settings} settings
 * @returns {Promise<Part>}
 */
async function manyLinks({ quick, folder }) {
  const count = quick ? 100_000 : 1_000_000;
  const shown = count.toLocaleString('en');
  /** @type {Table[]} */
  const tables = [];
  /** @type {Target[]} */
  const targets = [];
  let isThere = h5py('nothing', 'soft', '', 0) !== undefined;
  if (!isThere)
    console.error(`${PYTHON} has no h5py: nothing to compare links with (python3-h5py is missing)`);
  for (const kind of /** @type {const} */ (['soft', 'hard'])) {
    const ours = join(folder, `ours-${kind}.h5`);
    const theirs = join(folder, `h5py-${kind}.h5`);
    const steps = stepsOf(count).map((step) => ({
      ...step,
      ours: /** @type {number[]} */ ([]),
      theirs: /** @type {number[]} */ ([]),
    }));
    // The first round warms up, but for h5py, which has nothing that gets warm.
    const rounds = quick ? 4 : 3;
    for (let round = 0; round < rounds; round++) {
      for (const { id, action, times, ours: our, theirs: their } of steps) {
        log(`${round + 1}/${rounds}: ${kind} links, ${id}: h5pickle`);
        globalThis.gc?.();
        const start = performance.now();
        OURS[action]?.(kind, ours, count, times);
        if (round > 0) our.push(((performance.now() - start) * 1000) / times);
        if (!isThere || round === 0) continue;
        log(`${round + 1}/${rounds}: ${kind} links, ${id}: h5py`);
        const time = h5py(action, kind, theirs, count, times);
        if (time === undefined) isThere = false;
        else their.push((time * 1e6) / times);
      }
    }
    log('');
    if (isThere) {
      // Each finds all that the other wrote.
      OURS['look up']?.(kind, theirs, count + ADDED, FIRST);
      h5py('check', kind, ours, count + ADDED);
      h5py('check', kind, theirs, count + ADDED);
    }
    for (const { id, title, aim, ours: our, theirs: their } of steps) {
      const rows = [summarize('h5pickle', our)];
      if (their.length > 0) rows.push(summarize("h5py, libver='latest'", their));
      tables.push({
        id: `links-${kind}-${id}`,
        title: `${shown} ${kind} links: ${title}`,
        unit: 'µs a link',
        rows,
      });
      if (aim && their.length > 0)
        targets.push({
          text: `${aim} ${shown} ${kind} links: times faster than h5py`,
          value: ratio(rows, "h5py, libver='latest'", 'h5pickle'),
          bound: 'at least',
          limit: 2,
        });
    }
    fs.rmSync(ours);
    fs.rmSync(theirs, { force: true });
  }
  return {
    notes: [
      `${shown} links in one group, all to one path or to one object, inserted with softLink or link, and with g[name] = in h5py.`,
      'All times are from opening the file to having closed it, and neither syncs. Looking up asks for where a link leads',
      '(linkInfo; get(name, getlink=True)), getting for the object, in random order. The first ones take longer: what they need',
      'is read from the file. h5py times itself, without the start of Python.',
      ...(isThere ? [] : ['h5py is not installed here: it was left out.']),
    ],
    tables,
    targets,
  };
}

await runScenario(async (settings) => {
  const parts = [await oneKey(settings), await openings(settings), await manyLinks(settings)];
  return {
    title: 'Editing in place',
    notes: parts.flatMap(({ notes }) => notes),
    tables: parts.flatMap(({ tables }) => tables),
    targets: parts.flatMap(({ targets }) => targets),
  };
});
