import { describe, expect, it } from 'vitest';
import { deserialize, H5Error, H5File, type H5Group, serialize, TypeRegistry } from '../../src/index.js';
import { cases } from './cases.js';
import { fixChecksums } from './checksums.js';
import { Point, registry } from './classes.js';

/** A file made by hand, with the root group as `build` leaves it. */
function file(build: (root: H5Group) => void): Uint8Array {
  const made = H5File.open(undefined, 'w');
  made.attrs.set('@h5pickle', 1);
  build(made);
  return made.toBytes();
}

const encoding = (group: H5Group, name: string) => group.attrs.set('@encoding', name);

function table(group: H5Group, length: number, columns: Record<string, unknown>): void {
  encoding(group, 'records');
  group.attrs.set('@length', length);
  for (const [name, data] of Object.entries(columns)) group.createDataset(name, { data: data as number[] });
}

const mask = (data: number[]) => ({ data: [data], dtype: { vlen: 'u1' } as const });

function rejects(bytes: Uint8Array, message: string | RegExp): void {
  const before = Object.getOwnPropertyNames(Object.prototype);
  const read = () => deserialize(bytes, { registry });
  expect(read).toThrow(H5Error);
  expect(read).toThrow(message);
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
}

describe('a file that lies', () => {
  it('about the lengths of columns', () => {
    rejects(
      file((root) => table(root, 2, { a: [1, 2], b: [1, 2, 3] })),
      'the column b has 3 elements, not 2',
    );
    rejects(
      file((root) => table(root, 3, { a: [1, 2] })),
      'the column a has 2 elements, not 3',
    );
    rejects(
      file((root) => table(root, 2 ** 32 - 1, {})),
      'a table without columns',
    );
  });

  it('about offsets', () => {
    const ragged = (offsets: number[], values: number[]) =>
      file((root) => {
        encoding(root, 'ragged');
        root.createDataset('offsets', { data: Uint32Array.from(offsets) });
        root.createDataset('values', { data: values });
      });
    rejects(ragged([0, 2, 1], [1]), 'offsets that go down');
    rejects(ragged([1, 2], [1, 2]), 'nested rows without offsets');
    rejects(ragged([0, 5], [1, 2]), '2 values for offsets up to 5');
    rejects(ragged([0, 2 ** 32 - 1], [1, 2]), /expands|2 values for offsets/);
    rejects(ragged([], [1, 2]), 'nested rows without offsets');
  });

  it('about masks', () => {
    const masked = (codes: number[]) =>
      file((root) => {
        encoding(root, 'value');
        const list = root.createDataset('value', { data: [1, 2, 3] });
        list.attrs.set('@type', 'Array');
        list.attrs.set('@mask', mask(codes).data[0] as never, { dtype: { vlen: 'u1' }, shape: [] });
      });
    expect(deserialize(masked([0, 2, 3]))).toEqual([1, null, undefined]);
    rejects(masked([0, 2]), 'a mask of 2 elements for 3');
    rejects(masked([0, 9, 0]), 'a mask with the code 9');
  });

  it('about the parts of a union', () => {
    const union = (kinds: number[]) =>
      file((root) => {
        encoding(root, 'union');
        root.createDataset('@kinds', { data: Uint8Array.from(kinds) });
        root.createDataset('numbers', { data: [1, 2] });
        root.createDataset('strings', { data: ['a'] });
      });
    expect(deserialize(union([0, 1, 0]))).toEqual([1, 'a', 2]);
    rejects(union([0, 1, 1]), 'has no such element');
    rejects(union([0, 7, 0]), 'has no such element');
    rejects(union([0, 1]), 'left over');
  });

  it('with unions within unions without end', () => {
    rejects(
      file((root) => {
        encoding(root, 'union');
        root.createDataset('@kinds', { data: Uint8Array.of(0) });
        root.link('self', root);
      }),
      'unions within unions',
    );
  });

  it('about rows', () => {
    const refers = (index: number, make: (root: H5Group) => void) =>
      file((root) => {
        make(root);
        const list = root.createDataset('list', { data: Uint32Array.of(index) });
        list.attrs.set('@type', 'Array');
        list.attrs.set('@into', root.get('rows')?.ref as never);
      });
    const rows = (root: H5Group) => table(root.createGroup('rows'), 2, { a: [1, 2] });
    expect(deserialize(refers(1, rows))).toEqual({ rows: [{ a: 1 }, { a: 2 }], list: [{ a: 2 }] });
    rejects(refers(2, rows), 'has no such element');
    rejects(
      refers(0, (root) => root.createDataset('rows', { data: [1, 2] })),
      'has no such element',
    );
    rejects(
      file((root) => {
        const list = root.createDataset('list', { data: Uint32Array.of(0) });
        list.attrs.set('@type', 'Array');
        list.attrs.set('@into', list.ref);
      }),
      'a list of references',
    );
  });

  it('about classes', () => {
    const named = (name: string) => file((root) => root.createGroup('x').attrs.set('@class', name));
    for (const name of ['Object', 'constructor', '__proto__', 'Function', 'process', 'Point']) {
      rejects(named(name), `"${name}", which is not registered`);
    }
    rejects(
      file((root) => root.createGroup('x').attrs.set('@type', 'Function')),
      'an unknown type: Function',
    );
    rejects(
      file((root) => encoding(root.createGroup('x'), 'eval')),
      'not a list',
    );
  });

  it('with keys that reach for prototypes', () => {
    const value = deserialize<Record<string, { polluted?: boolean }>>(
      file((root) => {
        root.createGroup('__proto__').attrs.set('polluted', true);
        root.createGroup('constructor').createGroup('prototype').attrs.set('polluted', true);
      }),
    );
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('cannot run a setter that no rule names', () => {
    class Trap {
      static ran = false;
      set trap(_: unknown) {
        Trap.ran = true;
      }
    }
    const traps = new TypeRegistry().register(Trap, { name: 'Trap' });
    const bytes = file((root) => {
      root.createGroup('one').attrs.set('@class', 'Trap');
      root.group('one').attrs.set('trap', 1);
      const rows = root.createGroup('rows');
      rows.attrs.set('@class', 'Trap');
      table(rows, 1, { trap: [1] });
    });
    const { one, rows } = deserialize<{ one: object; rows: object[] }>(bytes, { registry: traps });
    expect(Trap.ran).toBe(false);
    expect(Object.keys(one)).toEqual(['trap']);
    expect(Object.keys(rows[0] as object)).toEqual(['trap']);
  });

  it('that would expand without end', () => {
    // One column of 100,000 numbers, 400 KB, by two thousand names: 20 million properties.
    const bomb = file((root) => {
      for (let i = 0; i < 100; i++) {
        const rows = root.createGroup(`t${i}`);
        encoding(rows, 'records');
        rows.attrs.set('@length', 10_000);
        if (i === 0) rows.createDataset('c', { data: new Int32Array(10_000) });
        for (let j = 0; j < 20; j++) rows.link(`c${j}`, root.dataset('t0/c'));
      }
    });
    rejects(bomb, 'expands to far more');
    const length = (data: number) =>
      file((root) => {
        encoding(root, 'sparse');
        root.attrs.set('@length', data, { dtype: 'u4' });
        root.createDataset('indices', { data: [0] });
        root.createDataset('values', { data: [7] });
      });
    expect(deserialize<unknown[]>(length(2 ** 32 - 1))).toHaveLength(2 ** 32 - 1);
  });
});

describe('damage that the checksums do not show', () => {
  const random = (seed: number) => () => {
    // mulberry32
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const budget = Number(process.env.H5PICKLE_FUZZ ?? 6000);
  const seed = Number(process.env.H5PICKLE_SEED ?? 1);
  const { largeTyped, largeRows, longText, longKey, manyKeys, largeMap, ...rest } = cases;
  const samples = Object.entries({ ...rest, all: rest }).map(([name, value]) => ({
    name,
    bytes: serialize(value, { registry }),
  }));

  it(`ends in a value or an error of ours: ${budget} files, seed ${seed}`, { timeout: 3_000_000 }, () => {
    const next = random(seed);
    for (let run = 0; run < budget; run++) {
      const { name, bytes } = samples[Math.floor(next() * samples.length)] as (typeof samples)[0];
      const broken = new Uint8Array(bytes);
      const changes: string[] = [];
      for (let i = Math.floor(next() * 3); i >= 0; i--) {
        const at = 48 + Math.floor(next() * (broken.length - 48));
        const value =
          next() < 0.5
            ? Math.floor(next() * 256)
            : ([0, 1, 0x7f, 0x80, 0xff][Math.floor(next() * 5)] as number);
        changes.push(`${at}=${value}`);
        broken[at] = value;
      }
      try {
        deserialize(fixChecksums(broken), { registry });
      } catch (error) {
        if (!(error instanceof H5Error))
          throw new Error(`${name} with ${changes}: ${(error as Error).stack}`);
      }
    }
    expect(new Point(1, 2)).toEqual(new Point(1, 2));
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('files that are cut short say so', () => {
    const { bytes } = samples.find(({ name }) => name === 'graph') as (typeof samples)[0];
    for (let length = 0; length < bytes.length; length++) {
      expect(() => deserialize(bytes.subarray(0, length), { registry })).toThrow(H5Error);
    }
  });
});
