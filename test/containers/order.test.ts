/** Members of dicts keep their places, whatever they are renamed to or become, in headers and in dense storage. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { filters, H5Dict, indexes, readSync } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { oracleTest, runPython } from '../oracle/oracles.js';
import { seeded } from '../random.js';
import { casesOf, SEED } from '../thoroughness.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
afterAll(() => rmSync(folder, { recursive: true }));

const check = (bytes: Uint8Array) =>
  expect(verifyStorage(new MemoryStorage(bytes), { indexes, filters }).problems).toEqual([]);

it('as a Map has them, after any changes', () => {
  const random = seeded(SEED);
  const values = [1, { x: 1 }, 'text', [1]];
  for (let round = 0; round < casesOf(50, 0.1); round++) {
    const dict: H5Dict = H5Dict.write(undefined, {}, { commit: random(2) ? 'operation' : 'manual' });
    let map = new Map<string, unknown>();
    const count = 4 + random(12);
    const key = () => `k${random(count)}`;
    const set = (name: string) => {
      const value = values[random(values.length)];
      dict.set(name, value);
      map.set(name, value);
    };
    for (let i = random(count); i >= 0; i--) set(`k${i}`);
    for (let turn = 0; turn < 8; turn++) {
      const [from, to] = [key(), key()];
      switch (random(5)) {
        case 0:
        case 1:
          set(from);
          break;
        case 2:
          dict.delete(from);
          map.delete(from);
          break;
        case 3:
          if (!map.has(from) || from === to) break;
          dict.rename(from, to);
          map = new Map(
            [...map]
              .filter(([name]) => name !== to)
              .map(([name, value]) => [name === from ? to : name, value]),
          );
          break;
        default:
          dict.commit();
      }
      expect([...dict.keys()]).toEqual([...map.keys()]);
    }
    dict.commit();
    const bytes = dict.file.toBytes();
    check(bytes);
    const read = H5Dict.open(bytes);
    expect([...read.keys()]).toEqual([...map.keys()]);
    expect(read.toObject()).toEqual(Object.fromEntries(map));
  }
});

it('from the first one on, in large dicts, of which the others are not read for that', () => {
  const random = seeded(SEED + 1);
  for (let round = 0; round < casesOf(4, 0.01); round++) {
    const count = 560 + random(80);
    let dict: H5Dict = H5Dict.write(undefined, {}, { commit: 'manual' });
    let names: string[] = [];
    for (let i = 0; i < count; i++) {
      // Numbers are attributes, as long as there are not too many.
      dict.set(`k${i}`, random(9) ? { i } : i);
      names.push(`k${i}`);
    }
    dict.commit();
    for (let turn = 0; turn < 60; turn++) {
      const at = random(2) ? random(20) : random(names.length);
      const name = names[at] as string;
      switch (random(6)) {
        case 0:
          dict.set(name, { turn });
          break;
        case 1:
        case 2:
          dict.delete(name);
          names.splice(at, 1);
          break;
        case 3:
          dict.rename(name, `r${turn}`);
          names[at] = `r${turn}`;
          break;
        case 4:
          dict.set(`n${turn}`, turn);
          names.push(`n${turn}`);
          break;
        default:
          dict.commit();
          if (random(2)) dict = H5Dict.open(dict.file.toBytes(), { mode: 'r+', commit: 'manual' });
      }
      expect(dict.keys().next().value).toBe(names[0]);
      if (random(8) === 0) expect([...dict.keys()]).toEqual(names);
    }
    // What is deleted before its turn does not come, and neither does what is set meanwhile.
    const seen: string[] = [];
    let left = [...names];
    for (const name of dict.keys()) {
      expect(name).toBe(left.shift());
      seen.push(name);
      if (seen.length % 10 === 1) dict.set(`late ${name}`, 1);
      if (seen.length % 7 === 0 && left.length > 20) {
        const gone = left[19] as string;
        dict.delete(gone);
        left = left.filter((each) => each !== gone);
      }
      if (seen.length > 40) break;
    }
    dict.commit();
    const bytes = dict.file.toBytes();
    check(bytes);
    const stored = H5Dict.open(bytes);
    expect(stored.keys().next().value).toBe([...stored.keys()][0]);
    names = [...dict.keys()] as string[];
    expect([...stored.keys()]).toEqual(names);
  }
});

oracleTest('h5py', 'where others count attributes and links apart', () => {
  const path = join(folder, 'apart.h5');
  runPython([
    '-c',
    `
import h5py, sys
with h5py.File(sys.argv[1], 'w', track_order=True, libver='latest') as f:
    for i in range(12):
        f.attrs[f'a{i}'] = i
        f.create_group(f'g{i}')
`,
    path,
  ]);
  const dict = H5Dict.open(path, { mode: 'r+', commit: 'manual' });
  // Scalars become dicts, and dicts scalars: the places that they had are taken.
  for (let i = 0; i < 6; i++) dict.set(`a${i}`, { was: i });
  for (let i = 6; i < 12; i++) dict.set(`g${i}`, i);
  dict.commit();
  dict.set('last', 1);
  dict.close();
  check(new Uint8Array(readFileSync(path)));
  const read = readSync<Record<string, unknown>>(path);
  expect(Object.keys(read)).toHaveLength(25);
  expect(read).toMatchObject({ a0: { was: 0 }, a5: { was: 5 }, g6: 6, g11: 11, g0: {}, last: 1 });
  runPython([
    '-c',
    `
import h5py, sys
with h5py.File(sys.argv[1], 'r+') as f:
    assert len(f) == 12 and len(f.attrs) == 13, (len(f), len(f.attrs))
    f.create_group('more')
    f.attrs['more'] = 1
    assert list(f)[-1] == 'more', list(f)
`,
    path,
  ]);
});

oracleTest('h5py', 'where others have no order: members become others there, too', () => {
  const path = join(folder, 'none.h5');
  runPython([
    '-c',
    `
import h5py, sys
with h5py.File(sys.argv[1], 'w', libver='latest') as f:
    for i in range(12):
        f.attrs[f'a{i}'] = i
        f.create_group(f'g{i}')
`,
    path,
  ]);
  const dict = H5Dict.open(path, { mode: 'r+', commit: 'manual' });
  const values: Record<string, unknown> = {};
  for (let i = 0; i < 12; i++) {
    values[`a${i}`] = i < 6 ? { was: i } : BigInt(i);
    values[`g${i}`] = i < 6 ? {} : i;
  }
  for (let i = 0; i < 6; i++) dict.set(`a${i}`, { was: i });
  for (let i = 6; i < 12; i++) dict.set(`g${i}`, i);
  dict.commit();
  dict.close();
  check(new Uint8Array(readFileSync(path)));
  expect(readSync(path)).toEqual(values);
  const show = 'import h5py, sys; f = h5py.File(sys.argv[1]); print(len(f), len(f.attrs))';
  expect(runPython(['-c', show, path])).toBe('12 12\n');
});
