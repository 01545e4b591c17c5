import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deserialize as coreDeserialize } from '../../src/index.js';
import {
  deserialize,
  H5File,
  parts,
  read,
  readSync,
  serialize,
  TypeRegistry,
  write,
  writeSync,
} from '../../src/node.js';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-options-'));
  path = join(folder, 'there.h5');
  writeSync(path, { a: 1, b: 2 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bad = (options: object) => options as never;

describe('an option that there is not', () => {
  it.each([
    [{ mode: 'Merge' }, "mode is 'replace' or 'merge', not 'Merge'"],
    [{ onUnsupported: 'Skip' }, "onUnsupported is 'error' or 'skip', not 'Skip'"],
    [{ accessors: true }, "accessors is 'value' or 'skip', not true"],
    [{ limits: { depth: Number.NaN } }, 'limits.depth is a number from 0 on, not NaN'],
    [{ limits: { bytes: '1G' } }, "limits.bytes is a number from 0 on, not '1G'"],
    [{ path: 1 }, 'path is a text, or an array of texts and numbers, not 1'],
    [{ path: null }, 'path is a text, or an array of texts and numbers, not null'],
    [{ path: {} }, 'path is a text, or an array of texts and numbers, not an object'],
    [{ path: [true] }, 'path is a text, or an array of texts and numbers, not one of others'],
    [{ registry: null }, 'registry is a TypeRegistry, not null'],
    [{ registry: {} }, 'registry is a TypeRegistry, not an object'],
    [{ values: {} }, "values is what valuesWith of 'h5pickle/values' returns, not an object"],
    [{ limits: null }, 'limits is an object such as { depth, nodes, bytes }, not null'],
    [{ limits: 5 }, 'limits is an object such as { depth, nodes, bytes }, not 5'],
    [{ signal: {} }, 'signal is an AbortSignal, not an object'],
    [{ onProgress: true }, 'onProgress is a function, not true'],
  ])('of writing: %o', async (options, message) => {
    const before = readFileSync(path);
    const error = expect.objectContaining({ code: 'H5_OPTION', message });
    expect(() => serialize({ c: 3 }, bad(options))).toThrow(error);
    expect(() => writeSync(path, { c: 3 }, bad(options))).toThrow(error);
    await expect(write(path, { c: 3 }, bad(options))).rejects.toThrow(error);
    expect(Buffer.compare(readFileSync(path), before)).toBe(0);
  });

  it.each([
    [{ unknownClass: 'Keep' }, "unknownClass is 'error' or 'keep' or 'object', not 'Keep'"],
    [{ limits: { nodes: -1 } }, 'limits.nodes is a number from 0 on, not -1'],
    [{ path: 0 }, 'path is a text, or an array of texts and numbers, not 0'],
    [{ path: null }, 'path is a text, or an array of texts and numbers, not null'],
    [{ path: ['a', undefined] }, 'path is a text, or an array of texts and numbers, not one of others'],
    [{ select: 'a' }, "select is a function, not 'a'"],
    [{ schema: {} }, 'schema is one of a library of Standard Schema, with a function validate'],
    [{ schema: null }, 'schema is one of a library of Standard Schema, with a function validate'],
    [{ as: () => Date }, 'as is a class, not () => Date'],
    [{ as: 'Date' }, "as is a class, not 'Date'"],
    [{ as: null }, 'as is a class, not null'],
  ])('of reading: %o', async (options, message) => {
    const error = expect.objectContaining({ code: 'H5_OPTION', message });
    expect(() => deserialize(readFileSync(path), bad(options))).toThrow(error);
    expect(() => readSync(path, bad(options))).toThrow(error);
    await expect(read(path, bad(options))).rejects.toThrow(error);
  });

  it('of those that there are, all are taken', () => {
    const skip = { onUnsupported: () => 1, accessors: 'value', mode: 'merge', limits: { depth: 9 } } as const;
    writeSync(path, { c: { d: Symbol('x') } }, skip);
    expect(
      readSync(path, { unknownClass: 'object', limits: { nodes: 10, depth: undefined } as never }),
    ).toEqual({
      a: 1,
      b: 2,
      c: { d: 1 },
    });
  });
});

it('bytes in an ArrayBuffer are asked for as a Uint8Array', () => {
  const { buffer } = serialize(1);
  expect(() => deserialize(buffer as never)).toThrow(/new Uint8Array\(buffer\) makes one/);
  expect(() => deserialize(path as never)).toThrow(/readSync take paths/);
});

it('a path that is none is one nowhere', () => {
  const error = expect.objectContaining({ code: 'H5_OPTION' });
  const file = H5File.open(serialize([1, 2]), 'r+');
  for (const wrong of [1, 0, null, {}, [Symbol.iterator]]) {
    expect(() => writeSync(file, 5, bad({ path: wrong }))).toThrow(error);
    expect(() => parts.write(file, 5, bad({ path: wrong }))).toThrow(error);
    expect(() => readSync(file, bad({ path: wrong }))).toThrow(error);
  }
  expect(() => coreDeserialize(serialize([1, 2]), bad({ path: 0, parts }))).toThrow(error);
  expect(readSync(file)).toEqual([1, 2]);
});

describe('what is no place of a value', () => {
  const type = (message: RegExp) =>
    expect.objectContaining({ code: 'H5_TYPE', message: expect.stringMatching(message) });

  it.each([
    [null, /Uint8Array, not null/],
    [5, /Uint8Array, not 5/],
    [{}, /Uint8Array, not an object/],
    ['', /path of the file is empty/],
    [new URL('http://x/y'), /file: in front, not at http:/],
  ])('is not read: %o', async (source, message) => {
    expect(() => readSync(source as never)).toThrow(type(message));
    await expect(read(source as never)).rejects.toThrow(type(message));
    await expect(read(source as never, { onProgress() {} })).rejects.toThrow(type(message));
  });

  it.each([
    [null, /to a path, or to an open file, not to null/],
    [undefined, /not to undefined/],
    [{}, /not to an object/],
    ['', /path of the file is empty/],
    [new URL('http://x/y'), /file: in front/],
  ])('is not written to: %o', async (target, message) => {
    expect(() => writeSync(target as never, 1)).toThrow(type(message));
    await expect(write(target as never, 1)).rejects.toThrow(type(message));
  });

  it('bytes of another realm are bytes', () => {
    const bytes = runInNewContext('Uint8Array').from(serialize({ a: 1 })) as Uint8Array;
    expect(bytes instanceof Uint8Array).toBe(false);
    expect(deserialize(bytes)).toEqual({ a: 1 });
    expect(readSync(bytes)).toEqual({ a: 1 });
  });
});

it('a class without a name, or without options, says so', () => {
  expect(() => serialize(new (class {})())).toThrow(/a class without a name cannot be stored; register/);
  expect(() => new TypeRegistry().register(class A {}, undefined as never)).toThrow(
    /the name of class A must be a string, not undefined/,
  );
});
