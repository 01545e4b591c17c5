import { convertInto } from '../kernels/convert.js';
import { allocate, type Data } from '../kernels/element-type.js';
import { contiguous, sizeOf } from '../kernels/strides.js';
import { operandOf, type Part, type Source } from './source.js';

/**
 * The boxes that a run of elements in row-major order consists of, in that order: at most two for each axis.
 *
 * @example
 * [...boxesOfRun([3, 4], 2, 9)]; // the end of row 0, row 1, the beginning of row 2
 */
export function* boxesOfRun(shape: readonly number[], from: number, to: number): IterableIterator<Part> {
  if (from >= to) return;
  if (shape.length === 0) {
    yield { start: [], shape: [] };
    return;
  }
  const inner = sizeOf(shape.slice(1));
  const first = Math.floor(from / inner);
  const last = Math.floor((to - 1) / inner);
  const row = function* (index: number, start: number, stop: number): IterableIterator<Part> {
    for (const part of boxesOfRun(shape.slice(1), start, stop))
      yield { start: [index, ...part.start], shape: [1, ...part.shape] };
  };
  if (first === last && !(from % inner === 0 && to - from === inner)) {
    yield* row(first, from - first * inner, to - first * inner);
    return;
  }
  let whole = first;
  if (from % inner !== 0) {
    yield* row(first, from % inner, inner);
    whole++;
  }
  const end = Math.floor(to / inner);
  if (end > whole) {
    const rest = shape.slice(1);
    yield { start: [whole, ...rest.map(() => 0)], shape: [end - whole, ...rest] };
  }
  if (to % inner !== 0) yield* row(end, 0, to % inner);
}

/** A run of elements of a source in row-major order, in its type. In memory it is not copied. */
export function readRun(source: Source, from: number, to: number): Data {
  const { memory, type, shape } = source;
  if (memory) return contiguous([to - from], { data: memory.data, offset: from, strides: [1] }, type.width);
  const data = allocate(type, to - from);
  let at = 0;
  for (const part of boxesOfRun(shape, from, to)) {
    const count = sizeOf(part.shape);
    const read = contiguous(part.shape, operandOf(source, part.start, part.shape), type.width);
    if (count === to - from) return read;
    convertInto(type, read, 0, type, data, at, count);
    at += count;
  }
  return data;
}
