import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { File, ready } from 'h5wasm/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GroupInfo, readObject } from '../../../src/hdf5/object.js';
import { findAll } from '../../find-all.js';
import { describeOracle, type H5pyFile, h5py, makeSamples, oracleTest } from '../../oracle/oracles.js';
import { expectListedAs, makeDenseSamples, openBytes, openFile } from './samples.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h5pickle-dense-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Reads every object of a file, each with the same `FileSpace`, and compares. */
async function expectReadAs(path: string, { objects }: H5pyFile): Promise<void> {
  const space = await openFile(path);
  for (const theirs of Object.values(objects)) {
    expectListedAs(readObject(space, theirs.address), theirs);
    // What was counted once must not be counted again.
    expectListedAs(readObject(space, theirs.address), theirs);
  }
}

describeOracle('h5py', () => {
  describe.each(['earliest', 'earliest-tracked', 'latest', 'latest-tracked'])(
    'files of libver %s',
    (variant) => {
      const NAMES = ['links', 'names', 'deleted', 'attributes', 'large', 'deep', 'forest', 'few'];
      const SIZES = ['4-8', '8-4', '4-4', '2-8', '2-4'].map((sizes) => `sizes-${sizes}`);
      const OLD_SIZES = variant === 'earliest' ? ['sizes-8-2', 'sizes-2-2'] : [];
      let samples: Map<string, H5pyFile>;

      beforeAll(async () => {
        samples = await denseSamples();
      });

      const sample = (name: string) => join(folder, variant, `${name}.h5`);

      test.each([...NAMES, ...SIZES, ...OLD_SIZES])('%s', async (name) => {
        await expectReadAs(sample(name), samples.get(sample(name))!);
      });

      test('no sample is left out', () => {
        const names = [...samples.keys()].filter((path) => path.includes(`/${variant}/`));
        expect(names.map((path) => basename(path, '.h5'))).toEqual([...NAMES, ...SIZES, ...OLD_SIZES]);
      });

      test('the samples have the structures that they are for', async () => {
        const count = async (name: string, signature: string) =>
          findAll(await readFile(sample(name)), signature).length;
        if (variant === 'earliest') {
          // One leaf would mean a tree of one level.
          expect(await count('links', 'TREE')).toBeGreaterThan(10);
          expect(await count('forest', 'FRHP')).toBe(0);
          return;
        }
        const forest = await readFile(sample('forest'));
        expect(
          Math.max(...findAll(forest, 'BTHD').map((at) => forest.readUInt16LE(at + 12))),
        ).toBeGreaterThan(2);
        expect(await count('deep', 'FHIB')).toBeGreaterThan(2);
        const large = await readFile(sample('large'));
        const depthOfHuge = findAll(large, 'BTHD')
          .filter((at) => large[at + 5] === 1)
          .map((at) => large.readUInt16LE(at + 12));
        expect(Math.max(...depthOfHuge)).toBeGreaterThan(0);
        if (variant === 'latest-tracked' || variant === 'earliest-tracked') return;
        // The number of tiny objects in a heap: links so short that there is no room for a creation order.
        const tiny = await readFile(sample('sizes-2-4'));
        expect(findAll(tiny, 'FRHP').map((at) => tiny.readUInt32LE(at + 54))).toContain(12);
      });
    },
  );

  let made: Promise<Map<string, H5pyFile>> | undefined;

  function denseSamples(): Promise<Map<string, H5pyFile>> {
    made ??= makeDenseSamples(folder);
    return made;
  }

  test('the groups of the samples for the rest of the package', async () => {
    const others = await makeSamples(join(folder, 'others'));
    for (const [path, { objects }] of others) {
      const space = await openFile(path);
      for (const theirs of Object.values(objects)) {
        // What attributes hold is compared elsewhere.
        if (theirs.kind !== 'group' || /attributes/.test(path)) continue;
        const ours = readObject(space, theirs.address);
        const { kind, address, position, links } = ours as GroupInfo;
        expectListedAs({ kind, address, position, links, attributes: [] }, { ...theirs, attrs: [] });
        expect(ours.attributes.map(({ name }) => name)).toEqual(theirs.attrs.map(({ name }) => name));
      }
    }
  });

  test('a file behind a user block', async () => {
    const { objects } = (await denseSamples()).get(join(folder, 'latest', 'few.h5'))!;
    const bytes = await readFile(join(folder, 'latest', 'few.h5'));
    const space = openBytes(Buffer.concat([Buffer.alloc(1024, 'user block '), bytes]));
    for (const theirs of Object.values(objects)) expectListedAs(readObject(space, theirs.address), theirs);
  });
});

oracleTest(['h5wasm', 'h5py'], 'files that h5wasm writes', async () => {
  await ready;
  const path = join(folder, 'h5wasm.h5');
  const file = new File(path, 'w');
  const group = file.create_group('links');
  const owner = file.create_group('attributes');
  for (let i = 0; i < 300; i++) {
    file.create_soft_link(`/somewhere/${i}`, `links/soft ${i}`);
    owner.create_attribute(`attribute ${i}`, i, [], '<i');
  }
  group.create_group('child');
  file.flush();
  file.close();
  const expected = await h5py(path);
  expect(Object.keys(expected.objects)).toHaveLength(4);
  await expectReadAs(path, expected);
});
