/**
 * What is in a file for references to lead to it, and has its place nowhere else, has links in the root: `@objects`,
 * `@objects1`, ... (docs/FORMAT.md 2). References are no links, and what has none is given back.
 */
const NAME = /^@objects\d*$/;

/** Whether a link of the root is one of those. */
export function isReferredName(name: string): boolean {
  return NAME.test(name);
}

/** The name of such a link, by its number. */
export function referredName(number: number): string {
  return `@objects${number || ''}`;
}
