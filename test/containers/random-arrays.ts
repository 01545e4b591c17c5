import type { ArrayIndex } from '../../src/containers/array-selection.js';
import type { H5Array } from '../../src/containers/h5-array.js';
import type { NumpyIndex, NumpyLink, NumpyValue } from '../oracle/numpy.js';
import type { Random } from '../random.js';

/** The same index for an H5Array, half of them as text. */
export function arrayIndex(entry: NumpyIndex, random: Random): ArrayIndex {
  if ('at' in entry) return random(3) === 0 ? String(entry.at) : entry.at;
  if ('slice' in entry) {
    const [start, stop, step] = entry.slice;
    if (start === null && stop === null && step === null && random(2) === 0) return undefined;
    const text = `${start ?? ''}:${stop ?? ''}${step === null ? '' : `:${step}`}`;
    return random(2) === 0
      ? text
      : { start: start ?? undefined, stop: stop ?? undefined, step: step ?? undefined };
  }
  if ('new' in entry) return random(2) === 0 ? null : 'None';
  if ('dots' in entry) return '...';
  if ('is' in entry) return entry.is;
  if ('mask' in entry) return { mask: entry.mask as boolean[] };
  const list = entry.list as number[];
  if (typeof list[0] !== 'object' && random(3) === 0) return Int32Array.from(list);
  return random(2) === 0 ? list : { indices: list };
}

/** The view of an array that a chain makes. */
export function chained(array: H5Array, chain: readonly NumpyLink[], random: Random): H5Array {
  let view = array;
  for (const link of chain) {
    if ('index' in link) view = view.slice(link.index.map((entry) => arrayIndex(entry, random)));
    else if ('transpose' in link) view = view.transpose(link.transpose);
    else view = view.reshape(link.reshape);
  }
  return view;
}

export function randomShape(random: Random, rank: number, most: number): number[] {
  return Array.from({ length: rank }, () => (random(12) === 0 ? random(2) : 1 + random(most)));
}

function nest(flat: readonly unknown[], shape: readonly number[]): unknown[] {
  const [, ...rest] = shape;
  if (rest.length === 0) return [...flat];
  const size = rest.reduce((product, dim) => product * dim, 1);
  return Array.from({ length: shape[0]! }, (_, i) => nest(flat.slice(i * size, (i + 1) * size), rest));
}

function randomSlice(random: Random, size: number): NumpyIndex {
  const bound = () => (random(3) === 0 ? null : random(2 * size + 4) - size - 2);
  const step = [null, null, 1, 2, 3, -1, -2][random(7)]!;
  return { slice: [bound(), bound(), step] };
}

/** A selection of an array of a shape; now and then one that is wrong. */
export function randomIndex(random: Random, shape: readonly number[]): NumpyIndex[] {
  const entries: NumpyIndex[] = [];
  // All lists have shapes that broadcast.
  const joint = randomShape(random, 1 + random(2), 3);
  const listShape = () => {
    const own = joint.map((size) => (random(4) === 0 ? 1 : size));
    return random(4) === 0 && own.length > 1 ? own.slice(1) : own;
  };
  let dots = random(3) === 0;
  const style = random(3);
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis]!;
    if (random(8) === 0) entries.push({ new: true });
    if (dots && random(3) === 0) {
      entries.push({ dots: true });
      dots = false;
      axis += random(shape.length - axis);
      if (axis >= shape.length) break;
    }
    const kind = random(style === 0 ? 4 : 7);
    if (kind === 0 && size > 0) entries.push({ at: random(2 * size) - size });
    else if (kind <= 3 || size === 0) entries.push(randomSlice(random, size));
    else if (kind <= 5) {
      const own = listShape();
      const count = own.reduce((product, dim) => product * dim, 1);
      // Where nothing is selected numpy lets some indices pass that are beyond the end.
      const wrong = random(60) === 0 && !joint.includes(0);
      const list = Array.from({ length: count }, () => random(2 * size) - size + (wrong ? size : 0));
      entries.push({ list: nest(list, own) });
    } else if (style === 1) {
      const both = axis + 1 < shape.length && random(3) === 0;
      const own = shape.slice(axis, axis + (both ? 2 : 1));
      const count = own.reduce((product, dim) => product * dim, 1);
      // Numpy lets an empty mask pass where nothing is selected, whatever the axis.
      if (count === 0) break;
      entries.push({
        mask: nest(
          Array.from({ length: count }, () => random(2) === 0),
          own,
        ),
      });
      if (both) axis++;
    } else entries.push({ slice: [null, null, null] });
    if (random(10) === 0) break;
  }
  if (random(12) === 0) entries.push({ new: true });
  if (random(40) === 0) entries.push({ at: 0 });
  return entries;
}

/** The shape that a chain gives, as far as it is known without numpy. */
export type ShapeOf = (chain: readonly NumpyLink[]) => readonly number[];

export function randomValue(random: Random, shape: readonly number[], next: () => number): NumpyValue {
  let own = shape.map((size) => (random(5) === 0 ? 1 : size));
  if (random(4) === 0) own = own.slice(random(own.length + 1));
  if (random(30) === 0 && own.length > 0) own[0] = own[0]! + 1;
  const count = own.reduce((product, dim) => product * dim, 1);
  return { shape: own, data: Array.from({ length: count }, next) };
}

/** A value for an H5Array. */
export function nestedValue({ shape, data }: NumpyValue): unknown {
  return shape.length === 0 ? data[0] : nest(data, shape);
}
