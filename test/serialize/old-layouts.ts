/** A value with something of everything that the layout has a form for; the same each time. */
import { TypeRegistry } from '../../src/index.js';

export class Sample {
  constructor(
    public name = '',
    public weight = 0,
  ) {}
}

export class Bag extends Set<unknown> {
  label = 'bag';
}

export const registry = new TypeRegistry()
  .register(Sample, { name: 'kept.Sample', version: 3 })
  .register(Bag, { name: 'kept.Bag' });

export function everything() {
  const shared = { name: 'shared', when: new Date(1e12) };
  const rows = Array.from({ length: 20 }, (_, i) => ({
    i,
    text: `row ${i}`,
    even: i % 2 === 0,
    at: i === 3 ? null : i / 4,
  }));
  const sparse: unknown[] = [];
  sparse[2000] = 'far';
  sparse[5] = shared;
  const cycle: Record<string, unknown> = { list: [1] };
  cycle.self = cycle;
  return {
    numbers: { int: -5, float: 0.1, negativeZero: -0, nan: Number.NaN, infinite: Number.NEGATIVE_INFINITY },
    bigints: [1n, 2n ** 80n, -3n],
    texts: ['', 'ä😀', 'a\0b', '\ud800', 'x'.repeat(200)],
    'odd/key@': true,
    '': null,
    nothing: [undefined, null],
    holes: Object.assign(new Array(4), { 1: 'one' }),
    dates: [new Date(0), new Date(Number.NaN)],
    typed: [Float32Array.of(1.5), new Uint8ClampedArray([1, 300]), BigInt64Array.of(-1n)],
    buffers: [new Uint8Array([1, 2]).buffer, new DataView(new ArrayBuffer(2))],
    matrix: [
      [1, 2, 3],
      [4, 5, 6],
    ],
    ragged: [[1], [], [2, 3]],
    mixed: [1, 'two', [3], { four: 4 }, null, new Sample('five', 5)],
    rows,
    instances: [new Sample('a', 1), new Sample('b', 2)],
    row: rows[7],
    maps: [
      new Map<unknown, unknown>([
        [shared, 1],
        ['k', new Set([1])],
      ]),
      new Map([['only', 'texts']]),
    ],
    bare: Object.assign(Object.create(null) as object, { a: 1 }),
    sparse,
    shared,
    again: shared,
    cycle,
    pattern: Object.assign(/a+\/b/gu, { lastIndex: 2 }),
    url: new URL('https://example.org/?q=1'),
    symbols: [Symbol.iterator, Symbol.for('kept')],
    boxed: Object(1) as unknown,
    bag: new Bag(['a', shared]),
  };
}
