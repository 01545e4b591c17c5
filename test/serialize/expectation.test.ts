import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type } from 'arktype';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  deserialize,
  H5UnexpectedError,
  read,
  readSync,
  serialize,
  TypeRegistry,
  writeSync,
} from '../../src/node.js';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-expected-'));
  path = join(folder, 'state.h5');
  writeSync(path, STATE);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface State {
  count: number;
  users: { name: string; age: number }[];
}
const STATE: State = {
  count: 2,
  users: [
    { name: 'Ada', age: 36 },
    { name: 'Grace', age: 85 },
  ],
};
const WRONG = {
  count: 'two',
  users: [
    { name: 'Ada', age: 36 },
    { name: 'Grace', age: -1 },
  ],
};

const SCHEMAS = {
  zod: z.object({
    count: z.number(),
    users: z.array(z.object({ name: z.string(), age: z.number().min(0) })),
  }),
  valibot: v.object({
    count: v.number(),
    users: v.array(v.object({ name: v.string(), age: v.pipe(v.number(), v.minValue(0)) })),
  }),
  arktype: type({ count: 'number', users: type({ name: 'string', age: 'number >= 0' }).array() }),
};

describe.each(Object.entries(SCHEMAS))('a schema of %s', (_, schema) => {
  it('lets a value through that fits', async () => {
    expect(deserialize(serialize(STATE), { schema })).toEqual(STATE);
    expect(readSync(path, { schema })).toEqual(STATE);
    expect(await read(path, { schema })).toEqual(STATE);
    expect(await read(serialize(STATE), { schema })).toEqual(STATE);
  });

  it('says what is wrong, and where', async () => {
    const bytes = serialize(WRONG);
    const error = await read(bytes, { schema }).catch((reason) => reason);
    expect(error).toBeInstanceOf(H5UnexpectedError);
    expect(error.code).toBe('H5_UNEXPECTED');
    expect(error.name).toBe('H5UnexpectedError');
    expect(error.issues.length).toBe(2);
    expect(error.message).toMatch(/does not fit its schema: .*\$\.count: .*\$\.users\[1\]\.age: /);
    expect(() => deserialize(bytes, { schema })).toThrow(H5UnexpectedError);
  });
});

describe('a schema', () => {
  it('gives the value its type, and may change it', () => {
    const schema = z
      .object({ count: z.number().transform(String) })
      .transform(({ count }) => ({ text: count }));
    const found = deserialize(serialize(STATE), { schema });
    expectTypeOf(found).toEqualTypeOf<{ text: string }>();
    expect(found).toEqual({ text: '2' });
    expectTypeOf(deserialize(new Uint8Array(serialize(1)), { schema: v.number() })).toEqualTypeOf<number>();
  });

  it('that takes its time is for read', async () => {
    const schema = z.object({ count: z.number().refine(async (count) => count > 1) });
    expect(await read(serialize(STATE), { schema })).toEqual({ count: 2 });
    await expect(read(serialize({ count: 0 }), { schema })).rejects.toThrow(H5UnexpectedError);
    expect(() => deserialize(serialize(STATE), { schema })).toThrow(/takes its time: use read/);
  });
});

describe('a class', () => {
  class Account {
    owner = 'Ada';
  }
  class Savings extends Account {}
  const registry = new TypeRegistry()
    .register(Account, { name: 'Account' })
    .register(Savings, { name: 'Savings' });

  it('types the value, which must be an instance', () => {
    const found = deserialize(serialize(new Account(), { registry }), { registry, as: Account });
    expectTypeOf(found).toEqualTypeOf<Account>();
    expect(found).toBeInstanceOf(Account);
    expect(deserialize(serialize(new Savings(), { registry }), { registry, as: Account })).toBeInstanceOf(
      Savings,
    );
    for (const value of [
      [new Account()],
      [{ owner: 'Ada' }],
      new Map([['owner', 'Ada']]),
      null,
      'Account',
      3,
    ]) {
      expect(() => deserialize(serialize(value, { registry }), { registry, as: Account })).toThrow(
        /the value is no instance of the class Account/,
      );
    }
  });
});

it('a schema that answers nothing is none', () => {
  const schema = { '~standard': { version: 1, vendor: 'none', validate: () => undefined } };
  expect(() => deserialize(serialize(1), { schema: schema as never })).toThrow(
    'the schema returned undefined: no { value } or { issues }',
  );
});
