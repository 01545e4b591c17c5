import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bringsBack, LIBRARIES, ROWS, table } from './comparison.js';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const [BEGIN, END] = ['<!-- comparison:begin -->', '<!-- comparison:end -->'];

test.each(ROWS)('brings back: $kind', (row) => {
  expect(bringsBack(LIBRARIES.h5pickle as (value: unknown) => unknown, row)).toBe(true);
});

test('each row tells something: some library fails it, or all of them pass', () => {
  // A check that accepts anything would accept this.
  for (const row of ROWS)
    expect(
      bringsBack(() => ({ nothing: 'like it' }), row),
      row.kind,
    ).toBe(false);
});

test('the table of the README is what the libraries do', () => {
  const text = readFileSync(README, 'utf8');
  const [before, rest] = text.split(BEGIN) as [string, string];
  const [shown, after] = rest.split(END) as [string, string];
  const made = `\n\n${table()}\n\n`;
  // H5PICKLE_UPDATE=1 npx vitest run test/serialize/comparison.test.ts
  if (process.env.H5PICKLE_UPDATE) writeFileSync(README, `${before}${BEGIN}${made}${END}${after}`);
  else expect(shown).toBe(made);
});
