// @ts-check
/**
 * Goes through a large dataset block by block, under a cap of memory, and tells arrays.mjs, which started it, how long that
 * took and the most memory that this process ever had.
 *
 *     node array-blocks.mjs sum|double PATH CAP
 */
import { H5Array, H5File, setOptions } from 'h5pickle';
import { largestMemory } from './largest-memory.mjs';

/** @typedef {import('h5pickle').BlockData} BlockData */

const [action = '', path = '', cap = ''] = process.argv.slice(2);
setOptions({ maxMemory: Number(cap) });

const start = performance.now();
let sum = 0;
const file = H5File.open(path, action === 'sum' ? 'r' : 'r+', { durability: 'off' });
const array = H5Array.open(file, 'data');
/** @type {BlockData | undefined} */
let data;
if (action === 'sum') {
  for (const block of array.blocks()) {
    data = array.readBlock(block, data);
    const numbers = /** @type {Float64Array} */ (data);
    for (let i = 0; i < numbers.length; i++) sum += Number(numbers[i]);
  }
} else {
  const { chunks } = array;
  const doubles = H5Array.of(
    file.createDataset('doubles', { shape: array.shape, dtype: 'f8', ...(chunks && { chunks }) }),
  );
  for (const block of array.blocks()) {
    data = array.readBlock(block, data);
    const numbers = /** @type {Float64Array} */ (data);
    for (let i = 0; i < numbers.length; i++) numbers[i] = 2 * Number(numbers[i]);
    doubles.writeBlock(block, data);
  }
}
file.close();
process.send?.({
  time: performance.now() - start,
  sum,
  memory: largestMemory(),
});
