import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookup3 } from '../../src/hdf5/checksum.js';
import { FileSpace } from '../../src/hdf5/file-space.js';
import { LoadedObject } from '../../src/hdf5/loaded-object.js';
import { H5Datatype, H5File, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, h5dump, runPython } from '../oracle/oracles.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'h5pickle-committed-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const python = (code: string, ...args: string[]): string =>
  runPython(['-c', `import sys, json, h5py, numpy\n${code}`, ...args]);

/** Nothing is wrong, nothing is leaked, and the numbers of links are right: uses of a datatype count as such. */
function expectSound(file: H5File): void {
  expect(verifyStorage(new MemoryStorage(file.toBytes()), { indexes }).problems).toEqual([]);
}

const POINT = { compound: { x: 'f8', y: 'i4' } } as const;
const points = [
  { x: 0.5, y: 1 },
  { x: 1.5, y: 2 },
];

/** A datatype, and what shares it: datasets in every layout, and attributes in a header and in dense storage. */
function make(): H5File {
  const file = H5File.open(undefined, 'w');
  const point = file.createDatatype('types/point', POINT, { attrs: { unit: 'm' } });
  file.createDataset('small', { data: points, dtype: point });
  file.createDataset('empty', { shape: [3], dtype: point });
  file.createDataset('large', { data: Array.from({ length: 1000 }, () => points[0]), dtype: point });
  file.createDataset('chunked', { data: points, dtype: point, chunks: [1], maxShape: [null] });
  file.createDataset('few', { data: [1] }).attrs.set('at', points[1], { dtype: point });
  const many = file.createGroup('many');
  for (let i = 0; i < 20; i++) many.attrs.set(`at ${i}`, points, { dtype: point });
  return file;
}
const USES = 25;

const committed = (object: unknown) => (object as { datatype?: { committed?: number } }).datatype?.committed;
/** The number of links and uses, as it stands in the header. */
const counted = (file: H5File, path: string): number => {
  const space = new FileSpace(new MemoryStorage(file.toBytes()));
  return new LoadedObject(space, file.get(path)?.ref.address as number).linkCount;
};

describe('a committed datatype', () => {
  test('is shared by what was made with it', () => {
    const file = make();
    for (let round = 0; round < 2; round++) {
      const point = file.get('types/point');
      expect(point).toBeInstanceOf(H5Datatype);
      expect((point as H5Datatype).dtype).toContain('x');
      expect(point?.attrs.get('unit')).toBe('m');
      expect(file.dataset('small').value).toEqual(points);
      expect(file.dataset('large').size).toBe(1000);
      expect(file.dataset('few').attrs.get('at')).toEqual(points[1]);
      expect(file.group('many').attrs.get('at 7')).toEqual(points);
      file.commit();
    }
    const address = committed(file.dataset('small'));
    expect(address).toBeGreaterThan(0);
    for (const name of ['empty', 'large', 'chunked']) expect(committed(file.get(name))).toBe(address);
    expect(file.dataset('few').attrs.info('at')?.datatype.committed).toBe(address);
    expect(file.group('many').attrs.info('at 3')?.datatype.committed).toBe(address);
    expectSound(file);
    expect(counted(file, 'types/point')).toBe(USES + 1);
  });

  test('is decoded once for all that share it, and anew for what takes its place', () => {
    const read = H5File.open(make().toBytes());
    const shared = ['small', 'empty', 'large', 'chunked'].map((name) => read.dataset(name).datatype);
    shared.push(read.dataset('few').attrs.info('at')?.datatype as (typeof shared)[0]);
    expect(new Set(shared).size).toBe(1);

    // Of sizes that take the place of each other in the file.
    const file = H5File.open(make().toBytes(), 'r+');
    const places = new Set<number>();
    for (const dtype of ['i4', 'u4', 'f4', '>i4', '>f4', 'i8'] as const) {
      for (const name of ['t', 'd']) if (file.has(name)) file.delete(name);
      file.commit();
      file.createDataset('d', { data: [1, 2], dtype: file.createDatatype('t', dtype) });
      file.commit();
      const bytes = file.toBytes();
      // So that nothing is in memory, and is read from the file.
      file.rollback();
      expect(file.dataset('d').dtype).toBe(H5File.open(bytes).dataset('d').dtype);
      expect([...file.dataset('d').read<number[]>()].map(Number)).toEqual([1, 2]);
      places.add(committed(file.get('d')) as number);
    }
    expect(places.size).toBeLessThan(6);
    expectSound(file);
  });

  test('of which it is an attribute as well is read', () => {
    const path = join(folder, 'itself.h5');
    python(
      `f = h5py.File(sys.argv[1], 'w'); f['t'] = numpy.dtype('<i4'); t = f['t']; t.attrs.create('own', 7, dtype=t); f.close()`,
      path,
    );
    expect(H5File.open(path, 'r').get('t')?.attrs.get('own')).toBe(7);
  });

  test('of old files is found sound, with and without the option `indexes`', () => {
    const path = join(folder, 'old.h5');
    python(
      `f = h5py.File(sys.argv[1], 'w', libver='earliest'); f['t'] = numpy.dtype([('x', '<f8'), ('y', '<i4')])
d = f.create_dataset('d', (3,), f['t']); d.attrs.create('a', numpy.zeros(2, f['t']), dtype=f['t']); f.close()`,
      path,
    );
    const storage = new MemoryStorage(readFileSync(path));
    for (const options of [{}, { indexes }]) {
      const { problems, complete } = verifyStorage(storage, options);
      expect({ problems, complete }).toEqual({ problems: [], complete: true });
    }
  });

  test('whose header has no room to lead on is left as it is', () => {
    const made = H5File.open(undefined, 'w');
    made.createDatatype('t', 'S5');
    made.createDataset('after', { data: [1, 2, 3] });
    const bytes = made.toBytes();
    const at = made.get('t')?.ref.address as number;
    const view = new DataView(bytes.buffer, at);
    // A first chunk that holds the datatype, of 8 bytes, and no more: as no library writes it, but others may.
    const type = bytes.slice(at + 16, at + 24);
    bytes.set([...Buffer.from('OHDR'), 2, 0, 12, 3, 8, 0, 0, ...type], at);
    view.setUint32(19, lookup3(view, 0, 19), true);
    const file = H5File.open(bytes, 'r+');
    expect((file.get('t') as H5Datatype).dtype).toBe('S5');
    file.get('t')?.attrs.set('x', 1);
    expect(() => file.commit()).toThrow(/no room for a continuation \(h5repack/);
    file.rollback();
    file.attrs.set('y', 2);
    const after = H5File.open(file.toBytes());
    expect((after.get('t') as H5Datatype).dtype).toBe('S5');
    expect([after.attrs.get('y'), [...after.dataset<number[]>('after').read()]]).toEqual([2, [1, 2, 3]]);
  });

  test('stays as long as it is used, and goes with its last use', () => {
    const file = make();
    file.commit();
    file.delete('types');
    file.commit();
    expect(file.has('types')).toBe(false);
    expect(file.dataset('small').value).toEqual(points);
    expectSound(file);
    file.dataset('few').attrs.delete('at');
    for (const name of ['small', 'empty', 'chunked', 'many']) file.delete(name);
    file.commit();
    expectSound(file);
    expect(file.dataset('large').at(999)).toEqual(points[0]);
    file.delete('large');
    file.commit();
    expectSound(file);
    file.compact();
    expect(file.toBytes().length).toBeLessThan(1000);
  });

  test('counts its uses through all changes', () => {
    const file = make();
    file.commit();
    const point = file.get('types/point') as H5Datatype;
    const { attrs } = file.dataset('few');
    attrs.set('at', points[0], { dtype: point });
    attrs.set('at', 'not a point any more');
    attrs.set('more', points, { dtype: point });
    file.group('many').attrs.delete('at 3');
    file.group('many').attrs.set('at 4', 4);
    file.createDataset('not kept', { data: points, dtype: point });
    file.delete('not kept');
    file.createDataset('new', { data: points, dtype: point }).attrs.set('a', points, { dtype: point });
    file.commit();
    expect(counted(file, 'types/point')).toBe(1 + USES - 1 + 1 - 2 + 2);
    expectSound(file);
    file.dataset('new').attrs.set('b', 1);
    file.dataset('chunked').append(points);
    file.move('new', 'moved/new');
    file.commit();
    expect(counted(file, 'types/point')).toBe(1 + USES - 1 + 1 - 2 + 2);
    expect(file.dataset('chunked').shape).toEqual([4]);
    expectSound(file);
    file.compact();
    expect(counted(file, 'types/point')).toBe(1 + USES - 1 + 1 - 2 + 2);
    expectSound(file);
  });

  test('that no link leads to in the end is not kept', () => {
    const file = H5File.open(undefined, 'w');
    file.attrs.set('a', 1);
    file.commit();
    file.createDatatype('t', 'f8');
    file.delete('t');
    file.createGroup('g').attrs.set('b', 1);
    file.createDatatype('g/t', 'f8');
    file.delete('g');
    file.commit();
    const { objects, problems } = verifyStorage(new MemoryStorage(file.toBytes()), { indexes });
    // The root. What leaks would be a problem.
    expect({ objects, problems }).toEqual({ objects: 1, problems: [] });
  });

  test('goes with a transaction that is rolled back', () => {
    const file = make();
    file.commit();
    let made: H5Datatype | undefined;
    expect(() =>
      file.transaction(() => {
        made = file.createDatatype('another', 'i2');
        file.createDataset('of it', { data: [1, 2], dtype: made });
        file.createDataset('more points', { data: points, dtype: file.get('types/point') as H5Datatype });
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(file.has('another')).toBe(false);
    expect(() => made?.dtype).toThrow(/deleted/);
    file.createDataset('in its place', { data: new Float64Array(100) });
    file.commit();
    expect(counted(file, 'types/point')).toBe(USES + 1);
    expectSound(file);
  });

  test('is copied with what shares it', () => {
    const file = make();
    file.commit();
    // By itself, with its attributes.
    const copy = file.copy('types/point', 'types/copy') as H5Datatype;
    expect(copy.attrs.get('unit')).toBe('m');
    // What shares it, within the file: it is shared once more.
    file.copy('small', 'small again');
    file.copy('many', 'many again');
    file.commit();
    expect(committed(file.get('small again'))).toBe(committed(file.get('small')));
    expect(counted(file, 'types/point')).toBe(USES + 1 + 21);
    expect(counted(file, 'types/copy')).toBe(1);
    expectSound(file);
    // With the group that it is in: the copies share the copy.
    const all = H5File.open(undefined, 'w');
    all.copy(file, 'all');
    all.commit();
    expect(all.dataset('all/small').value).toEqual(points);
    expect(committed(all.get('all/small'))).toBe((all.get('all/types/point') as H5Datatype).ref.address);
    expectSound(all);
    // Without it, to another file: a datatype of its own.
    const other = H5File.open(undefined, 'w');
    other.copy(file.dataset('small'), 'small');
    other.createDataset('by hand', { data: points, dtype: file.get('types/point') as H5Datatype });
    other.commit();
    expect(committed(other.get('small'))).toBeUndefined();
    expect(committed(other.get('by hand'))).toBeUndefined();
    expect(other.dataset('small').value).toEqual(points);
    expectSound(other);
  });

  test('cannot be made where there is something, or of no datatype', () => {
    const file = make();
    file.commit();
    expect(() => file.createDatatype('small', 'f8')).toThrow(/exists already/);
    expect(() => file.createDatatype('x', 'nonsense' as 'f8')).toThrow(/nonsense/);
    file.commit();
    expectSound(file);
  });
});

describeOracle('h5py', () => {
  test('sees one datatype, and its uses', async () => {
    const path = join(folder, 'ours.h5');
    writeFileSync(path, make().toBytes());
    const seen = JSON.parse(
      python(
        `
f = h5py.File(sys.argv[1])
t = f['types/point']
names = ['small', 'empty', 'large', 'chunked']
def shared(h): return h.get_type().committed() and h.get_type() == t.id
print(json.dumps({
  'kind': type(t).__name__, 'dtype': str(t.dtype), 'unit': t.attrs['unit'],
  'uses': h5py.h5o.get_info(t.id).rc,
  'datasets': [bool(shared(f[n].id)) for n in names],
  'attributes': [bool(shared(f['few'].attrs.get_id('at'))), bool(shared(f['many'].attrs.get_id('at 5')))],
  'values': f['small'][:].tolist(), 'at': f['many'].attrs['at 5'].tolist()}))`,
        path,
      ),
    );
    expect(seen).toEqual({
      kind: 'Datatype',
      dtype: "[('x', '<f8'), ('y', '<i4')]",
      unit: 'm',
      uses: USES + 1,
      datasets: [true, true, true, true],
      attributes: [true, true],
      values: [
        [0.5, 1],
        [1.5, 2],
      ],
      at: [
        [0.5, 1],
        [1.5, 2],
      ],
    });
    expect(await h5dump(path, ['-H', '-d', 'small'])).toMatch(/DATATYPE\s+"\/types\/point"/);
  });

  test('and we change the same file in turns', () => {
    for (const libver of ['earliest', 'latest']) {
      const path = join(folder, `turns-${libver}.h5`);
      python(
        `
with h5py.File(sys.argv[1], 'w', libver=sys.argv[2]) as f:
    f['point'] = numpy.dtype([('x', 'f8'), ('y', 'i4')])
    t = f['point']
    f.create_dataset('a', (3,), dtype=t)
    f.create_dataset('b', (3,), dtype=t)
    f['a'].attrs.create('p', numpy.zeros(2, t.dtype), dtype=t)
    for i in range(12): f['b'].attrs.create('p%d' % i, numpy.zeros(2, t.dtype), dtype=t)`,
        path,
        libver,
      );
      const uses = () =>
        Number(python("print(h5py.h5o.get_info(h5py.File(sys.argv[1])['point'].id).rc)", path));
      const [first] = [uses()];
      expect(first).toBe(1 + 2 + 13);
      const file = H5File.open(path, 'r+');
      const point = file.get('point') as H5Datatype;
      file.createDataset('c', { data: points, dtype: point });
      file.dataset('a').attrs.delete('p');
      file.dataset('b').attrs.delete('p0');
      file.commit();
      expectSound(file);
      file.close();
      expect(uses()).toBe(first + 1 - 2);
      python(
        `
with h5py.File(sys.argv[1], 'r+') as f:
    f.create_dataset('d', (2,), dtype=f['point'])
    del f['b']`,
        path,
      );
      expect(uses()).toBe(first + 1 - 2 + 1 - 12);
      const again = H5File.open(path, 'r+');
      expect(again.dataset('c').value).toEqual(points);
      again.delete('point');
      for (const name of ['a', 'c', 'd']) again.delete(name);
      again.commit();
      expectSound(again);
      again.close();
      expect(python('print(list(h5py.File(sys.argv[1])))', path).trim()).toBe('[]');
    }
  });
});
