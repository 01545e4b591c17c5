import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type H5Dataset,
  H5Dict,
  H5File,
  H5Group,
  type H5List,
  type H5Reference,
  options,
  serialize,
  withOptions,
} from '../../src/node.js';
import { verifyStorage } from '../../src/verify.js';
import { FaultStorage } from '../storage/fault-storage.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-transactions-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a file holds by its names, once it is whole. */
function names(storage: FaultStorage): string[] {
  expect(verifyStorage(storage).problems).toEqual([]);
  return [...H5File.open(storage.bytes()).keys()];
}

function begin(): { file: H5File; storage: FaultStorage } {
  const storage = new FaultStorage(new Uint8Array(0));
  const file = H5File.open(storage, 'w');
  file.createDataset('there', { data: new Float64Array(1000) });
  file.commit();
  return { file, storage };
}

describe('what ends all changes within a transaction that fails', () => {
  const inTransaction = expect.objectContaining({ code: 'H5_IN_TRANSACTION' });
  test.each([1, 2, 3])('there is no commit of a half of it, %d levels deep', (depth) => {
    const { file, storage } = begin();
    const run = (level: number): void => {
      file.transaction(() => {
        file.createGroup(`before ${level}`);
        if (level < depth) run(level + 1);
        else {
          for (const half of [
            () => file.commit(),
            () => file.flush(),
            () => file.toBytes(),
            () => file.close(),
          ])
            expect(half).toThrow(inTransaction);
          file.createGroup('after');
          throw new Error('no');
        }
      });
    };
    expect(() => run(1)).toThrow('no');
    expect([...file.keys()]).toEqual(['there']);
    file.createDataset('more', { data: new Float64Array(2000) });
    file.close();
    expect(names(storage)).toEqual(['there', 'more']);
  });

  test('a rollback forgets what came before it', () => {
    const { file, storage } = begin();
    file.transaction(() => {
      file.createGroup('lost');
      expect(() =>
        file.transaction(() => {
          file.createDataset('lost, too', { data: new Float64Array(5000) });
          file.rollback();
          file.createDataset('and this', { data: new Float64Array(3000).fill(1) });
          throw new Error('no');
        }),
      ).toThrow('no');
      file.createGroup('kept');
    });
    file.close();
    expect(names(storage)).toEqual(['there', 'kept']);
  });

  test('nor one of a dict in its transaction', () => {
    const path = join(folder, 'dict.h5');
    const dict = H5Dict.write(path, {});
    expect(() =>
      dict.transaction(() => {
        dict.set('a', 1);
        expect(() => dict.commit()).toThrow(inTransaction);
        dict.set('b', 1);
        throw new Error('no');
      }),
    ).toThrow('no');
    expect([...dict.keys()]).toEqual([]);
    dict.close();
    expect(H5Dict.open(path).toObject()).toEqual({});
  });

  test('a file is not compacted', () => {
    const file = H5File.open(undefined, 'w');
    file.createGroup('there');
    expect(() => file.transaction(() => file.compact())).toThrow(
      expect.objectContaining({ code: 'H5_IN_TRANSACTION' }),
    );
    file.createGroup('there');
    file.compact();
    expect([...file.keys()]).toEqual(['there']);
  });
});

describe('what was got within a transaction that is taken back', () => {
  const gone = expect.objectContaining({ code: 'H5_GONE' });
  const ways: [string, (dict: H5Dict, action: () => void) => void][] = [
    ['fails', (dict, action) => expect(() => dict.transaction(fails(action))).toThrow('no')],
    [
      'fails within one that does not',
      (dict, action) =>
        dict.transaction(() => {
          dict.set('outer', 1);
          expect(() => dict.transaction(fails(action))).toThrow('no');
        }),
    ],
    [
      'is rolled back',
      (dict, action) => {
        action();
        dict.rollback();
      },
    ],
  ];
  const fails = (action: () => void) => () => {
    action();
    throw new Error('no');
  };

  describe.each(['manual', 'microtask', 'operation'] as const)('by the commit %s', (commit) => {
    test.each(ways.filter(([what]) => commit !== 'operation' || what !== 'is rolled back'))(
      'is gone, whatever comes to stand there, when it %s',
      (_, takeBack) => {
        const dict = H5Dict.write(undefined, { z: 1 }, { commit }) as H5Dict;
        dict.commit();
        let [draft, list, numbers]: [H5Dict?, H5List?, H5Dataset?] = [];
        takeBack(dict, () => {
          dict.set('draft', { owner: 'Bob', list: [{ a: 1 }, 'x'] });
          dict.set('numbers', new Float64Array(8));
          // Now it stands in the file.
          dict.toObject();
          draft = dict.get('draft') as H5Dict;
          list = draft.get('list') as H5List;
          numbers = dict.file.dataset('numbers');
        });
        const uses = [
          () => draft?.toObject(),
          () => draft?.set('x', 1),
          () => draft?.delete('owner'),
          () => list?.push(1),
          () => list?.length,
          () => numbers?.value,
          () => numbers?.write(1),
        ];
        for (const use of uses) expect(use).toThrow(gone);
        const state = { owner: 'Ada', list: [{ a: 2 }, 'y'] };
        dict.set('account', state);
        dict.set('draft', state);
        dict.set('numbers', new Float64Array(8).fill(100));
        dict.commit();
        for (const use of uses) expect(use).toThrow(gone);
        dict.commit();
        expect(dict.toObject()).toMatchObject({
          account: state,
          draft: state,
          numbers: new Float64Array(8).fill(100),
        });
      },
    );
  });

  test('so is what an object was while the transaction lasted', () => {
    const dict = H5Dict.write(undefined, { list: [1, 2] }, { commit: 'manual' });
    dict.commit();
    let object: H5Group | H5Dataset | undefined;
    const make = () => {
      dict.get('list').push('text' as never);
      object = dict.get('list').object;
      expect(object).toBeInstanceOf(H5Group);
      throw new Error('no');
    };
    expect(() => dict.transaction(make)).toThrow('no');
    expect(() => (object as H5Group).createGroup('x')).toThrow(gone);
    expect(dict.toObject()).toEqual({ list: [1, 2] });
  });

  test('so are references to it', () => {
    const file = H5File.open(undefined, 'w');
    file.commit();
    let reference: H5Reference | undefined;
    const make = () => {
      reference = file.createGroup('draft').ref;
      file.transaction(() => file.createGroup('more'));
      throw new Error('no');
    };
    expect(() => file.transaction(make)).toThrow('no');
    file.createGroup('account').createGroup('a');
    file.commit();
    expect(() => file.dereference(reference as H5Reference)).toThrow(
      expect.objectContaining({ code: 'H5_NOT_FOUND' }),
    );
    expect(() => file.attrs.set('r', reference)).toThrow(/rolled back/);
  });

  test('but not what was there before, even what the transaction has deleted', () => {
    const file = H5File.open(undefined, 'w');
    file.createGroup('one').attrs.set('a', 1);
    file.createGroup('two').attrs.set('a', 2);
    file.commit();
    const old = file.group('one');
    file.delete('one');
    file.commit();
    const now = file.createGroup('three');
    now.attrs.set('a', 3);
    file.commit();
    const two = file.group('two');
    const before = (): void => {
      file.delete('two');
      file.delete('three');
      file.createGroup('four');
      file.transaction(() => file.createGroup('five'));
      throw new Error('no');
    };
    for (let i = 0; i < 3; i++) expect(() => file.transaction(before)).toThrow('no');
    expect([two.attrs.get('a'), now.attrs.get('a')]).toEqual([2, 3]);
    expect(() => old.attrs.get('a')).toThrow(gone);
  });
});

test('a transaction takes its time by a promise of another library', async () => {
  const file = H5File.open(serialize({ a: 0, b: 0 }), 'r+');
  const dict = H5Dict.of<Record<string, number>>(file);
  // No instance of Promise: that of a database, or of the global object that the fs of tests in Jest has.
  const later = (action: () => void): PromiseLike<string> => {
    const made = Promise.resolve('done').then((result) => {
      action();
      return result;
    });
    // biome-ignore lint/suspicious/noThenProperty: it is what is awaited
    return { then: made.then.bind(made) };
  };
  for (const holder of [file, dict]) {
    const change = (a: number, b: number): PromiseLike<string> =>
      holder.transaction(() => {
        dict.set('a', a);
        return later(() => {
          if (b < 0) throw new Error('no');
          dict.set('b', b);
        });
      });
    expect(await change(1, 2)).toBe('done');
    file.rollback();
    expect(dict.copy()).toEqual({ a: 1, b: 2 });
    await expect(Promise.resolve(change(3, -1))).rejects.toThrow('no');
    expect(dict.copy()).toEqual({ a: 1, b: 2 });
  }
  const { maxMemory } = options();
  const seen = await withOptions({ maxMemory: 12_345 }, () =>
    later(() => expect(options().maxMemory).toBe(12_345)),
  );
  expect([seen, options().maxMemory]).toEqual(['done', maxMemory]);
});

describe('transactions that overlap', () => {
  const inTurn = (file: H5File, name: string, ms: number, error?: string) =>
    file.transaction(async () => {
      file.createDataset(`${name} 1`, { data: new Float64Array(500).fill(1) });
      await wait(ms);
      file.createDataset(`${name} 2`, { data: new Float64Array(700).fill(2) });
      if (error) throw new Error(error);
    });

  test('fail with the one that they have begun in', async () => {
    const { file, storage } = begin();
    const results = await Promise.allSettled([inTurn(file, 'a', 5, 'no'), inTurn(file, 'b', 15)]);
    expect(results).toMatchObject([
      { status: 'rejected', reason: { message: 'no' } },
      { status: 'rejected', reason: { code: 'H5_ROLLED_BACK' } },
    ]);
    expect([...file.keys()]).toEqual(['there']);
    await inTurn(file, 'c', 0);
    file.close();
    expect(names(storage)).toEqual(['there', 'c 1', 'c 2']);
  });

  test('and if the first ends well, the second takes back nothing of it', async () => {
    const { file, storage } = begin();
    const results = await Promise.allSettled([inTurn(file, 'a', 5), inTurn(file, 'b', 15, 'no')]);
    expect(results).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { message: 'no' } },
    ]);
    file.close();
    const left = names(storage);
    expect(left).toEqual(expect.arrayContaining(['there', 'a 1', 'a 2']));
    expect(left).not.toContain('b 2');
  });

  test('one that waits for the other is by itself', async () => {
    const { file, storage } = begin();
    const first = inTurn(file, 'a', 5);
    const second = file.transaction(async () => {
      await first;
      file.createGroup('b');
      throw new Error('no');
    });
    await expect(second).rejects.toThrow('no');
    file.close();
    expect(names(storage)).toEqual(['there', 'a 1', 'a 2']);
  });

  test('one that is not awaited by the one that begins it', async () => {
    const { file, storage } = begin();
    let inner: Promise<void> | undefined;
    file.transaction(() => {
      file.createGroup('outer');
      inner = inTurn(file, 'b', 5, 'no');
    });
    await expect(inner).rejects.toThrow('no');
    file.close();
    expect(names(storage)).toEqual(expect.arrayContaining(['there', 'outer']));
  });

  test('of dicts', async () => {
    const path = join(folder, 'overlap.h5');
    const dict = H5Dict.write(path, {});
    const failing = dict.transaction(async () => {
      dict.set('a', 1);
      await wait(5);
      throw new Error('no');
    });
    const other = dict.transaction(async () => {
      dict.set('b', 1);
      await wait(15);
      dict.set('b', 2);
    });
    const results = await Promise.allSettled([failing, other]);
    expect(results).toMatchObject([{ status: 'rejected' }, { reason: { code: 'H5_ROLLED_BACK' } }]);
    expect([...dict.keys()]).toEqual([]);
    dict.close();
    expect(H5Dict.open(path).toObject()).toEqual({});
  });
});

describe('a transaction that takes its time', () => {
  const inTransaction = expect.objectContaining({ code: 'H5_IN_TRANSACTION' });

  test('is stored whole, whatever others do meanwhile', async () => {
    const path = join(folder, 'late.h5');
    const dict = H5Dict.write(path, { from: 100, to: 0 });
    dict.commit();
    const moving = dict.transaction(async () => {
      dict.set('from', 0);
      await wait(5);
      dict.set('to', 100);
    });
    for (const end of [
      () => dict.commit(),
      () => dict.close(),
      () => dict.rollback(),
      () => dict.file.rollback(),
      () => dict.file.flush(),
      () => dict.file.close(),
    ])
      expect(end).toThrow(inTransaction);
    expect(H5Dict.open(path, { mode: 'r' }).toObject()).toEqual({ from: 100, to: 0 });
    await moving;
    dict.close();
    expect(H5Dict.open(path).toObject()).toEqual({ from: 0, to: 100 });
  });

  test('or not at all', async () => {
    const path = join(folder, 'late too.h5');
    const dict = H5Dict.write(path, { from: 100, to: 0 });
    const failing = dict.transaction(async () => {
      dict.set('from', 0);
      await wait(5);
      throw new Error('no');
    });
    expect(() => dict.commit()).toThrow(inTransaction);
    await expect(failing).rejects.toThrow('no');
    dict.close();
    expect(H5Dict.open(path).toObject()).toEqual({ from: 100, to: 0 });
  });

  test('ends before the file does', () => {
    const { file, storage } = begin();
    expect(() =>
      file.transaction(() => {
        file.createGroup('half');
        file.close();
      }),
    ).toThrow(inTransaction);
    file.close();
    expect(names(storage)).toEqual(['there']);
  });
});

describe('the path of an object', () => {
  test('follows what is moved, through the groups that it is in, and back when that is taken back', () => {
    const file = H5File.open(undefined, 'w');
    const dataset = file.createDataset('a/b/x', { data: [1] });
    const other = file.createGroup('a/bc');
    file.commit();
    const group = file.group('a/b');
    file.move('a/b', 'c/d');
    expect([dataset.path, group.path, group.name, other.path]).toEqual(['/c/d/x', '/c/d', 'd', '/a/bc']);
    expect(group.parent.path).toBe('/c');
    expect(dataset.parent.isSame(group)).toBe(true);
    file.commit();
    expect(() =>
      file.transaction(() => {
        file.move('a/bc', 'e');
        file.group('c').move('d/x', 'y');
        file.rename('c', 'f');
        expect([dataset.path, group.path, other.path]).toEqual(['/f/y', '/f/d', '/e']);
        throw new Error('no');
      }),
    ).toThrow('no');
    expect([dataset.path, group.path, other.path]).toEqual(['/c/d/x', '/c/d', '/a/bc']);
    file.rename('c/d', 'g');
    file.rollback();
    expect([dataset.path, group.path]).toEqual(['/c/d/x', '/c/d']);
    expect(file.get(dataset.path)?.isSame(dataset)).toBe(true);
  });

  const moves: [string, (dict: H5Dict, holder: H5Dict) => void][] = [
    ['moved there', (dict, holder) => dict.move('d', holder, 'm')],
    [
      'moved there, whose handles are looked at',
      (dict, holder) => {
        dict.move('d', holder, 'm');
        holder.get('m');
      },
    ],
    ['moved over all of its group', (dict) => dict.rename('other', 'holder')],
    [
      'moved there and on',
      (dict, holder) => {
        dict.move('d', holder, 'm');
        holder.rename('m', 'n');
        dict.rename('holder', 'h');
      },
    ],
  ];
  describe.each(['fails', 'is rolled back'])('that is replaced in a transaction that %s', (how) => {
    test.each(moves)('by what is %s, is what it was', (_, replace) => {
      const content = { holder: { m: [1, 2] }, d: { x: 1, l: [3] }, other: { m: ['y'] } };
      const dict = H5Dict.write(undefined, content, { commit: 'manual' }) as H5Dict;
      (dict.get('d') as H5Dict<{ l: H5List }>).get('l').push(4);
      dict.commit();
      const holder = dict.get('holder') as H5Dict;
      const replaced = holder.get('m') as H5List;
      const moved = dict.get('d') as H5Dict;
      const list = moved.get('l') as H5List;
      let got: H5List | undefined;
      const action = () => {
        replace(dict, holder);
        got = moved.get('l') as H5List;
        throw new Error('no');
      };
      if (how === 'fails') expect(() => dict.transaction(action)).toThrow('no');
      else {
        expect(action).toThrow('no');
        dict.rollback();
      }
      const paths = [holder, replaced, moved, list, got as H5List].map(({ path }) => path);
      expect(paths).toEqual(['/holder', '/holder/m', '/d', '/d/l', '/d/l']);
      replaced.push(3);
      list.push(5);
      got?.push(6);
      const expected = { ...content, holder: { m: [1, 2, 3] }, d: { x: 1, l: [3, 4, 5, 6] } };
      expect(dict.toObject()).toEqual(expected);
    });
  });

  test('is that of a dict, or a list, that is renamed: who listens there is told', async () => {
    const dict = H5Dict.write(undefined, { l: [1], n: { x: 1, in: { y: 1 } }, other: {} }) as H5Dict;
    const list = dict.get('l') as H5List;
    const nested = dict.get('n') as H5Dict;
    const inner = nested.get('in') as H5Dict;
    dict.rename('l', 'l2');
    dict.move('n', dict.get('other') as H5Dict, 'm');
    dict.commit();
    const told: string[] = [];
    for (const path of ['l', 'l2', 'n', 'other/m'])
      dict.subscribe(path, ({ paths }) => told.push(`${path}: ${paths.join()}`));
    list.push(2);
    inner.set('y', 2);
    dict.commit();
    expect(told).toEqual(['l2: /l2', 'other/m: /other/m/in/y']);
    expect([list.path, nested.path, inner.path, inner.parent?.path]).toEqual([
      '/l2',
      '/other/m',
      '/other/m/in',
      '/other/m',
    ]);
    expect(list.toArray()).toEqual([1, 2]);
  });
});
