import { describe, expect, it } from 'vitest';
import { expectSame } from './same.js';
import { crossed, runs, sampled, THOROUGH } from './thoroughness.js';

const table = Array.from({ length: 17 }, (_, i) => i);

describe('a sample', () => {
  it('is a part of a table, and all of them are the table', () => {
    const samples = [0, 1, 2].map((from) => sampled(table, 3, from));
    expect(new Set(samples.flat())).toEqual(new Set(table));
    expect(samples.flat()).toHaveLength(THOROUGH ? 3 * 17 : 17);
    expect(sampled(table, 3, 4)).toEqual(sampled(table, 3, 1));
  });

  it('of two tables has each value of both', () => {
    const letters = ['a', 'b', 'c'];
    const tables: [unknown[], unknown[]][] = [
      [table, letters],
      [letters, table],
    ];
    for (const [first, second] of tables) {
      const pairs = crossed(first, second);
      expect(new Set(pairs.map(([one]) => one))).toEqual(new Set(first));
      expect(new Set(pairs.map(([, other]) => other))).toEqual(new Set(second));
      expect(pairs).toHaveLength(THOROUGH ? 3 * 17 : 17);
    }
  });

  it('of many cases has a tenth of them, of few all', () => {
    expect([1000, 30, 5].map(runs)).toEqual(THOROUGH ? [1000, 30, 5] : [100, 20, 5]);
  });
});

describe('expectSame', () => {
  it('takes what is the same', () => {
    const make = () => ({ a: [Number.NaN, -0, 1n, new Date(Number.NaN), undefined], b: new Map([[{}, 1]]) });
    expectSame(make(), make());
  });

  class Box {
    a = 1;
  }
  it.each<[unknown, unknown]>([
    [0, -0],
    [[0], [-0]],
    [[Number.NaN], [0]],
    [1n, 1],
    [{ a: undefined }, {}],
    [new Array(1), [undefined]],
    [new Map([[1, 2]]), new Map([[1, 3]])],
    [new Box(), { a: 1 }],
    [Float64Array.of(1), Float32Array.of(1)],
  ])('%o is not %o', (one, other) => {
    expect(() => expectSame(one, other)).toThrow();
  });
});
