// @ts-check
/**
 * Writes or reads some slices of a large dataset, and tells large-files.mjs, which started it, the most memory that this
 * process ever had. What is read is compared with what was written.
 *
 *     node slices.mjs write|read contiguous|chunked|gzip end|each PATH SLICES TOTAL
 *
 * `end` commits when the file is closed, `each` after every slice.
 */
import { H5File } from 'h5pickle';
import { largestMemory } from './largest-memory.mjs';

const [action = '', layout = '', commits = '', path = '', slices = '0', total = '0'] = process.argv.slice(2);
const SLICE = 2 ** 20;

/**
 * What a slice holds: as many numbers, and no two slices the same ones.
 *
 * @param {Float64Array} slice
 * @param {number} index
 */
function fill(slice, index) {
  for (let i = 0; i < SLICE; i++)
    slice[i] = Math.round(1000 * Math.sin((index * SLICE + i) / 5000)) / 10 + index;
}

const slice = new Float64Array(SLICE);
if (action === 'write') {
  const file = H5File.open(path, 'w');
  const dataset = file.createDataset('value', {
    shape: [Number(total) * SLICE],
    dtype: 'f8',
    ...(layout === 'chunked' && { chunks: true }),
    ...(layout === 'gzip' && { chunks: true, compression: 'gzip' }),
  });
  for (let i = 0; i < Number(slices); i++) {
    fill(slice, i);
    dataset.write(slice, [[i * SLICE, (i + 1) * SLICE]]);
    if (commits === 'each') file.commit();
  }
  file.close();
} else {
  const file = H5File.open(path);
  const dataset = /** @type {import('h5pickle').H5Dataset<Float64Array>} */ (file.dataset('value'));
  for (let i = 0; i < Number(slices); i++) {
    const read = dataset.read([[i * SLICE, (i + 1) * SLICE]]);
    fill(slice, i);
    for (let j = 0; j < SLICE; j++)
      if (read[j] !== slice[j]) throw new Error(`slice ${i} has something else at ${j}`);
  }
  file.close();
}
process.send?.({ memory: largestMemory() });
