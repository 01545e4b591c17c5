/**
 * Attributes that h5py and we change in turns. To replace one, h5py makes another and renames it; where there is an index by
 * creation order, libhdf5 then takes the record of the attribute out of that, and cannot delete it any more.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { H5Dict, H5File, indexes, readSync, writeSync } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { oracleTest, runPython } from '../oracle/oracles.js';
import { seeded } from '../random.js';
import { casesOf, SEED } from '../thoroughness.js';

const folder = mkdtempSync(join(tmpdir(), 'h5pickle-turns-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What libhdf5 also does to files of its own: it forgets to count the first block of a heap when it makes it again. */
const MISCOUNTED = /^a fractal heap says (allocated|free) bytes/;

const problemsOf = (path: string) =>
  verifyStorage(new MemoryStorage(new Uint8Array(readFileSync(path))), { indexes }).problems.filter(
    ({ message }) => !MISCOUNTED.test(message),
  );

type Step =
  | ['set', string, number]
  | ['text', string, number]
  | ['delete', string]
  | ['rename', string, string];

/** Does steps with h5py, or ours, on the attributes of the root; a text is of so many letters. */
function python(path: string, steps: readonly Step[]): { [name: string]: unknown } {
  const code = `
import h5py, json, sys
with h5py.File(sys.argv[1], 'r+') as f:
    for step in json.loads(sys.stdin.read()):
        kind, name = step[:2]
        if kind == 'set': f.attrs[name] = step[2]
        elif kind == 'text': f.attrs[name] = 'x' * step[2]
        elif kind == 'delete': del f.attrs[name]
        else: h5py.h5a.rename(f.id, name.encode(), step[2].encode())
with h5py.File(sys.argv[1]) as f:
    print(json.dumps([[k, v if isinstance(v, str) else v.item()] for k, v in f.attrs.items()]))`;
  const shown = runPython(['-c', code, path], { input: JSON.stringify(steps) });
  return Object.fromEntries(JSON.parse(shown) as [string, unknown][]);
}

function ours(path: string, steps: readonly Step[]): void {
  using file = H5File.open(path, 'r+');
  for (const [kind, name, value] of steps) {
    if (kind === 'set') file.attrs.set(name, value);
    else if (kind === 'text') file.attrs.set(name, 'x'.repeat(value as number));
    else if (kind === 'delete') file.attrs.delete(name);
    else {
      const kept = file.attrs.get(name);
      file.attrs.delete(name);
      file.attrs.set(value as string, kept);
    }
  }
}

/** What is in a file, in order: a Map keeps an order that objects may not. */
function content(path: string): [string, unknown][] {
  using file = H5File.open(path, 'r', { int64: 'number' });
  return [...file.attrs].filter(([name]) => name !== '@h5pickle');
}

function randomSteps(names: Set<string>, random: (below: number) => number): Step[] {
  const steps: Step[] = [];
  for (let i = 0; i < 12; i++) {
    const known = [...names];
    const name = known.length > 0 && random(3) > 0 ? known[random(known.length)]! : `n${random(40)}`;
    const kind = random(6);
    if (kind === 0 && names.has(name)) {
      steps.push(['delete', name]);
      names.delete(name);
    } else if (kind === 1 && names.has(name)) {
      const to = `m${random(1000)}`;
      if (names.has(to)) continue;
      steps.push(['rename', name, to]);
      names.delete(name);
      names.add(to);
    } else {
      // Now and then one that is too large for a header.
      steps.push(
        random(4) === 0
          ? ['text', name, random(8) === 0 ? 70_000 : random(300)]
          : ['set', name, random(1000)],
      );
      names.add(name);
    }
  }
  return steps;
}

for (const count of [1, 8, 9, 20, 300])
  oracleTest('h5py', `what h5py replaces of ${count} is there, and can be replaced and deleted`, () => {
    const path = join(folder, `dict-${count}.h5`);
    writeSync(path, Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i])));
    {
      // In dense storage, as editing makes it.
      using dict = H5Dict.open(path, { mode: 'r+' });
      dict.set('k0', -1);
    }
    const shown = python(path, [
      ['set', 'k0', 5],
      ['set', 'new', 1],
      ['text', 'new', 3],
    ]);
    expect(Object.keys(shown).at(-1)).toBe('new');
    const value = readSync(path) as { [name: string]: unknown };
    expect(Object.keys(value)).toEqual(Object.keys(shown).filter((name) => name !== '@h5pickle'));
    expect(value).toMatchObject({ k0: 5n, new: 'xxx' });
    expect(problemsOf(path)).toEqual([]);
    {
      using dict = H5Dict.open(path, { mode: 'r+' });
      expect(dict.get('k0')).toBe(5n);
      dict.delete('new');
      dict.set('k0', 7);
    }
    const after = python(path, [['delete', 'k0']]);
    expect(Object.keys(after).filter((name) => name !== '@h5pickle')).toHaveLength(count - 1);
    expect(problemsOf(path)).toEqual([]);
  });

/** Files of ours, and of h5py: with headers of either version, and with a creation order of attributes or without one. */
const MADE: [name: string, isOrdered: boolean, make: (path: string) => void][] = [
  ['ours', true, (path) => writeSync(path, {})],
  ...['earliest', 'latest'].flatMap((version) =>
    [false, true].map((isOrdered): (typeof MADE)[0] => {
      const order = isOrdered ? 'True' : 'False';
      const code = `
import h5py, sys
h5py.File(sys.argv[1], 'w', libver='${version}', track_order=${order})`;
      return [
        `libver ${version}, track_order ${order}`,
        isOrdered,
        (path) => void runPython(['-c', code, path]),
      ];
    }),
  ),
];

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

// Of those that h5py has ordered there is an index, out of which it takes what it renames.
for (const [made, isOrdered, make] of MADE.filter(([made]) => !made.includes('True')))
  oracleTest('h5py', `any changes, in turns: ${made}`, () => {
    const random = seeded(SEED);
    for (let round = 0; round < casesOf(1, 0.001); round++) {
      const path = join(folder, `random-${made}-${round}.h5`);
      const names = new Set<string>();
      make(path);
      for (let turn = 0; turn < 8; turn++) {
        const steps = randomSteps(names, random);
        if (turn % 2 === round % 2) ours(path, steps);
        else python(path, steps);
        const shown = Object.entries(python(path, [])).filter(([name]) => name !== '@h5pickle');
        const found = content(path);
        expect(isOrdered ? found : found.sort(byName), JSON.stringify(steps)).toEqual(
          isOrdered ? shown : shown.sort(byName),
        );
        expect(new Set(shown.map(([name]) => name))).toEqual(names);
        expect(problemsOf(path)).toEqual([]);
      }
    }
  });

/** The names that are left when h5py has added a large attribute, and removed `b`. */
function leftWithoutB(path: string): string {
  const code = `
import h5py, sys, numpy as np
with h5py.File(sys.argv[1], 'r+', libver='latest') as f:
    f.attrs['large'] = np.zeros(10000)
    del f.attrs['b']
with h5py.File(sys.argv[1]) as f: print(*sorted(set(f.attrs) - {'@h5pickle'}))`;
  return runPython(['-c', code, path]).trim();
}

oracleTest('h5py', 'what one program has added the other counts when it removes others', () => {
  for (const [made, , make] of MADE) {
    const path = join(folder, `counted-${made}.h5`);
    make(path);
    ours(path, [
      ['set', 'a', 1],
      ['set', 'b', 2],
      ['set', 'c', 3],
    ]);
    expect(leftWithoutB(path), made).toBe('a c large');
  }
});

oracleTest('h5py', 'what one program has, of whose object the other has changed something else', () => {
  for (const [made, , make] of MADE) {
    const path = join(folder, `else-${made}.h5`);
    make(path);
    python(path, [
      ['set', 'a', 1],
      ['set', 'b', 2],
    ]);
    using file = H5File.open(path, 'r+');
    file.createGroup('group');
    file.close();
    expect(leftWithoutB(path), made).toBe('a large');
  }
});

oracleTest(
  'h5py',
  'members that change between attributes and links, while h5py counts the two apart',
  () => {
    const random = seeded(SEED + 1);
    for (let round = 0; round < casesOf(2, 0.002); round++) {
      const path = join(folder, `members-${round}.h5`);
      writeSync(path, { first: 1, second: { x: 1 } });
      const names = new Map<string, 'group' | 'scalar'>([
        ['first', 'scalar'],
        ['second', 'group'],
      ]);
      const most = [6, 30][round % 2] as number;
      for (let turn = 0; turn < 8; turn++) {
        const steps: [string, 'group' | 'scalar' | 'delete'][] = [];
        for (let i = 0; i < 6; i++) {
          const name = `n${random(most)}`;
          const kind = (['group', 'scalar', 'scalar', 'group', 'delete'] as const)[random(5)]!;
          if (kind === 'delete' && !names.has(name)) continue;
          steps.push([name, kind]);
          if (kind === 'delete') names.delete(name);
          else names.set(name, kind);
        }
        if (turn % 2 === 0) {
          using dict = H5Dict.open(path, { mode: 'r+' });
          for (const [name, kind] of steps) {
            if (kind === 'delete') dict.delete(name);
            else dict.set(name, kind === 'group' ? { x: random(100) } : random(100));
          }
        } else {
          const code = `
import h5py, json, sys
with h5py.File(sys.argv[1], 'r+') as f:
    for name, kind in json.loads(sys.stdin.read()):
        if name in f: del f[name]
        if kind == 'scalar': f.attrs[name] = 7
        elif name in f.attrs: del f.attrs[name]
        if kind == 'group': f.create_group(name).attrs['x'] = 8`;
          runPython(['-c', code, path], { input: JSON.stringify(steps) });
        }
        const value = readSync(path) as { [name: string]: unknown };
        const place = `round ${round}, turn ${turn}: ${JSON.stringify(steps)}`;
        expect(new Set(Object.keys(value)), place).toEqual(new Set(names.keys()));
        for (const [name, kind] of names)
          expect(typeof value[name] === 'object' ? 'group' : 'scalar', `${place}: ${name}`).toBe(kind);
        expect(problemsOf(path), place).toEqual([]);
      }
    }
  },
);

oracleTest('h5py', 'an index that lost attributes is complete again when we have changed the object', () => {
  const path = join(folder, 'indexed.h5');
  runPython([
    '-c',
    `
import h5py, sys
with h5py.File(sys.argv[1], 'w', libver='latest', track_order=True) as f:
    for i in range(20): f.attrs[f'k{i}'] = i
    f.attrs['k3'] = -3
    f.attrs['k7'] = -7`,
    path,
  ]);
  expect(problemsOf(path)).toMatchObject([{ message: expect.stringMatching(/index of creation orders/) }]);
  const keys = Array.from({ length: 20 }, (_, i) => `k${i}`).filter((name) => name !== 'k3' && name !== 'k7');
  expect(content(path).map(([name]) => name)).toEqual([...keys, 'k3', 'k7']);
  ours(path, [
    ['set', 'k0', 1],
    ['delete', 'k7'],
    ['set', 'k3', 33],
  ]);
  expect(problemsOf(path)).toEqual([]);
  expect(Object.keys(python(path, [['delete', 'k0']]))).toEqual([...keys.slice(1), 'k3']);
  expect(content(path).at(-1)).toEqual(['k3', 33]);
  expect(problemsOf(path)).toEqual([]);
});
