/** Changes that fail half way: nothing of them is ever committed, and what was there before is there again. */
import { describe, expect, it } from 'vitest';
import { FilterSet } from '../../src/hdf5/filters/filter-set.js';
import { H5File as CoreFile } from '../../src/hdf5/h5-file.js';
import {
  editing,
  filters,
  type H5Dataset,
  H5Dict,
  H5File,
  H5List,
  indexes,
  registerFilter,
} from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import type { WritableStorage } from '../../src/storage/storage.js';
import { verifyStorage } from '../../src/verify.js';
import { expectSame } from '../same.js';
import { THOROUGH } from '../thoroughness.js';

/** A storage of which one call to write fails, once. */
class Failing extends MemoryStorage {
  calls = 0;
  at = Infinity;

  override close(): void {}

  override write(position: number, bytes: Uint8Array): void {
    if (this.calls++ === this.at) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    super.write(position, bytes);
  }
}

const COUNT = 12_000;
const LARGE = 150_000;
const numbers = Float64Array.from({ length: COUNT }, (_, i) => i);
const texts = Array.from({ length: 500 }, (_, i) => `text number ${i}`);

function makeFile(): Uint8Array {
  const file = H5File.open(undefined, 'w');
  file.createDataset('chunks', { data: numbers, chunks: [1500], maxShape: [null], compression: 'gzip' });
  file.createDataset('whole', { data: new Float64Array(LARGE) });
  file.createDataset('texts', { data: texts, chunks: [25], maxShape: [null] });
  H5List.write(file, texts, { name: 'list' });
  H5Dict.of(file).set('dict', { deep: { texts: texts.slice(0, 100) }, n: 1 });
  return file.toBytes();
}
const before = makeFile();

function contents(file: H5File): unknown {
  return {
    chunks: file.dataset('chunks').value,
    whole: file.dataset('whole').value,
    texts: file.dataset('texts').value,
    list: H5List.of(file.get('list') as H5Dataset).toArray(),
    dict: H5Dict.of(file.group('dict')).toObject(),
    keys: [...file.keys()],
  };
}
const expected = contents(H5File.open(before, 'r'));

const long = (i: number) => `longer text ${`${i}`.repeat(300)}`;
const CHANGES: [string, (file: H5File) => void][] = [
  ['numbers in chunks', (file) => file.dataset('chunks').write(numbers.map((x) => Math.sin(x)))],
  ['numbers in one piece', (file) => file.dataset('whole').write(new Float64Array(LARGE).fill(1))],
  ['texts', (file) => file.dataset('texts').write(texts.map((_, i) => long(i)))],
  ['texts that are appended', (file) => file.dataset('texts').append(texts.map((_, i) => long(i)))],
  [
    'a list',
    (file) => {
      const list = H5List.of(file.get('list') as H5Dataset);
      for (let i = 0; i < 300; i++) list.set(i, long(i));
      list.splice(5, 3);
    },
  ],
  [
    'a dict',
    (file) => {
      const dict = H5Dict.of(file.group('dict'));
      for (let i = 0; i < 300; i++) dict.set(`key ${i}`, long(i));
      dict.delete('deep');
      dict.toObject();
    },
  ],
];

/** Which calls to write fail. */
const CALLS = THOROUGH ? Array.from({ length: 40 }, (_, i) => i) : [0, 1, 5];

/** Changes a file whose storage fails with one write, and goes on in a way. */
function fail(change: (file: H5File) => void, at: number, goOn: (file: H5File) => void): boolean {
  const storage = new Failing(before.slice());
  const file = H5File.open(storage, 'r+');
  file.createGroup('new');
  storage.calls = 0;
  storage.at = at;
  let failed = false;
  try {
    change(file);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
    failed = true;
  }
  if (!failed) return false;
  storage.at = Infinity;
  let isUndone = true;
  try {
    file.createGroup('other');
  } catch (error) {
    // Nothing goes on as if all were well.
    expect(error).toMatchObject({ code: 'H5_HALF_DONE' });
    expect(() => file.dataset('whole').value).toThrow(error as Error);
    isUndone = false;
  }
  // What collections do is a transaction of its own, which has been taken back.
  if (isUndone) file.rollback();
  else goOn(file);
  expectSame(contents(file), expected);
  // It can be used as before.
  file.createDataset('later', { data: numbers.map((x) => -x) });
  file.close();
  expect(verifyStorage(storage, { indexes, filters }).problems).toEqual([]);
  const read = H5File.open(storage, 'r');
  expectSame(
    read.dataset('later').value,
    numbers.map((x) => -x),
  );
  read.close();
  const changed = H5File.open(storage, 'r+');
  changed.delete('later');
  expectSame(contents(changed), expected);
  return true;
}

describe.each(CHANGES)('a write that fails while %s change', (_, change) => {
  it.each<[string, (file: H5File) => void]>([
    ['is taken back by rollback', (file) => file.rollback()],
    [
      'is taken back, and told, by commit',
      (file) => expect(() => file.commit()).toThrow(expect.objectContaining({ code: 'H5_HALF_DONE' })),
    ],
    [
      'is taken back, and told, by close',
      (file) => expect(() => file.close()).toThrow(expect.objectContaining({ code: 'H5_HALF_DONE' })),
    ],
  ])('%s', (_how, goOn) => {
    let failures = 0;
    for (const at of CALLS) if (fail(change, at, goOn)) failures++;
    expect(failures).toBeGreaterThan(0);
  });

  it('is taken back with the transaction that it is in, and no more', () => {
    const storage = new Failing(before.slice());
    const file = H5File.open(storage, 'r+');
    file.transaction(() => {
      file.createGroup('new');
      const failing = () => {
        storage.calls = 0;
        storage.at = 0;
        change(file);
      };
      expect(() => file.transaction(failing)).toThrow('ENOSPC');
    });
    storage.at = Infinity;
    file.delete('new');
    expectSame(contents(file), expected);
    file.close();
    expect(verifyStorage(storage, { indexes, filters }).problems).toEqual([]);
  });
});

describe('a filter that fails', () => {
  let fails = false;
  registerFilter({
    id: 32_777,
    name: 'sometimes',
    decode: (bytes) => bytes,
    encode: (bytes) => {
      if (fails) throw new Error('the encoder fails');
      return bytes;
    },
  });

  it('leaves the elements as they were', () => {
    fails = false;
    const file = H5File.open(undefined, 'w');
    const data = Array.from({ length: 12 }, (_, i) => `${i}`);
    const dataset = file.createDataset('d', {
      data,
      chunks: [3],
      maxShape: [null],
      filters: [{ id: 32_777 }],
    } as never);
    const more = file.createDataset('e', {
      data: numbers.slice(0, 12),
      chunks: [3],
      maxShape: [null],
      filters: [{ id: 32_777 }],
    } as never);
    file.commit();
    for (const change of [
      () => dataset.write(data.map((text) => text + text)),
      () => more.write(9),
      () => more.resize([7]),
      () => more.append([1, 2]),
    ]) {
      fails = true;
      let error: unknown;
      try {
        change();
        file.commit();
      } catch (thrown) {
        error = thrown;
      }
      fails = false;
      expect(String(error)).toContain('the encoder fails');
      file.rollback();
      expect(dataset.value).toEqual(data);
      expect(more.value).toEqual(numbers.slice(0, 12));
    }
    expect(verifyStorage(new MemoryStorage(file.toBytes()), { indexes, filters }).problems).toEqual([]);
  });
});

describe('a filter that is not there', () => {
  const missing = expect.objectContaining({
    code: 'H5_FEATURE',
    message: expect.stringContaining('the filter'),
  });

  it.each([
    ['that may be left out', { compression: 'gzip' }],
    ['that may not', { fletcher32: true }],
  ] as const)('is told before anything is changed: one %s', (_which, filter) => {
    const made = H5File.open(undefined, 'w');
    const eleven = numbers.slice(0, 11);
    made.createDataset('numbers', { data: eleven, chunks: [3], maxShape: [null], ...filter });
    made.createDataset('texts', {
      data: ['one', 'two', 'three', 'four'],
      chunks: [3],
      maxShape: [null],
      ...filter,
    });
    const none = { editing, indexes: { ...indexes, filters: new FilterSet() } };
    const file = CoreFile.open(made.toBytes(), 'r+', none);
    const [data, texts] = [file.dataset('numbers'), file.dataset('texts')];
    for (const change of [
      () => data.write(1, [[0, 2]]),
      () => data.append([1, 2]),
      () => data.resize([7]),
      () => texts.write('text', [1]),
      () => texts.append(['five']),
      () => texts.resize([2]),
    ])
      expect(change).toThrow(missing);
    const isOptional = 'compression' in filter;
    const others = eleven.map((x) => -x);
    if (isOptional) data.write(others);
    else expect(() => data.write(others)).toThrow(missing);
    file.attrs.set('others', 'are kept');
    const after = H5File.open(file.toBytes());
    expect(after.attrs.get('others')).toBe('are kept');
    expect(after.dataset('numbers').value).toEqual(isOptional ? others : eleven);
    expect(after.dataset('texts').value).toEqual(['one', 'two', 'three', 'four']);
  });
});

it.each(['replace', 'read'] as const)('a file that is made anew, and then %s fails, is given up', (what) => {
  class Failing extends MemoryStorage {
    isFailing = false;
    override replace(make: (storage: WritableStorage) => void): void {
      super.replace(make);
      if (what === 'replace') throw new Error('EIO');
      this.isFailing = true;
    }
    override read(position: number, length: number): Uint8Array {
      if (this.isFailing) throw new Error('EIO');
      return super.read(position, length);
    }
    // Its bytes are looked at afterwards.
    override close(): void {}
  }
  const storage = new Failing();
  const file = H5File.open(storage, 'w');
  file.createDataset('gone', { data: new Uint8Array(5000) });
  file.createDataset('kept', { data: ['text', 'and more'] });
  file.commit();
  file.delete('gone');
  expect(() => file.compact()).toThrow('close it, and open it again');
  storage.isFailing = false;
  expect(() => file.createGroup('g')).toThrow('close it, and open it again');
  expect(() => file.commit()).toThrow('close it, and open it again');
  file[Symbol.dispose]();
  const bytes = storage.read(0, storage.size);
  expect(verifyStorage(new MemoryStorage(bytes)).problems).toEqual([]);
  expect(H5File.open(bytes).dataset('kept').value).toEqual(['text', 'and more']);
});

/** Parts of a dataset that are something else on the disk, by where they are found. */
const DAMAGED: [what: string, find: (bytes: Uint8Array, header: number) => number][] = [
  ['header', (_, header) => header],
  ['index of chunks', (bytes) => Buffer.from(bytes).indexOf('FAHD')],
  ['texts', (bytes) => Buffer.from(bytes).indexOf('GCOL')],
  ['one attribute', (bytes) => Buffer.from(bytes).indexOf('FRHP')],
];

describe('what cannot be read', () => {
  it.each(DAMAGED)('can be deleted, and all else changed with it: %s', (_, find) => {
    const made = H5File.open(undefined, 'w');
    made.createDataset('before', { data: [1, 2] });
    made.createGroup('group').createDataset('odd', { data: texts, chunks: [100], maxShape: [1000] });
    for (let i = 0; i < 20; i++) made.dataset('group/odd').attrs.set(`a${i}`, i);
    const bytes = made.toBytes();
    const at = find(bytes, made.dataset('group/odd').ref.address);
    expect(at).toBeGreaterThan(0);
    bytes[at] = 0;

    const file = H5File.open(bytes, 'r+');
    expect(() => [file.dataset('group/odd').value, [...file.dataset('group/odd').attrs]]).toThrow();
    file.attrs.set('other', 'work');
    expect(file.group('group').delete('odd')).toBe(true);
    file.commit();
    file.createDataset('after', { data: [3, 4] });
    file.delete('group');
    const left = file.toBytes();
    expect(verifyStorage(new MemoryStorage(left), { indexes }).problems).toEqual([]);
    const again = H5File.open(left, 'r+');
    expect([...again.keys()]).toEqual(['before', 'after']);
    expect([
      again.attrs.get('other'),
      again.dataset('before').toArray(),
      again.dataset('after').toArray(),
    ]).toEqual(['work', [1, 2], [3, 4]]);
    again.compact();
    expect(verifyStorage(new MemoryStorage(again.toBytes()), { indexes }).bytes.leaked).toBe(0);
  });
});
