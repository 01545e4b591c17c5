/**
 * Files of released versions are read for ever. Each is kept as it was written then; what it holds is in old-layouts.ts.
 *
 *     H5PICKLE_UPDATE=layout-N npx vitest run test/serialize/old-layouts.test.ts   # keeps one of a new version
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { deserialize, serialize } from '../../src/node.js';
import { everything, registry } from './old-layouts.js';

const FOLDER = fileURLToPath(new URL('fixtures/', import.meta.url));
const update = process.env.H5PICKLE_UPDATE;
if (update?.startsWith('layout-'))
  writeFileSync(`${FOLDER}${update}.h5`, serialize(everything(), { registry }));
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.h5'));

test('there are files', () => {
  expect(files.length).toBeGreaterThan(0);
});

test.each(files)('%s is read as what it was written from', (name) => {
  const found = deserialize<ReturnType<typeof everything>>(readFileSync(FOLDER + name), { registry });
  const expected = everything();
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [key, value] of Object.entries(expected))
    expect([key, (found as Record<string, unknown>)[key]]).toEqual([key, value]);
  // What toEqual does not tell apart.
  expect(Object.is(found.numbers.negativeZero, -0)).toBe(true);
  expect(0 in found.holes).toBe(false);
  expect(found.nothing).toStrictEqual([undefined, null]);
  expect(Object.getPrototypeOf(found.bare)).toBe(null);
  expect(found.row).toBe(found.rows[7]);
  expect(found.again).toBe(found.shared);
  expect(found.sparse[5]).toBe(found.shared);
  expect([...(found.maps[0]?.keys() ?? [])][0]).toBe(found.shared);
  expect(found.cycle.self).toBe(found.cycle);
  expect(found.pattern.lastIndex).toBe(2);
  expect(found.bag.has(found.shared)).toBe(true);
});
