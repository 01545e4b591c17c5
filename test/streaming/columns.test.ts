import { describe, expect, it } from 'vitest';
import { deserialize, serialize, type WriteOptions, write } from '../../src/node.js';
import { describeOracle, h5py } from '../oracle/oracles.js';
import { outline } from '../serialize/outline.js';
import { THOROUGH } from '../thoroughness.js';

/** The file of a value, whose iterables are taken in as `write` does. */
async function fileOf(value: unknown, options: WriteOptions = {}): Promise<Uint8Array> {
  let bytes = new Uint8Array(0);
  const save = (pieces: Uint8Array[]) => {
    bytes = new Uint8Array(Buffer.concat(pieces));
  };
  await write({ save }, value, options);
  return bytes;
}

function* numbered<T>(count: number, make: (i: number) => T): Generator<T, void> {
  for (let i = 0; i < count; i++) yield make(i);
}

const comesBack = async (value: unknown, options?: WriteOptions) => deserialize(await fileOf(value, options));

const MANY = THOROUGH ? 1_000_000 : 100_000;

describe(`a list of ${MANY}`, () => {
  it('integers, the last of which is none, is a list of both', async () => {
    const make = (i: number) => (i < MANY - 1 ? i : 'the last');
    const list = (await comesBack(numbered(MANY, make))) as unknown[];
    expect(list.length).toBe(MANY);
    expect(list.findIndex((element, i) => element !== make(i))).toBe(-1);
  });

  it('records, the last of which has other types and one more field', async () => {
    const make = (i: number) =>
      i < MANY - 1 ? { id: i, name: `${i % 10}` } : { id: 0.5, name: [i], more: { deep: true } };
    const rows = (await comesBack({ rows: numbered(MANY, make) })) as { rows: { id: number }[] };
    expect(rows.rows.length).toBe(MANY);
    expect(rows.rows.at(-1)).toEqual(make(MANY - 1));
    expect(rows.rows.at(-2)).toEqual(make(MANY - 2));
    expect(rows.rows.findIndex(({ id }, i) => id !== make(i).id)).toBe(-1);
  });
});

describeOracle('h5py', () => {
  it('finds columns that change late as such', async () => {
    const make = (i: number) => (i < 69_999 ? { id: i, x: i } : { id: i, x: 'text' });
    const lines = outline(await h5py(await fileOf(numbered(70_000, make))));
    const shown = lines.map((line) => line.replace(/ = .*/, ''));
    expect(shown).toEqual([
      '@h5pickle: int32',
      '@encoding: utf-8 of 7, nullpad',
      '@length: uint32',
      'id: int32[70000]',
      'x/ {encoding union}',
      '  @kinds: uint8[70000]',
      '  numbers: int32[69999]',
      '  strings: utf-8 of 4, nullpad[1]',
    ]);
  });
});

describe('who is who', () => {
  // Several times as many as are stored together, or more than that.
  const COUNT = THOROUGH ? 150_000 : 70_000;
  interface Person {
    name: string;
    friend?: Person | undefined;
    group?: unknown;
  }

  it('what elements share is shared again, as far as they are apart, and with the value around', async () => {
    const group = { name: 'all', first: undefined as unknown };
    const people: Person[] = [];
    const list = (function* () {
      for (let i = 0; i < COUNT; i++) {
        const person: Person = { name: `${i}`, group };
        if (i > 0) person.friend = people[i % Math.min(i, 100)];
        if (i < 100) people.push(person);
        yield person;
      }
      yield people[7];
    })();
    const value = { group, list, again: list };
    group.first = list;
    const read = (await comesBack(value)) as { group: typeof group; list: Person[]; again: Person[] };
    expect(read.again).toBe(read.list);
    expect(read.group.first).toBe(read.list);
    expect(read.list.length).toBe(COUNT + 1);
    expect(read.list[COUNT]).toBe(read.list[7]);
    for (let i = 1; i < COUNT; i += 997) {
      expect(read.list[i]?.friend).toBe(read.list[i % Math.min(i, 100)]);
      expect(read.list[i]?.group).toBe(read.group);
    }
  });

  it('rings through several batches, with Maps, Sets and dates', async () => {
    const when = new Date(5);
    const ring: { next?: unknown; at: Date; of: Map<string, unknown> }[] = [];
    const of = new Map<string, unknown>([['self', 1]]);
    of.set('self', of);
    const rows = (function* () {
      for (let i = 0; i < 3; i++) {
        const link: (typeof ring)[0] = { at: when, of };
        link.next = ring.at(-1) ?? link;
        ring.push(link);
        yield link;
        // So that they are not stored together.
        yield { padding: new Uint8Array(5 << 20) };
      }
    })();
    const { rows: read } = (await comesBack({ rows })) as { rows: typeof ring };
    expect(read[0]?.next).toBe(read[0]);
    expect(read[2]?.next).toBe(read[0]);
    expect(read[4]?.next).toBe(read[2]);
    expect(read[4]?.at).toBe(read[0]?.at);
    expect(read[4]?.of).toBe(read[0]?.of);
    expect(read[0]?.of.get('self')).toBe(read[0]?.of);
  });
});

describe('elements', () => {
  it('of thousands of shapes do not make thousands of tables', async () => {
    // All in CI; else every seventh is an object.
    const make = (i: number) =>
      THOROUGH || i % 7 === 0 ? { [`only ${i % 3000}`]: i, [`in ${i % 3000} alone`]: [i] } : i;
    const list = await comesBack(numbered(70_000, make));
    expect((list as unknown[]).length).toBe(70_000);
    for (let i = 0; i < 70_000; i += 991) expect((list as unknown[])[i]).toEqual(make(i));
  });

  it('that are nested deeply', async () => {
    const DEPTH = THOROUGH ? 20_000 : 5000;
    let chain: unknown = 'end';
    for (let i = 0; i < DEPTH; i++) chain = i % 2 === 0 ? [chain, i] : { chain };
    let read = ((await comesBack([1, chain, 2].values())) as unknown[])[1];
    let depth = 0;
    for (; typeof read === 'object'; depth++)
      read = Array.isArray(read) ? read[0] : Object.values(read as object)[0];
    expect([depth, read]).toEqual([DEPTH, 'end']);
  });

  it('that throw when they are read, and what cannot be stored, are left out if that is asked for', async () => {
    const broken = {
      a: 1,
      get b(): unknown {
        throw new Error('never');
      },
    };
    const rows = () => [{ a: 0, b: 1 }, broken, { a: 2, b: () => {} }].values();
    await expect(fileOf({ rows: rows() })).rejects.toThrow('$.rows[1].b: ');
    expect(await comesBack({ rows: rows() }, { onUnsupported: 'skip' })).toEqual({
      rows: [{ a: 0, b: 1 }, { a: 1 }, { a: 2 }],
    });
    const replaced: string[] = [];
    const onUnsupported = (_: unknown, path: string) => {
      replaced.push(path);
      return 'replaced';
    };
    expect(await comesBack({ rows: rows() }, { onUnsupported })).toEqual({
      rows: [
        { a: 0, b: 1 },
        { a: 1, b: 'replaced' },
        { a: 2, b: 'replaced' },
      ],
    });
    expect(new Set(replaced)).toEqual(new Set(['$.rows[1].b', '$.rows[2].b']));
  });

  it('with a getter that makes another async iterable each time end in an error', async () => {
    const row = {
      get details() {
        return (async function* () {
          yield 1;
        })();
      },
    };
    await expect(fileOf({ rows: [1, row].values() })).rejects.toThrow(
      '$.rows[0]: an async iterable that a getter makes anew each time',
    );
  });

  it('what an iterator returns at its end is not one', () => {
    const list = (function* () {
      yield 1;
      return 2;
    })();
    expect(deserialize(serialize({ list, none: [].values() }))).toEqual({ list: [1], none: [] });
  });
});
