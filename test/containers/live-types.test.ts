import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  type Copied,
  type DictView,
  type Elements,
  H5Array,
  H5Class,
  H5Dict,
  H5List,
  type Live,
  type LiveMembers,
  type Stored,
  TypeRegistry,
} from '../../src/node.js';

const registry = new TypeRegistry();

@H5Class('live-types.Point', { registry })
class Point {
  x = 1;
}

@H5Class('live-types.Counter', { registry })
class Counter {
  count = 1;
  next() {
    return this.count++;
  }
}

/** In a file in memory. */
function written<T extends object>(value: T) {
  return H5Dict.write(undefined, value, { registry });
}

describe('what is got of what was written', () => {
  test('lists, dicts and large arrays are live', () => {
    using dict = written({
      tags: ['a', 'b'],
      settings: { theme: 'dark', font: { size: 12 } },
      visits: new Map([['ada', 1]]),
      big: new Float64Array(200_000),
      pair: [1, 'x'] as [number, string],
      none: [],
      maybe: 'x' as string | undefined,
    });
    const tags = dict.get('tags');
    expectTypeOf(tags).toEqualTypeOf<H5List<string>>();
    expect(tags).toBeInstanceOf(H5List);
    expectTypeOf(tags.at(0)).toEqualTypeOf<string | undefined>();
    const settings = dict.get('settings');
    expectTypeOf(settings.get('font').get('size')).toEqualTypeOf<number>();
    expect(settings.get('font').get('size')).toBe(12);
    expectTypeOf(dict.view.settings.font.size).toEqualTypeOf<number>();
    expect(dict.view.settings.font.size).toBe(12);
    expectTypeOf(dict.get('visits').get('ada')).toEqualTypeOf<number>();
    expect(dict.get('visits').get('ada')).toBe(1);
    const big = dict.get('big');
    expectTypeOf(big).toEqualTypeOf<Float64Array<ArrayBuffer> | H5Array<number>>();
    expect(big).toBeInstanceOf(H5Array);
    expectTypeOf(dict.get('pair')).toEqualTypeOf<H5List<number | string>>();
    expectTypeOf(dict.get('none')).toEqualTypeOf<H5List<unknown>>();
    expectTypeOf(dict.get('maybe')).toEqualTypeOf<string | undefined>();
  });

  test('instances and values of the language are what they are', () => {
    using dict = written({
      counter: new Counter(),
      date: new Date(0),
      set: new Set([1]),
      error: new Error('x'),
    });
    expectTypeOf(dict.get('counter')).toEqualTypeOf<Counter>();
    expect(dict.get('counter')).toBeInstanceOf(Counter);
    expectTypeOf(dict.get('date')).toEqualTypeOf<Date>();
    expectTypeOf(dict.get('set')).toEqualTypeOf<Set<number>>();
    expectTypeOf(dict.get('error')).toEqualTypeOf<Error>();
  });

  test('where the type leaves it open it is one of two', () => {
    interface Settings {
      theme: string;
    }
    const settings: Settings = { theme: 'dark' };
    using dict = written({ point: new Point(), settings, rows: [{ id: 1 }], numbers: new Map([[1, 'x']]) });
    expectTypeOf(dict.get('point')).toEqualTypeOf<Point | H5Dict<{ x: number }>>();
    expect(dict.get('point')).toBeInstanceOf(Point);
    expectTypeOf(dict.get('settings')).toEqualTypeOf<Settings | H5Dict<{ theme: string }>>();
    expect(dict.get('settings')).toBeInstanceOf(H5Dict);
    // In columns, until something comes that does not fit.
    const rows = dict.get('rows');
    expectTypeOf(rows).toEqualTypeOf<H5List<{ id: number } | H5Dict<{ id: number }>>>();
    expect(rows.get(0)).toEqual({ id: 1 });
    expectTypeOf(dict.get('numbers')).toEqualTypeOf<
      Map<number, string> | H5Dict<{ [key: string]: string }>
    >();
    expect(dict.get('numbers')).toBeInstanceOf(Map);
  });

  test('a Map is a dict of any keys, and so is an empty object', () => {
    using dict = written(new Map([['a', [1]]]));
    expectTypeOf(dict).toEqualTypeOf<H5Dict<{ [key: string]: H5List<number> }>>();
    expect(dict.get('a').at(0)).toBe(1);
    using empty = H5Dict.write(undefined, {});
    expectTypeOf(empty).toEqualTypeOf<H5Dict<Record<string, unknown>>>();
    expect(empty.set('a', 1).get('a')).toBe(1);
  });

  test('a type that is said is taken, and what may be set is written', () => {
    interface State {
      tags: H5List<string>;
      settings: H5Dict<{ theme: string }>;
      position: Float64Array;
      samples: H5Array<number>;
    }
    using dict = H5Dict.write<State>(undefined, {
      tags: ['a'],
      settings: { theme: 'dark' },
      position: Float64Array.of(1),
      samples: new Float64Array(200_000),
    });
    expectTypeOf(dict.get('tags')).toEqualTypeOf<H5List<string>>();
    expectTypeOf(dict.get('settings')).toEqualTypeOf<H5Dict<{ theme: string }>>();
    expectTypeOf(dict).toEqualTypeOf<H5Dict<State>>();
    expectTypeOf(dict.get('samples')).toEqualTypeOf<H5Array<number>>();
    // @ts-expect-error: a number is no list
    H5Dict.write<State>(undefined, { ...dict.toObject(), tags: 1 });
    const declared: H5Dict<{ tags: H5List<string> }> = H5Dict.write(undefined, { tags: ['a'] });
    expect(declared.get('tags').at(0)).toBe('a');
    const fromMap = H5Dict.write<{ a: number }>(undefined, new Map([['a', 1]]));
    expectTypeOf(fromMap.get('a')).toEqualTypeOf<number>();
    dict.set('tags', ['b']).set('settings', { theme: 'light' });
    dict.assign({ tags: ['c'], settings: { theme: 'x' }, position: Float64Array.of(1), samples: [1] });
    dict.merge({ tags: ['d'] });
    expect(dict.get('tags').at(0)).toBe('d');
    // @ts-expect-error: of numbers
    dict.set('tags', [1]);
    // @ts-expect-error: without a theme
    dict.set('settings', {});
  });

  test('any is any, and unknown is unknown', () => {
    expectTypeOf<Live<unknown>>().toEqualTypeOf<unknown>();
    // biome-ignore lint/suspicious/noExplicitAny: that is what is tested
    expectTypeOf<Live<any>>().toBeAny();
    expectTypeOf<Copied<unknown>>().toEqualTypeOf<unknown>();
    expectTypeOf<Live<never>>().toBeNever();
    interface Tree {
      children: Tree[];
    }
    expectTypeOf<Live<Tree>>().toEqualTypeOf<Tree | H5Dict<LiveMembers<Tree>>>();
  });
});

test('views have views in them', () => {
  using list = H5List.write<H5Dict<{ a: number }>>(undefined, [{ a: 1 }, 'x'] as never);
  expectTypeOf(list.view).toEqualTypeOf<{ a: number }[]>();
  expect(list.view[0]?.a).toBe(1);
  expectTypeOf<DictView<{ a: Point | H5Dict<{ x: number }> }>>().toEqualTypeOf<{
    a: Point | { x: number };
  }>();
});

test('a copy has nothing live in it', () => {
  interface State {
    list: H5List<H5List<number>>;
    dict: H5Dict<{ list: H5List<string> }>;
    map: H5Dict;
    big: Float64Array | H5Array<number>;
    array: H5Array<number>;
    point: Point;
  }
  expectTypeOf<Copied<State['list']>>().toEqualTypeOf<number[][]>();
  expectTypeOf<Copied<State['dict']>>().toEqualTypeOf<{ list: string[] }>();
  expectTypeOf<Copied<State['map']>>().toEqualTypeOf<Record<string, unknown> | Map<string, unknown>>();
  expectTypeOf<Copied<State['big']>>().toEqualTypeOf<Float64Array>();
  expectTypeOf<Copied<State['array']>>().toEqualTypeOf<Elements>();
  expectTypeOf<Copied<State['point']>>().toEqualTypeOf<Point>();
  expectTypeOf<Stored<State['dict']>>().toExtend<{ list: unknown } | ReadonlyMap<string, unknown>>();

  using dict = written({ tags: ['a'], settings: { theme: 'dark' }, big: new Float64Array(200_000) });
  const copy = dict.toObject();
  expectTypeOf(copy).toEqualTypeOf<{
    tags: string[];
    settings: { theme: string };
    big: Float64Array<ArrayBuffer>;
  }>();
  expect([copy.tags[0], copy.settings.theme, copy.big.length]).toEqual(['a', 'dark', 200_000]);
  using map = written(new Map([['a', 1]]));
  expectTypeOf(map.copy()).toEqualTypeOf<{ [key: string]: number } | Map<string, number>>();
  expect(map.copy()).toEqual(new Map([['a', 1]]));
  expect(map.toObject()['a']).toBe(1);
});

test('keys that are written down are those of the dict; others may be any', () => {
  using dict = H5Dict.write<{ theme: string }>(undefined, { theme: 'dark' });
  const key: string = 'theme';
  expectTypeOf(dict.get(key)).toEqualTypeOf<unknown>();
  expect(dict.get(key)).toBe('dark');
  // @ts-expect-error
  expect(dict.get('teme')).toBeUndefined();
  // @ts-expect-error
  dict.set('teme', 'light');
  using any = H5Dict.write(undefined, {});
  expect(any.set('teme', 1).get('teme')).toBe(1);
});
