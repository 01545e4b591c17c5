import { seeded } from '../random.js';

/** A change of a member of the root group: its elements are all the number of the commit. */
export interface Edit {
  /** `write`: in place; `make`: new, in place of what has the name. */
  readonly kind: 'write' | 'make' | 'delete';
  readonly name: string;
  readonly length: number;
}

/** Of every state: written in place by each commit, and larger than what a reader keeps in memory. */
export const LARGE = { name: 'large', length: 6000 };
const NAMES = 30;

/** What the n-th commit changes, besides the attribute `n`. What there is after it follows from n alone. */
export function editsOf(n: number): Edit[] {
  const random = seeded(n);
  const names = new Set(Array.from({ length: random(6) }, () => `n${random(NAMES)}`));
  const edits = Array.from(names, (name): Edit => {
    // Now and then more than a writer gathers before it writes it.
    const length = random(40) === 0 ? 33_000 + random(10_000) : 1 + random(1000);
    return { kind: random(3) === 0 ? 'delete' : 'make', name, length };
  });
  return [{ kind: 'write', ...LARGE }, ...edits];
}
