import { Missing } from './layout.js';
import type { Node, VectorNode } from './plan.js';

/** Where a value stands, in JavaScript's own notation: `$.users[3].name`. The root's path is `$`. */
export function memberPath(parent: string, key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
    ? `${parent}.${key}`
    : `${parent}[${JSON.stringify(key)}]`;
}

/** The path of the value that a node stands for. */
export function pathOf(node: Node): string {
  const { place } = node;
  // The outermost node holds the root value as its only member; it has no place in what the user wrote.
  if (!place?.node.place) return place ? '$' : '';
  switch (place.role) {
    case 'member':
      return memberPath(pathOf(place.node), String(place.key));
    case 'element':
      return elementPath(place.node as VectorNode, place.key as number);
    default:
      return pathOf(place.node);
  }
}

/** The path of an element of a vector, given its number among those that are present. */
export function elementPath(vector: VectorNode, index: number): string {
  const { place } = vector;
  const position = vector.mask && vector.encoding !== 'missing' ? nthPresent(vector.mask, index) : index;
  if (vector.type || !place) return `${pathOf(vector)}[${position}]`;
  const holder = place.node as VectorNode;
  switch (place.role) {
    case 'column':
      return memberPath(elementPath(holder, index), String(place.key));
    case 'item':
    case 'itemKey': {
      const offsets = holder.offsets as Uint32Array;
      let row = 0;
      while ((offsets[row + 1] as number) <= index) row++;
      const within = index - (offsets[row] as number);
      return `${elementPath(holder, row)}[${place.role === 'item' ? within : `key ${within}`}]`;
    }
    case 'part': {
      let left = index;
      const parts = holder.parts as Uint8Array;
      const at = parts.findIndex((part) => part === place.key && left-- === 0);
      return elementPath(holder, at);
    }
    case 'key':
      return `${pathOf(place.node)}[key ${index}]`;
    default:
      return `${pathOf(place.node)}[value ${index}]`;
  }
}

function nthPresent(mask: Uint8Array, index: number): number {
  for (let i = 0, left = index; i < mask.length; i++)
    if (mask[i] === Missing.present && left-- === 0) return i;
  return index;
}
