/**
 * Numbers the chunks of a dataset, as implicit indexes and arrays count them (Format Specification, section VII.B):
 * the last dimension changes fastest. What counts is how far the dataset may grow, not its present size. A dimension without
 * limit comes first (H5VM_swizzle_coords in libhdf5), so that the numbers stay the same when the dataset grows along it.
 */
export class ChunkGrid {
  readonly rank: number;
  /** The number of all chunks; Infinity if there is a dimension without limit. */
  readonly total: number;
  /** Whether all numbers, or those along a dimension without limit, are small enough to be exact. */
  readonly isExact: boolean;
  /** The chunks along each dimension. */
  readonly #counts: number[];
  /** What one step along each dimension adds to the number. */
  readonly #steps: number[];
  /** The dimensions, the one whose steps are largest first. */
  readonly #order: number[] = [];

  constructor(maxDims: readonly number[], chunkDims: readonly number[]) {
    this.rank = maxDims.length;
    this.#counts = maxDims.map((dim, axis) => Math.ceil(dim / (chunkDims[axis] as number)));
    const unlimited = maxDims.indexOf(Number.POSITIVE_INFINITY);
    if (unlimited >= 0) this.#order.push(unlimited);
    for (let axis = 0; axis < this.rank; axis++) if (axis !== unlimited) this.#order.push(axis);
    this.#steps = maxDims.map(() => 0);
    let total = 1;
    let finite = 1;
    for (let i = this.rank - 1; i >= 0; i--) {
      const axis = this.#order[i] as number;
      this.#steps[axis] = total;
      // Nothing times no limit is nothing.
      if (total > 0) total *= this.#counts[axis] as number;
      if (Number.isFinite(total)) finite = Math.max(finite, total);
    }
    this.total = total;
    this.isExact = finite <= Number.MAX_SAFE_INTEGER;
  }

  /** The number of the chunk at a place, or -1 if it lies outside. */
  number(place: readonly number[]): number {
    let number = 0;
    for (let axis = 0; axis < this.rank; axis++) {
      const n = place[axis] as number;
      if (!(n >= 0 && n < (this.#counts[axis] as number))) return -1;
      number += n * (this.#steps[axis] as number);
    }
    return number;
  }

  /** The place of the chunk with a number. */
  place(number: number): number[] {
    const place = new Array<number>(this.rank);
    for (const axis of this.#order) {
      const step = this.#steps[axis] as number;
      const n = Math.floor(number / step);
      place[axis] = n;
      number -= n * step;
    }
    return place;
  }
}
