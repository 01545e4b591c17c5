import { MemoryStorage } from '../../src/storage/memory.js';
import type { WritableStorage } from '../../src/storage/storage.js';
import type { Random } from '../random.js';

/** What a storage was asked to do. */
export type Call =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly size: number }
  | { readonly kind: 'sync' };

/** When a storage is to fail: at which call, with what, and how much of its work it does before. */
export interface Failure {
  readonly call: number;
  readonly error: Error;
  readonly done: 'nothing' | 'half' | 'all';
}

/**
 * A storage in memory that remembers every call, so that what a disk may hold after a crash at any of them can be made; and
 * that fails where it is told to.
 */
export class FaultStorage implements WritableStorage {
  readonly #start: Uint8Array;
  readonly #now: MemoryStorage;
  readonly calls: Call[] = [];
  failure: Failure | undefined;

  constructor(bytes: Uint8Array) {
    this.#start = bytes.slice();
    this.#now = new MemoryStorage(bytes);
  }

  get size(): number {
    return this.#now.size;
  }

  read(position: number, length: number): Uint8Array {
    return this.#now.read(position, length);
  }

  copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    return this.#now.copy(position, length);
  }

  write(position: number, bytes: Uint8Array): void {
    this.#do({ kind: 'write', position, bytes: bytes.slice() });
  }

  resize(size: number): void {
    this.#do({ kind: 'resize', size });
  }

  sync(): void {
    this.#do({ kind: 'sync' });
  }

  close(): void {}

  /** What is in it now. */
  bytes(): Uint8Array {
    return this.#now.copy(0, this.#now.size);
  }

  #do(call: Call): void {
    const { failure } = this;
    const fails = failure?.call === this.calls.length;
    if (!fails || failure.done === 'all') {
      this.calls.push(call);
      apply(this.#now, call);
    } else if (failure.done === 'half' && call.kind === 'write') {
      const half = { ...call, bytes: call.bytes.subarray(0, call.bytes.length >> 1) };
      this.calls.push(half);
      apply(this.#now, half);
    } else {
      this.calls.push({ kind: 'write', position: 0, bytes: new Uint8Array(0) });
    }
    if (fails) throw failure.error;
  }

  /** What is there when the process was killed within its n-th call: the calls before it, and a part of that one, or none. */
  killed(n: number, random?: Random): Uint8Array {
    const image = new MemoryStorage(this.#start.slice());
    for (const call of this.calls.slice(0, n)) apply(image, call);
    const last = this.calls[n];
    if (random && last?.kind === 'write') apply(image, torn(last, random));
    return image.copy(0, image.size);
  }

  /**
   * What a disk may hold when the power went within the n-th call: what was synced, and of the calls after that any, in
   * any order, each torn anywhere.
   */
  cut(n: number, random: Random): Uint8Array {
    const image = new MemoryStorage(this.#start.slice());
    const before = this.calls.slice(0, n + 1);
    let synced = n;
    while (synced > 0 && before[synced - 1]?.kind !== 'sync') synced--;
    for (const call of before.slice(0, synced)) apply(image, call);
    const rest = before.slice(synced).filter((call) => call.kind !== 'sync');
    const inOrder = random(2) === 0;
    while (rest.length > 0) {
      const [call] = rest.splice(inOrder ? 0 : random(rest.length), 1) as [Call];
      if (random(3) === 0) continue;
      apply(image, call.kind === 'write' && random(3) === 0 ? torn(call, random) : call);
    }
    return image.copy(0, image.size);
  }
}

function apply(image: MemoryStorage, call: Call): void {
  if (call.kind === 'write') image.write(call.position, call.bytes);
  else if (call.kind === 'resize') image.resize(call.size);
}

/** A part of a write: its beginning, or some of its bytes. */
function torn(call: Call & { kind: 'write' }, random: Random): Call {
  const { position, bytes } = call;
  if (bytes.length === 0) return call;
  const from = random(2) === 0 ? 0 : random(bytes.length);
  const to = from + random(bytes.length - from + 1);
  return { kind: 'write', position: position + from, bytes: bytes.subarray(from, to) };
}
