/** Attributes and small datasets that are written again and again: what fits is changed in the header as it stands in the file. */
import { describe, expect, it } from 'vitest';
import { H5Dataset, H5File } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import { verifyStorage } from '../../src/verify.js';
import { attributesOf, h5py, objectAt, oracleTest } from '../oracle/oracles.js';
import { type Random, seeded } from '../random.js';
import { runs, SEED } from '../thoroughness.js';

const NAMES = ['a', 'b', 'c'] as const;
type Model = Map<string, { value: unknown; attrs: Map<string, unknown> }>;

const copyOf = (model: Model): Model =>
  new Map([...model].map(([name, { value, attrs }]) => [name, { value, attrs: new Map(attrs) }]));

function anyValue(random: Random): unknown {
  switch (random(6)) {
    case 0:
      return `text ${'x'.repeat(random(300))}`;
    case 1:
      return 'same';
    case 2:
      return Float64Array.from({ length: 1 + random(3) }, () => random(1000) / 4);
    case 3:
      return random(2) === 0;
    default:
      return random(1000) + 0.5;
  }
}

function stateOf(file: H5File): Model {
  const state: Model = new Map();
  for (const [name, object] of file.entries()) {
    const attrs = new Map([...(object?.attrs ?? [])].map(([key, value]) => [key, value] as const));
    state.set(name, { value: object instanceof H5Dataset ? object.value : undefined, attrs });
  }
  return state;
}

/** One change of a file and of its model. */
function change(file: H5File, model: Model, random: Random): void {
  const name = NAMES[random(NAMES.length)] as string;
  const known = model.get(name);
  if (!known) {
    const value = random(3) === 0 ? undefined : anyValue(random);
    if (value === undefined) file.createGroup(name);
    else file.createDataset(name, { data: value });
    model.set(name, { value, attrs: new Map() });
    return;
  }
  const object = file.get(name);
  if (!object) throw new Error(`no ${name}`);
  const key = NAMES[random(NAMES.length)] as string;
  switch (random(12)) {
    case 0:
      file.delete(name);
      model.delete(name);
      return;
    case 1: {
      const other = NAMES[random(NAMES.length)] as string;
      if (model.has(other)) return;
      file.move(name, other);
      model.delete(name);
      model.set(other, known);
      return;
    }
    case 2:
      object.attrs.delete(key);
      known.attrs.delete(key);
      return;
    case 3:
    case 4:
    case 5:
      if (!(object instanceof H5Dataset) || typeof known.value !== 'number') return;
      known.value = random(1000) + 0.5;
      object.write(known.value);
      return;
    default: {
      const value = anyValue(random);
      object.attrs.set(key, value);
      known.attrs.set(key, value);
    }
  }
}

/** A file, what it holds, and what it held after the last commit. */
interface Edited {
  readonly file: H5File;
  model: Model;
  committed: Model;
}

/** Changes, some of which are taken back. */
function changeMany(edited: Edited, random: Random, depth = 0): void {
  const { file } = edited;
  for (let i = random(8); i >= 0; i--) {
    if (depth < 2 && random(5) === 0) {
      const before = copyOf(edited.model);
      const fails = random(2) === 0;
      try {
        file.transaction(() => {
          changeMany(edited, random, depth + 1);
          if (fails) throw new Error('taken back');
        });
        // The outermost one commits; when it fails, all goes that was not committed.
        if (depth === 0) edited.committed = copyOf(edited.model);
      } catch (error) {
        if (!fails) throw error;
        edited.model = depth === 0 ? copyOf(edited.committed) : before;
      }
    } else if (depth === 0 && random(9) === 0) {
      file.flush();
      edited.committed = copyOf(edited.model);
    } else change(file, edited.model, random);
  }
}

/** A file that is changed in several sessions, with its model. */
function campaign(seed: number): { bytes: Uint8Array; model: Model } {
  const random = seeded(SEED + seed);
  let bytes = H5File.open(undefined, 'w').toBytes();
  let model: Model = new Map();
  for (let session = 0; session < 4; session++) {
    const file = H5File.open(new MemoryStorage(bytes), 'r+');
    const edited = { file, model, committed: copyOf(model) };
    expect(stateOf(file)).toEqual(model);
    for (let turn = 0; turn < 8; turn++) {
      changeMany(edited, random);
      expect(stateOf(file)).toEqual(edited.model);
      if (random(4) === 0) {
        file.rollback();
        edited.model = copyOf(edited.committed);
        expect(stateOf(file)).toEqual(edited.model);
      } else {
        file.commit();
        edited.committed = copyOf(edited.model);
      }
    }
    bytes = file.toBytes();
    file.close();
    ({ model } = edited);
    const { problems, notes } = verifyStorage(new MemoryStorage(bytes));
    expect(problems).toEqual([]);
    expect(notes.filter(({ code }) => code === 'unreferenced' || code === 'shared')).toEqual([]);
  }
  return { bytes, model };
}

describe('what is written again and again is as it was written last', () => {
  it.each(Array.from({ length: runs(100) }, (_, i) => i))('campaign %d', (i) => {
    campaign(i);
  });

  oracleTest('h5py', 'for h5py, too', async () => {
    const plain = (value: unknown) => (ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value);
    for (let i = 0; i < 5; i++) {
      const { bytes, model } = campaign(1000 + i);
      const seen = await h5py(bytes);
      expect(seen.root.links.map(({ name }) => name).sort()).toEqual([...model.keys()].sort());
      for (const [name, { value, attrs }] of model) {
        const object = objectAt(seen, name);
        const expected = [...attrs].map(([key, each]) => [key, plain(each)]);
        expect(Object.entries(attributesOf(object))).toEqual(expected);
        expect(object.kind === 'dataset' ? object.value : undefined).toEqual(plain(value));
      }
    }
  });
});
