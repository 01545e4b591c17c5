import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { concatenate } from '../../src/hdf5/file-builder.js';
import {
  deserialize,
  H5File,
  H5UnsupportedError,
  h5read,
  h5write,
  readSync,
  TypeRegistry,
  values,
  write,
  writeSync,
} from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { piecesNow } from '../../src/streaming/in-time.js';

/** Made by a static method, of what is whole. */
class Account {
  readonly #holder: unknown;
  constructor(holder: unknown) {
    this.#holder = holder;
  }
  get holder(): unknown {
    return this.#holder;
  }
  [h5write](dict: Map<string, unknown>): void {
    dict.set('holder', this.#holder);
  }
  static [h5read](dict: ReadonlyMap<string, unknown>): Account {
    return new Account(dict.get('holder'));
  }
}

class Party {
  account: unknown = null;
}

const registry = new TypeRegistry().register(Account, { name: 'Account' }).register(Party, { name: 'Party' });

const main = new Account('x');
const sub = new Account([main]);
const cyclic = new Party();
cyclic.account = new Account(cyclic);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
  path = join(folder, 'a.h5');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Stores a value, of whose iterators so many elements are taken at a time. */
function fileOf(value: unknown, elements: number): Uint8Array {
  return concatenate(
    piecesNow(value, { registry, values }, () => new MemoryStorage(), { elements, bytes: Infinity }),
  );
}

async function* later<T>(list: readonly T[]): AsyncGenerator<T> {
  yield* list;
}

describe('what iterables yield', () => {
  it.each([1, 2, 9])('is refused if it would be made of itself; %d at a time', (size) => {
    const message = /\$\.l\[1\](\.account)?: a Account that is a part of what it is made of/;
    expect(() => fileOf({ l: [main, cyclic.account].values() }, size)).toThrow(message);
    expect(() => fileOf({ l: [main, cyclic].values() }, size)).toThrow(message);
  });

  it.each([1, 2, 9])('comes back if it is made of others; %d at a time', (size) => {
    for (const list of [
      [main, sub],
      [sub, main],
      [sub, 1, main, new Account({ sub, main })],
    ]) {
      const value = { before: main, l: list.values(), list };
      const found = deserialize<{ before: Account; l: unknown[]; list: unknown[] }>(fileOf(value, size), {
        registry,
      });
      expect(found.l).toEqual(found.list);
      for (const [i, each] of found.l.entries()) expect(each).toBe(found.list[i]);
      const at = list.indexOf(sub);
      expect(((found.l[at] as Account).holder as unknown[])[0]).toBe(found.before);
    }
  });

  it.each([1, 2, 9])('must not lead back to the list by what is around it; %d at a time', (size) => {
    const message = /\$\.l\[\d\]: a Account that is a part of what it is made of/;
    const around: { l?: unknown } = {};
    around.l = [main, sub, new Account({ around })].values();
    expect(() => fileOf(around, size)).toThrow(message);
    // What is a part of the value around is made of the list.
    const outer: { account?: Account } = {};
    const rows: unknown[] = [1, 2];
    outer.account = new Account(rows.values());
    rows.push(3, outer);
    expect(() => fileOf(outer, size)).toThrow(/a Account that is a part of what it is made of/);
  });

  it.each([1, 2])('may lead to lists around, and elements to one another; %d at a time', (size) => {
    interface Row {
      readonly root: unknown;
      readonly money: Account;
      readonly rows?: unknown[];
    }
    const bank = new Party();
    const root: { rows?: unknown; more?: unknown } = {};
    const rows = [
      { root, money: sub },
      { root, money: new Account([bank]) },
    ];
    root.rows = [...rows, { root, money: new Account('y'), rows }].values();
    root.more = [...rows, root].values();
    const found = deserialize<typeof root>(fileOf(root, size), { registry });
    const [first, second, third] = found.rows as [Row, Row, Row];
    expect(first.root).toBe(found);
    expect(second.money.holder).toEqual([new Party()]);
    expect(third.rows?.[1]).toBe(second);
    expect((found.more as unknown[])[2]).toBe(found);
  });

  it.each([1, 2])('must not lead to a list that leads back; %d at a time', (size) => {
    // The list within is taken later, and has nothing to do with the first.
    const held: { b: unknown } = { b: [1, 2, { x: 1 }].values() };
    expect(
      deserialize(fileOf({ a: [new Account(held), 2].values(), held }, size), { registry }),
    ).toBeTruthy();
    const inner = new Account(held);
    held.b = [1, 2, { inner }].values();
    expect(() => fileOf({ a: [inner, 2].values(), held }, size)).toThrow(H5UnsupportedError);
  });

  it('leaves a file as it was if it cannot be read', async () => {
    writeSync(path, { is: 'whole' });
    const list = [main, cyclic];
    expect(() => writeSync(path, { l: list.values() }, { registry })).toThrow(H5UnsupportedError);
    await expect(write(path, { l: later(list) }, { registry })).rejects.toThrow(H5UnsupportedError);
    await expect(write(path, later(list), { registry, path: 'l' })).rejects.toThrow(H5UnsupportedError);
    expect(() => writeSync(path, list.values(), { registry, path: 'l' })).toThrow(H5UnsupportedError);
    const file = H5File.open(path, 'r+');
    await expect(write(file, later(list), { registry, path: 'l' })).rejects.toThrow(H5UnsupportedError);
    file.close();
    expect(readSync(path)).toEqual({ is: 'whole' });
    await write(path, { l: later([sub, main]) }, { registry });
    expect(readSync<{ l: Account[] }>(path, { registry }).l[0]?.holder).toBeInstanceOf(Array);
  });

  it('may be of what is made of its whole content, in many batches', { timeout: 120_000 }, () => {
    const count = 3000;
    function* chain(): Generator<unknown, void> {
      let last: Account | undefined;
      for (let i = 0; i < count; i++) {
        last = new Account(last ?? 'x');
        yield last;
      }
    }
    const found = deserialize<Account[]>(fileOf(chain(), 100), { registry });
    for (let i = 1; i < count; i++) expect(found[i]?.holder).toBe(found[i - 1]);
  });
});
