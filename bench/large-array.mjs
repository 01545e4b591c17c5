// @ts-check
/** One large typed array, to disk and back. */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync as readDescriptor,
  renameSync,
  writeSync as writeDescriptor,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { H5File, readSync, write, writeSync } from 'h5pickle';
import * as h5wasm from 'h5wasm/node';
import { checkSame, compare, randomNumbers, ratio, runScenario } from './harness.mjs';

const OURS_OUT = 'h5pickle writeSync';
const OURS_IN = 'h5pickle readSync';
const RAW_OUT = 'raw: write, fsync, rename, fsync of the folder';
const RAW_IN = 'raw: read';

/** @param {string} path */
function sync(path) {
  const fd = openSync(path, 'r');
  fsyncSync(fd);
  closeSync(fd);
}

/**
 * What h5pickle does to replace a file, with nothing but the bytes of the array.
 *
 * @param {string} path
 * @param {Float64Array} array
 */
function writeRaw(path, array) {
  const temporary = `${path}.tmp`;
  const bytes = new Uint8Array(array.buffer);
  const fd = openSync(temporary, 'wx');
  for (let done = 0; done < bytes.length; ) done += writeDescriptor(fd, bytes, done);
  fsyncSync(fd);
  closeSync(fd);
  renameSync(temporary, path);
  sync(dirname(path));
}

/** @param {string} path */
function readRaw(path) {
  const fd = openSync(path, 'r');
  const bytes = new Uint8Array(fstatSync(fd).size);
  for (let done = 0; done < bytes.length; )
    done += readDescriptor(fd, bytes, done, bytes.length - done, done);
  closeSync(fd);
  return new Float64Array(bytes.buffer);
}

/**
 * @param {string} path
 * @param {Float64Array} array
 */
function writeH5wasm(path, array) {
  const file = new h5wasm.File(path, 'w');
  file.create_dataset({ name: 'value', data: array });
  file.close();
  sync(path);
}

/** @param {string} path */
function readH5wasm(path) {
  const file = new h5wasm.File(path, 'r');
  const { value } = /** @type {h5wasm.Dataset} */ (file.get('value'));
  file.close();
  return value;
}

/** @param {string} path */
function readByHand(path) {
  const file = H5File.open(path);
  const { value } = file.dataset('value');
  file.close();
  return value;
}

await runScenario(async ({ quick, folder }) => {
  await h5wasm.ready;
  const random = randomNumbers();
  const array = Float64Array.from({ length: 2 ** 23 }, random);
  const path = (/** @type {string} */ name) => join(folder, name);

  const out = await compare(
    [
      { name: OURS_OUT, run: () => writeSync(path('ours.h5'), array) },
      { name: 'h5pickle write', run: () => write(path('async.h5'), array) },
      { name: RAW_OUT, run: () => writeRaw(path('raw'), array) },
      { name: 'h5wasm, then fsync', run: () => writeH5wasm(path('h5wasm.h5'), array) },
    ],
    { rounds: quick ? 5 : 15, fullCollections: true },
  );
  const back = await compare(
    [
      { name: OURS_IN, run: () => readSync(path('ours.h5')) },
      { name: 'h5pickle H5File by hand', run: () => readByHand(path('ours.h5')) },
      { name: RAW_IN, run: () => readRaw(path('raw')) },
      { name: 'h5wasm', run: () => readH5wasm(path('h5wasm.h5')) },
    ],
    { rounds: quick ? 5 : 15, fullCollections: true },
  );
  checkSame('writeSync, readSync', readSync(path('ours.h5')), array);
  checkSame('write', readSync(path('async.h5')), array);
  checkSame('H5File', readByHand(path('h5wasm.h5')), array);
  checkSame('raw', readRaw(path('raw')), array);
  checkSame('h5wasm', readH5wasm(path('ours.h5')), array);

  return {
    title: 'A Float64Array of 64 MB',
    notes: [
      'Writing, all in the same folder: write() and the raw write make a temporary file, write, fsync it, rename it over',
      'the old one, and fsync the folder. h5wasm writes in place (there is no rename to compare with), then the file is',
      'synced. Reading: from the page cache into new memory.',
    ],
    tables: [
      { id: 'write-array', title: 'Writing 64 MB', unit: 'ms', rows: out },
      { id: 'read-array', title: 'Reading 64 MB', unit: 'ms', rows: back },
    ],
    targets: [
      {
        text: 'writing 64 MB: times the time of a raw write with the same syncs',
        value: ratio(out, OURS_OUT, RAW_OUT),
        bound: /** @type {const} */ ('at most'),
        limit: 1.3,
      },
    ],
  };
});
