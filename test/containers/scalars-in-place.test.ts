/** Scalars that take the place of scalars: in the header of the dict's group, where that can be. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { H5Dict, H5File, indexes } from '../../src/node.js';
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

const KEYS = ['a', 'b', 'c', 'd'];
function scalar(random: Random): unknown {
  switch (random(9)) {
    case 0:
      return random(1000);
    case 1:
      return random(1000) / 7;
    case 2:
      return random(2) === 0;
    case 3:
      return BigInt(random(1000)) << BigInt(random(40));
    case 4:
      return null;
    case 5:
      return new Date(random(1e9));
    case 6:
      return '';
    default:
      return 'ein Text, dä ist '.repeat(random(6)).slice(0, random(90));
  }
}

it('are what was set last, whatever else happens to their dict', () => {
  const random = seeded(SEED);
  for (let round = 0; round < runs(150); round++) {
    const path = join(folder, `${round}.h5`);
    const first = Object.fromEntries(KEYS.map((key) => [key, scalar(random)]));
    // With more than eight attributes, they are not in the header.
    if (random(4) === 0) for (let i = 0; i < 8; i++) first[`more ${i}`] = i;
    let dict = H5Dict.write(path, { part: first, other: 'text' }, { commit: 'manual' });
    dict.commit();
    let model = structuredClone(first);
    let committed = structuredClone(model);
    for (let step = 0; step < 15; step++) {
      const part = dict.get('part') as H5Dict;
      const key = KEYS[random(KEYS.length)] as string;
      switch (random(9)) {
        case 0:
          dict.commit();
          committed = structuredClone(model);
          break;
        case 1:
          dict.file.rollback();
          model = structuredClone(committed);
          break;
        case 2:
          dict.commit();
          committed = structuredClone(model);
          dict.file.close();
          dict = H5Dict.open(path, { mode: 'r+', commit: 'manual' });
          break;
        case 3: {
          const values = Object.fromEntries(Object.keys(model).map((each) => [each, scalar(random)]));
          dict.set('part', values);
          model = structuredClone(values);
          break;
        }
        case 4:
          part.delete(key);
          delete model[key];
          break;
        case 5:
          expect(() =>
            dict.transaction(() => {
              part.set(key, scalar(random));
              throw new Error('no');
            }),
          ).toThrow('no');
          break;
        default: {
          const value = scalar(random);
          part.set(key, value);
          model[key] = value;
        }
      }
      expect((dict.get('part') as H5Dict).toObject(), `round ${round}, step ${step}`).toEqual(model);
      expect(dict.get('other')).toBe('text');
    }
    dict.file.close();
    check(readFileSync(path));
    expect(H5Dict.read(path).toObject()).toEqual({ part: model, other: 'text' });
  }
});

it('take no more space each time', () => {
  const path = join(folder, 'again.h5');
  const dict = H5Dict.write<Record<string, unknown>>(path, { n: 0, text: 'text 0', other: 1 });
  dict.file.close();
  const { size } = statSync(path);
  for (let i = 1; i < 50; i++) {
    const again = H5Dict.open<Record<string, unknown>>(path, { mode: 'r+' });
    again.set('n', i);
    again.set('text', `text ${i}`);
    again.file.close();
  }
  expect(H5Dict.read(path).toObject()).toEqual({ n: 49, text: 'text 49', other: 1 });
  expect(statSync(path).size).toBeLessThanOrEqual(size + 8192);
  check(readFileSync(path));
});

oracleTest('h5py', 'in files of h5py', () => {
  for (const libver of ['earliest', 'latest']) {
    const path = join(folder, `${libver}.h5`);
    const make = `
import sys, h5py, numpy as np
with h5py.File(sys.argv[1], 'w', libver=sys.argv[2], userblock_size=512) as f:
    g = f.create_group('g')
    f['type'] = np.dtype('i4')
    g.attrs['int'] = np.int32(1)
    g.attrs['long'] = np.int64(1)
    g.attrs['big'] = np.array(1, '>i4')
    g.attrs['float'] = 1.5
    g.attrs['text'] = 'text'
    g.attrs['fixed'] = np.bytes_('fixed')
    g.attrs['bool'] = True
    g.attrs['list'] = np.arange(3, dtype='i4')
    g.attrs.create('committed', 1, dtype=f['type'])
    h5py.h5a.create(g.id, b'one', h5py.h5t.STD_I32LE, h5py.h5s.create_simple((1,))).write(np.array([1], 'i4'))`;
    runPython(['-c', make, path, libver]);
    const names = ['int', 'long', 'big', 'float', 'text', 'fixed', 'bool', 'list', 'committed', 'one'];
    const values = [2, 3, 4, 2.5, 'another text', 'other', false, 7, 8, 9];
    {
      using dict = H5Dict.open<Record<string, unknown>>(path, { mode: 'r+', name: 'g' });
      names.forEach((name, i) => {
        dict.set(name, values[i]);
      });
      names.forEach((name, i) => {
        expect(dict.get(name)).toEqual(values[i]);
      });
    }
    const read = `
import sys, h5py, numpy as np
with h5py.File(sys.argv[1], 'r+') as f:
    g = f['g']
    get = lambda name: g.attrs[name] if name in g.attrs else g[name][()]
    print(*[v.decode() if isinstance(v, bytes) else np.asarray(v).item() for v in map(get, sys.argv[2].split())], sep=',')
    print(f['type'].dtype)
    g.attrs['text'] = 'by h5py'`;
    const out = runPython(['-c', read, path, names.join(' ')]);
    expect(out).toBe('2,3,4,2.5,another text,other,False,7,8,9\nint32\n');
    check(readFileSync(path));
    using file = H5File.open(path, 'r+');
    expect(file.group('g').attrs.get('text')).toBe('by h5py');
  }
});
