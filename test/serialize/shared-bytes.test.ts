import { describe, expect, it } from 'vitest';
import {
  deserialize,
  H5FormatError,
  type H5UnsupportedError,
  read,
  serialize,
  write,
} from '../../src/node.js';
import { describeOracle, h5py } from '../oracle/oracles.js';
import { fixChecksums } from './checksums.js';
import { outline } from './outline.js';

const again = <T>(value: T): T => deserialize<T>(serialize(value));

describe('views of one buffer', () => {
  it('share it again, with the buffer if that is reached too', () => {
    const buffer = new ArrayBuffer(32);
    const value = {
      floats: new Float64Array(buffer, 8, 2),
      bytes: new Uint8Array(buffer, 10, 3),
      view: new DataView(buffer, 4),
      buffer,
      inMap: new Map([[1, new Int16Array(buffer, 2, 4)]]),
      list: [new Uint8Array(buffer, 0, 2), new Uint8Array(buffer, 2, 2), 'x'],
    };
    value.floats.set([1.5, -2]);
    const copy = again(value);
    expect(copy).toEqual(value);
    const { buffer: shared } = copy;
    for (const view of [copy.floats, copy.bytes, copy.view, copy.inMap.get(1), copy.list[0], copy.list[1]])
      expect((view as Uint8Array).buffer).toBe(shared);
    expect([copy.floats.byteOffset, copy.bytes.byteOffset, copy.view.byteLength]).toEqual([8, 10, 28]);
    copy.floats[0] = 7;
    expect(copy.view.getFloat64(4, true)).toBe(7);
  });

  it('alone are their own elements', () => {
    const copy = again({ part: new Float64Array(new ArrayBuffer(800), 8, 2) });
    expect(copy.part.buffer.byteLength).toBe(16);
  });

  it('in rows of typed arrays', () => {
    const buffer = new ArrayBuffer(300 * 8);
    const rows = Array.from({ length: 3 }, (_, i) => new Float64Array(buffer, i * 800, 100));
    const copy = again({ rows });
    expect(copy).toEqual({ rows });
    expect(new Set(copy.rows.map((row) => row.buffer)).size).toBe(1);
  });

  it('and buffers that can grow are so again', () => {
    const buffer = new (ArrayBuffer as new (size: number, options: object) => ArrayBuffer)(8, {
      maxByteLength: 64,
    }) as ArrayBuffer & {
      resizable: boolean;
      maxByteLength: number;
      resize(size: number): void;
    };
    const copy = again({ buffer, whole: new Uint8Array(buffer) });
    expect([copy.buffer.resizable, copy.buffer.maxByteLength]).toEqual([true, 64]);
    copy.buffer.resize(16);
    expect(copy.whole.length).toBe(16);
  });
});

describe('arrays with properties beside their elements', () => {
  it('have them again', () => {
    const match = /b(?<rest>.*)/.exec('abc') as RegExpExecArray;
    const copy = again({
      match,
      named: Object.assign(Object.assign(new Array<number>(3), { 0: 1, 2: 3 }), { unit: 'm', self: {} }),
    });
    expect(copy.match.index).toBe(1);
    expect({ ...copy.match.groups }).toEqual({ rest: 'c' });
    expect(copy.match).toEqual(match);
    expect(Object.keys(copy.named)).toEqual(['0', '2', 'unit', 'self']);
  });
});

describe('Blob and File', () => {
  it('are written by write, which waits for their bytes', async () => {
    const blob = new Blob(['some text'], { type: 'text/plain' });
    const pieces: Uint8Array[] = [];
    await write(
      { save: (all) => void pieces.push(...all) },
      { blob, list: [{ blob }, { blob: new Blob([]) }] },
    );
    const copy = await read<{ blob: Blob; list: { blob: Blob }[] }>(new Uint8Array(Buffer.concat(pieces)));
    expect(await copy.blob.text()).toBe('some text');
    expect(copy.blob.type).toBe('text/plain');
    expect(copy.list[0]?.blob).toBe(copy.blob);
    expect(copy.list[1]?.blob.size).toBe(0);
  });

  it('and by nothing that cannot wait', () => {
    const refused = (): unknown => {
      try {
        return serialize({ a: [{ file: new Blob(['x']) }] });
      } catch (error) {
        return error;
      }
    };
    const error = refused() as H5UnsupportedError;
    expect(error.path).toMatch(/^\$\.a\[0\]/);
    expect(error.message).toMatch(/use write, which waits/);
  });
});

describe('what throws when it is read', () => {
  const proxy = new Proxy(
    {},
    {
      ownKeys() {
        throw new Error('no keys');
      },
    },
  );
  const getter = {
    get x(): number {
      throw new Error('no x');
    },
  };

  it('is an error with its path', () => {
    expect(() => serialize({ a: [1, { proxy }] })).toThrow(/\$\.a\[1\]\.proxy: .*no keys/);
    expect(() => serialize({ a: [getter] })).toThrow(/\$\.a\[0\]\.x: .*no x/);
  });

  it('is left out or replaced, and accessors are not called, if that is asked for', () => {
    expect(deserialize(serialize({ a: proxy, b: 1 }, { onUnsupported: 'skip' }))).toEqual({ b: 1 });
    expect(deserialize(serialize({ getter, b: 1 }, { accessors: 'skip' }))).toEqual({ getter: {}, b: 1 });
  });
});

describe('a file that lies', () => {
  /** The int32 of an attribute of the view `b` is another one. */
  const lying = (name: string, value: number): (() => unknown) => {
    const buffer = new ArrayBuffer(16);
    const bytes = Buffer.from(serialize({ a: new Float64Array(buffer), b: new Uint32Array(buffer, 4, 2) }));
    // Behind the name come the datatype, of 12 bytes, and the dataspace, of 4.
    const at = bytes.lastIndexOf(Buffer.from(`${name}\0`)) + name.length + 17;
    expect(bytes.readInt32LE(at)).toBe(name === 'length' ? 2 : 4);
    bytes.writeInt32LE(value, at);
    return () => deserialize(fixChecksums(bytes));
  };

  it.each([
    ['byteOffset', 2],
    ['byteOffset', -4],
    ['byteOffset', 1 << 30],
    ['length', 4],
    ['length', -1],
    ['length', 0x7fffffff],
  ])('about the %s of a view, %i, is refused', (name, value) => {
    expect(lying(name, name === 'length' ? 2 : 4)).not.toThrow();
    expect(lying(name, value)).toThrow(H5FormatError);
  });

  it('about how far a buffer can grow is refused', () => {
    const Buffers = ArrayBuffer as new (size: number, options: object) => ArrayBuffer;
    const bytes = Buffer.from(serialize([new Buffers(8, { maxByteLength: 1_234_567 })]));
    bytes.writeInt32LE(4, bytes.indexOf(Buffer.from(Int32Array.of(1_234_567).buffer)));
    expect(() => deserialize(fixChecksums(bytes))).toThrow(H5FormatError);
  });
});

describeOracle('h5py', () => {
  it('finds the bytes once, and which part each view shows', async () => {
    const buffer = Uint8Array.of(1, 2, 3, 4).buffer;
    const file = await h5py(serialize({ a: new Uint8Array(buffer), b: new Uint8Array(buffer, 1, 2) }));
    expect(outline(file)).toEqual([
      '@h5pickle: int32 = 1',
      'a/ {type Uint8Array}',
      '  buffer: uint8[4] = [1,2,3,4] {type ArrayBuffer}',
      '  byteOffset: int32 = 0',
      '  length: int32 = 4',
      'b/ {type Uint8Array}',
      '  buffer -> /a/buffer',
      '  byteOffset: int32 = 1',
      '  length: int32 = 2',
    ]);
  });

  it('finds the mark of what references lead to on a view as on anything else', async () => {
    const view = new Uint8Array(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2);
    const file = await h5py(serialize({ view, whole: new Uint8Array(view.buffer), list: [view, 'x'] }));
    const marked = Object.values(file.objects).filter(({ attrs }) =>
      attrs.some(({ name }) => name === '@referenced'),
    );
    expect(marked.map(({ attrs }) => attrs.find(({ name }) => name === '@type')?.value)).toEqual([
      'Uint8Array',
    ]);
  });
});
