import { H5Array } from '../../src/containers/h5-array.js';
import { H5File } from '../../src/node.js';
import type { NDArray } from '../../src/numpy/ndarray.js';

/** Arrays on disk for tests: datasets of one file in memory, in small chunks. */
export class TestFile {
  readonly file = H5File.open(new Uint8Array(0), 'w');
  #count = 0;

  /** A dataset with the elements of an array; each axis may grow. */
  write(
    array: NDArray,
    options: { readonly chunks?: readonly number[] | undefined; readonly contiguous?: boolean } = {},
  ): H5Array {
    const { shape, dtype } = array;
    const chunks = options.chunks ?? shape.map((length) => Math.max(1, Math.min(3, length)));
    const result = H5Array.write(this.file, `array-${this.#count++}`, undefined, {
      shape: [...shape],
      dtype,
      ...(!options.contiguous && { chunks, maxShape: shape.map(() => null) }),
    });
    const whole = { start: shape.map(() => 0), shape };
    if (array.size > 0) result.writeBlock(whole, array.data);
    return result;
  }
}

/** What writes arrays to a file of its own. */
export function fileOfTest(): { write: (array: NDArray) => H5Array } {
  const file = new TestFile();
  return { write: (array) => file.write(array) };
}
