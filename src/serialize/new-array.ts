/** V8 makes arrays that are asked to be longer than this as hash tables. */
const MAX_PRESIZED = 1 << 25;

/** An empty array that is about to get `length` elements, in order: of that size already, where it helps. */
export function newArray<T>(length: number): T[] {
  return length <= MAX_PRESIZED ? new Array<T>(length) : [];
}
