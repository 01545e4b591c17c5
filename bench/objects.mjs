// @ts-check
/** Many small objects: a group each, with four attributes and a small dataset, as one writes HDF5 by hand. */
import { join } from 'node:path';
import { deserialize, H5File, serialize } from 'h5pickle';
import * as h5wasm from 'h5wasm/node';
import { checkSame, compare, ratio, runScenario } from './harness.mjs';

const OURS = 'h5pickle, H5File by hand';
const OURS_SYNCED = 'h5pickle, H5File by hand, synced and renamed';
const SERIALIZE = 'h5pickle, serialize()';
const DESERIALIZE = 'h5pickle, deserialize()';
const H5WASM = 'h5wasm by hand';

/**
 * @typedef {{ id: number, name: string, active: boolean, weight: number, samples: Float64Array }} Thing
 */

/**
 * @param {number} count
 * @returns {Thing[]}
 */
function makeThings(count) {
  return Array.from({ length: count }, (_, id) => ({
    id,
    name: `thing number ${id}`,
    active: id % 3 === 0,
    weight: id / 8 + 0.1,
    samples: Float64Array.of(id, id + 0.25, id + 0.5, id + 0.75),
  }));
}

/**
 * @param {H5File} file
 * @param {Thing[]} things
 */
function fillOurs(file, things) {
  for (const { id, name, active, weight, samples } of things) {
    const group = file.createGroup(`thing${id}`);
    group.attrs.set('id', id).set('name', name).set('active', active).set('weight', weight);
    group.createDataset('samples', { data: samples });
  }
}

/**
 * @param {string} path
 * @param {Thing[]} things
 */
function writeH5wasm(path, things) {
  const file = new h5wasm.File(path, 'w');
  for (const { id, name, active, weight, samples } of things) {
    const group = file.create_group(`thing${id}`);
    group.create_attribute('id', id, [], '<i');
    group.create_attribute('name', name);
    // h5wasm cannot write booleans.
    group.create_attribute('active', Number(active), [], '<b');
    group.create_attribute('weight', weight, [], '<d');
    group.create_dataset({ name: 'samples', data: samples });
  }
  file.close();
}

/**
 * @param {string} path
 * @returns {Thing[]}
 */
function readOurs(path) {
  const file = H5File.open(path);
  const things = [];
  for (const [, group] of file) {
    const { attrs } = /** @type {import('h5pickle').H5Group} */ (group);
    things.push({
      id: /** @type {number} */ (attrs.get('id')),
      name: /** @type {string} */ (attrs.get('name')),
      active: Boolean(attrs.get('active')),
      weight: /** @type {number} */ (attrs.get('weight')),
      samples: /** @type {import('h5pickle').H5Group} */ (group).dataset('samples').read(),
    });
  }
  file.close();
  return /** @type {Thing[]} */ (things);
}

/**
 * @param {string} path
 * @returns {Thing[]}
 */
function readH5wasm(path) {
  const file = new h5wasm.File(path, 'r');
  const things = file.keys().map((name) => {
    const group = /** @type {h5wasm.Group} */ (file.get(name));
    return {
      id: group.get_attribute('id', false),
      name: group.get_attribute('name', false),
      active: Boolean(group.get_attribute('active', false)),
      weight: group.get_attribute('weight', false),
      samples: /** @type {h5wasm.Dataset} */ (group.get('samples')).value,
    };
  });
  file.close();
  return /** @type {Thing[]} */ (things);
}

await runScenario(async ({ quick, folder }) => {
  await h5wasm.ready;
  const ours = join(folder, 'ours.h5');
  const theirs = join(folder, 'h5wasm.h5');
  const tables = [];
  const targets = [];

  for (const count of quick ? [2_000] : [2_000, 100_000]) {
    const many = count > 10_000;
    const things = makeThings(count);
    const bytes = serialize(things);
    const writing = await compare(
      [
        {
          name: OURS,
          run() {
            const file = H5File.open(ours, 'w', { durability: 'off' });
            fillOurs(file, things);
            file.close();
          },
        },
        {
          name: OURS_SYNCED,
          run() {
            const file = H5File.open(join(folder, 'synced.h5'), 'w');
            fillOurs(file, things);
            file.close();
          },
        },
        { name: H5WASM, run: () => writeH5wasm(theirs, things), ...(many && { rounds: 1 }) },
        { name: SERIALIZE, run: () => serialize(things) },
      ],
      { rounds: quick ? 5 : 9, per: count / 1000 },
    );
    const reading = await compare(
      [
        { name: OURS, run: () => readOurs(ours) },
        { name: H5WASM, run: () => readH5wasm(ours), ...(many && { rounds: 1 }) },
        { name: DESERIALIZE, run: () => deserialize(bytes) },
      ],
      { rounds: quick ? 5 : 9, per: count / 1000 },
    );

    checkSame('deserialize', deserialize(bytes), things);
    if (!many) {
      // Each has read what the other wrote.
      const byId = (/** @type {Thing} */ a, /** @type {Thing} */ b) => a.id - b.id;
      checkSame('h5wasm', readH5wasm(ours).sort(byId), things);
      checkSame('H5File', readOurs(theirs).sort(byId), things);
    }
    const shown = count.toLocaleString('en');
    const unit = 'µs per object';
    tables.push({ id: `write-${count}`, title: `Writing ${shown} objects`, unit, rows: writing });
    tables.push({ id: `read-${count}`, title: `Reading ${shown} objects`, unit, rows: reading });
    targets.push({
      text: `writing ${shown} objects by hand: times faster than h5wasm`,
      value: ratio(writing, H5WASM, OURS),
      bound: /** @type {const} */ ('at least'),
      limit: 30,
    });
  }

  return {
    title: 'Many small objects',
    notes: [
      'An object is a group with an integer, a string, a boolean and a float as attributes, and a dataset of 4 float64.',
      'By hand: the same calls for each object, to a file on disk that is not synced, since h5wasm does not sync. h5wasm',
      'cannot write booleans and writes an int8. "synced and renamed" is what H5File.open(path, "w") does by itself.',
      'serialize() takes the array of the same objects and makes columns of it, in memory. Reading by hand: all attributes',
      'and datasets of the file that h5pickle wrote. What took one round only was too slow for more.',
    ],
    tables,
    targets,
  };
});
