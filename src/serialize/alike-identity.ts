import { hashArray, IdentityTable } from './identity.js';

/** Fewer than so many objects are met one by one. */
const MANY = 1 << 15;
/** Of so many of them the hashes are looked at: where a fifth are those of others, more of all of them are. */
const SAMPLE = 1 << 13;

/** Objects that have got numbers together: all different, and none of them met before. */
interface Batch {
  readonly objects: ReadonlySet<object>;
  readonly first: number;
  /** By object, once one of them has been met again. */
  numbers?: ReadonlyMap<object, number>;
}

/**
 * An identity table for lists of very many arrays that hold much the same, such as the steps of a line: most of them have hashes
 * that others have as well, and end in a Set of all those. A Set of one list is made at once, in a third of the time.
 */
export class AlikeIdentity extends IdentityTable {
  readonly #batches: Batch[] = [];

  override claimMany(values: readonly unknown[], kinds: Uint16Array): boolean {
    const { size } = this;
    const { length } = values;
    if (length < Math.max(MANY, size) || !Array.isArray(values[0])) return false;
    if (!kinds.every((kind) => kind === kinds[0])) return false;
    const arrays = values as readonly unknown[][];
    const hashes = new Set<number>();
    for (let i = 0; i < SAMPLE; i++)
      hashes.add(hashArray(arrays[Math.floor((i * length) / SAMPLE)] as unknown[]));
    if (hashes.size > SAMPLE * 0.8) return false;
    const objects = new Set<object>(arrays);
    if (objects.size < length) return false;
    for (let i = 0; i < size; i++) if (objects.has(this.object(i))) return false;
    for (let i = 0; i < length; i++) this.add(arrays[i] as unknown[]);
    this.#batches.push({ objects, first: size });
    return true;
  }

  override claim(object: object, hash: number, kind: number): number {
    const known = this.#numberOf(object);
    return known < 0 ? super.claim(object, hash, kind) : known;
  }

  override find(object: object, hash: number): number {
    const known = this.#numberOf(object);
    return known < 0 ? super.find(object, hash) : known;
  }

  #numberOf(object: object): number {
    for (const batch of this.#batches) {
      const { objects, first } = batch;
      if (!objects.has(object)) continue;
      batch.numbers ??= new Map(Array.from(objects, (each, i) => [each, first + i]));
      return batch.numbers.get(object) as number;
    }
    return -1;
  }
}
