import { describe, expect, test } from 'vitest';
import { deserialize, H5Array, H5Dict, H5File, type H5List, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { type Random, seeded } from '../random.js';
import { graphOf } from '../serialize/graph.js';
import { FaultStorage } from '../storage/fault-storage.js';
import { SEED, THOROUGH } from '../thoroughness.js';

/*
 * A program that changes dicts, lists and arrays of one file, and is stopped at any moment: what is left is what there was before
 * a commit, or after it.
 */

const CUTS = Math.ceil(Number(process.env['H5PICKLE_CUTS'] ?? 30) / 10);
const COMMITS = THOROUGH ? 150 : 50;

/** One change of what a dict holds. */
function change(dict: H5Dict, random: Random): void {
  const key = `key ${random(12)}`;
  const list = dict.get('list') as H5List;
  const rows = dict.get('rows') as H5List;
  switch (random(9)) {
    case 0:
      dict.set(key, random(1000));
      break;
    case 1:
      dict.set(key, 'text '.repeat(random(200)));
      break;
    case 2:
      dict.set(key, { a: random(5), inner: { b: [random(9), 'x'] } });
      break;
    case 3:
      dict.delete(key);
      break;
    case 4:
      for (let i = random(200); i >= 0; i--) list.push(random(1000) / (1 + random(3)));
      break;
    case 5:
      if (list.length > 0) list.splice(random(list.length), 1 + random(3), random(2) === 0 ? 1 : 'text');
      break;
    case 6:
      for (let i = random(50); i >= 0; i--) rows.push({ id: random(1000), name: `n${random(10_000)}` });
      break;
    case 7:
      if (rows.length > 0) rows.delete(random(rows.length));
      break;
    default:
      H5Array.of(dict.file.dataset('array')).set(`${random(400)}:${400 + random(100)}`, random(1000));
  }
}

interface State {
  readonly content: string;
  readonly begun: number;
  readonly done: number;
}

const describeBytes = (bytes: Uint8Array): string => JSON.stringify(graphOf(deserialize(bytes)));

/** What a storage was asked for, and what each commit made of the file. */
function run(seed: number): { storage: FaultStorage; states: State[] } {
  const random = seeded(seed);
  const begin = H5Dict.write(undefined, { list: [1, 2, 3], rows: [], array: new Float64Array(500) });
  const storage = new FaultStorage(begin.file.toBytes());
  let dict = H5Dict.of(H5File.open(storage, 'r+'));
  const content = (): string => JSON.stringify(graphOf(dict.copy()));
  const states: State[] = [{ content: content(), begun: 0, done: 0 }];
  for (let i = 0; i < COMMITS; i++) {
    dict.transaction(() => {
      for (let k = random(6); k >= 0; k--) change(dict, random);
      if (random(8) > 0) return;
      // What fails leaves nothing.
      expect(() =>
        dict.transaction(() => {
          change(dict, random);
          dict.set('bad', () => 1);
        }),
      ).toThrow(/function/);
    });
    dict.commit();
    states.push({ content: content(), begun: states.at(-1)?.done ?? 0, done: storage.calls.length });
    if (random(15) > 0) continue;
    dict.close();
    dict = H5Dict.of(H5File.open(storage, 'r+'));
  }
  dict.close();
  return { storage, states };
}

describe('a crash', () => {
  test(`leaves collections as before a commit or after it: ${CUTS} cuts, seed ${SEED}`, {
    timeout: 600_000,
  }, () => {
    const { storage, states } = run(SEED);
    expect(new Set(states.map(({ content }) => content)).size).toBeGreaterThan(COMMITS / 2);
    const random = seeded(SEED);
    for (let i = 0; i < CUTS; i++) {
      const call = random(storage.calls.length);
      const image = new MemoryStorage(i % 3 === 0 ? storage.killed(call, random) : storage.cut(call, random));
      const last = states.findLastIndex(({ done }) => done <= call);
      const allowed = [states[last], states[last + 1]].map((state) => state?.content);
      const dict = H5Dict.of(H5File.open(image, 'r+'));
      dict.set('after the crash', call);
      dict.delete('after the crash');
      dict.commit();
      const left = image.copy(0, image.size);
      expect(allowed, `after a crash in call ${call}`).toContain(describeBytes(left));
      expect(verifyStorage(new MemoryStorage(left), { indexes }).problems).toEqual([]);
    }
  });
});
