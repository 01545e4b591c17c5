import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { H5FeatureError, H5FormatError, H5PathError, H5TypeError } from '../../../src/errors.js';
import { ByteWriter } from '../../../src/hdf5/byte-writer.js';
import { lookup3 } from '../../../src/hdf5/checksum.js';
import {
  DenseAttributes,
  DenseLinks,
  readDenseAttributes,
  readDenseLinks,
} from '../../../src/hdf5/indexes/dense-storage.js';
import { attributeName } from '../../../src/hdf5/messages/attribute.js';
import { encodeHardLink, encodeSoftLink, type Link } from '../../../src/hdf5/messages/link.js';
import { findAll } from '../../find-all.js';
import { THOROUGH } from '../../thoroughness.js';
import { MemorySpace } from '../memory-space.js';
import { attributeOf, bytesLike, noDatatype, softLink } from './dense-messages.js';

/** Two names of the same hash. */
function twins(): [string, string] {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const name = `name ${i}`;
    const bytes = Buffer.from(name);
    const hash = lookup3(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
    const other = seen.get(hash);
    if (other !== undefined) return [other, name];
    seen.set(hash, name);
  }
}

describe('dense links', () => {
  test.each([
    ['neither tracked nor indexed', false, false],
    ['tracked', true, false],
    ['tracked and indexed', true, true],
  ])('agree with a Map, their order %s', (_, tracked, indexed) => {
    const step = fc.record({
      what: fc.constantFrom('add', 'add', 'add', 'delete', 'delete', 'replace', 'flush', 'reopen'),
      name: fc.nat(300),
      size: fc.oneof(fc.nat(40), fc.constantFrom(0, 300, 4000, 5000, 60000)),
      run: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const space = new MemorySpace();
        let links = DenseLinks.create(space, tracked, indexed, 7);
        const map = new Map<string, Link>();
        let next = 7;
        const check = () => {
          links.flush();
          const expected = [...map.values()];
          if (tracked) {
            expected.sort((a, b) => a.order - b.order);
            expect(links.list()).toEqual(expected);
          }
          const byName = links.list('name');
          expect(byName.map(({ name }) => name).sort()).toEqual([...map.keys()].sort());
          expect(readDenseLinks(space, links.info, () => {})).toEqual(indexed ? expected : byName);
          expect(links.info.nextCreationOrder).toBe(tracked ? next : 7);
        };
        for (const { what, name: start, size, run } of steps) {
          for (let i = 0; i < run; i++) {
            const name = `n${(start + i * 3) % 300}`;
            const target = 'x'.repeat(size + (i % 3));
            if (what === 'add') {
              const add = () => links.add(softLink(name, target));
              if (map.has(name)) expect(add).toThrow(H5PathError);
              else {
                const order = tracked ? next++ : -1;
                expect(add()).toBe(order);
                map.set(name, softLink(name, target, order));
              }
            } else if (what === 'delete') {
              expect(links.delete(name)).toBe(map.delete(name));
            } else if (what === 'replace') {
              expect(links.replace(softLink(name, target))).toBe(map.has(name));
              const known = map.get(name);
              if (known) map.set(name, softLink(name, target, known.order));
            }
            expect(links.get(name)).toEqual(map.get(name));
            expect(links.has(name)).toBe(map.has(name));
            expect(links.size).toBe(map.size);
          }
          if (what === 'flush') check();
          if (what === 'reopen') {
            check();
            links = DenseLinks.open(space, links.info);
          }
        }
        check();
        for (const name of map.keys()) expect(links.delete(name)).toBe(true);
        map.clear();
        check();
        // Only headers are left.
        expect(space.used).toBe(146 + (indexed ? 2 : 1) * 38);
        links.free();
        expect(space.used).toBe(0);
      }),
      { numRuns: THOROUGH ? 30 : 8 },
    );
  });

  test('may be of every kind, and encoded', () => {
    const space = new MemorySpace();
    const links = DenseLinks.create(space, true);
    const all: Link[] = [
      { kind: 'hard', name: 'hard', order: 0, address: 4096 },
      { kind: 'external', name: 'external', order: 1, file: 'other.h5', target: '/there' },
      softLink('日本', '/ü', 2),
      softLink('', 'empty', 3),
    ];
    for (const link of all) expect(links.add(link)).toBe(link.order);
    const out = new ByteWriter();
    encodeHardLink(out, 'encoded', 10);
    out.u64(2048);
    expect(links.add(out.finish())).toBe(10);
    links.flush();
    const again = DenseLinks.open(space, links.info);
    expect(again.list()).toEqual([...all, { kind: 'hard', name: 'encoded', order: 10, address: 2048 }]);
    expect(again.message('encoded')).toEqual(out.finish().slice());
    expect(again.message('nothing')).toBeUndefined();
    expect(again.info.nextCreationOrder).toBe(11);
    expect(again.replace({ kind: 'hard', name: 'hard', order: -1, address: 8192 })).toBe(true);
    expect(again.get('hard')).toEqual({ kind: 'hard', name: 'hard', order: 0, address: 8192 });
    const messages: Uint8Array[] = [];
    again.visit((message) => messages.push(message.slice()));
    expect(messages).toHaveLength(5);
    expect(messages.at(-1)).toEqual(out.finish().slice());
  });

  test('that only another program knows are kept', () => {
    const space = new MemorySpace();
    const links = DenseLinks.create(space, false);
    // A user-defined link: version, flags, type, character set, length of the name, name, its data.
    const message = Uint8Array.of(1, 8 | 16, 200, 1, 3, 0x75, 0x64, 0x6c, 2, 0, 1, 2);
    links.add(message);
    links.add(softLink('soft', '/'));
    expect(links.has('udl')).toBe(true);
    expect(links.get('udl')).toBeUndefined();
    expect(links.message('udl')).toEqual(message);
    expect(links.list()).toHaveLength(1);
    expect(links.delete('udl')).toBe(true);
  });

  test('of the same hash are told apart', () => {
    const [a, b] = twins();
    const links = DenseLinks.create(new MemorySpace(), true);
    for (let i = 0; i < 100; i++) links.add(softLink(`other ${i}`, '/'));
    links.add(softLink(b, '/b'));
    expect(links.has(a)).toBe(false);
    links.add(softLink(a, '/a'));
    expect(() => links.add(softLink(a, '/a'))).toThrow(/already/);
    expect([links.get(a), links.get(b)]).toEqual([softLink(a, '/a', 101), softLink(b, '/b', 100)]);
    links.delete(b);
    expect([links.has(a), links.has(b)]).toEqual([true, false]);
  });

  test('have a creation order if and only if the group tracks it, and each its own', () => {
    const out = new ByteWriter();
    encodeSoftLink(out, 'without', -1, '/');
    const without = out.finish().slice();
    out.length = 0;
    encodeSoftLink(out, 'with', 3, '/');
    const withOne = out.finish().slice();
    const space = new MemorySpace();
    const tracked = DenseLinks.create(space, true);
    const used = space.used;
    expect(() => tracked.add(without)).toThrow(H5TypeError);
    expect(() => DenseLinks.create(new MemorySpace(), false).add(withOne)).toThrow(H5TypeError);
    tracked.add(withOne);
    expect(() => tracked.add(softLink('other', '/', 3))).toThrow(/creation order 3/);
    expect([tracked.has('other'), tracked.size]).toEqual([false, 1]);
    expect(() => tracked.replace(softLink('with', '/', 4))).toThrow(H5TypeError);
    tracked.delete('with');
    tracked.flush();
    expect(space.used).toBe(used);
    expect(() => DenseLinks.create(space, false, true)).toThrow(H5TypeError);
  });

  test('with a wrong name, or with an order that the index does not have, end in an error', () => {
    const links = DenseLinks.create(new MemorySpace(), false);
    for (const message of [
      [],
      [1],
      [2, 0, 1, 65],
      [1, 0, 5, 65, 66],
      [1, 3, 1, 0, 0, 0, 0, 0, 0, 0x80, 65],
    ]) {
      expect(() => links.add(Uint8Array.from(message))).toThrow(H5FormatError);
    }
    const space = new MemorySpace();
    const one = DenseLinks.create(space, true);
    const other = DenseLinks.create(space, true);
    one.add(softLink('a', '/', 1));
    one.flush();
    const mixed = DenseLinks.open(space, { ...one.info, orderIndex: other.info.orderIndex });
    expect(() => mixed.delete('a')).toThrow(H5FormatError);
    expect(() => mixed.replace(softLink('a', '/longer'))).toThrow(H5FormatError);
    expect(mixed.get('a')).toEqual(softLink('a', '/', 1));
  });
});

describe('dense attributes', () => {
  test.each([
    ['neither tracked nor indexed', false, false],
    ['tracked', true, false],
    ['tracked and indexed', true, true],
  ])('agree with a Map, their order %s', (_, tracked, indexed) => {
    const step = fc.record({
      what: fc.constantFrom('add', 'add', 'delete', 'replace', 'flush', 'reopen'),
      name: fc.nat(100),
      size: fc.oneof(fc.nat(100), fc.constantFrom(3000, 5000, 70000)),
      run: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const space = new MemorySpace();
        let attributes = DenseAttributes.create(space, tracked, indexed);
        const map = new Map<string, { order: number; values: Uint8Array }>();
        let next = 0;
        let seed = 0;
        const check = () => {
          attributes.flush();
          const found = attributes.list(noDatatype);
          const read = readDenseAttributes(space, attributes.info, noDatatype, () => {});
          expect(read.map(({ name }) => name).sort()).toEqual([...map.keys()].sort());
          for (const { name, order, data } of [...found, ...read]) {
            expect(order).toBe(map.get(name)!.order);
            expect(Buffer.compare(data, map.get(name)!.values)).toBe(0);
          }
          expect(found).toHaveLength(map.size);
          if (tracked) expect(found).toEqual([...found].sort((a, b) => a.order - b.order));
          expect(attributes.info.nextCreationOrder).toBe(next);
        };
        for (const { what, name: start, size, run } of steps) {
          for (let i = 0; i < run; i++) {
            const name = `n${(start + i * 3) % 100}`;
            const values = bytesLike(size + (i % 3), seed++);
            const known = map.get(name);
            if (what === 'add') {
              const add = () => attributes.add(attributeOf(name, values));
              if (known) expect(add).toThrow(H5PathError);
              else {
                const order = tracked ? next++ : -1;
                expect(add()).toBe(order);
                map.set(name, { order, values });
              }
            } else if (what === 'delete') {
              expect(attributes.delete(name)).toBe(map.delete(name));
            } else if (what === 'replace') {
              expect(attributes.replace(attributeOf(name, values))).toBe(known !== undefined);
              if (known) map.set(name, { order: known.order, values });
            }
            expect(attributes.has(name)).toBe(map.has(name));
            expect(attributes.get(name, noDatatype)?.order).toBe(map.get(name)?.order);
            expect(attributes.size).toBe(map.size);
          }
          if (what === 'flush') check();
          if (what === 'reopen') {
            check();
            attributes = DenseAttributes.open(space, attributes.info);
          }
        }
        check();
        const seen: string[] = [];
        attributes.visit((message) => seen.push(attributeName(message)));
        expect(seen.sort()).toEqual([...map.keys()].sort());
        for (const name of seen) attributes.delete(name);
        map.clear();
        check();
        expect(space.used).toBe(146 + (indexed ? 2 : 1) * 38);
        attributes.free();
        expect(space.used).toBe(0);
      }),
      { numRuns: THOROUGH ? 30 : 8 },
    );
  });

  test('have creation orders from 0 to 65534', () => {
    const attributes = DenseAttributes.create(new MemorySpace(), true, true, 65533);
    const message = (name: string) => attributeOf(name, bytesLike(3, 1));
    expect(() => attributes.add(message('a'), -1)).toThrow(H5TypeError);
    expect([attributes.add(message('a')), attributes.add(message('b'))]).toEqual([65533, 65534]);
    expect(() => attributes.add(message('c'))).toThrow(/65535 is no creation order/);
    expect(attributes.add(message('c'), 5)).toBe(5);
    expect(attributes.list(noDatatype).map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });

  test('that are shared are not touched', () => {
    const space = new MemorySpace();
    const made = DenseAttributes.create(space, false, false);
    made.add(attributeOf('shared', bytesLike(3, 1)));
    made.flush();
    // The flags of the one record.
    const leaf = findAll(space.copy(0, space.end, 'all'), 'BTLF')[0]!;
    const bytes = space.copy(leaf, 512, 'leaf');
    bytes[6 + 8] = 2;
    new DataView(bytes.buffer).setUint32(6 + 17, lookup3(new DataView(bytes.buffer), 0, 6 + 17), true);
    space.write(leaf, bytes);
    const attributes = DenseAttributes.open(space, made.info);
    expect(() => attributes.get('shared', noDatatype)).toThrow(H5FeatureError);
    expect(() => attributes.delete('shared')).toThrow(H5FeatureError);
    expect(() => attributes.list(noDatatype)).toThrow(H5FeatureError);
  });

  test('with a wrong name end in an error', () => {
    const attributes = DenseAttributes.create(new MemorySpace(), false, false);
    for (const message of [[], [3], [3, 0, 9, 0, 0, 0, 0, 0, 1, 65, 0], [9, 0, 2, 0, 0, 0, 0, 0, 65, 0]]) {
      expect(() => attributes.add(Uint8Array.from(message))).toThrow(H5FormatError);
    }
  });
});
