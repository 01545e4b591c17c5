import type { NumberList } from '../number-list.js';

/** Where the first two of intervals overlap, -1 if none do. `ends` holds where each begins, and where it ends. */
export function findOverlap(ends: NumberList): number {
  const count = ends.length / 2;
  const order = Float64Array.from({ length: count }, (_, i) => i);
  const { data } = ends;
  order.sort((a, b) => (data[2 * a] as number) - (data[2 * b] as number));
  let end = 0;
  for (const i of order) {
    const start = data[2 * i] as number;
    if (start < end) return start;
    end = Math.max(end, data[2 * i + 1] as number);
  }
  return -1;
}
