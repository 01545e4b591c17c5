import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOracle } from '../../oracle/oracles.js';
import { seeded } from '../../random.js';
import { everyByte, STRIDE } from '../../thoroughness.js';
import { makeDenseSamples, readDamaged } from './samples.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h5pickle-damage-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describeOracle('h5py', () => {
  beforeAll(async () => {
    await makeDenseSamples(folder, 'few');
  });

  // Symbol tables; dense storage indexed by name; dense storage indexed by creation order as well.
  test.each(['earliest', 'latest', 'latest-tracked'])(
    `${everyByte} of a file of libver %s changed, and the file cut there`,
    async (variant) => {
      const bytes = new Uint8Array(await readFile(join(folder, variant, 'few.h5')));
      expect(readDamaged(bytes, 'the file as it is')).toBe(0);
      const random = seeded(1);
      let damaged = 0;
      for (let at = 0; at < bytes.length; at += STRIDE) {
        const before = bytes[at] as number;
        for (const value of [before ^ 0xff, before ^ (1 << random(8)), 0]) {
          bytes[at] = value;
          if (readDamaged(bytes, `byte ${at} as ${value}`) > 0) damaged++;
        }
        bytes[at] = before;
        readDamaged(bytes.subarray(0, at), `cut at ${at}`);
      }
      expect(damaged).toBeGreaterThan(1000 / STRIDE);
    },
  );
});
