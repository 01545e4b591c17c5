// @ts-check
/** Trees of 100,000 nodes: what v8 does with them, and what one would do by hand to keep them in an HDF5 file. */
import { join } from 'node:path';
import * as v8 from 'node:v8';
import { deserialize, readSync, serialize, writeSync } from 'h5pickle';
import * as h5wasm from 'h5wasm/node';
import { Packr } from 'msgpackr';
import { checkSameGraph, compare, ratio, runScenario } from './harness.mjs';
import { documentTree, mixedTree } from './values.mjs';

const OURS_OUT = 'h5pickle serialize';
const OURS_IN = 'h5pickle deserialize';
const FILE_OUT = 'h5pickle writeSync, synced';
const FILE_IN = 'h5pickle readSync';
const H5WASM = 'h5wasm by hand';

/**
 * By hand: a group for each object, Map and array, with what it is as an attribute; an attribute for each string, date,
 * number and boolean; and for an object that has a group already, an attribute with its path.
 *
 * @param {string} path
 * @param {unknown} root
 * @returns {number} How many nodes were written.
 */
function writeH5wasm(path, root) {
  const file = new h5wasm.File(path, 'w');
  /** @type {Map<unknown, string>} */
  const paths = new Map([[root, '/']]);
  /** @type {[h5wasm.Group, unknown][]} */
  const todo = [[file, root]];
  let nodes = 1;
  for (let next = todo.pop(); next; next = todo.pop()) {
    const [group, branch] = next;
    if (branch instanceof Map) group.create_attribute('@type', 'Map');
    if (Array.isArray(branch)) group.create_attribute('@type', 'Array');
    const members = branch instanceof Map ? branch.entries() : Object.entries(Object(branch));
    for (const [key, value] of members) {
      nodes++;
      if (value instanceof Date) {
        group.create_attribute(`${key}@date`, value.getTime(), [], '<d');
      } else if (typeof value === 'object') {
        const known = paths.get(value);
        if (known !== undefined) {
          group.create_attribute(`${key}@path`, known);
          continue;
        }
        const child = group.create_group(key);
        paths.set(value, child.path);
        todo.push([child, value]);
      } else if (typeof value === 'boolean') {
        group.create_attribute(key, Number(value), [], '<b');
      } else if (typeof value === 'number') {
        group.create_attribute(key, value, [], Number.isInteger(value) ? '<i' : '<d');
      } else {
        group.create_attribute(key, value);
      }
    }
  }
  file.close();
  return nodes;
}

/** @param {string} path */
function readH5wasm(path) {
  const file = new h5wasm.File(path, 'r');
  /** @param {h5wasm.Group} group */
  const make = (group) => {
    const type = '@type' in group.attrs ? group.get_attribute('@type', false) : undefined;
    return type === 'Map' ? new Map() : type === 'Array' ? [] : {};
  };
  const root = make(file);
  /** @type {Map<string, unknown>} */
  const known = new Map([['/', root]]);
  /** @type {[ReturnType<typeof make>, string, string][]} */
  const references = [];
  /** @type {[h5wasm.Group, ReturnType<typeof make>][]} */
  const todo = [[file, root]];
  /**
   * @param {ReturnType<typeof make>} branch
   * @param {string} key
   * @param {unknown} value
   */
  const set = (branch, key, value) => {
    if (branch instanceof Map) branch.set(key, value);
    else Object.assign(branch, { [key]: value });
  };
  for (let next = todo.pop(); next; next = todo.pop()) {
    const [group, branch] = next;
    for (const [name, attribute] of Object.entries(group.attrs)) {
      const [key = '', mark] = name.split('@');
      if (key === '') continue;
      const { value } = attribute;
      if (mark === 'path') references.push([branch, key, String(value)]);
      else if (mark === 'date') set(branch, key, new Date(Number(value)));
      else set(branch, key, attribute.dtype === '<b' ? value === 1 : value);
    }
    for (const name of group.keys()) {
      const child = /** @type {h5wasm.Group} */ (group.get(name));
      const value = make(child);
      known.set(child.path, value);
      set(branch, name, value);
      todo.push([child, value]);
    }
  }
  for (const [branch, key, path] of references) set(branch, key, known.get(path));
  file.close();
  return root;
}

/** How many objects, Maps, arrays and dates there are, and how many other values: h5wasm loses the order of members. */
function contentOf(/** @type {unknown} */ root) {
  const met = new Set();
  const todo = [root];
  let values = 0;
  for (let i = 0; i < todo.length; i++) {
    const value = todo[i];
    if (typeof value !== 'object' || value === null) values++;
    else if (!met.has(value)) {
      met.add(value);
      if (value instanceof Map) todo.push(...value.values());
      else if (!(value instanceof Date)) todo.push(...Object.values(value));
    }
  }
  return `${met.size} objects and ${values} other values`;
}

await runScenario(async ({ quick, folder }) => {
  await h5wasm.ready;
  const packr = new Packr({ structuredClone: true, moreTypes: true });
  const count = 100_000;
  const rounds = quick ? 5 : 11;
  const tables = [];
  const targets = [];
  /** @type {[string, string, unknown][]} */
  const trees = [
    ['mixed', 'A mixed tree', mixedTree(count)],
    ['documents', 'A tree of documents', documentTree(count)],
  ];
  for (const [id, title, tree] of trees) {
    const bytes = serialize(tree);
    const ofV8 = v8.serialize(tree);
    const ofPackr = packr.pack(tree);
    checkSameGraph('h5pickle', deserialize(bytes), tree);
    checkSameGraph('v8', v8.deserialize(ofV8), tree);
    checkSameGraph('msgpackr', packr.unpack(ofPackr), tree);
    const out = await compare(
      [
        { name: OURS_OUT, run: () => serialize(tree) },
        { name: 'v8.serialize', run: () => v8.serialize(tree) },
        { name: 'msgpackr pack, structuredClone', run: () => packr.pack(tree) },
      ],
      { rounds },
    );
    const back = await compare(
      [
        { name: OURS_IN, run: () => deserialize(bytes) },
        { name: 'v8.deserialize', run: () => v8.deserialize(ofV8) },
        { name: 'msgpackr unpack, structuredClone', run: () => packr.unpack(ofPackr) },
      ],
      { rounds },
    );
    const sizes = [bytes, ofV8, ofPackr].map(({ length }) => length);
    tables.push(
      {
        id: `${id}-out`,
        title: `${title}: to bytes`,
        unit: 'ms',
        rows: out.map((row, i) => ({ ...row, size: Number(sizes[i]) })),
      },
      { id: `${id}-back`, title: `${title}: and back`, unit: 'ms', rows: back },
    );
    for (const [verb, rows, ours, theirs] of /** @type {const} */ ([
      ['serialize', out, OURS_OUT, 'v8.serialize'],
      ['deserialize', back, OURS_IN, 'v8.deserialize'],
    ])) {
      targets.push({
        text: `${title.toLowerCase()} of 100,000 nodes, ${verb}: times the time of ${theirs}`,
        value: ratio(rows, ours, theirs),
        bound: /** @type {const} */ ('at most'),
        limit: 2,
      });
    }
  }

  // The time that h5wasm takes for a node grows with their number: of all of them it would take an hour.
  const small = mixedTree(quick ? 5_000 : 8_000);
  const ours = join(folder, 'ours.h5');
  const theirs = join(folder, 'h5wasm.h5');
  const nodes = writeH5wasm(theirs, small);
  const once = quick ? {} : { rounds: 1 };
  const writing = await compare(
    [
      { name: FILE_OUT, run: () => writeSync(ours, small) },
      { name: H5WASM, run: () => writeH5wasm(theirs, small), ...once },
    ],
    { rounds, per: nodes / 1000 },
  );
  const reading = await compare(
    [
      { name: FILE_IN, run: () => readSync(ours) },
      { name: H5WASM, run: () => readH5wasm(theirs), ...once },
    ],
    { rounds, per: nodes / 1000 },
  );
  checkSameGraph('h5pickle', readSync(ours), small);
  const [found, expected] = [contentOf(readH5wasm(theirs)), contentOf(small)];
  if (found !== expected) throw new Error(`h5wasm brought back ${found} for ${expected}`);
  const unit = 'µs a node';
  const shown = `The mixed tree in a file, ${nodes.toLocaleString('en')} nodes`;
  tables.push({ id: 'hand-out', title: `${shown}: written`, unit, rows: writing });
  tables.push({ id: 'hand-back', title: `${shown}: read`, unit, rows: reading });
  for (const [verb, rows, own] of /** @type {const} */ ([
    ['writing', writing, FILE_OUT],
    ['reading', reading, FILE_IN],
  ])) {
    targets.push({
      text: `${verb} the mixed tree: times faster than h5wasm by hand`,
      value: ratio(rows, H5WASM, own),
      bound: /** @type {const} */ ('at least'),
      limit: 50,
    });
  }
  return {
    title: 'Trees',
    notes: [
      'The mixed tree has nodes that have nothing in common: objects of eight shapes, Maps, arrays of anything, strings,',
      'dates, numbers, booleans, and objects that stand in several places, also within themselves. In the tree of documents',
      'each has an id, a title, a date, one of 50 owners, a list of tags, a Map of notes, and a list of children. In memory.',
      'By hand, h5wasm gets a group for each object, Map and array and an attribute for all else; it does not sync the',
      'file, which writeSync does. What took one round only was too slow for more.',
    ],
    tables,
    targets,
  };
});
