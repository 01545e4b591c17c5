import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { UNDEFINED_ADDRESS } from '../../../src/hdf5/byte-reader.js';
import { lookup3 } from '../../../src/hdf5/checksum.js';
import { DenseAttributes, DenseLinks } from '../../../src/hdf5/indexes/dense-storage.js';
import { type AttributeInfo, decodeAttributeInfo } from '../../../src/hdf5/messages/attribute-info.js';
import { decodeLinkInfo, type LinkInfo } from '../../../src/hdf5/messages/link-info.js';
import { MessageType } from '../../../src/hdf5/messages/message-type.js';
import { readObjectHeader } from '../../../src/hdf5/object-header.js';
import { patchSuperblock, SUPERBLOCK_SIZE } from '../../../src/hdf5/superblock.js';
import { findAll } from '../../find-all.js';
import { describeOracle } from '../../oracle/oracles.js';
import { PythonServer } from '../../oracle/python-server.js';
import { type Random, seeded } from '../../random.js';
import { expectSame } from '../../same.js';
import { runs } from '../../thoroughness.js';
import { MemorySpace } from '../memory-space.js';
import { attributeOf, bytesLike, noDatatype, softLink } from './dense-messages.js';

interface Told {
  links: Record<string, string>;
  orders: Record<string, number>;
  count: number;
  attributes: Record<string, [size: number, hash: string]>;
  attributeOrders: Record<string, number>;
  missing: boolean;
  address: number;
}

describeOracle('h5py', () => {
  const folder = mkdtempSync(join(tmpdir(), 'h5pickle-dense-edit-'));
  const server = new PythonServer('../hdf5/indexes/dense_edit.py');
  afterAll(() => {
    server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A file with a group that h5py and we change in turns, and what should be in it. */
  class Turns {
    readonly file: string;
    readonly tracked: boolean;
    readonly random: Random;
    readonly links = new Map<string, { target: string; order: number }>();
    readonly attributes = new Map<string, { values: Uint8Array; order: number }>();
    nextLink = 0;
    nextAttribute = 0;
    #seed = 0;
    #address = 0;

    constructor(name: string, tracked: boolean) {
      this.file = join(folder, `${name}-${tracked}.h5`);
      this.tracked = tracked;
      this.random = seeded(name.length + (tracked ? 1 : 0));
    }

    /** Some of the names, in a random order. */
    #some(names: Iterable<string>, count: number): string[] {
      const all = [...names];
      for (let i = 0; i < Math.min(count, all.length); i++) {
        const j = i + this.random(all.length - i);
        [all[i], all[j]] = [all[j]!, all[i]!];
      }
      return all.slice(0, count);
    }

    newLinks(count: number, size: () => number): [string, string][] {
      return Array.from({ length: count }, () => [`link ${this.#seed++}`, 't'.repeat(1 + size())]);
    }

    oldLinks(count: number): string[] {
      return this.#some(this.links.keys(), count);
    }

    newAttributes(count: number, size: () => number): [string, number, number][] {
      return Array.from({ length: count }, () => {
        const seed = this.#seed++;
        return [`attribute ${seed}`, 1 + size(), seed % 256];
      });
    }

    oldAttributes(count: number): string[] {
      return this.#some(this.attributes.keys(), count);
    }

    #added(links: [string, string][], attributes: [string, number, number][]): void {
      for (const [name, target] of links) this.links.set(name, { target, order: this.nextLink++ });
      for (const [name, size, seed] of attributes) {
        this.attributes.set(name, { values: bytesLike(size, seed), order: this.nextAttribute++ });
      }
    }

    /** What h5py does: new things and old ones, by turns. Then it must find what there should be. */
    async theirs(change: {
      make?: boolean;
      add?: [string, string][];
      drop?: string[];
      addAttributes?: [string, number, number][];
      dropAttributes?: string[];
    }): Promise<void> {
      const { make = false, add = [], drop = [], addAttributes = [], dropAttributes = [] } = change;
      const question = JSON.stringify({
        file: this.file,
        make,
        tracked: this.tracked,
        links: weave<unknown[]>(
          add,
          drop.map((name) => [name, null]),
        ),
        attributes: weave<unknown[]>(
          addAttributes,
          dropAttributes.map((name) => [name, null]),
        ),
      });
      const told = JSON.parse(await server.ask(question)) as Told;
      for (const name of drop) this.links.delete(name);
      for (const name of dropAttributes) this.attributes.delete(name);
      this.#added(add, addAttributes);
      this.#address = told.address;
      expect(told.missing).toBe(false);
      expect(told.count).toBe(this.links.size);
      expectSame(told.links, Object.fromEntries([...this.links].map(([name, { target }]) => [name, target])));
      const hash = (values: Uint8Array) => createHash('md5').update(values).digest('hex');
      expect(told.attributes).toEqual(
        Object.fromEntries(
          [...this.attributes].map(([name, { values }]) => [name, [values.length, hash(values)]]),
        ),
      );
      if (!this.tracked) return;
      const orders = (map: Map<string, { order: number }>) =>
        Object.fromEntries([...map].map(([name, { order }]) => [name, order]));
      expectSame(told.orders, orders(this.links));
      expect(told.attributeOrders).toEqual(orders(this.attributes));
    }

    /** What we do. We must find what there should be before and afterwards. */
    ours(change: {
      add?: [string, string][];
      drop?: string[];
      retarget?: string[];
      addAttributes?: [string, number, number][];
      dropAttributes?: string[];
      rewrite?: [string, number, number][];
    }): void {
      const { add = [], drop = [], retarget = [] } = change;
      const { addAttributes = [], dropAttributes = [], rewrite = [] } = change;
      const space = new MemorySpace(readFileSync(this.file));
      // All that is there may be given back, once.
      space.allocated.set(SUPERBLOCK_SIZE, space.end - SUPERBLOCK_SIZE);
      const messages = readObjectHeader(space, this.#address);
      const find = (wanted: number) => messages.find(({ type }) => type === wanted)?.data;
      const linkInfo = decodeLinkInfo(find(MessageType.LinkInfo)!);
      const attributes = find(MessageType.AttributeInfo);
      const attributeInfo = attributes && decodeAttributeInfo(attributes);
      const isDense = (info: LinkInfo | AttributeInfo) => info.fractalHeap !== UNDEFINED_ADDRESS;
      if (isDense(linkInfo)) {
        const links = DenseLinks.open(space, linkInfo);
        const found: Record<string, unknown> = {};
        const expected: Record<string, unknown> = {};
        for (const [name, { target, order }] of this.links) {
          found[name] = links.get(name);
          expected[name] = softLink(name, target, this.tracked ? order : -1);
        }
        expectSame(found, expected);
        for (const item of weave<[string, string] | string>(add, drop)) {
          if (typeof item === 'string') expect(links.delete(item)).toBe(true);
          else links.add(softLink(...item));
        }
        for (const name of retarget) {
          const link = this.links.get(name)!;
          link.target = `${link.target}${'r'.repeat(this.random(200))}`;
          links.replace(softLink(name, link.target));
        }
        for (const name of drop) this.links.delete(name);
        this.#added(add, []);
        expect(links.size).toBe(this.links.size);
        links.flush();
        this.#patch(space, MessageType.LinkInfo, links.info);
      } else expect([...add, ...drop, ...retarget]).toEqual([]);
      if (attributeInfo && isDense(attributeInfo)) {
        const attributes = DenseAttributes.open(space, attributeInfo);
        for (const [name, { values }] of this.attributes)
          expect(Buffer.compare(attributes.get(name, noDatatype)!.data, values)).toBe(0);
        for (const item of weave<[string, number, number] | string>(addAttributes, dropAttributes)) {
          if (typeof item === 'string') expect(attributes.delete(item)).toBe(true);
          else attributes.add(attributeOf(item[0], bytesLike(item[1], item[2])));
        }
        for (const [name, size, seed] of rewrite) {
          this.attributes.get(name)!.values = bytesLike(size, seed);
          attributes.replace(attributeOf(name, bytesLike(size, seed)));
        }
        for (const name of dropAttributes) this.attributes.delete(name);
        this.#added([], addAttributes);
        expect(attributes.size).toBe(this.attributes.size);
        attributes.flush();
        this.#patch(space, MessageType.AttributeInfo, attributes.info);
      } else expect([...addAttributes, ...dropAttributes, ...rewrite]).toEqual([]);
      this.#save(space);
    }

    /** Writes an info message back to the header. Addresses stay; the next creation order does not. */
    #patch(space: MemorySpace, type: number, info: LinkInfo | AttributeInfo): void {
      const extents: [number, number][] = [];
      const messages = readObjectHeader(space, this.#address, extents as never);
      const { data } = messages.find((message) => message.type === type)!;
      const now = type === MessageType.LinkInfo ? decodeLinkInfo(data) : decodeAttributeInfo(data);
      expect({ ...now, nextCreationOrder: info.nextCreationOrder }).toEqual(info);
      if (!this.tracked) return;
      const at = data.base + 2;
      const [start, length] = extents.find(([from, size]) => at >= from && at < from + size)!;
      const bytes = space.copy(start, length, 'header');
      const view = new DataView(bytes.buffer);
      if (type === MessageType.LinkInfo) view.setUint32(at - start, info.nextCreationOrder, true);
      else view.setUint16(at - start, info.nextCreationOrder, true);
      view.setUint32(length - 4, lookup3(view, 0, length - 4), true);
      space.write(start, bytes);
    }

    #save(space: MemorySpace): void {
      const { superblock, end } = space;
      const bytes = space.storage.copy(0, end);
      const changes = {
        endOfFile: end,
        rootAddress: superblock.rootAddress,
        rootUncached: false,
        guarded: false,
      };
      bytes.set(patchSuperblock(bytes.subarray(0, SUPERBLOCK_SIZE), superblock, changes));
      writeFileSync(this.file, bytes);
    }
  }

  describe.each([
    ['untracked', false],
    ['tracked', true],
  ])('in turns with libhdf5, creation order %s', (_, tracked) => {
    test.each([9, 200, runs(2000)])('%i links', async (count) => {
      const turns = new Turns(`links ${count}`, tracked);
      const { random } = turns;
      const size = () => (random(10) === 0 ? random(300) : random(40));
      const some = (part: number) => Math.max(1, Math.floor(turns.links.size * part));
      await turns.theirs({ make: true, add: turns.newLinks(count, size) });
      for (let round = 0; round < 2; round++) {
        turns.ours({ add: turns.newLinks(some(0.4), size), drop: turns.oldLinks(some(0.2)), retarget: [] });
        await turns.theirs({});
        await turns.theirs({ add: turns.newLinks(some(0.3), size), drop: turns.oldLinks(some(0.3)) });
        turns.ours({ drop: turns.oldLinks(some(0.4)) });
        await turns.theirs({ add: turns.newLinks(some(0.5), size) });
        turns.ours({ retarget: turns.oldLinks(some(0.3)) });
      }
      // Down to few, by both, and up again.
      turns.ours({ drop: turns.oldLinks(turns.links.size - Math.min(100, some(0.9))) });
      await turns.theirs({ drop: turns.oldLinks(turns.links.size - 9) });
      turns.ours({ add: turns.newLinks(count, size) });
      await turns.theirs({ add: turns.newLinks(count, size) });
      turns.ours({ drop: turns.oldLinks(turns.links.size - 8) });
      await turns.theirs({ drop: turns.oldLinks(8) });
      expect(turns.links.size).toBe(0);
    });

    test('attributes, tiny and huge', async () => {
      const turns = new Turns('attributes', tracked);
      const { random } = turns;
      const size = () => {
        const kind = random(20);
        return kind === 0
          ? 65536 + random(5000)
          : kind < 3
            ? 3900 + random(400)
            : random(kind < 8 ? 1500 : 30);
      };
      const some = (part: number) => Math.max(1, Math.floor(turns.attributes.size * part));
      await turns.theirs({ make: true, addAttributes: turns.newAttributes(120, size) });
      for (let round = 0; round < 3; round++) {
        turns.ours({
          addAttributes: turns.newAttributes(some(0.4), size),
          dropAttributes: turns.oldAttributes(some(0.3)),
        });
        await turns.theirs({
          addAttributes: turns.newAttributes(some(0.3), size),
          dropAttributes: turns.oldAttributes(some(0.3)),
        });
        turns.ours({
          rewrite: turns.oldAttributes(some(0.4)).map((name) => [name, 1 + size(), random(256)]),
        });
        await turns.theirs({});
      }
      turns.ours({ dropAttributes: turns.oldAttributes(turns.attributes.size - 9) });
      await turns.theirs({ addAttributes: turns.newAttributes(60, size) });
      turns.ours({ dropAttributes: turns.oldAttributes(turns.attributes.size - 7) });
      await turns.theirs({ dropAttributes: turns.oldAttributes(7) });
      expect(turns.attributes.size).toBe(0);
    });

    test('objects so different in size that blocks are skipped', async () => {
      const turns = new Turns('gaps', tracked);
      const { random } = turns;
      const large = () => 3000 + random(1000);
      const small = () => random(20);
      await turns.theirs({ make: true, add: turns.newLinks(20, large) });
      turns.ours({ add: turns.newLinks(30, large) });
      await turns.theirs({ add: turns.newLinks(400, small) });
      turns.ours({ drop: turns.oldLinks(300), add: turns.newLinks(300, () => random(4000)) });
      for (let round = 0; round < 3; round++) {
        await turns.theirs({ drop: turns.oldLinks(100), add: turns.newLinks(100, () => random(4000)) });
        turns.ours({ drop: turns.oldLinks(200), add: turns.newLinks(200, small) });
        await turns.theirs({ drop: turns.oldLinks(150), add: turns.newLinks(50, large) });
        turns.ours({ drop: turns.oldLinks(50), add: turns.newLinks(150, () => random(2000)) });
      }
      await turns.theirs({ drop: turns.oldLinks(turns.links.size - 6) });
    });
  });

  test(`${runs(50_000)} links`, async () => {
    const turns = new Turns('many links', true);
    const { random } = turns;
    const size = () => random(20);
    await turns.theirs({ make: true, add: turns.newLinks(runs(8000), size) });
    turns.ours({ add: turns.newLinks(runs(42_000), size) });
    await turns.theirs({ drop: turns.oldLinks(runs(10_000)), add: turns.newLinks(runs(2000), size) });
    turns.ours({ drop: turns.oldLinks(runs(30_000)), add: turns.newLinks(runs(1000), size) });
    await turns.theirs({ drop: turns.oldLinks(runs(5000)), add: turns.newLinks(runs(1000), size) });
    const dump = execFileSync('h5dump', ['-H', turns.file], { maxBuffer: 2 ** 28 }).toString();
    expect(dump.match(/SOFTLINK "/g)).toHaveLength(turns.links.size);
  });

  test('statistics are those of libhdf5', async () => {
    // A heap with gaps between its blocks, that libhdf5 has written.
    const turns = new Turns('statistics', true);
    const { random } = turns;
    await turns.theirs({ make: true, add: turns.newLinks(3000, () => random(100)) });
    await turns.theirs({ drop: [...turns.links.keys()].slice(500, 2800) });
    const read = (signature: string, ...places: number[]) => {
      const bytes = readFileSync(turns.file);
      return places.map((place) => bytes.readBigUInt64LE(findAll(bytes, signature)[0]! + place));
    };
    // Behind the signatures: amounts and numbers, all but addresses.
    const heap = () => read('FRHP', 14, 30, 46, 54, 62, 70, 78, 86, 94, 102);
    const gaps = () => read('FSHD', 30)[0];
    const before = heap();
    expect(gaps()).toBeGreaterThan(0n);
    const [name] = turns.newLinks(1, () => 10)[0]!;
    turns.ours({ add: [[name, 'x']] });
    turns.ours({ drop: [name] });
    expect(heap()).toEqual(before);
    expect(gaps()).toBe(0n);
    // We use them first: the heap's own address space does not grow.
    turns.ours({ add: turns.newLinks(1000, () => random(100)) });
    expect(heap()[2]).toBe(before[2]);
    await turns.theirs({});
  });
});

/** The items of both lists, those of each in their order, mixed evenly. */
function weave<T>(a: readonly T[], b: readonly T[]): T[] {
  const items: T[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    if (j >= b.length || (i < a.length && i * b.length <= j * a.length)) items.push(a[i++]!);
    else items.push(b[j++]!);
  }
  return items;
}
