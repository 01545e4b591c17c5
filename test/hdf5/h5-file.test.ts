import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { type H5Error, H5PathError, H5StateError, H5TypeError } from '../../src/errors.js';
import { H5Dataset } from '../../src/hdf5/h5-dataset.js';
import { H5Group } from '../../src/hdf5/h5-group.js';
import type { H5Reference } from '../../src/hdf5/h5-reference.js';
import { extent } from '../../src/hdf5/messages/dataspace.js';
import { H5File as CoreFile } from '../../src/index.js';
import { editing, H5File } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { runPython } from '../oracle/python.js';
import { expectSame } from '../same.js';
import { runs } from '../thoroughness.js';

const create = () => H5File.open(undefined, 'w');
const reopened = (file: H5File) => H5File.open(file.toBytes());
/** The same checks while a file is written, and when it is read again. */
const both = (file: H5File) => [file, reopened(file)];

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as H5Error).code;
  }
  return 'none';
}

test('the core writes with the option `editing`, and says so', () => {
  expect(codeOf(() => CoreFile.open(undefined, 'w'))).toBe('H5_READ_ONLY');
  expect(() => CoreFile.open(undefined, 'w')).toThrow('h5pickle/editing');
  const file = CoreFile.open(undefined, 'w', { editing });
  file.createDataset('a/b', { data: [1, 2] });
  expect(CoreFile.open(file.toBytes()).dataset('a/b').value).toEqual(Int32Array.of(1, 2));
});

/** A storage that is still there when it has been closed. */
class Kept extends MemoryStorage {
  writes = 0;
  isFull = false;

  override write(position: number, bytes: Uint8Array): void {
    if (this.isFull) throw new Error('disk full');
    this.writes++;
    super.write(position, bytes);
  }

  override close(): void {}

  bytes(): Uint8Array {
    return this.copy(0, this.size);
  }
}

describe('a file', () => {
  test('is its root group', () => {
    for (const file of both(create())) {
      expect(file).toBeInstanceOf(H5Group);
      expect([file.path, file.name, file.size]).toEqual(['/', '/', 0]);
      expect(file.parent).toBe(file);
      expect(file.file).toBe(file);
      expect(file.get('/')).toBe(file);
      expect(file.get('')).toBe(file);
      expect(file.group('.')).toBe(file);
    }
  });

  test('goes to a storage when it is closed, and when it is flushed after a change', () => {
    const storage = new Kept();
    const file = H5File.open(storage, 'w');
    file.attrs.set('a', 1);
    file.flush();
    const first = storage.bytes();
    const { writes } = storage;
    file.flush();
    expect(storage.writes).toBe(writes);
    file.attrs.set('a', 2);
    expect(storage.bytes()).toEqual(first);
    file.close();
    file.close();
    const values = [first, storage.bytes()].map((bytes) => H5File.open(bytes).attrs.get('a'));
    expect(values).toEqual([1, 2]);
  });

  test('is as it was before when the storage fails, and stays open', () => {
    const storage = new Kept();
    const file = H5File.open(storage, 'w');
    file.attrs.set('a', 1);
    file.commit();
    file.attrs.set('a', 2);
    storage.isFull = true;
    expect(() => file.close()).toThrow('disk full');
    expect(file.isOpen).toBe(true);
    expect(file.attrs.get('a')).toBe(1);
    storage.isFull = false;
    file.attrs.set('b', 3);
    file.close();
    expect(file.isOpen).toBe(false);
    expect([...H5File.open(storage.bytes()).attrs]).toEqual([
      ['a', 1],
      ['b', 3],
    ]);
  });

  test('a new file whose first commit fails is none', () => {
    const storage = new Kept();
    const file = H5File.open(storage, 'w');
    file.attrs.set('a', 1);
    storage.isFull = true;
    expect(() => file.commit()).toThrow('disk full');
    storage.isFull = false;
    expect(() => file.commit()).toThrow('disk full');
    file.close();
    expect(() => H5File.open(storage.bytes())).toThrow(/not an HDF5 file/);
    for (const source of [new ArrayBuffer(8), null, {}, 7])
      for (const mode of ['r', 'a'] as const)
        expect(() => H5File.open(source as never, mode)).toThrow(
          /is opened at a path, in a Uint8Array or in a storage, not in/,
        );
  });

  test('closes its storage, and at the end of a using block', () => {
    const bytes = create().toBytes();
    const storage = new MemoryStorage(bytes);
    let inner: H5File;
    {
      using file = H5File.open(storage);
      inner = file;
      expect(file.isOpen).toBe(true);
    }
    expect(inner.isOpen).toBe(false);
    expect(storage.size).toBe(0);
  });

  test('is the class that opens it', () => {
    class OwnFile extends H5File {}
    expect(OwnFile.open(undefined, 'w')).toBeInstanceOf(OwnFile);
  });

  test('the same content is the same bytes', () => {
    const make = () => {
      const file = create();
      file.createDataset('a/b', { data: ['x', 'yy'], attrs: { n: 1, s: 'text' } });
      return file;
    };
    expect(make().toBytes()).toEqual(make().toBytes());
    const file = make();
    expect(file.toBytes()).toEqual(file.toBytes());
  });

  test('the modes are those of h5py', () => {
    const bytes = create().toBytes();
    for (const mode of ['w', 'w-', 'x', 'a'] as const) expect(H5File.open(undefined, mode).mode).toBe('r+');
    for (const mode of ['r+', 'a'] as const) expect(H5File.open(bytes, mode).mode).toBe('r+');
    for (const mode of ['w-', 'x'] as const) expect(codeOf(() => H5File.open(bytes, mode))).toBe('H5_EXISTS');
    expect(() => H5File.open(undefined, 'r+')).toThrow(/not an HDF5 file/);
    expect(() => H5File.open(bytes, 'q' as 'r')).toThrow("'r', 'r+', 'w', 'w-', 'x', 'a'");
    expect(H5File.open(bytes, 'w').size).toBe(0);
  });

  test('after it is closed nothing works, and says why', () => {
    for (const file of both(create())) {
      const written = file.mode === 'r+';
      if (written) file.createDataset('d', { data: [1] });
      const group = written ? file.createGroup('g') : file;
      const dataset = written ? file.dataset('d') : undefined;
      file.close();
      const uses: (() => unknown)[] = [
        () => file.get('d'),
        () => file.group('g'),
        () => file.has('g'),
        () => file.size,
        () => [...file],
        () => [...group.keys()],
        () => file.tree(),
        () => file.visit(() => undefined),
        () => file.attrs.get('a'),
        () => file.attrs.size,
        () => [...file.attrs],
        () => file.attrs.set('a', 1),
        () => file.createGroup('h'),
        () => file.createDataset('h', { data: 1 }),
        () => file.link('x', group),
        () => file.softLink('x', 'y'),
        () => file.externalLink('x', 'y', 'z'),
        () => file.delete('g'),
        () => file.ref,
        () => file.dereference({ address: 1, kind: 'object' } as H5Reference),
        () => file.flush(),
        () => file.toBytes(),
        ...(dataset ? [() => dataset.value, () => dataset.at(0), () => dataset.toArray()] : []),
      ];
      for (const use of uses) expect(codeOf(use), String(use)).toBe('H5_CLOSED');
      expect(String(file)).toBe('<H5File (closed)>');
    }
  });

  test('that is read cannot be written', () => {
    const made = create();
    made.createDataset('d', { data: [1] });
    const file = reopened(made);
    const uses: (() => unknown)[] = [
      () => file.createGroup('g'),
      () => file.requireGroup('g'),
      () => file.createDataset('x', { data: 1 }),
      () => file.link('x', file),
      () => file.softLink('x', 'y'),
      () => file.externalLink('x', 'y', 'z'),
      () => file.delete('d'),
      () => file.attrs.set('a', 1),
      () => file.attrs.delete('a'),
    ];
    for (const use of uses) {
      expect(codeOf(use), String(use)).toBe('H5_READ_ONLY');
      expect(use).toThrow(H5StateError);
    }
  });
});

describe('a group', () => {
  test('is a Map in the order of creation', () => {
    const made = create();
    for (const name of ['z', '10', 'a', '2', 'ü']) made.createGroup(name);
    for (const file of both(made)) {
      expect([...file.keys()]).toEqual(['z', '10', 'a', '2', 'ü']);
      expect([...file.values()].map((object) => object?.name)).toEqual(['z', '10', 'a', '2', 'ü']);
      expect([...file].map(([name, object]) => [name, object?.path])[1]).toEqual(['10', '/10']);
      const seen: string[] = [];
      file.forEach((object, name, group) => {
        expect(group).toBe(file);
        seen.push(name, object!.path);
      });
      expect(seen.slice(0, 2)).toEqual(['z', '/z']);
      expect(file.size).toBe(5);
      expect(file.has('ü')).toBe(true);
      expect(file.has('u')).toBe(false);
    }
  });

  test('is made with all that leads to it', () => {
    const made = create();
    const c = made.createGroup('a/b/c', { attrs: { level: 3 } });
    made.createDataset('/a/b/d', { data: 1 });
    c.createGroup('/a/x');
    c.createGroup('./y//z/.');
    for (const file of both(made)) {
      expect([...file.group('a').keys()]).toEqual(['b', 'x']);
      expect(file.group('/a/b/c/y/z').path).toBe('/a/b/c/y/z');
      expect(file.group('a/b').dataset('d').path).toBe('/a/b/d');
      expect(file.group('a/b/c').attrs.get('level')).toBe(3);
      expect(file.group('a').group('b/c').get('/a/x')?.path).toBe('/a/x');
      expect(file.group('a/b/c').parent.path).toBe('/a/b');
      expect(file.group('a').parent).toBe(file);
    }
  });

  test('get is undefined, group and dataset throw', () => {
    const made = create();
    made.createDataset('g/d', { data: 1 });
    for (const file of both(made)) {
      for (const path of ['x', 'g/x', 'g/d/x', '/x/y/z', 'g/..']) expect(file.get(path)).toBeUndefined();
      expect(codeOf(() => file.group('g/x'))).toBe('H5_NOT_FOUND');
      expect(() => file.group('g/x')).toThrow('"/g/x" does not exist: there is no "x" in the group');
      expect(() => file.group('g').dataset('d/y')).toThrow(
        '"/g/d/y" does not exist: there is no "y" in a dataset',
      );
      expect(codeOf(() => file.group('g/d'))).toBe('H5_WRONG_KIND');
      expect(codeOf(() => file.dataset('g'))).toBe('H5_WRONG_KIND');
      expect(() => file.dataset('g')).toThrow('"/g" is a group, not a dataset');
    }
  });

  test('requireGroup makes what is missing', () => {
    const file = create();
    const a = file.requireGroup('a');
    expect(file.requireGroup('a').isSame(a)).toBe(true);
    expect(file.requireGroup('a/b/c').path).toBe('/a/b/c');
    expect(file.requireGroup('/')).toBe(file);
    file.createDataset('d', { data: 1 });
    expect(codeOf(() => file.requireGroup('d'))).toBe('H5_WRONG_KIND');
  });

  test('names and objects of other types are refused at once, and nothing is changed', () => {
    const file = create();
    const group = file.createGroup('g');
    file.createDataset('precious', { data: [1, 2, 3] });
    file.commit();
    const tree = file.tree();
    const bad = [5, undefined, null, {}, Symbol('s'), 5n] as unknown as string[];
    for (const name of bad) {
      const uses: (() => unknown)[] = [
        () => file.attrs.set(name, 1),
        () => file.dataset('precious').attrs.set(name, 'text'),
        () => file.createGroup(name),
        () => file.createDataset(name, { data: 1 }),
        () => file.createDatatype(name, 'f4'),
        () => file.softLink(name, 'precious'),
        () => file.softLink('s', name),
        () => file.externalLink(name, 'a.h5', '/x'),
        () => file.externalLink('e', name, '/x'),
        () => file.externalLink('e', 'a.h5', name),
        () => file.link(name, group),
        () => file.link('l', name as unknown as H5Group),
        () => file.move(name, 'x'),
        () => file.move('g', name),
        () => file.rename('g', name),
        () => file.copy(name, 'x'),
        () => file.copy('g', name),
        () => file.delete(name),
        () => file.get(name),
        () => file.has(name),
        () => file.group(name),
        () => file.dataset(name),
        () => file.requireGroup(name),
      ];
      for (const use of uses) expect(codeOf(use), `${String(name)}: ${use}`).toBe('H5_TYPE');
    }
    expect(codeOf(() => file.createDataset('x', undefined as never))).toBe('H5_TYPE');
    const after = reopened(file);
    expect(after.tree()).toBe(tree);
    expect([after.attrs.size, after.dataset('precious').attrs.size]).toEqual([0, 0]);
    expect(after.dataset('precious').value).toEqual(Int32Array.of(1, 2, 3));
  });

  test('names that HDF5 does not have, and those that exist', () => {
    const file = create();
    file.createDataset('d', { data: 1 });
    for (const name of ['', '.', '/', './.', 'a\0b', '\ud800', 'ok/\udc00', 'x'.repeat(70000)]) {
      expect(codeOf(() => file.createGroup(name))).toBe('H5_BAD_NAME');
      expect(codeOf(() => file.createDataset(name, { data: 1 }))).toBe('H5_BAD_NAME');
      expect(codeOf(() => file.link(name, file))).toBe('H5_BAD_NAME');
      expect(codeOf(() => file.softLink(name, 'd'))).toBe('H5_BAD_NAME');
    }
    for (const target of ['', 'a\0b', '\ud800'])
      expect(codeOf(() => file.softLink('s', target))).toBe('H5_BAD_NAME');
    expect(codeOf(() => file.attrs.set('', 1))).toBe('H5_BAD_NAME');
    expect(codeOf(() => file.attrs.set('a\0', 1))).toBe('H5_BAD_NAME');
    expect(codeOf(() => file.createGroup('d'))).toBe('H5_EXISTS');
    expect(codeOf(() => file.createDataset('/d', { data: 1 }))).toBe('H5_EXISTS');
    expect(codeOf(() => file.createGroup('d/x'))).toBe('H5_WRONG_KIND');
    expect([...file.keys()]).toEqual(['d']);
    expect(() => file.createGroup('d')).toThrow(H5PathError);
  });

  test('what fails leaves nothing behind', () => {
    const file = create();
    expect(() => file.createDataset('a/d', { data: [1, 'x'] })).toThrow(H5TypeError);
    expect(() => file.createDataset('a/d', { data: 1, attrs: { x: {} } })).toThrow(H5TypeError);
    expect(() => file.createGroup('a/g', { attrs: { x: Symbol('x') } })).toThrow(H5TypeError);
    expect(file.size).toBe(0);
  });

  test('objects with several names, and cycles', () => {
    const made = create();
    const a = made.createGroup('a');
    made.link('b', a);
    a.link('self', a);
    a.link('root', made);
    a.createDataset('d', { data: [1, 2] });
    made.link('x/y/d', a.dataset('d'));
    for (const file of both(made)) {
      expect(file.group('b').isSame(file.group('a'))).toBe(true);
      expect(file.group('a/self/self/root/b').isSame(file.group('a'))).toBe(true);
      expect(file.get('a/root')).toBe(file);
      expect(file.dataset('x/y/d').isSame(file.dataset('a/d'))).toBe(true);
      expect(file.group('a').isSame(file)).toBe(false);
      expect(file.linkInfo('b')).toEqual({ kind: 'hard' });
    }
    expect(codeOf(() => made.link('z', create()))).toBe('H5_WRONG_KIND');
  });

  test('soft and external links', () => {
    const made = create();
    made.createDataset('a/d', { data: [7] });
    made.softLink('absolute', '/a');
    made.softLink('a/relative', './d');
    made.softLink('a/up', '/absolute/relative');
    made.softLink('dangling', 'nowhere/at/all');
    made.softLink('loop', 'loop');
    made.softLink('ping', 'pong');
    made.softLink('pong', '/ping/x');
    made.externalLink('outside', 'other.h5', '/there');
    for (const file of both(made)) {
      expect(file.dataset('absolute/relative').value).toEqual(Int32Array.of(7));
      expect(file.dataset('absolute/up').at(0)).toBe(7);
      for (const name of ['dangling', 'loop', 'ping', 'pong', 'loop/x'])
        expect(file.get(name)).toBeUndefined();
      expect(file.has('loop')).toBe(true);
      expect(() => file.group('loop')).toThrow(/too many soft links/);
      expect(file.linkInfo('absolute')).toEqual({ kind: 'soft', target: '/a' });
      expect(file.linkInfo('outside')).toEqual({ kind: 'external', file: 'other.h5', target: '/there' });
      expect(file.linkInfo('nothing')).toBeUndefined();
      for (const path of ['outside', 'outside/x']) {
        expect(() => file.get(path)).toThrow(
          /"\/there" in the file "other.h5"; external links are not followed/,
        );
      }
      expect([...file].filter(([, object]) => object === undefined).map(([name]) => name)).toEqual([
        'dangling',
        'loop',
        'ping',
        'pong',
        'outside',
      ]);
    }
    expect(made.createGroup('absolute/new').path).toBe('/absolute/new');
    expect(made.has('a/new')).toBe(true);
    expect(codeOf(() => made.createGroup('dangling/x'))).toBe('H5_WRONG_KIND');
    expect(codeOf(() => made.createGroup('outside/x'))).toBe('H5_WRONG_KIND');
  });

  test('delete', () => {
    const file = create();
    const d = file.createDataset('a/d', { data: [1] });
    file.link('again', d);
    file.softLink('soft', 'a');
    expect(file.delete('a/d')).toBe(true);
    expect(file.delete('a/d')).toBe(false);
    expect(file.delete('x/y')).toBe(false);
    expect(file.dataset('again').value).toEqual(Int32Array.of(1));
    expect(file.delete('soft')).toBe(true);
    expect(file.delete('again')).toBe(true);
    expect(codeOf(() => file.delete('/'))).toBe('H5_BAD_NAME');
    file.createGroup('b');
    file.delete('a');
    file.createGroup('a');
    expect([...reopened(file).keys()]).toEqual(['b', 'a']);
  });

  test('visit sees each object once, and can stop', () => {
    const made = create();
    const a = made.createGroup('a');
    made.createDataset('a/b/d', { data: 1 });
    made.link('a/b/up', a);
    made.link('a/root', made);
    made.link('z', made.dataset('a/b/d'));
    made.softLink('soft', 'a');
    made.externalLink('ext', 'f', 'p');
    for (const file of both(made)) {
      const paths: string[] = [];
      expect(file.visit((path, object) => void paths.push(`${path} ${object.path}`))).toBeUndefined();
      expect(paths).toEqual(['a /a', 'a/b /a/b', 'a/b/d /a/b/d']);
      expect(file.group('a').visit((path, object) => [path, object.path])).toEqual(['b', '/a/b']);
      expect(file.visit((path, object) => (object instanceof H5Dataset ? path : undefined))).toBe('a/b/d');
    }
  });

  test('tree shows what there is', () => {
    const made = create();
    made.createDataset('runs/7/speed', { data: new Float64Array(6), shape: [2, 3] });
    made.createDataset('runs/names', { data: ['a'] });
    made.createDataset('count', { data: 5 });
    made.createDataset('none', { data: null, dtype: 'bool' });
    made.link('latest', made.group('runs/7'));
    made.link('runs/7/up', made);
    made.softLink('soft', '/runs');
    made.externalLink('ext', 'other.h5', '/x');
    // What would make another line, or clear the screen.
    made.createDataset('names/a\nb', { data: 5 });
    made.softLink('names/\u001b[2J', 'c\r');
    for (const file of both(made)) {
      expect(file.tree()).toBe(
        [
          '/',
          '  runs',
          '    7',
          '      speed: <f8 (2, 3)',
          '      up = /',
          '    names: str (1)',
          '  count: <i4 scalar',
          '  none: bool null',
          '  latest = /runs/7',
          '  soft -> /runs',
          '  ext -> other.h5:/x',
          '  names',
          '    a%0Ab: <i4 scalar',
          '    %1B[2J -> c%0D',
        ].join('\n'),
      );
      expect(file.group('runs').tree().split('\n')[0]).toBe('/runs');
      expect(file.group('names').tree()).toBe('/names\n  a%0Ab: <i4 scalar\n  %1B[2J -> c%0D');
      expect(String(file.group('runs'))).toBe('<H5Group "/runs" (2 members)>');
      expect(String(file.dataset('runs/names'))).toBe('<H5Dataset "/runs/names": str (1)>');
    }
  });

  test('10,000 groups in each other', () => {
    const made = create();
    let group: H5Group = made;
    for (let i = 0; i < 10_000; i++) group = group.createGroup('g');
    group.attrs.set('reached', true);
    const file = reopened(made);
    let depth = 0;
    file.visit(() => void depth++);
    expect(depth).toBe(10_000);
    expect(file.tree().split('\n')).toHaveLength(10_001);
    expect(file.group('g/'.repeat(10_000)).attrs.get('reached')).toBe(true);
  });
});

describe('attributes', () => {
  test('are a Map in the order of creation', () => {
    const made = create();
    made.attrs.set('z', 1).set('1', 'one').set('a', [1, 2]).set('z', 'new');
    for (const file of both(made)) {
      expect([...file.attrs]).toEqual([
        ['z', 'new'],
        ['1', 'one'],
        ['a', Int32Array.of(1, 2)],
      ]);
      expect([...file.attrs.keys()]).toEqual(['z', '1', 'a']);
      expect([...file.attrs.values()]).toEqual(['new', 'one', Int32Array.of(1, 2)]);
      expect([...file.attrs.entries()]).toEqual([...file.attrs]);
      expect(file.attrs.size).toBe(3);
      expect([file.attrs.has('a'), file.attrs.has('b')]).toEqual([true, false]);
      expect(file.attrs.get('b')).toBeUndefined();
      expect(file.attrs.info('b')).toBeUndefined();
    }
  });

  test('values of every kind', () => {
    const values: [name: string, given: unknown, read: unknown, dtype: string, shape: number[] | null][] = [
      ['int', -5, -5, '<i4', []],
      ['large', 2 ** 40, 2 ** 40, '<f8', []],
      ['float', 0.1, 0.1, '<f8', []],
      ['negative zero', -0, -0, '<f8', []],
      ['nan', Number.NaN, Number.NaN, '<f8', []],
      ['bigint', 2n ** 60n, 2n ** 60n, '<i8', []],
      ['text', 'ü🙂', 'ü🙂', 'str', []],
      ['empty', '', '', 'str', []],
      ['yes', true, true, 'bool', []],
      ['no', false, false, 'bool', []],
      ['null', null, null, '<f8', null],
      ['undefined', undefined, null, '<f8', null],
      ['list', [1, 2], Int32Array.of(1, 2), '<i4', [2]],
      [
        'matrix',
        [
          [0.5, 1],
          [2, 3],
        ],
        Float64Array.of(0.5, 1, 2, 3),
        '<f8',
        [2, 2],
      ],
      ['none', [], new Float64Array(), '<f8', [0]],
      ['texts', ['a', '', 'ü'], ['a', '', 'ü'], 'str', [3]],
      ['flags', [true, false], [true, false], 'bool', [2]],
      ['bytes', Uint8Array.of(1, 2), Uint8Array.of(1, 2), 'u1', [2]],
    ];
    const made = create();
    for (const [name, given] of values) made.attrs.set(name, given);
    for (const file of both(made)) {
      for (const [name, , read, dtype, shape] of values) {
        expect(file.attrs.get(name), name).toEqual(read);
        expect(file.attrs.info(name), name).toMatchObject({ dtype, shape });
      }
    }
  });

  test('with a dtype and a shape', () => {
    const made = create();
    made.attrs.set('byte', 5, { dtype: 'u1' });
    made.attrs.set('matrix', [1, 2, 3, 4], { dtype: '>f4', shape: [2, 2] });
    made.attrs.set('none', null, { dtype: 'str' });
    made.attrs.set('point', { x: 1, y: 2 }, { dtype: { compound: { x: 'f4', y: 'f4' } } });
    made.attrs.set('name', 'Ada', { dtype: 'S8' });
    for (const file of both(made)) {
      expect(file.attrs.get('byte')).toBe(5);
      expect(file.attrs.get('matrix')).toEqual(Float32Array.of(1, 2, 3, 4));
      expect(file.attrs.info('matrix')).toMatchObject({ dtype: '>f4', shape: [2, 2] });
      expect(file.attrs.get('none')).toBeNull();
      expect(file.attrs.info('none')).toMatchObject({ dtype: 'str', shape: null });
      expect(file.attrs.get('point')).toEqual({ x: 1, y: 2 });
      expect(file.attrs.get('name')).toBe('Ada');
    }
    expect(() => made.attrs.set('x', null, { shape: [2] })).toThrow(/no value/);
  });

  test('errors name what is wrong, and change nothing', () => {
    const { attrs } = create();
    attrs.set('a', 1);
    expect(() => attrs.set('a', 2n ** 70n)).toThrow(H5TypeError);
    expect(() => attrs.set('a', 'x\0')).toThrow(/U\+0000/);
    expect(() => attrs.set('a', { x: 1 })).toThrow(H5TypeError);
    expect(attrs.get('a')).toBe(1);
  });

  test('large ones are in dense storage', () => {
    const made = create();
    made.attrs
      .set('large', new Float64Array(20_000).fill(1))
      .set('texts', Array(5000).fill('x'))
      .set('small', 1);
    const read = reopened(made);
    expect(read.attrs.get('large')).toEqual(new Float64Array(20_000).fill(1));
    expect(read.attrs.get<string[]>('texts')).toHaveLength(5000);
    expect([...read.attrs.keys()]).toEqual(['large', 'texts', 'small']);
  });

  test('delete', () => {
    const made = create();
    for (let i = 0; i < 20; i++) made.attrs.set(`a${i}`, i);
    for (let i = 0; i < 20; i += 2) expect(made.attrs.delete(`a${i}`)).toBe(true);
    expect(made.attrs.delete('a0')).toBe(false);
    made.attrs.set('a0', 'back');
    const expected = ['a1', 'a3', 'a5', 'a7', 'a9', 'a11', 'a13', 'a15', 'a17', 'a19', 'a0'];
    for (const file of both(made)) expect([...file.attrs.keys()]).toEqual(expected);
  });

  test('what is read does not change the file', () => {
    const made = create();
    made.attrs.set('list', [1, 2, 3]);
    for (const file of both(made)) {
      file.attrs.get<Int32Array>('list')!.fill(9);
      expect(file.attrs.get('list')).toEqual(Int32Array.of(1, 2, 3));
    }
  });

  test('1,000 of them: headers in several chunks', () => {
    const made = create();
    const group = made.createGroup('g');
    for (let i = 0; i < 1000; i++) group.attrs.set(`attribute ${i}`, `value ${i}`.repeat(20));
    const { attrs } = reopened(made).group('g');
    expect(attrs.size).toBe(1000);
    for (let i = 0; i < 1000; i++) expect(attrs.get(`attribute ${i}`)).toBe(`value ${i}`.repeat(20));
  });

  test('one too many', () => {
    const { attrs } = create();
    for (let i = 0; i < 65535; i++) attrs.set(String(i), i);
    expect(() => attrs.set('more', 1)).toThrow(/one too many/);
    attrs.set('7', 'changed');
  });
});

describe('a dataset', () => {
  test('properties', () => {
    const made = create();
    made.createDataset('matrix', { data: new Float32Array(6), shape: [2, 3] });
    made.createDataset('scalar', { data: 'x' });
    made.createDataset('none', { data: null, dtype: 'i2' });
    made.createDataset('empty', { shape: [3, 0, 2], dtype: 'u1' });
    for (const file of both(made)) {
      const facts = (path: string) => {
        const { shape, maxShape, ndim, size, nbytes, dtype } = file.dataset(path);
        return [shape, maxShape, ndim, size, nbytes, dtype];
      };
      expect(facts('matrix')).toEqual([[2, 3], [2, 3], 2, 6, 24, '<f4']);
      expect(facts('scalar')).toEqual([[], [], 0, 1, 16, 'str']);
      expect(facts('none')).toEqual([null, null, 0, 0, 0, '<i2']);
      expect(facts('empty')).toEqual([[3, 0, 2], [3, 0, 2], 3, 0, 0, 'u1']);
      expect(file.dataset('none').value).toBeNull();
      expect(file.dataset('none').toArray()).toBeNull();
      expect(file.dataset('scalar').value).toBe('x');
      expect(file.dataset('scalar').at()).toBe('x');
      expect(file.dataset('empty').value).toEqual(new Uint8Array());
      expect(file.dataset('empty').toArray()).toEqual([[], [], []]);
      expect(file.dataset('matrix').toArray()).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ]);
    }
  });

  test('parts of it', () => {
    const made = create();
    const [a, b, c] = [4, 5, 6];
    const data = Int32Array.from({ length: a * b * c }, (_, i) => i);
    made.createDataset('cube', { data, shape: [a, b, c] });
    made.createDataset('texts', { data: ['a', 'bb', '', 'ü'] });
    for (const file of both(made)) {
      const cube = file.dataset<Int32Array>('cube');
      for (const [i0, i1, j0, j1, k0, k1] of [
        [0, 4, 0, 5, 0, 6],
        [1, 3, 0, 5, 0, 6],
        [1, 2, 2, 4, 0, 6],
        [0, 4, 1, 2, 3, 5],
        [2, 2, 0, 5, 0, 6],
        [0, 4, 0, 5, 5, 6],
      ] as const) {
        const expected: number[] = [];
        for (let i = i0; i < i1; i++) {
          for (let j = j0; j < j1; j++) for (let k = k0; k < k1; k++) expected.push((i * b + j) * c + k);
        }
        expect(
          cube.read([
            [i0, i1],
            [j0, j1],
            [k0, k1],
          ]),
        ).toEqual(Int32Array.from(expected));
      }
      expect(cube.read([[1, 2]])).toEqual(data.slice(30, 60));
      expect(cube.read([[-1, 99]])).toEqual(data.slice(90));
      expect(cube.read([undefined, [0, 1], [0, 1]])).toEqual(Int32Array.of(0, 30, 60, 90));
      expect(cube.read([[3, 1]])).toEqual(new Int32Array());
      expect(cube.at(1, 2, 3)).toBe(45);
      expect(cube.at(-1, -1, -1)).toBe(119);
      expect(file.dataset('texts').read([[1, 4]])).toEqual(['bb', '', 'ü']);
      expect(file.dataset('texts').at(3)).toBe('ü');
      expect(() => cube.at(0, 0)).toThrow(/3 axes, 2 indices/);
      expect(() => cube.at(0, 0, 6)).toThrow(/index 6 is not within axis 2, of size 6/);
      expect(() => cube.at(0, 0, 0.5)).toThrow(H5TypeError);
      expect(() =>
        cube.read([
          [0, 1],
          [0, 1],
          [0, 1],
          [0, 1],
        ]),
      ).toThrow(/3 axes/);
      expect(() => cube.read([[0, 1.5]])).toThrow(H5TypeError);
    }
  });

  test('reads only the bytes that are asked for', () => {
    const made = create();
    made.createDataset('large', { data: new Float64Array(100_000), shape: [1000, 100] });
    let read = 0;
    class Counting extends MemoryStorage {
      override read(position: number, length: number) {
        read += length;
        return super.read(position, length);
      }
    }
    const file = H5File.open(new Counting(made.toBytes()));
    expect(read).toBeLessThan(1500);
    const large = file.dataset('large');
    read = 0;
    large.at(500, 50);
    expect(read).toBe(8);
    read = 0;
    large.read([[10, 20]]);
    expect(read).toBe(8000);
    read = 0;
    large.read([
      [10, 20],
      [5, 7],
    ]);
    // What lies between rows that are near each other is read with them.
    expect(read).toBeLessThan(8000);
  });

  test('copies what it is given, and what it gives', () => {
    const made = create();
    const small = Float64Array.of(1, 2);
    const large = new Float64Array(10_000).fill(1);
    made.createDataset('small', { data: small });
    made.createDataset('large', { data: large });
    small.fill(9);
    large.fill(9);
    for (const file of both(made)) {
      for (const name of ['small', 'large']) {
        const dataset = file.dataset<Float64Array>(name);
        expect(dataset.value[0]).toBe(1);
        dataset.value.fill(7);
        dataset.read([[0, 1]]).fill(7);
        expect(dataset.value[0]).toBe(1);
      }
    }
  });

  test('without data it is zeros', () => {
    const made = create();
    made.createDataset('zeros', { shape: [2, 2], dtype: '>i2' });
    made.createDataset('texts', { shape: [2], dtype: 'str' });
    made.createDataset('vast', { shape: [2 ** 20, 2 ** 20], dtype: 'f8' });
    for (const file of both(made)) {
      expect(file.dataset('zeros').value).toEqual(new Int16Array(4));
      expect(file.dataset('texts').value).toEqual(['', '']);
      const vast = file.dataset('vast');
      expect(vast.at(-1, -1)).toBe(0);
      expect(
        vast.read([
          [0, 1],
          [0, 3],
        ]),
      ).toEqual(new Float64Array(3));
      expect(() => vast.value).toThrow(/never written/);
    }
  });

  test('references lead to objects, and back', () => {
    const made = create();
    const group = made.createGroup('runs/7');
    const data = group.createDataset('data', { data: [1] });
    made.createDataset('newest', { data: group.ref });
    made.createDataset('all', { data: [group, null, data, made] });
    made.createDataset('lists', { data: [[data], [], [null, group]], dtype: { vlen: 'ref' } });
    made.attrs.set('main', group.ref);
    for (const file of both(made)) {
      const reference = file.dataset('newest').value as H5Reference;
      expect(file.dereference(reference).isSame(file.group('runs/7'))).toBe(true);
      expect(reference).toEqual(file.group('runs/7').ref);
      const all = file.dataset<(H5Reference | null)[]>('all').value;
      expect(all[1]).toBeNull();
      expect(file.dereference(all[3]!)).toBe(file);
      expect((file.dereference(all[2]!) as H5Dataset).value).toEqual(Int32Array.of(1));
      const lists = file.dataset<(H5Reference | null)[][]>('lists').value;
      expect(lists.map((list) => list.length)).toEqual([1, 0, 2]);
      expect(file.dereference(lists[2]![1]!).isSame(file.group('runs/7'))).toBe(true);
      const found = file.dereference(file.attrs.get<H5Reference>('main')!) as H5Group;
      expect(found.dataset('data').value).toEqual(Int32Array.of(1));
      expect([found.path, found.name, found.parent.path]).toEqual(['/runs/7', '7', '/runs']);
    }
    expect(() => made.attrs.set('x', create().ref)).toThrow(/another file/);
    const read = reopened(made).dataset('newest').value;
    expect(() => made.createDataset('y', { data: read })).toThrow(/another file/);
    // What is deleted before it was ever in the file is nothing.
    const other = create();
    other.createDataset('reference', { data: other.createGroup('g').ref });
    other.delete('g');
    expect(reopened(other).dataset('reference').value).toBeNull();
  });

  test('what a reference leads to has the path that h5py finds', () => {
    const made = create();
    const group = made.createGroup('runs/7');
    group.createDataset('data', { data: [1] });
    const all = [group, group.dataset('data'), made, made.createDatatype('types/t', 'f4')];
    made.createDataset('all', { data: all });
    const folder = mkdtempSync(join(tmpdir(), 'h5pickle-'));
    const path = join(folder, 'a.h5');
    writeFileSync(path, made.toBytes());
    const script =
      'import h5py,json,sys; f=h5py.File(sys.argv[1]); print(json.dumps([f[r].name for r in f["all"]]))';
    const names = JSON.parse(runPython(['-c', script, path]));
    rmSync(folder, { recursive: true });
    for (const file of [...both(made), H5File.open(made.toBytes(), 'r+')]) {
      const references = file.dataset<H5Reference[]>('all').value;
      expect(references.map((reference) => file.dereference(reference).path)).toEqual(names);
    }
  });

  test('what a reference leads to is at its place when it is asked, and follows moves from then on', () => {
    const made = create();
    made.createDataset('ref', { data: made.createGroup('runs/7/x').ref });
    for (const file of [made, H5File.open(made.toBytes(), 'r+')]) {
      const found = () => file.dereference(file.dataset('ref').value as H5Reference) as H5Group;
      const [early, late] = [found(), found()];
      const child = late.createDataset('d', { data: [1] });
      expect(early.path).toBe('/runs/7/x');
      expect(codeOf(() => late.createGroup('d'))).toBe('H5_EXISTS');
      expect(() => late.group('none')).toThrow('"/runs/7/x/none" does not exist');
      file.move('runs', 'old/runs');
      expect([early.path, late.path, child.path]).toEqual(
        Array(3).fill('/old/runs/7/x').with(2, '/old/runs/7/x/d'),
      );
      const [again, other] = [found(), file.dataset('old/runs/7/x/d')];
      again.rename('d', 'e');
      expect([other.path, child.path, child.parent.path]).toEqual([
        '/old/runs/7/x/e',
        '/old/runs/7/x/e',
        '/old/runs/7/x',
      ]);
      const open = found();
      file.close();
      expect(open.path).toMatch(/^#\d+$/);
      expect(child.path).toBe('/old/runs/7/x/e');
    }
  });

  test('an object to which no path leads any more has none', () => {
    const file = create();
    const group = file.createGroup('g');
    group.createGroup('inner');
    group.link('itself', group);
    file.createDataset('ref', { data: group.ref });
    file.commit();
    const found = file.dereference(file.dataset('ref').value as H5Reference) as H5Group;
    file.delete('g');
    for (const object of [found, found.group('inner')]) {
      expect(object.path).toMatch(/^#\d+(\/inner)?$/);
      expect(codeOf(() => object.parent)).toBe('H5_NOT_FOUND');
    }
    file.link('back', found);
    expect([found.path, found.group('inner').path]).toEqual(['/back', '/back/inner']);
  });

  test('what is moved to where it is, and a compression that is none, are errors that say so', () => {
    const file = create();
    file.createGroup('g');
    for (const use of [
      () => file.move('g', 'g'),
      () => file.move('g', '/./g'),
      () => file.rename('g', 'g'),
    ]) {
      expect(codeOf(use)).toBe('H5_EXISTS');
      expect(use).toThrow('"/g" is there already');
    }
    expect(() => file.move('g', 'g/h')).toThrow('cannot be moved into itself');
    const compression = { gzip: 11 } as never;
    expect(() => file.createDataset('d', { data: [1], compression })).toThrow(
      'the compression {"gzip":11} is none of',
    );
    expect(() => file.createDataset('d', { data: [1], compression: 'x' as never })).toThrow(
      "the compression 'x' is none",
    );
  });

  test('errors about elements name the dataset, and bigints', () => {
    const file = create();
    const dataset = file.createDataset('runs/7/speed', { data: [1, 2, 3, 4], maxShape: [8] });
    const off = file.createDataset('off', { data: [1n, 3n] }).value as unknown as number[];
    const index = 1n as unknown as number;
    const cases: [string, () => unknown][] = [
      ['the index 9 is not within axis 0', () => dataset.read([9])],
      ['the index 9 is not within axis 0', () => dataset.at(9)],
      ['the index 9 is not within axis 0', () => dataset.write(1, [9])],
      ['', () => dataset.write([1, 2, 3])],
      ['', () => dataset.write('text')],
      ['', () => dataset.resize([9])],
      ['', () => dataset.append(['text'])],
      ['', () => dataset.append([1], 1)],
      ['axis 0: 1n is a bigint, and indices are numbers: Number(1n)', () => dataset.read([[off[0], off[1]]])],
      ['axis 0: 1n is a bigint', () => dataset.read([off as never])],
      ['axis 0: 1n is a bigint', () => dataset.read([{ indices: off }])],
      ['axis 0: 1n is a bigint', () => dataset.read([index])],
      ['axis 0: 1n is a bigint', () => dataset.at(index)],
      ['axis 0: 2n is a bigint', () => dataset.read([{ step: 2n as unknown as number }])],
      ['axis 0: 1n is a bigint', () => dataset.read({ points: [[index]] })],
    ];
    for (const [message, use] of cases) {
      expect(codeOf(use), String(use)).toBe('H5_TYPE');
      expect(use).toThrow(`"/runs/7/speed"${message === '' ? '' : `: ${message}`}`);
    }
  });

  test('types of what is read', () => {
    const file = create();
    const dataset = file.createDataset<Float64Array>('d', { data: [0.5] });
    expectTypeOf(dataset.value).toEqualTypeOf<Float64Array>();
    expectTypeOf(dataset.at(0)).toEqualTypeOf<number>();
    expectTypeOf(file.attrs.get<string>('x')).toEqualTypeOf<string | undefined>();
    expect(extent({ kind: 'simple', dims: [2, 3] })).toBe(6);
  });
});

describe('much of everything', () => {
  test(`${runs(100_000)} children in one group`, () => {
    const count = runs(100_000);
    const made = create();
    const group = made.createGroup('g');
    for (let i = 0; i < count; i++) group.createGroup(`child ${i}`);
    const read = reopened(made).group('g');
    expect(read.size).toBe(count);
    let i = 0;
    for (const name of read.keys()) if (name !== `child ${i++}`) throw new Error(name);
    expect(read.group(`child ${count - 1}`).path).toBe(`/g/child ${count - 1}`);
    for (let i = 0; i < count; i++) group.delete(`child ${i}`);
    expect(reopened(made).group('g').size).toBe(0);
  });

  test('100,000 strings', () => {
    const texts = Array.from({ length: 100_000 }, (_, i) => (i % 100 === 0 ? `größe ${i}` : `text ${i}`));
    const made = create();
    made.createDataset('variable', { data: texts });
    made.createDataset('fixed', { data: texts, dtype: 'S16' });
    const file = reopened(made);
    expectSame(file.dataset('variable').value, texts);
    expectSame(file.dataset('fixed').value, texts);
    expect(file.dataset('variable').at(99_900)).toBe('größe 99900');
  });
});

test('a new file that could not be written in part is not committed, but may be begun anew', () => {
  const storage = new MemoryStorage();
  const { write } = storage;
  const file = H5File.open(storage, 'w');
  file.createGroup('small');
  storage.write = () => {
    throw new Error('no space');
  };
  expect(() => file.createDataset('large', { data: new Float64Array(100_000) })).toThrow('no space');
  storage.write = write;
  expect(() => file.commit()).toThrow('no space');
  expect(() => file.createGroup('other')).toThrow('no space');
  file.rollback();
  file.createDataset('large', { data: new Float64Array(100_000) });
  expect([...H5File.open(file.toBytes()).keys()]).toEqual(['large']);
});

test('an external link is followed on request', () => {
  const other = H5File.open(undefined, 'w');
  other.createDataset('runs/7', { data: [1, 2, 3] });
  const file = H5File.open(undefined, 'w');
  file.externalLink('links/latest', 'runs.h5', '/runs/7');
  file.externalLink('links/lost', 'runs.h5', '/runs/8');
  file.softLink('soft', '/links');
  const asked: string[] = [];
  const open = (name: string) => {
    asked.push(name);
    return other;
  };
  const found = file.followExternal('links/latest', open);
  expect(found.isSame(other.dataset('runs/7'))).toBe(true);
  expect(file.followExternal('soft/latest', open).file).toBe(other);
  expect(asked).toEqual(['runs.h5', 'runs.h5']);
  expect(() => file.followExternal('links/lost', open)).toThrow(/"\/runs\/8" does not exist/);
  expect(() => file.followExternal('soft', open)).toThrow(/no external link/);
  expect(() => file.followExternal('nothing', open)).toThrow(/does not exist/);
  expect(() => file.get('links/latest')).toThrow(/followExternal/);
});

test('console.log shows what a handle stands for, and nothing behind it', () => {
  const file = H5File.open(undefined, 'w');
  const group = file.createGroup('g');
  const dataset = group.createDataset('d', { data: [1, 2] });
  expect([file, group, dataset].map((each) => inspect(each))).toEqual([
    "<H5File (mode 'r+', 1 members)>",
    '<H5Group "/g" (1 members)>',
    '<H5Dataset "/g/d": <i4 (2)>',
  ]);
  expect(inspect({ group })).toBe('{ group: <H5Group "/g" (1 members)> }');
  file.close();
  expect(inspect(group)).toBe('<H5Group (closed)>');
  expect(inspect(file)).toBe('<H5File (closed)>');
});

test('a link that is too long for its message is refused at once', () => {
  const file = H5File.open(undefined, 'w');
  const long = 'ü'.repeat(20_000);
  expect(() => file.softLink(long, long)).toThrow(/take 80000 bytes; 65000 fit/);
  expect(() => file.externalLink('external', long, long)).toThrow(/"\/external" take 80008 bytes/);
  file.softLink('short', long);
  expect(() => file.move('short', long)).toThrow(H5PathError);
  expect([...H5File.open(file.toBytes()).keys()]).toEqual(['short']);
});

test('linkInfo goes along a path', () => {
  const file = H5File.open(undefined, 'w');
  file.createGroup('a/b').softLink('c', '/nowhere');
  file.softLink('to', 'a');
  for (const each of [file, H5File.open(file.toBytes())]) {
    expect(each.linkInfo('a/b')).toEqual({ kind: 'hard' });
    expect(each.linkInfo('to/b/c')).toEqual({ kind: 'soft', target: '/nowhere' });
    expect(each.group('a').linkInfo('/to')).toEqual({ kind: 'soft', target: 'a' });
    for (const none of ['none', 'a/none', 'none/a', 'a/b/c/d', '/'])
      expect(each.linkInfo(none)).toBe(undefined);
  }
});

test('a reference to nothing can be an attribute', () => {
  const file = H5File.open(undefined, 'w');
  for (const dtype of ['ref', 'regionref'] as const) {
    file.attrs.set(dtype, null, { dtype, shape: [] }).set(`none ${dtype}`, null, { dtype });
    for (const each of [file, H5File.open(file.toBytes())]) {
      expect(each.attrs.get(dtype)).toBe(null);
      expect(each.attrs.info(dtype)?.shape).toEqual([]);
      expect(each.attrs.info(`none ${dtype}`)?.shape).toBe(null);
    }
  }
  expect(() => file.attrs.set('number', null, { dtype: 'f8', shape: [] })).toThrow(
    /has a shape, but no value/,
  );
});

test('references that were read can be written again', () => {
  const file = H5File.open(undefined, 'w');
  const group = file.createGroup('group');
  const data = file.createDataset('data', { data: new Float64Array(20) });
  const record = { compound: { to: 'ref', n: 'i4' } } as const;
  file.createDataset('records', {
    data: [
      { to: group.ref, n: 1 },
      { to: null, n: 2 },
    ],
    dtype: record,
  });
  file.createDataset('regions', { data: [data.regionRef([[2, 5]]), data.regionRef([7])] });
  file.createDataset('lists', { data: [[group], [data, null]], dtype: { vlen: 'ref' } });
  file.attrs.set('main', group.ref);
  for (const isCommitted of [false, true]) {
    if (isCommitted) file.commit();
    const suffix = isCommitted ? ' again' : '';
    const records = file.dataset<{ to: H5Reference | null; n: number }[]>('records').value;
    file.createDataset(`records${suffix}!`, { data: [...records, ...records], dtype: record });
    file.dataset('records').write(records[0], [1]);
    file.dataset('records').write(records[1], [0]);
    const regions = file.dataset<H5Reference[]>('regions').value;
    file.createDataset(`regions${suffix}!`, { data: [regions[1], regions[0]] });
    file.createDataset(`lists${suffix}!`, { data: file.dataset('lists').value, dtype: { vlen: 'ref' } });
    file.commit();
    file.attrs.set(`main${suffix}!`, file.attrs.get('main'));
    const followed = (reference: H5Reference | null | undefined) =>
      reference && file.dereference(reference).path;
    const paths = file
      .dataset<{ to: H5Reference | null }[]>(`records${suffix}!`)
      .value.map(({ to }) => to && file.dereference(to).isSame(group));
    expect(paths).toEqual(isCommitted ? [null, true, null, true] : [true, null, true, null]);
    const swapped = file.dataset<H5Reference[]>(`regions${suffix}!`).value;
    expect(swapped.map((region) => data.read<Float64Array>(region).length)).toEqual([1, 3]);
    const lists = file.dataset<(H5Reference | null)[][]>(`lists${suffix}!`).value;
    expect(lists.map((list) => list.map((each) => followed(each) !== null))).toEqual([[true], [true, false]]);
    expect(file.dereference(file.attrs.get<H5Reference>(`main${suffix}!`) as H5Reference).isSame(group)).toBe(
      true,
    );
  }
  const bytes = file.toBytes();
  const problems = verifyStorage(new MemoryStorage(bytes)).problems;
  expect(problems).toEqual([]);
  const other = H5File.open(bytes, 'r+');
  for (const from of [H5File.open(bytes), other]) {
    const [first] = from.dataset<H5Reference[]>('regions').value;
    expect(() => file.createDataset('foreign', { data: [first] })).toThrow(/another file/);
    expect(() => file.attrs.set('foreign', from.group('group').ref)).toThrow(/another file/);
    expect(() => file.dereference(from.group('group').ref)).toThrow(/no object of this file/);
  }
  expect(() => file.dereference(null as unknown as H5Reference)).toThrow(/null reference/);
});

test('a reference is followed before it is in the file', () => {
  const file = H5File.open(undefined, 'w');
  const group = file.createGroup('group');
  file.createDataset('references', { data: [group.ref, null, file.ref] });
  const [first, second, third] = file.dataset<(H5Reference | null)[]>('references').value;
  expect(file.dereference(first as H5Reference).isSame(group)).toBe(true);
  expect(second).toBeNull();
  expect(file.dereference(third as H5Reference)).toBe(file);
});
