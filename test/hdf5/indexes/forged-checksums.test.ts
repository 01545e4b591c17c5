import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { findAll } from '../../find-all.js';
import { describeOracle } from '../../oracle/oracles.js';
import { seeded } from '../../random.js';
import { everyByte, runs, STRIDE, sampled } from '../../thoroughness.js';
import { makeDenseSamples, readDamaged } from './samples.js';

// Who forges a file makes its checksums right. Here all of them are, whatever changes: the checksum of a block is
// whatever follows it.
vi.mock('../../../src/hdf5/checksum.js', () => ({
  lookup3: (view: DataView, _start: number, end: number) =>
    end + 4 <= view.byteLength ? view.getUint32(end, true) : 0,
}));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h5pickle-forged-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describeOracle('h5py', () => {
  beforeAll(async () => {
    await makeDenseSamples(folder, 'few', 'links', 'large', 'attributes', 'sizes-2-4');
  });

  test('a checksum that is wrong is no error here', async () => {
    const bytes = await sample('latest', 'few');
    // The percentage at which nodes are split is of no use to a reader.
    for (const at of findAll(bytes, 'BTHD')) bytes[at + 14]! ^= 0xff;
    expect(findAll(bytes, 'BTHD').length).toBeGreaterThan(1);
    expect(readDamaged(bytes, 'a file with wrong checksums')).toBe(0);
  });

  async function sample(variant: string, name: string): Promise<Uint8Array> {
    const bytes = new Uint8Array(await readFile(join(folder, variant, `${name}.h5`)));
    // Checksums of direct blocks stand elsewhere: without the flag there are none.
    for (const at of findAll(bytes, 'FRHP')) bytes[at + 9]! &= ~2;
    return bytes;
  }

  test.each(['earliest', 'latest', 'latest-tracked'])(
    `${everyByte} of a file of libver %s changed`,
    async (variant) => {
      const bytes = await sample(variant, 'few');
      expect(readDamaged(bytes, 'the file as it is')).toBe(0);
      for (let at = 0; at < bytes.length; at += STRIDE) {
        const before = bytes[at] as number;
        for (const value of sampled([before ^ 0xff, before ^ 0x80, before + 1, before - 1], 2, at)) {
          bytes[at] = value;
          readDamaged(bytes, `byte ${at} as ${value}`);
        }
        bytes[at] = before;
      }
    },
  );

  test.each(['earliest', 'latest', 'latest-tracked'])(
    'a file of libver %s whose superblock says that it ends earlier',
    async (variant) => {
      const bytes = await sample(variant, 'few');
      const endOfFile = variant === 'earliest' ? 40 : 28;
      const view = new DataView(bytes.buffer);
      expect(view.getUint32(endOfFile, true)).toBe(bytes.length);
      let errors = 0;
      for (let end = 96; end < bytes.length; end += STRIDE) {
        view.setUint32(endOfFile, end, true);
        errors += readDamaged(bytes.subarray(0, end), `cut at ${end}`) > 0 ? 1 : 0;
      }
      expect(errors).toBeGreaterThan(bytes.length / 2 / STRIDE);
    },
  );

  test.each([
    ['earliest', 'few'],
    ['latest', 'few'],
    ['latest-tracked', 'few'],
    ['earliest', 'links'],
    ['latest', 'links'],
    ['latest', 'large'],
    ['latest-tracked', 'attributes'],
    ['latest', 'sizes-2-4'],
  ])('a file of libver %s, "%s", with several bytes of its structures changed', async (variant, name) => {
    const original = await sample(variant, name);
    const signatures = ['BTHD', 'BTIN', 'BTLF', 'FRHP', 'FHIB', 'FHDB', 'OHDR', 'TREE', 'SNOD', 'HEAP'];
    const places = signatures.flatMap((signature) => findAll(original, signature));
    const random = seeded(2);
    const rounds = name === 'few' || name.startsWith('sizes') ? 3000 / STRIDE : runs(150);
    for (let round = 0; round < rounds; round++) {
      const bytes = original.slice();
      const changes = 1 + random(4);
      for (let i = 0; i < changes; i++) {
        // Behind the signature, where sizes, counts and addresses stand.
        const at = places[random(places.length)]! + 4 + random(random(2) === 0 ? 32 : 400);
        const interesting = [0, 1, 0x7f, 0x80, 0xff, random(256), original[random(original.length)]!];
        bytes[Math.min(at, bytes.length - 1)] = interesting[random(interesting.length)]!;
      }
      const begin = performance.now();
      readDamaged(bytes, `round ${round}`);
      expect(performance.now() - begin).toBeLessThan(5000);
    }
  });
});
