import type { ArrayView } from '../containers/array-view.js';
import { rowMajor } from '../kernels/strides.js';

/** Where the elements of a view stand in its base, one after another in row-major order. */
export function placesOf({ dims, shape, maps, size }: ArrayView): Float64Array {
  const places = new Float64Array(size);
  const steps = rowMajor(dims);
  const index = new Array<number>(shape.length).fill(0);
  for (let axis = 0; axis < maps.length; axis++) {
    const { offset, strides, table } = maps[axis];
    const step = steps[axis];
    index.fill(0);
    let along = offset;
    for (let at = 0; at < size; at++) {
      places[at] += step * (table ? table[along] : along);
      for (let j = shape.length - 1; j >= 0; j--) {
        along += strides[j];
        if (++index[j] < shape[j]) break;
        along -= strides[j] * shape[j];
        index[j] = 0;
      }
    }
  }
  return places;
}
