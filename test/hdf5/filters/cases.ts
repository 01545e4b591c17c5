import { swapped } from '../../../src/hdf5/endian.js';
import {
  arrayType,
  BOOLEAN,
  type Compound,
  type Datatype,
  type FixedPoint,
  type FloatingPoint,
  fixedPoint,
  fixedString,
  floatingPoint,
} from '../../../src/hdf5/messages/datatype.js';
import { type Random, seeded } from '../../random.js';
import type { AskedFilter, Case } from './chunks.js';

export const DEFLATE = 1;
export const SHUFFLE = 2;
export const FLETCHER32 = 3;
export const NBIT = 5;
export const SCALE_OFFSET = 6;
export const LZF = 32000;

export const deflate: AskedFilter = { id: DEFLATE, optional: true, values: [6] };
export const shuffle: AskedFilter = { id: SHUFFLE, optional: true };
export const fletcher32: AskedFilter = { id: FLETCHER32, optional: false };
export const nbit: AskedFilter = { id: NBIT, optional: true };
export const lzf: AskedFilter = { id: LZF, optional: true };
const decimals = (digits: number): AskedFilter => ({
  id: SCALE_OFFSET,
  optional: true,
  values: [0, digits >>> 0],
});
const integers = (bits: number): AskedFilter => ({ id: SCALE_OFFSET, optional: true, values: [2, bits] });

export const randomBytes = (random: Random, length: number) => Uint8Array.from({ length }, () => random(256));

/** Elements that go up and down a little, so that there is something to compress. */
function wandering(type: Datatype, length: number, seed: number): Uint8Array {
  const random = seeded(seed);
  let value = 100;
  const numbers = Array.from({ length }, () => {
    value += random(9) - 4;
    return value;
  });
  return elements(type, numbers);
}

/** Numbers as the file has them. Integers are cut to their size. */
export function elements(type: Datatype, numbers: readonly (number | bigint)[]): Uint8Array {
  if (type.class !== 'fixed-point' && type.class !== 'floating-point') {
    const bytes = new Uint8Array(numbers.length * type.size);
    numbers.forEach((value, i) => {
      for (let k = 0; k < type.size; k++) bytes[i * type.size + k] = Number(value) * (k + 1);
    });
    return bytes;
  }
  const bytes = new Uint8Array(numbers.length * type.size);
  const view = new DataView(bytes.buffer);
  numbers.forEach((value, i) => {
    const at = i * type.size;
    if (type.class === 'floating-point') {
      if (type.size === 4) view.setFloat32(at, Number(value), true);
      else view.setFloat64(at, Number(value), true);
    } else {
      const whole = typeof value === 'bigint' ? value : BigInt(Math.trunc(value));
      for (let k = 0; k < type.size; k++) bytes[at + k] = Number((whole >> BigInt(8 * k)) & 0xffn);
    }
  });
  return type.bigEndian ? swapped(bytes, type.size) : bytes;
}

const NUMBERS: readonly [name: string, type: FixedPoint | FloatingPoint][] = [
  ['u1', fixedPoint(1, false)],
  ['i2', fixedPoint(2, true)],
  ['>i2', fixedPoint(2, true, true)],
  ['i4', fixedPoint(4, true)],
  ['>u4', fixedPoint(4, false, true)],
  ['i8', fixedPoint(8, true)],
  ['f4', floatingPoint(4)],
  ['f8', floatingPoint(8)],
  ['>f8', floatingPoint(8, true)],
];

const OTHERS: readonly [name: string, type: Datatype][] = [
  ['a string', fixedString(5)],
  ['a compound', compoundOf(11, [0, fixedPoint(2, true)], [3, floatingPoint(8)])],
  ['an array', arrayType([3], fixedPoint(4, true))],
  ['a boolean', BOOLEAN],
  ['many bytes', { class: 'opaque', size: 300, tag: '' }],
];

export function compoundOf(size: number, ...members: [offset: number, type: Datatype][]): Compound {
  return {
    class: 'compound',
    size,
    members: members.map(([offset, type], i) => ({ name: `m${i}`, offset, type })),
  };
}

const PIPELINES: readonly [name: string, filters: readonly AskedFilter[]][] = [
  ['deflate', [deflate]],
  ['deflate level 0', [{ ...deflate, values: [0] }]],
  ['shuffle', [shuffle]],
  ['fletcher32', [fletcher32]],
  ['lzf', [lzf]],
  ['shuffle, deflate', [shuffle, deflate]],
  ['shuffle, lzf, fletcher32', [shuffle, lzf, fletcher32]],
  ['fletcher32, shuffle, deflate', [fletcher32, shuffle, deflate]],
  ['deflate, lzf, fletcher32', [deflate, lzf, fletcher32]],
];

/** Every pipeline of filters that take any bytes, with every datatype. */
export function plainCases(): Case[] {
  const cases: Case[] = [];
  for (const [pipeline, filters] of PIPELINES) {
    for (const [i, [name, type]] of [...NUMBERS, ...OTHERS].entries()) {
      const length = 150 + i;
      cases.push({
        name: `${pipeline} of ${name}`,
        type,
        length,
        chunk: 60 + i,
        filters,
        data: wandering(type, length, i),
      });
    }
    const noise = randomBytes(seeded(7), 4 * 90);
    const type = fixedPoint(4, true);
    cases.push({ name: `${pipeline} of noise`, type, length: 90, chunk: 45, filters, data: noise });
    // One chunk, and elements that do not come out even with the checksum before them.
    const odd = randomBytes(seeded(8), 7).map((byte) => byte & 3);
    cases.push({
      name: `${pipeline} of 7 bytes`,
      type: fixedPoint(1, false),
      length: 7,
      chunk: 7,
      filters,
      data: odd,
    });
  }
  return cases;
}

/** What h5py's own options lead to. */
export function createdCases(): Case[] {
  const options: [name: string, create: Record<string, unknown>][] = [
    ['gzip', { compression: 'gzip' }],
    ['gzip 9, shuffle', { compression: 'gzip', compression_opts: 9, shuffle: true }],
    ['lzf, shuffle, fletcher32', { compression: 'lzf', shuffle: true, fletcher32: true }],
    ['scaleoffset', { scaleoffset: 3 }],
    ['scaleoffset, gzip', { scaleoffset: 3, compression: 'gzip' }],
  ];
  return options.flatMap(([name, create]) =>
    [fixedPoint(4, true), floatingPoint(8)].map((type) => ({
      name: `h5py's ${name} of ${type.class}`,
      type,
      length: 120,
      chunk: 50,
      create,
      // Seven values from 97 to 103 fit the three bits of integers, with the fill value.
      data: elements(
        type,
        Array.from({ length: 120 }, (_, i) => 97 + ((i * 5) % 7)),
      ),
    })),
  );
}

function bits<T extends FixedPoint | FloatingPoint>(type: T, bitPrecision: number, bitOffset: number): T {
  return { ...type, bitPrecision, bitOffset };
}

/** 20 significant bits of 4 bytes, as in the documentation of the filter. */
const SHORT_FLOAT: FloatingPoint = {
  ...floatingPoint(4),
  bitPrecision: 20,
  bitOffset: 7,
  signLocation: 26,
  exponentLocation: 20,
  exponentSize: 6,
  exponentBias: 31,
  mantissaLocation: 7,
  mantissaSize: 13,
};

export function nbitCases(): Case[] {
  const types: [name: string, type: Datatype][] = [];
  for (const bigEndian of [false, true]) {
    const order = bigEndian ? 'big' : 'little';
    for (const [size, precision, offset] of [
      [1, 3, 0],
      [1, 1, 7],
      [1, 8, 0],
      [2, 9, 3],
      [2, 8, 8],
      [4, 17, 3],
      [4, 16, 8],
      [4, 31, 1],
      [4, 2, 15],
      [8, 61, 2],
      [8, 40, 24],
      [3, 20, 1],
      [16, 100, 20],
    ] as const) {
      types.push([
        `${precision} of ${8 * size} bits, ${order}`,
        bits(fixedPoint(size, true, bigEndian), precision, offset),
      ]);
    }
    types.push([`20 bits of a float, ${order}`, { ...SHORT_FLOAT, bigEndian }]);
    types.push([`a whole double, ${order}`, floatingPoint(8, bigEndian)]);
  }
  const small = bits(fixedPoint(2, false), 5, 4);
  types.push(
    ['an array', arrayType([2, 3], small)],
    ['an array of whole numbers', arrayType([2, 3], fixedPoint(2, false))],
    ['an array of arrays', arrayType([2], arrayType([3], small))],
    ['an array of strings', arrayType([3], fixedString(5))],
    ['a string', fixedString(5)],
    ['a boolean', BOOLEAN],
    [
      'a compound',
      compoundOf(
        40,
        [1, small],
        [4, SHORT_FLOAT],
        [8, fixedString(3)],
        [12, arrayType([2], bits(fixedPoint(4, true, true), 11, 5))],
        [20, compoundOf(6, [0, fixedPoint(1, true)], [2, bits(fixedPoint(4, false), 30, 1)])],
        [26, BOOLEAN],
        [30, fixedPoint(8, true)],
      ),
    ],
    [
      'an array of compounds',
      arrayType([3], compoundOf(5, [0, small], [3, bits(fixedPoint(1, false), 3, 2)])),
    ],
    ['an array of strings in a compound', compoundOf(12, [0, small], [2, arrayType([2], fixedString(5))])],
  );
  return types.map(([name, type], i) => ({
    name: `nbit of ${name}`,
    type,
    length: 70 + i,
    chunk: 32,
    filters: i % 3 === 2 ? [nbit, shuffle, deflate] : [nbit],
    data: randomBytes(seeded(i), type.size * (70 + i)),
  }));
}

export function scaleOffsetCases(): Case[] {
  const cases: Case[] = [];
  const add = (
    name: string,
    type: FixedPoint | FloatingPoint,
    numbers: readonly (number | bigint)[],
    filter: AskedFilter,
    fill?: number | bigint | 'undefined',
  ) => {
    cases.push({
      name: `scaleoffset of ${name}`,
      type,
      length: numbers.length,
      chunk: numbers.length,
      filters: [filter],
      data: elements(type, numbers),
      ...(fill !== undefined && { fill: fill === 'undefined' ? fill : elements(type, [fill]) }),
    });
  };
  const random = seeded(5);
  for (const size of [1, 2, 4, 8] as const) {
    for (const signed of [false, true]) {
      for (const bigEndian of [false, true]) {
        const type = fixedPoint(size, signed, bigEndian);
        const full = 1n << BigInt(8 * size);
        const first = signed ? -(full / 2n) : 0n;
        const last = first + full - 1n;
        const about = (start: bigint, width: number) =>
          Array.from({ length: 50 }, () => start + BigInt(random(width)));
        const where = `${bigEndian ? '>' : '<'}${signed ? 'i' : 'u'}${size}`;
        const ranges: [name: string, numbers: bigint[]][] = [
          ['a few above the middle', about(first + full / 2n, 11)],
          ['a few from the first on', about(first, 11)],
          ['a few up to the last', about(last - 10n, 11)],
          ['zero in between', about(first + full / 2n - 5n + (signed ? 0n : 5n), 60)],
          ['one value', new Array<bigint>(20).fill(first + 7n)],
          ['two values', [first + 7n, first + 8n]],
          ['all there are', [first, last, 1n, 2n]],
          ['all but one', [first, last - 1n, 1n]],
          ['all but two', [first, last - 2n, 1n]],
          ['half of all', [first, first + full / 2n - 1n, first + 1n]],
          ['half of all, and one', [first, first + full / 2n, first + 1n]],
          ['half of all, less one', [first, first + full / 2n - 2n, first + 1n]],
        ];
        if (size > 4) {
          ranges.push(['40 bits', [5n, 5n + 2n ** 40n - 3n, 2n ** 33n]]);
          ranges.push(['32 bits', [5n, 5n + 2n ** 32n - 1n, 2n ** 31n]]);
          ranges.push(['33 bits', [5n, 5n + 2n ** 32n, 2n ** 31n]]);
        }
        for (const [name, numbers] of ranges) {
          add(`${name}, ${where}`, type, numbers, integers(0));
          add(`${name}, ${where}, no fill value`, type, numbers, integers(0), 'undefined');
          add(`${name}, ${where}, the second one is the fill value`, type, numbers, integers(0), numbers[1]!);
        }
        const few = about(first + full / 2n, 13);
        add(`5 bits, ${where}`, type, few, integers(5));
        add(`5 bits, ${where}, no fill value`, type, few, integers(5), 'undefined');
        add(`as many bits as there are, ${where}`, type, about(first, 200), integers(8 * size));
      }
    }
  }
  for (const size of [4, 8] as const) {
    for (const bigEndian of [false, true]) {
      const type = floatingPoint(size, bigEndian);
      const where = `${bigEndian ? '>' : '<'}f${size}`;
      const around = (middle: number, width: number) =>
        Array.from({ length: 60 }, () => middle + (random(1_000_000) / 1_000_000 - 0.5) * width);
      const ranges: [name: string, numbers: number[], digits: number][] = [
        ['temperatures', around(20, 30), 2],
        ['small numbers', around(0, 0.01), 5],
        ['large numbers', around(5e8, 1e6), -3],
        ['one value', new Array<number>(20).fill(1.5), 3],
        ['zeros', new Array<number>(20).fill(0), 3],
        ['halves', Array.from({ length: 40 }, (_, i) => i / 2 - 10), 0],
        ['too many digits', around(0, 1e6), 15],
        ['many bits', around(0, 1e6), size === 4 ? 3 : 9],
        ['more bits', around(0, 1e6), size === 4 ? 1 : 11],
      ];
      for (const [name, numbers, digits] of ranges) {
        add(`${name}, ${where}`, type, numbers, decimals(digits));
        add(`${name}, ${where}, no fill value`, type, numbers, decimals(digits), 'undefined');
        add(
          `${name}, ${where}, the second one is the fill value`,
          type,
          numbers,
          decimals(digits),
          numbers[1]!,
        );
        add(`${name}, ${where}, a fill value far away`, type, numbers, decimals(digits), -99999);
      }
    }
  }
  return cases;
}
