import { expect } from 'vitest';
import { H5File, indexes } from '../../src/node.js';
import { MemoryStorage } from '../../src/storage/memory.js';
import type { Durability } from '../../src/storage/transaction.js';
import { verifyStorage } from '../../src/verify.js';
import { type Random, seeded } from '../random.js';
import { FaultStorage } from '../storage/fault-storage.js';
import { describeFile, describeModel, Editing, rebuilt } from './editing-model.js';

export const DURABILITIES: readonly Durability[] = ['full', 'normal', 'off'];

/** A run of edits: what the storage was asked for, and what each commit made of the file. */
export interface Run {
  readonly storage: FaultStorage;
  /** The content by commit, as the model has it: the first is what there was before; each was complete after so many calls. */
  readonly states: { readonly content: string; readonly begun: number; readonly done: number }[];
}

/**
 * Edits a file at random, in commits of a few operations, some of which are transactions; some are rolled back. `theirs`: a file
 * of another program instead of one of ours: what is in it is compared with what was read after the commit, since its groups do not
 * remember an order, as the model does.
 */
export function run(
  seed: number,
  operations: number,
  durability: Durability,
  theirs?: Uint8Array<ArrayBuffer>,
): Run {
  const random = seeded(seed);
  const editing = new Editing(seed);
  if (!theirs) for (let i = 0; i < 40; i++) editing.step();
  const storage = new FaultStorage(theirs ?? editing.file.toBytes());
  editing.file = H5File.open(storage, 'r+', { durability });
  if (theirs) editing.root = rebuilt(editing.file);
  const describe = () => (theirs ? describeFile(H5File.open(storage.bytes())) : describeModel(editing.root));
  const states = [{ content: describe(), begun: 0, done: 0 }];
  for (let done = 0; done < operations; ) {
    const count = 1 + random(12);
    done += count;
    let begun = 0;
    const edit = (isWithin: boolean): void => {
      for (let i = 0; i < count; i++) {
        if (isWithin && random(2) === 0) editing.file.transaction(() => editing.step());
        else editing.step();
      }
      begun = storage.calls.length;
    };
    if (random(3) === 0) editing.file.transaction(() => edit(true));
    else {
      edit(false);
      if (random(8) === 0) {
        editing.file.rollback();
        editing.root = rebuilt(editing.file);
        continue;
      }
      editing.file.commit();
    }
    states.push({ content: describe(), begun, done: storage.calls.length });
    if (random(20) === 0) {
      editing.file.close();
      editing.file = H5File.open(storage, 'r+', { durability });
    }
  }
  editing.file.close();
  return { storage, states };
}

/**
 * Opens what is left after a crash at a call, compares it with the states that it may be in, changes it, and looks for
 * damage. Returns its bytes.
 */
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
  // Who only reads sees the same as who repairs it first.
  const seen = call % 2 === 0 ? describeFile(H5File.open(bytes.slice(), 'r')) : undefined;
  const file = H5File.open(image, 'r+');
  const content = describeFile(file);
  if (seen !== undefined && seen !== content)
    expect(seen, `read after a crash in call ${call}`).toBe(content);
  if (!allowed.includes(content)) expect(content, `after a crash in call ${call}`).toBe(allowed[0]);
  // It can be changed, too.
  file.attrs.set('after the crash', call);
  file.commit();
  const recovered = image.copy(0, image.size);
  expect(H5File.open(recovered).attrs.get('after the crash')).toBe(call);
  const { problems } = verifyStorage(new MemoryStorage(recovered), { indexes });
  // What no path reaches, because it is in a cycle, links to what others reach.
  expect(problems.filter(({ code }) => code !== 'link-count')).toEqual([]);
  return recovered;
}

/** Edits a file at random, and crashes at so many random moments of that. Returns how many commits there were. */
export function crash(seed: number, crashes: number, durability: Durability, operations = 1200): number {
  const random = seeded(seed);
  const edits = run(seed, operations, durability);
  for (let i = 0; i < crashes; i++) {
    // Without syncs there is no order that a disk keeps; a process that is killed loses nothing that it wrote.
    checkCut(edits, random(edits.storage.calls.length), random, durability === 'off' || i % 3 === 0);
  }
  return edits.states.length - 1;
}
