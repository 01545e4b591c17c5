/** Imports go downward only: as the table in docs/ARCHITECTURE.md says. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SOURCE = fileURLToPath(new URL('../src/', import.meta.url));
const DOCS = readFileSync(new URL('../docs/ARCHITECTURE.md', import.meta.url), 'utf8');

/** The rooms in their order, and which others each may import. */
const table = new Map<string, ReadonlySet<string>>();
for (const [, room = '', others = ''] of DOCS.matchAll(/^\| `([\w.-]+)\/?` +\|[^|]*\|([^|]*)\|$/gm)) {
  const named = [...others.matchAll(/`([\w.-]+)`/g)].map(([, name = '']) => name);
  table.set(room, new Set(['errors.ts', ...named]));
}
const rooms = [...table.keys()];

const sources = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => relative('.', name).replaceAll('\\', '/'));
const roomOf = (file: string) => file.split('/')[0] as string;

function* imports(file: string): Iterable<string> {
  const text = readFileSync(join(SOURCE, file), 'utf8');
  for (const [, from, dynamic] of text.matchAll(
    /^(?:import|export)\b[^;']*'([^']+)';|\bimport\('([^']+)'\)/gm,
  ))
    yield (from ?? dynamic) as string;
}

test('the table has all rooms, and each only names those below it', () => {
  const known = new Set([...rooms, 'errors.ts']);
  expect(sources.map(roomOf).filter((room) => !known.has(room))).toEqual([]);
  expect(rooms.length).toBeGreaterThan(20);
  for (const [i, room] of rooms.entries())
    for (const other of table.get(room) ?? [])
      if (other !== 'errors.ts') expect(rooms.indexOf(other), `${room}: ${other}`).toBeGreaterThan(i);
});

test('what is imported is allowed', () => {
  // It brings together all that there is.
  const all = new Set(rooms.filter((room) => room !== 'numpy' && !room.startsWith('numpy')));
  const wrong: string[] = [];
  for (const file of sources) {
    const room = roomOf(file);
    const allowed = room === 'node.ts' ? all : table.get(room);
    for (const from of imports(file)) {
      if (!from.startsWith('.')) continue;
      const target = roomOf(posix.join(posix.dirname(file), from).replace(/\.js$/, '.ts'));
      if (target !== room && target !== 'errors.ts' && !allowed?.has(target)) wrong.push(`${file}: ${from}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('only what is for Node imports from it', () => {
  const found = sources.filter((file) => [...imports(file)].some((from) => from.startsWith('node:')));
  const isAllowed = (file: string) =>
    ['node.ts', 'numpy-of-node.ts'].includes(file) || roomOf(file) === 'storage';
  expect(found.filter((file) => !isAllowed(file))).toEqual([]);
  expect(found).toContain('node.ts');
});
