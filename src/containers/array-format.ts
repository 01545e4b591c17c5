import type { DTypeName } from '../kernels/block-source.js';
import { digitsOf, textOf } from '../kernels/number-text.js';
import type { ArraySelection } from './array-selection.js';

/** What can be shown: an H5Array. */
interface Shown {
  readonly shape: readonly number[];
  readonly dtype: DTypeName;
  slice(selection: ArraySelection): Shown;
  read(): ArrayLike<unknown>;
}

/** Of an axis longer than twice this the first and the last so many are shown; fewer, where there are very many axes. */
const EDGE = 3;
/** So many elements are shown at most. */
const MOST_SHOWN = 5000;
const LONGEST = 80;

/**
 * The elements of an array as text, rows below one another, with `...` in the place of what is in the middle of long axes.
 *
 * @example
 * formatArray(array, { separator: ', ', indent: 8 });
 */
export function formatArray(
  array: Shown,
  { separator, indent = 0 }: { separator: string; indent?: number },
): string {
  const { shape, dtype } = array;
  if (shape.includes(0)) return '[]';
  let edge = EDGE;
  while (edge > 0 && shape.reduce((count, size) => count * Math.min(size, 2 * edge), 1) > MOST_SHOWN) edge--;
  if (edge === 0) return '[...]';
  // Only what is shown is read: the corners.
  let corners = array;
  shape.forEach((size, axis) => {
    if (size <= 2 * edge) return;
    const shown = [
      ...Array.from({ length: edge }, (_, i) => i),
      ...Array.from({ length: edge }, (_, i) => i - edge),
    ];
    corners = corners.slice([...new Array<undefined>(axis).fill(undefined), shown]);
  });
  const values = corners.read();
  let at = 0;
  const format = (axis: number): string => {
    if (axis === shape.length) return elementText(values[at++], dtype);
    const size = shape[axis] as number;
    const isLong = size > 2 * edge;
    const parts: string[] = [];
    for (let i = 0; i < (isLong ? 2 * edge : size); i++) {
      if (isLong && i === edge) parts.push('...');
      parts.push(format(axis + 1));
    }
    const left = shape.length - 1 - axis;
    const between = left === 0 ? separator : `,${'\n'.repeat(left)}${' '.repeat(indent + axis + 1)}`;
    return `[${parts.join(between)}]`;
  };
  return format(0);
}

/** An element in a few words. */
function elementText(value: unknown, dtype: DTypeName): string {
  if (typeof value === 'string') {
    const text = value.length > LONGEST ? `${value.slice(0, LONGEST)}...` : value;
    return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
  }
  if (typeof value === 'number') return textOf(value, dtype.startsWith('float'), digitsOf(dtype));
  if (typeof value === 'boolean' || typeof value === 'bigint' || value === null || value === undefined)
    return String(value);
  if (dtype.startsWith('complex')) return textOf(value, true, digitsOf(dtype)).replace(/^\(|\)$/g, '');
  const own =
    (value as object).toString === Object.prototype.toString ? shallowText(value as object) : String(value);
  return own.length > LONGEST ? `${own.slice(0, LONGEST)}...` : own;
}

function shallowText(value: object): string {
  const members = Object.entries(value).map(([name, member]) =>
    typeof member === 'object' && member !== null
      ? `${name}: ${String(member)}`
      : `${name}: ${elementText(member, 'object')}`,
  );
  return `{ ${members.join(', ')} }`;
}
