/** What elements hold in the global heap is given back when a smaller shape cuts them off. */
import { expect, test } from 'vitest';
import { H5File } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { describeOracle, h5py } from '../oracle/oracles.js';
import { seeded } from '../random.js';

const text = (random: (below: number) => number) => `${random(1000)}`.repeat(1 + random(9));

test.each([
  ['one axis', [40], [7]],
  ['two axes', [12, 9], [5, 4]],
  ['three axes, in chunks of one', [4, 3, 5], [1, 1, 1]],
] as const)('by a resize: %s', (_, largest, chunks) => {
  const random = seeded(11);
  const file = H5File.open(undefined, 'w');
  const maxShape = largest.map(() => null);
  const texts = file.createDataset<string[]>('texts', { shape: largest, dtype: 'str', chunks, maxShape });
  const records = file.createDataset('records', {
    shape: largest,
    dtype: { compound: { name: 'str', list: { vlen: 'i4' } } },
    chunks,
    maxShape,
  });
  for (let round = 0; round < 60; round++) {
    const shape = largest.map((length) => random(length + 1));
    for (const dataset of [texts, records]) dataset.resize(shape);
    const count = shape.reduce((product, dim) => product * dim, 1);
    texts.write(Array.from({ length: count }, () => text(random)));
    records.write(
      Array.from({ length: count }, () => ({ name: text(random), list: [random(9)].slice(random(2)) })),
    );
    if (round % 3 === 0) file.commit();
    const expected = texts.read();
    const { problems, bytes } = verifyStorage(new MemoryStorage(file.toBytes()));
    expect([problems, bytes.leaked]).toEqual([[], 0]);
    expect(texts.read()).toEqual(expected);
  }
});

describeOracle('h5py', () => {
  test('and what is left is what h5py reads', async () => {
    const file = H5File.open(undefined, 'w');
    const options = { shape: [6], dtype: 'str', chunks: [4], maxShape: [null] } as const;
    const texts = file.createDataset<string[]>('texts', { ...options, data: ['a', 'b', 'c', 'd', 'e', 'f'] });
    texts.resize([3]);
    texts.resize([5]);
    expect(texts.read()).toEqual(['a', 'b', 'c', '', '']);
    expect((await h5py(file.toBytes())).objects).toBeDefined();
    expect(JSON.stringify(await h5py(file.toBytes()))).toContain('["a","b","c","",""]');
  });
});
