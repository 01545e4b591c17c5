import { allocate, type ElementType, TYPES, typeOfName } from '../../src/kernels/element-type.js';
import { sizeOf } from '../../src/kernels/strides.js';
import { NDArray, setElement } from '../../src/numpy/ndarray.js';

const FLOATS = [0, -0, 1, -1, 0.5, -2.5, 3.75, 1e10, -1e-5, Infinity, -Infinity, Number.NaN, 7, 2, -3, 0.1];
const INTEGERS = [0, 1, -1, 2, -2, 3, 7, 100, -100, 127, -128, 32767, -32768, 2147483647, -2147483648, 5];
const STRINGS = ['', 'a', 'b', 'ab', 'B', 'é', '\u{1f600}', '\uffee', 'abc', 'zz', 'a', ' ', 'Z'];

/** Numbers from 0 to 2^32 that look random, the same on every run. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** What elements are drawn from. */
export type Range = 'all' | 'small' | 'natural' | 'unit';

/** An array of a type and a shape, of odd values (`all`), or of tame ones. */
export function sample(dtype: string, shape: readonly number[], seed: number, range: Range = 'all'): NDArray {
  const type = typeOfName(dtype);
  const next = generator(seed);
  const data = allocate(type, sizeOf(shape));
  const array = new NDArray(data, shape, type);
  for (let i = 0; i < array.size; i++) setElement(type, data, i, elementFor(type, next, range) as never);
  return array;
}

function elementFor(type: ElementType, next: () => number, range: Range): unknown {
  const pick = <T>(list: readonly T[]) => list[next() % list.length] as T;
  switch (type.kind) {
    case 'b':
      return next() % 2 === 1;
    case 's':
      return pick(STRINGS);
    case 'c':
      return { re: (next() % 2000) / 100 - 10, im: (next() % 2000) / 100 - 10 };
    case 'f':
      if (range === 'all') return next() % 3 === 0 ? pick(FLOATS) : (next() % 20000) / 128 - 78;
      if (range === 'unit') return (next() % 100000) / 100000;
      return range === 'natural' ? next() % 7 : (next() % 4000) / 64 - 31;
    default:
      if (range === 'natural' || range === 'unit') return next() % 7;
      if (range === 'small') return type.kind === 'u' ? next() % 50 : (next() % 100) - 50;
      return type.compute === 'big'
        ? next() % 3 === 0
          ? BigInt[type.kind === 'u' ? 'asUintN' : 'asIntN'](
              64,
              BigInt(next()) * 4294967296n + BigInt(next()),
            )
          : BigInt(pick(INTEGERS))
        : pick(INTEGERS);
  }
}

/** Complex numbers of which some parts are no numbers, and some are equal. */
export function complexWithNaN(dtype: 'c8' | 'c16', shape: readonly number[], seed: number): NDArray {
  const next = generator(seed);
  const array = new NDArray(allocate(typeOfName(dtype), sizeOf(shape)), shape, typeOfName(dtype));
  const data = array.data as Float64Array;
  for (let i = 0; i < data.length; i++) data[i] = next() % 4 === 0 ? Number.NaN : (next() % 5) - 2;
  return array;
}

export const NUMBER_DTYPES = TYPES.filter(({ kind }) => kind !== 's' && kind !== 'c').map(({ name }) => name);
