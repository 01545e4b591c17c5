/** Links that h5py removes from groups of ours, in which some lead to the group itself. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { H5File } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, PYTHON } from '../oracle/oracles.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-links-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const REMOVE = `
import sys, h5py
with h5py.File(sys.argv[1], 'r+') as f:
    g = f[sys.argv[2]]
    for name in sys.argv[3:]: del g[name]
    print(*sorted(g))
`;

describeOracle('h5py', () => {
  const others = ['a', 'b', 'c', 'd'];

  test.each([
    ['at once', '/', false, ['self']],
    ['at once', 'g', false, ['self']],
    ['bit by bit', '/', true, ['self']],
    ['bit by bit', 'g', true, ['self']],
    ['with others', 'g', true, ['a', 'self', 'b']],
  ])('made %s in %s', (_, where, isCommitted, removed) => {
    const path = join(folder, 'self.h5');
    const file = H5File.open(path, 'w');
    const group = where === '/' ? file : file.createGroup(where);
    group.link('self', group);
    for (const name of others) {
      if (isCommitted) file.commit();
      group.createDataset(name, { data: [1] });
    }
    file.close();
    const left = execFileSync(PYTHON, ['-c', REMOVE, path, where, ...removed], { encoding: 'utf8' });
    const expected = others.filter((name) => !removed.includes(name));
    expect(left.trim().split(' ')).toEqual(expected);
    expect(verifyStorage(new MemoryStorage(readFileSync(path))).problems).toEqual([]);
    const again = H5File.open(path, 'r+');
    expect([...again.group(where).keys()]).toEqual(expected);
    again.close();
  });
});
