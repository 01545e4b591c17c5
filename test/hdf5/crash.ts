import { expect } from 'vitest';
import { H5File } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import type { Durability } from '../../src/storage/transaction.js';
import { type Random, seeded } from '../random.js';
import { FaultStorage } from '../storage/fault-storage.js';
import { describeFile, Editing, rebuilt } from './editing-model.js';

/** A run of edits: what the storage was asked for, and what each commit made of the file. */
export interface Run {
  readonly storage: FaultStorage;
  /** The content by commit: the first is what there was before; each was complete after so many calls. */
  readonly states: { readonly content: string; readonly begun: number; readonly done: number }[];
}

/** Edits a file at random, in transactions of a few operations; some are rolled back. */
export function run(seed: number, operations: number, durability: Durability): Run {
  const random = seeded(seed);
  const editing = new Editing(seed);
  for (let i = 0; i < 40; i++) editing.step();
  const storage = new FaultStorage(editing.file.toBytes());
  editing.file = H5File.open(storage, 'r+', { durability });
  const states = [{ content: describeFile(editing.file), begun: 0, done: 0 }];
  for (let done = 0; done < operations; ) {
    const count = 1 + random(12);
    for (let i = 0; i < count; i++) editing.step();
    done += count;
    if (random(8) === 0) {
      editing.file.rollback();
      editing.root = rebuilt(editing.file);
      continue;
    }
    const content = describeFile(editing.file);
    const begun = storage.calls.length;
    editing.file.commit();
    states.push({ content, begun, done: storage.calls.length });
    if (random(20) === 0) {
      editing.file.close();
      editing.file = H5File.open(storage, 'r+', { durability });
    }
  }
  editing.file.close();
  return { storage, states };
}

/** Opens what is left after a crash at a call, and compares it with the states that it may be in. Returns its bytes. */
export function checkCut(
  { storage, states }: Run,
  call: number,
  random: Random,
  isKill: boolean,
): Uint8Array {
  const bytes = isKill ? storage.killed(call, random) : storage.cut(call, random);
  const image = new MemoryStorage(bytes);
  const last = states.findLastIndex(({ done }) => done <= call);
  const next = states[last + 1];
  const allowed = [states[last]?.content];
  if (next && next.begun <= call) allowed.push(next.content);
  const file = H5File.open(image, 'r+');
  const content = describeFile(file);
  if (!allowed.includes(content)) expect(content, `after a crash in call ${call}`).toBe(allowed[0]);
  // It can be changed, too.
  file.attrs.set('after the crash', call);
  file.commit();
  const recovered = image.copy(0, image.size);
  expect(H5File.open(recovered).attrs.get('after the crash')).toBe(call);
  return recovered;
}
