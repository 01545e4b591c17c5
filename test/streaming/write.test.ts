import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as core from '../../src/index.js';
import {
  deserialize,
  H5File,
  H5LimitError,
  H5UnsupportedError,
  type Progress,
  read,
  readSync,
  serialize,
  streaming,
  TypeRegistry,
  write,
  writeSync,
} from '../../src/node.js';
import { values } from '../../src/values.js';
import { expectSame } from '../same.js';
import { sampled, THOROUGH } from '../thoroughness.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
const at = (name: string) => join(folder, name);

interface Row {
  readonly id: number;
  readonly name: string;
}
const row = (id: number): Row => ({ id, name: `row ${id}` });
/** More than are stored at one time, and one that is in the second part of them. */
const [COUNT, LATE] = THOROUGH ? [80_000, 70_000] : [66_000, 65_600];
const allRows = () => Array.from({ length: COUNT }, (_, id) => row(id));

/** Yields rows, does something before each, and remembers whether it was told that no more is wanted. */
class Rows {
  isClosed = false;
  yielded = 0;
  readonly #before: (id: number) => unknown;

  constructor(before: (id: number) => unknown = () => {}) {
    this.#before = before;
  }

  async *inTime(count = COUNT): AsyncGenerator<unknown, void> {
    try {
      for (; this.yielded < count; this.yielded++)
        yield (await this.#before(this.yielded)) ?? row(this.yielded);
    } finally {
      this.isClosed = true;
    }
  }

  *now(count = COUNT): Generator<unknown, void> {
    try {
      for (; this.yielded < count; this.yielded++) yield this.#before(this.yielded) ?? row(this.yielded);
    } finally {
      this.isClosed = true;
    }
  }
}

/** What is written to: each takes a value, and says what is there then, if all went well. */
const TARGETS: {
  readonly [name: string]: () => {
    write: (value: object, options?: object) => Promise<void>;
    written: () => unknown;
    /** Whether all is as it was before. */
    isUntouched: () => boolean;
  };
} = {
  'a path': () => {
    writeFileSync(at('a.h5'), 'old');
    return {
      write: (value, options) => write(at('a.h5'), value, options),
      written: () => readSync(at('a.h5')),
      isUntouched: () => readFileSync(at('a.h5'), 'utf8') === 'old' && readdirSync(folder).length === 1,
    };
  },
  'a part of a file at a path': () => {
    const old = serialize({ before: 1, part: { old: true }, after: 'x' });
    writeFileSync(at('a.h5'), old);
    return {
      write: (value, options) => write(at('a.h5'), value, { ...options, path: 'part' }),
      written: () => {
        const { before, part, after } = readSync(at('a.h5')) as Record<string, unknown>;
        expect([before, after]).toEqual([1, 'x']);
        return part;
      },
      isUntouched: () => readFileSync(at('a.h5')).equals(old) && readdirSync(folder).length === 1,
    };
  },
  'an open file': () => {
    writeFileSync(at('a.h5'), serialize({ old: true }));
    const file = H5File.open(at('a.h5'), 'r+');
    const listing = readdirSync(folder).length;
    return {
      write: (value, options) => write(file, value, { ...options, path: 'in/there' }),
      written: () => {
        file.close();
        const { old, in: part } = readSync(at('a.h5')) as { old: unknown; in: { there: unknown } };
        expect(old).toBe(true);
        return part.there;
      },
      isUntouched: () => {
        const isSame = JSON.stringify(readSync(at('a.h5'))) === '{"old":true}' && !file.has('in');
        const isAlone = readdirSync(folder).length === listing;
        file.close();
        return isSame && isAlone;
      },
    };
  },
  'a group of a file in memory': () => {
    const file = H5File.open(serialize({ group: { old: true } }), 'r+');
    return {
      write: (value, options) => write(file.group('group'), value, options),
      written: () => (deserialize(file.toBytes()) as { group: unknown }).group,
      isUntouched: () => JSON.stringify(deserialize(file.toBytes())) === '{"group":{"old":true}}',
    };
  },
  'what takes the pieces': () => {
    let saved: Uint8Array[] | undefined;
    const save = (pieces: Uint8Array[]) => {
      saved = pieces;
    };
    return {
      write: (value, options) => write({ save }, value, options),
      written: () => deserialize(Buffer.concat(saved ?? [])),
      isUntouched: () => saved === undefined,
    };
  },
  'what takes the pieces, elsewhere than in Node': () => {
    let saved: Uint8Array[] | undefined;
    const save = (pieces: Uint8Array[]) => {
      saved = pieces;
    };
    return {
      write: (value, options) => core.write({ save }, value, { streaming, values, ...options }),
      written: () => core.deserialize(new Uint8Array(Buffer.concat(saved ?? [])), { values }),
      isUntouched: () => saved === undefined,
    };
  },
};

/** How many rows: more than are stored at one time, but for a developer only to every third target. */
const many = (nth: number): number => (THOROUGH || nth % 3 === 0 ? COUNT : 1000);

const targets = Object.entries(TARGETS).map(([name, begin], i) => [name, begin, i] as const);

describe.each(targets)('to %s', (_, begin, nth) => {
  it('what async iterables yield is a list', async () => {
    const { write, written } = begin();
    const rows = new Rows();
    const count = many(nth);
    const few = (async function* () {
      yield 1;
      yield 'two';
    })();
    await write({ before: 1, rows: rows.inTime(count), deep: [{ few }], after: few });
    const value = written() as Record<string, unknown>;
    expectSame(value, {
      before: 1,
      rows: allRows().slice(0, count),
      deep: [{ few: [1, 'two'] }],
      after: [1, 'two'],
    });
    expect(value['after']).toBe((value['deep'] as [{ few: unknown }])[0].few);
    expect(rows.isClosed).toBe(true);
  });

  it('what an iterator yields is a list, and so are iterables within iterables', async () => {
    const { write, written } = begin();
    const nested = async function* () {
      for (let i = 0; i < 5; i++) {
        yield {
          i,
          squares: [1, 2, 3].map((n) => n * n).values(),
          later: (async function* () {
            yield i;
            yield (async function* () {
              yield 'deepest';
            })();
          })(),
        };
      }
    };
    const count = many(nth + 1);
    await write({ rows: new Rows().now(count), nested: nested(), map: new Map([[1, 2]]).entries() });
    expectSame(written(), {
      rows: allRows().slice(0, count),
      nested: [0, 1, 2, 3, 4].map((i) => ({ i, squares: [1, 4, 9], later: [i, ['deepest']] })),
      map: [[1, 2]],
    });
  });

  it('Blobs are read, here and in elements', async () => {
    const { write, written } = begin();
    const blob = (text: string) => new Blob([text], { type: 'text/plain' });
    await write({ one: blob('one'), rows: [{ blob: blob('two') }, { blob: blob('three') }].values() });
    const read = written() as { one: Blob; rows: { blob: Blob }[] };
    const texts = [read.one, ...read.rows.map((each) => each.blob)].map((each) => each.text());
    expect(await Promise.all(texts)).toEqual(['one', 'two', 'three']);
  });

  it.each(sampled([0, 1, LATE], 3, nth))(
    'an iterable that throws, after %d elements, leaves all as it was',
    async (count) => {
      const failure = new Error('the database is gone');
      const fail = (id: number) => {
        if (id === count) throw failure;
      };
      for (const rows of [new Rows(fail).inTime(), new Rows(fail).now()]) {
        const { write, isUntouched } = begin();
        await expect(write({ before: 1, rows })).rejects.toBe(failure);
        expect(isUntouched()).toBe(true);
      }
    },
  );

  it.each(sampled([0, 1, LATE], 3, nth + 1))(
    'what cannot be stored, as element %d, leaves all as it was',
    async (count) => {
      const bad = (id: number) => (id === count ? { id, name: 'x', onClick: () => {} } : undefined);
      for (const isAsync of [true, false]) {
        const rows = new Rows(bad);
        const { write, isUntouched } = begin();
        const writing = write({ before: 1, rows: isAsync ? rows.inTime() : rows.now() });
        await expect(writing).rejects.toThrow(H5UnsupportedError);
        await expect(writing).rejects.toThrow(
          `rows[${count}].onClick: the function onClick cannot be stored`,
        );
        expect(rows.isClosed).toBe(true);
        expect(isUntouched()).toBe(true);
      }
    },
  );

  const moments = [
    'before it begins',
    'while it waits',
    'after a while',
    'with the last element',
    'at the end',
  ];
  it.each(sampled(moments, 3, nth))('a signal stops it %s', async (when) => {
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error('no longer wanted');
    const abort = () => controller.abort(reason);
    const { write, isUntouched } = begin();
    const count = when === 'after a while' ? COUNT : many(nth);
    const rows = new Rows((id) => {
      if (when === 'while it waits' && id === 10) {
        setTimeout(abort, 5);
        return new Promise((resolve) => setTimeout(resolve, 20));
      }
      if (when === 'after a while' && id === LATE) abort();
      if (when === 'with the last element' && id === count - 1) abort();
      return undefined;
    });
    if (when === 'before it begins') abort();
    const value = {
      rows: rows.inTime(count),
      last: (async function* () {
        yield 1;
        if (when === 'at the end') abort();
      })(),
    };
    await expect(write(value, { signal })).rejects.toBe(reason);
    expect(isUntouched()).toBe(true);
  });

  it('who looks on is told how far it is', async () => {
    const { write, written } = begin();
    const told: Progress[] = [];
    const count = many(nth);
    const pausing = new Rows((id) =>
      id % (count / 8) === 0 ? new Promise((resolve) => setTimeout(resolve, 20)) : undefined,
    );
    await write({ rows: pausing.inTime(count) }, { onProgress: (progress: Progress) => told.push(progress) });
    expect(told.length).toBeGreaterThan(2);
    for (const [i, { done, total, path }] of told.entries()) {
      expect(done).toBeGreaterThanOrEqual(told[i - 1]?.done ?? 0);
      if (total !== undefined) expect(done).toBeLessThanOrEqual(total);
      expect(path).toMatch(/^\$$|^\$(\.\w+)*\[\d+\]$/);
    }
    expect(told.some(({ path }) => /rows\[\d+\]$/.test(path))).toBe(true);
    const last = told.at(-1) as Progress;
    expect(last.done).toBe(last.total);
    expect(last.done).toBeGreaterThan(count);
    expect((written() as { rows: unknown[] }).rows.length).toBe(count);
  });

  it.each([
    [
      'nodes',
      { nodes: 50 },
      Array.from({ length: 3 }, () => Array.from({ length: 40 }, (_, i) => ({ [`k${i}`]: {} }))),
    ],
    ['depth', { depth: 5 }, [1, [[[[[[[[]]]]]]]]]],
    ['bytes', { bytes: 10_000 }, Array.from({ length: 5000 }, (_, i) => ({ i, x: Math.sqrt(i) }))],
  ] as const)('beyond the limit of %s it stops, and says so', async (limit, limits, elements) => {
    const { write, isUntouched } = begin();
    const writing = write(
      {
        rows: (async function* () {
          yield* elements as readonly unknown[];
        })(),
      },
      { limits },
    );
    await expect(writing).rejects.toThrow(H5LimitError);
    await expect(writing).rejects.toMatchObject({ limit, message: expect.stringContaining(`\`${limit}\``) });
    expect(isUntouched()).toBe(true);
  });
});

describe('at once', () => {
  it('what iterators yield is a list, wherever that is written to', () => {
    const value = () => ({ rows: new Rows().now(), few: [1, 2].values() });
    const expected = { rows: allRows(), few: [1, 2] };
    writeSync(at('a.h5'), value());
    expectSame(readSync(at('a.h5')), expected);
    writeSync(at('a.h5'), value(), { path: 'part' });
    expectSame(readSync(at('a.h5')), { ...expected, part: expected });
    writeSync(at('b.h5'), new Rows().now(), { path: 'part/rows' });
    expectSame(readSync(at('b.h5')), { part: { rows: allRows() } });
    const file = H5File.open(undefined, 'w');
    writeSync(file, value());
    expectSame(deserialize(file.toBytes()), expected);
    expectSame(deserialize(serialize(value())), expected);
    expectSame(readdirSync(folder).sort(), ['a.h5', 'b.h5']);
  });

  it('async iterables are refused, with the remedy', () => {
    for (const refuse of [
      () => serialize({ rows: new Rows().inTime() }),
      () => writeSync(at('a.h5'), { rows: new Rows().inTime() }),
      () => writeSync(H5File.open(undefined, 'w'), { rows: new Rows().inTime() }),
    ]) {
      expect(refuse).toThrow('$.rows: an async iterable');
      expect(refuse).toThrow('use write, which waits for what it yields');
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([0, 1, LATE])('what throws after %d elements leaves the old file', (count) => {
    writeFileSync(at('a.h5'), 'old');
    const failure = new Error('no more');
    const throwing = new Rows((id) => {
      if (id === count) throw failure;
    });
    expect(() => writeSync(at('a.h5'), { rows: throwing.now() })).toThrow(failure);
    const bad = new Rows((id) => (id === count ? { f: Symbol('s') } : undefined));
    expect(() => writeSync(at('a.h5'), { rows: bad.now() })).toThrow(`$.rows[${count}].f: Symbol(s)`);
    expect(bad.isClosed).toBe(true);
    expect(readFileSync(at('a.h5'), 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a.h5']);
  });

  it('what answers with no object is refused, as it would never end', async () => {
    const wrong = { next: () => 5 as never };
    const list = { ...wrong, [Symbol.iterator]: () => list };
    const inTime = { [Symbol.asyncIterator]: () => wrong };
    for (const value of [list, { list }]) expect(() => serialize(value)).toThrow(/result 5 is not an object/);
    for (const value of [inTime, { list: inTime }, { list }])
      await expect(write(at('wrong.h5'), value)).rejects.toThrow(/result 5 is not an object/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('an async iterable that has no iterator is refused', async () => {
    for (const none of [undefined, () => null, () => ({})])
      await expect(write(at('wrong.h5'), { list: { [Symbol.asyncIterator]: none } })).rejects.toThrow(
        /the iterator of an iterable is an object with a method next, not/,
      );
    expect(readdirSync(folder)).toEqual([]);
  });

  it('an iterator that is refused elsewhere in the value is not asked', () => {
    const rows = new Rows();
    expect(() => writeSync(at('a.h5'), { rows: rows.now(), f: () => {} })).toThrow(H5UnsupportedError);
    expect(rows.yielded).toBe(0);
  });
});

describe('several at one time', () => {
  it('take turns, in the order of the calls', async () => {
    const slowly = (value: string) =>
      (async function* () {
        await new Promise((resolve) => setTimeout(resolve, 10));
        yield value;
      })();
    await Promise.all([
      write(at('a.h5'), { first: slowly('1') }),
      write(at('a.h5'), slowly('2'), { path: 'second' }),
      write(at('a.h5'), 3, { path: 'third' }),
      write(at('a.h5'), { fourth: slowly('4') }, { mode: 'merge' }),
    ]);
    expect(readSync(at('a.h5'))).toEqual({ first: ['1'], second: ['2'], third: 3, fourth: ['4'] });
    expect(readdirSync(folder)).toEqual(['a.h5']);
  });

  it('take turns in an open file', async () => {
    const file = H5File.open(undefined, 'w');
    const slowly = async function* (value: string) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      yield value;
    };
    await Promise.all([
      write(file, slowly('1'), { path: 'a' }),
      write(file, slowly('2'), { path: 'b' }),
      write(file, { c: slowly('3') }, { mode: 'merge' }),
    ]);
    expect(deserialize(file.toBytes())).toEqual({ a: ['1'], b: ['2'], c: ['3'] });
  });

  it('a file that is closed or changed meanwhile is not written to', async () => {
    const file = H5File.open(serialize({ a: { b: 1 } }), 'r+');
    const during = async function* (what: () => void) {
      yield 1;
      what();
    };
    await expect(
      write(
        file,
        during(() => void file.delete('a')),
        { path: 'a/x' },
      ),
    ).rejects.toMatchObject({ code: 'H5_GONE' });
    expect(deserialize(file.toBytes())).toEqual({});
    await expect(
      write(
        file,
        during(() => file.close()),
        { path: 'x' },
      ),
    ).rejects.toMatchObject({
      code: 'H5_CLOSED',
    });
  });
});

it('a group that is deleted while its new value is stored stays deleted', async () => {
  const file = H5File.open(serialize({ a: { n: 1 }, b: 2 }), 'r+');
  file.attrs.set('c', 3);
  async function* deleting() {
    yield 1;
    file.delete('a');
    yield 2;
  }
  await expect(write(file.group('a'), deleting(), { path: 'list' })).rejects.toThrow(/has been deleted/);
  expect(readSync(file)).toEqual({ b: 2, c: 3 });
});

describe('reading', () => {
  const value = { rows: allRows(), list: Array.from({ length: 1000 }, (_, i) => ({ [`k${i % 300}`]: [i] })) };

  it('who looks on is told how far it is', async () => {
    await write(at('a.h5'), value);
    for (const source of [at('a.h5'), new Uint8Array(readFileSync(at('a.h5')))]) {
      const told: Progress[] = [];
      expectSame(await read(source, { onProgress: (progress) => told.push(progress) }), value);
      for (const [i, { done }] of told.entries()) expect(done).toBeGreaterThanOrEqual(told[i - 1]?.done ?? 0);
      expect(told.at(-1)?.done).toBe(readFileSync(at('a.h5')).length);
      expect(told.at(-1)?.total).toBe(readFileSync(at('a.h5')).length);
    }
  });

  it('as a class, and with frozen instances', async () => {
    class Row {
      id = 0;
      name = '';
    }
    const registry = new TypeRegistry().register(Row, { name: 'Row' });
    await write(at('a.h5'), { one: row(1), rows: [Object.freeze(new Row())].values() }, { registry });
    const watched = { registry, onProgress: () => {} };
    const read1 = await read<{ rows: Row[] }>(at('a.h5'), watched);
    expect(read1.rows[0]).toBeInstanceOf(Row);
    expect(Object.isFrozen(read1.rows[0])).toBe(true);
    await write(at('a.h5'), row(5));
    expect(await read(at('a.h5'), { ...watched, as: Row })).toBeInstanceOf(Row);
  });

  it('a signal stops it', async () => {
    await write(at('a.h5'), value);
    const reason = new Error('no longer wanted');
    await expect(read(at('a.h5'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    // Each step takes so long that others have their turn after it.
    let now = 0;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => (now += 100));
    try {
      const controller = new AbortController();
      const reading = read(at('a.h5'), { signal: controller.signal });
      setImmediate(() => controller.abort(reason));
      await expect(reading).rejects.toBe(reason);
    } finally {
      clock.mockRestore();
    }
  });

  it('an open file that is changed meanwhile is an error, not a mix of old and new', async () => {
    using file = H5File.open(serialize({ first: 1, list: value.list, last: { n: 6 } }), 'r+');
    writeSync(file, 2, { path: 'first' });
    let now = 0;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => (now += 100));
    const watched = { onProgress: () => {} };
    try {
      for (const reader of [read, core.read]) {
        expect(await reader(file, { ...watched, streaming, values })).toMatchObject({ first: 2 });
        const reading = reader(file, { ...watched, streaming, values });
        setImmediate(() => writeSync(file, 'long'.repeat(1000), { path: 'last/n' }));
        await expect(reading).rejects.toThrow(/the file has changed/);
      }
    } finally {
      clock.mockRestore();
    }
  });

  it.each([
    ['nodes', { nodes: 100 }],
    ['depth', { depth: 2 }],
    ['bytes', { bytes: 1000 }],
  ] as const)('beyond the limit of %s it stops, and says so', async (limit, limits) => {
    const deep = { ...value, deep: [{ a: [{ b: [{ c: 1 }, 1] }, 1] }, 1] };
    const bytes = serialize(deep);
    const expected = {
      name: 'H5LimitError',
      limit,
      code: 'H5_LIMIT',
      message: expect.stringContaining(`\`${limit}\``),
    };
    expect(() => deserialize(bytes, { limits })).toThrow(expect.objectContaining(expected));
    await expect(read(bytes, { limits })).rejects.toMatchObject(expected);
    expectSame(deserialize(bytes, { limits: { nodes: 1e5, depth: 100, bytes: 1e9 } }), deep);
  });
});

describe('limits of what is written at once', () => {
  it.each([
    ['nodes', { nodes: 3 }, { a: {}, b: {}, c: { d: {} } }, '$.'],
    ['depth', { depth: 2 }, { a: { b: { c: {} } } }, '$.a.b'],
    ['bytes', { bytes: 1000 }, { a: new Uint8Array(1000) }, 'a file of'],
  ] as const)('%s', (limit, limits, value, place) => {
    for (const action of [
      () => serialize(value, { limits }),
      () => writeSync(at('a.h5'), value, { limits }),
    ]) {
      expect(action).toThrow(expect.objectContaining({ name: 'H5LimitError', limit }));
      expect(action).toThrow(place);
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

it('a sink gets a whole file', async () => {
  const saved: Uint8Array[][] = [];
  const sink = { save: (pieces: Uint8Array[]) => void saved.push(pieces) };
  for (const options of [{ path: 'a/b' }, { mode: 'merge' }] as const)
    await expect(write(sink, 1, options)).rejects.toThrow(/a sink gets a whole one/);
  expect(saved).toEqual([]);
});
