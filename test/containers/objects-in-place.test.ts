/** Objects of scalars that take the place of such objects: where they stand, if that can be. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { H5Dict, type H5Group, H5List, indexes, TypeRegistry } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { oracleTest, runPython } from '../oracle/oracles.js';
import { type Random, seeded } from '../random.js';
import { runs, SEED } from '../thoroughness.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));

function check(bytes: Uint8Array): void {
  expect(verifyStorage(new MemoryStorage(bytes), { indexes }).problems).toEqual([]);
}

class Point {
  x: unknown = 0;
  y: unknown = 0;
}
class Label {
  text: unknown = '';
}
const registry = new TypeRegistry();
registry.register(Point, { name: 'Point' }).register(Label, { name: 'Label', version: 2 });

function scalar(random: Random): unknown {
  switch (random(10)) {
    case 0:
      return random(2) === 0;
    case 1:
      return 2 ** 40 + random(9);
    case 2:
      return BigInt(random(9));
    case 3:
      return null;
    case 4:
      return new Date(random(3));
    case 5:
      return random(2) === 0 ? '' : 'ä'.repeat(random(40));
    case 6:
      return random(2) === 0 ? [1, 2] : undefined;
    case 7:
      return 0.5;
    default:
      return random(3);
  }
}

function any(random: Random): unknown {
  const names = ['a', 'b', 'ü'].slice(0, 1 + random(3));
  const entries = (random(4) === 0 ? names.reverse() : names).map((name) => [name, scalar(random)] as const);
  switch (random(8)) {
    case 0:
      return new Map(entries);
    case 1:
      return Object.assign(new Point(), { x: scalar(random), y: scalar(random) });
    case 2:
      return Object.assign(new Label(), { text: scalar(random) });
    case 3:
      return Object.assign(Object.create(null), Object.fromEntries(entries));
    case 4:
      return scalar(random);
    default:
      return Object.fromEntries(entries);
  }
}

/** All of a dict or a list in memory. */
function inMemory(value: unknown): unknown {
  return value instanceof H5Dict || value instanceof H5List ? value.copy() : value;
}

it('are what was set last, whatever else happens to their dict, or to their list', () => {
  const random = seeded(SEED);
  for (let round = 0; round < runs(200); round++) {
    const path = join(folder, `${round}.h5`);
    const options = { mode: 'r+', commit: random(2) ? 'manual' : 'operation', registry } as const;
    // The list is one of any values, of which each is an object of its own.
    let model = {
      dict: {} as Record<string, unknown>,
      list: [any(random), 'text', [any(random)], any(random)],
    };
    H5Dict.write(path, model, { registry }).file.close();
    let dict = H5Dict.open<Record<string, unknown>>(path, options);
    const copy = ({ dict, list } = model) => ({ dict: { ...dict }, list: [...list] });
    let committed = copy();
    const commit = (): void => {
      dict.commit();
      committed = copy();
    };
    for (let step = 0; step < 30; step++) {
      const key = ['a', 'b', 'c'][random(3)] as string;
      const holder = dict.get('dict') as H5Dict<Record<string, unknown>>;
      const list = dict.get('list') as H5List<unknown>;
      switch (random(14)) {
        case 0:
          dict.file.rollback();
          model = copy(committed);
          break;
        case 1:
        case 2:
          commit();
          dict.file.close();
          dict = H5Dict.open(path, options);
          break;
        case 3:
          expect(() =>
            dict.transaction(() => {
              holder.set(key, any(random));
              list.set(0, any(random));
              throw new Error('no');
            }),
          ).toThrow('no');
          continue;
        case 4:
          holder.delete(key);
          delete model.dict[key];
          break;
        case 5:
        case 6:
        case 7: {
          const value = any(random);
          const index = random(model.list.length);
          list.set(index, value);
          model.list[index] = value;
          break;
        }
        default: {
          const value = any(random);
          const before = holder.get(key);
          const isPlain = Object.getPrototypeOf(value ?? 0) === Object.prototype;
          const isKept =
            isPlain && before instanceof H5Dict && before.object.attrs.get('@type') === undefined;
          holder.set(key, value);
          // Whoever has the dict that is changed sees it.
          if (isKept) expect(before.copy()).toStrictEqual(value);
          model.dict[key] = value;
        }
      }
      if (options.commit === 'operation' || random(2)) commit();
      const now = { dict: inMemory(dict.get('dict')), list: inMemory(dict.get('list')) };
      expect(now, `round ${round}, step ${step}`).toStrictEqual(model);
      const order = Object.keys(now.dict as object);
      expect(order).toEqual(Object.keys(model.dict));
    }
    dict.file.close();
    check(readFileSync(path));
  }
});

it('stay the same object of the file, and take no more space', () => {
  const path = join(folder, 'again.h5');
  const make = (i: number): unknown[] => [
    { id: i, name: `name ${i}` },
    Object.assign(new Point(), { x: i, y: i }),
    new Map<string, unknown>([['i', i]]),
  ];
  const list = H5List.open<unknown>(path, { mode: 'w', registry });
  for (const value of [...make(0), 0.5]) list.push(value);
  list.close();
  const { size } = statSync(path);
  {
    using list = H5List.open<unknown>(path, { mode: 'r+', registry });
    const elements = ['value/0', 'value/1', 'value/2', 'value/3'].map((name) => list.file.get(name));
    for (let i = 1; i < 50; i++) {
      for (const [k, each] of [...make(i), i].entries()) list.set(k, each);
      list.commit();
    }
    expect(list.toArray().map(inMemory)).toStrictEqual([...make(49), 49]);
    elements.forEach((element, i) => {
      expect(list.file.get(`value/${i}`)?.isSame(element as H5Group)).toBe(true);
    });
  }
  expect(statSync(path).size).toBeLessThanOrEqual(size + 8192);
  check(readFileSync(path));

  using dict = H5Dict.open<Record<string, unknown>>(path, { mode: 'w', registry });
  const set = (i: number): void => {
    for (const [k, each] of make(i).entries()) dict.set(`${k}`, each);
    dict.commit();
  };
  set(0);
  const members = ['0', '1', '2'].map((name) => dict.file.get(name));
  const before = statSync(path).size;
  for (let i = 1; i < 50; i++) set(i);
  expect([...dict.values()].map(inMemory)).toStrictEqual(make(49));
  members.forEach((member, i) => {
    expect(dict.file.get(`${i}`)?.isSame(member as H5Group)).toBe(true);
  });
  dict.file.close();
  expect(statSync(path).size).toBeLessThanOrEqual(before + 8192);
  check(readFileSync(path));
});

it('are changed for one dict, where two links led to one object', () => {
  using dict = H5Dict.write(undefined, { a: { x: 1 }, b: 0 } as Record<string, unknown>);
  dict.file.link('other', dict.file.group('a'));
  dict.commit();
  dict.set('a', { x: 2 });
  expect([dict.get('a'), dict.get('other')].map(inMemory)).toEqual([{ x: 2 }, { x: 1 }]);
});

it('tell those who listen which of their values are others', () => {
  using dict = H5Dict.write(
    undefined,
    { a: { x: 1, y: 'text', z: 3 }, p: Object.assign(new Point(), { x: 1 }) } as Record<string, unknown>,
    { registry },
  );
  dict.commit();
  const heard: (readonly string[])[] = [];
  dict.subscribe(({ paths }) => heard.push(paths));
  dict.set('a', { x: 2, y: 'text', z: 4 });
  dict.commit();
  dict.set('a', { x: 2, y: 'text', z: 4 });
  dict.commit();
  dict.set('p', Object.assign(new Point(), { x: 2 }));
  dict.commit();
  expect(heard).toEqual([['/a/x', '/a/z'], ['/p']]);
});

oracleTest('h5py', 'in files that h5py has changed', () => {
  for (const libver of ['earliest', 'latest']) {
    const path = join(folder, `${libver}.h5`);
    const make = `
import sys, h5py, numpy as np
with h5py.File(sys.argv[1], 'w', libver=sys.argv[2], track_order=True, userblock_size=512) as f:
    for name in ('same', 'more', 'linked', 'typed', 'fixed'):
        g = f.create_group(name, track_order=True)
        g.attrs['x'] = 1.5
        g.attrs['text'] = 'text'
    f['more'].attrs['unit'] = 'm'
    f['linked']['data'] = np.arange(3)
    f['typed'].attrs['x'] = np.float32(1.5)
    f['fixed'].attrs['text'] = np.bytes_('text')`;
    runPython(['-c', make, path, libver]);
    const names = ['same', 'more', 'linked', 'typed', 'fixed'];
    {
      using dict = H5Dict.open<Record<string, unknown>>(path, { mode: 'r+' });
      for (const [i, name] of names.entries()) dict.set(name, { x: i + 0.5, text: `text ${i}, and more` });
    }
    const read = `
import sys, h5py
def text(value): return value.decode() if isinstance(value, bytes) else value
with h5py.File(sys.argv[1], 'r') as f:
    for name, g in f.items(): print(name, [(k, text(v)) for k, v in g.attrs.items()], list(g))`;
    const out = runPython(['-c', read, path]).trim().split('\n').sort();
    expect(out).toEqual(
      names.map((name, i) => `${name} [('x', ${i}.5), ('text', 'text ${i}, and more')] []`).sort(),
    );
    check(readFileSync(path));
    expect(H5Dict.read(path).toObject()).toEqual(
      Object.fromEntries(names.map((name, i) => [name, { x: i + 0.5, text: `text ${i}, and more` }])),
    );
  }
});

it('are not written again, nor are scalars, where they are the same', () => {
  const path = join(folder, 'same.h5');
  const many = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`key ${i}`, i]));
  const value = {
    ...many,
    text: 'a text',
    plain: { id: 1, name: 'ü' },
    point: new Point(),
    map: new Map([['i', 1]]),
  };
  H5Dict.write(path, { value, list: [...Object.values(value), [1, 'a']] }, { registry }).close();
  using dict = H5Dict.open<Record<string, unknown>>(path, { mode: 'r+', registry });
  const holder = dict.get('value') as H5Dict<Record<string, unknown>>;
  const all = (): void => {
    for (const [key, each] of Object.entries(value)) holder.set(key, each);
    dict.set('value', value);
  };
  // What has got members of its own, or a type that holds more, stays so.
  all();
  dict.commit();
  const { mtimeNs } = statSync(path, { bigint: true });
  all();
  dict.commit();
  expect(statSync(path, { bigint: true }).mtimeNs).toBe(mtimeNs);
  holder.set('key 70', 7);
  dict.commit();
  expect(statSync(path, { bigint: true }).mtimeNs).toBeGreaterThan(mtimeNs);
  expect(inMemory(holder)).toStrictEqual({ ...value, 'key 70': 7 });
});
