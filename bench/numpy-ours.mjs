// @ts-check
/**
 * Computes one thing of the arrays of a file, and tells numpy.mjs, which started it, how long that took, what came out, and the most
 * memory that this process ever had.
 *
 *     node numpy-ours.mjs sum|mean|std|max|add|sin|in-place PATH OUT CAP
 */
import { H5Array, H5File, setOptions } from 'h5pickle';
import * as np from 'h5pickle/numpy';
import { largestMemory } from './largest-memory.mjs';

const [what = '', path = '', out = '', cap = ''] = process.argv.slice(2);
setOptions({ maxMemory: cap });

/** @returns {number} What tells whether the right thing was computed. */
function compute() {
  if (what === 'in-place') {
    const file = H5File.open(path, 'r+', { durability: 'off' });
    const array = H5Array.of(file.dataset('b'));
    np.add(array, 1, { out: array });
    const last = /** @type {number} */ (file.dataset('b').at(-1));
    file.close();
    return last;
  }
  const file = H5File.open(path);
  const a = H5Array.of(file.dataset('a'));
  let result = 0;
  switch (what) {
    case 'sum':
      result = Number(np.sum(a));
      break;
    case 'mean':
      result = np.mean(a);
      break;
    case 'std':
      result = np.std(a);
      break;
    case 'max':
      result = Number(np.max(a));
      break;
    default: {
      // Neither waits for the disk: h5py does not, either.
      const target = H5File.open(out, 'w', { durability: 'off' });
      const place = { out: { file: target, name: 'result' } };
      if (what === 'add') np.add(a, H5Array.of(file.dataset('b')), place);
      else np.sin(a, place);
      result = /** @type {number} */ (target.dataset('result').at(-1));
      target.close();
    }
  }
  file.close();
  return result;
}

const start = performance.now();
const result = compute();
const time = performance.now() - start;
process.send?.({ time, result, memory: largestMemory() });
