/**
 * How much is tested: all of it in CI, a sample of it for a developer, who waits.
 *
 * CI sets H5PICKLE_CASES, the number of cases of property tests. Without it each test runs all the same, and each value and each
 * option of a table comes up, but not each value with each option, and of what is random there are fewer cases.
 */
const CASES = process.env['H5PICKLE_CASES'];

/** Whether all is tested, as in CI. */
export const THOROUGH: boolean = CASES !== undefined;

/** What random cases begin with: the same in each run, so that what fails fails again. */
export const SEED = Number(process.env['H5PICKLE_SEED'] ?? 20260101);

/** How many cases a property has: `few` for a developer, and in CI a share of H5PICKLE_CASES. */
export function casesOf(few: number, share = 1): number {
  return CASES === undefined ? few : Math.ceil(Number(CASES) * share);
}

/** How many there are of what has a number of its own in CI: for a developer a tenth, but not fewer than 20 of as many. */
export const runs = (all: number): number =>
  THOROUGH ? all : Math.max(Math.min(all, 20), Math.ceil(all / 10));

/** Every so manieth element of a table; in CI all. All samples, from 0 to `every - 1`, are the table. */
export function sampled<T>(table: readonly T[], every: number, from = 0): readonly T[] {
  return THOROUGH ? table : table.filter((_, i) => i % every === from % every);
}

/**
 * What to test of one table crossed with another: in CI each of the one with each of the other; for a developer each of
 * either once at least, the two tables side by side, the shorter one over and over.
 */
export function crossed<A, B>(first: readonly A[], second: readonly B[]): (readonly [A, B])[] {
  if (THOROUGH) return first.flatMap((a) => second.map((b) => [a, b] as const));
  const longest = Math.max(first.length, second.length);
  return Array.from({ length: longest }, (_, i) => [
    first[i % first.length] as A,
    second[i % second.length] as B,
  ]);
}

/**
 * Tests that change each byte of a file in turn try all of them in CI, else every nineteenth: the fields of a structure are of 1,
 * 2, 4 and 8 bytes, so that each part of them comes up.
 */
export const STRIDE: number = THOROUGH ? 1 : 19;

/** For the names of such tests. */
export const everyByte: string = THOROUGH ? 'every byte' : `every ${STRIDE}th byte`;
