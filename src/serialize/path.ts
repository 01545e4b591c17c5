import type { RegisteredClass } from '../registry/index.js';
import { Missing } from './layout.js';
import type { Node, ObjectNode, VectorNode } from './plan.js';

/** How a property is reached: `.name` where the name allows it, else `["any name"]`; of instances, not the stored name. */
export function memberSegment(key: string, cls?: RegisteredClass): string {
  const name = String(cls?.propertyFor(key) ?? key);
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/**
 * Where a value stands in what is written, in JavaScript's own notation: `$.users[3].name`. The value is what a
 * node stands for, or an element of a vector, given its number among those that are present.
 */
export function pathTo(node: Node, element = -1): string {
  const segments: string[] = [];
  let at = node;
  for (;;) {
    const { place } = at;
    if (element < 0) {
      // The outermost node holds the root value as its only member; it has no place in what the user wrote.
      if (!place?.node.place) break;
      if (place.role === 'member')
        segments.push(memberSegment(place.key as string, (place.node as ObjectNode).class));
      else if (place.role === 'element') element = place.key as number;
      at = place.node;
      continue;
    }
    const vector = at as VectorNode;
    if (vector.pathOf) return vector.pathOf(element) + segments.reverse().join('');
    if (vector.type || !place) {
      segments.push(`[${positionOf(vector, element) + vector.first}]`);
      element = -1;
      continue;
    }
    const holder = place.node as VectorNode;
    at = holder;
    switch (place.role) {
      case 'column':
        segments.push(memberSegment(place.key as string));
        // A column has an element for each row, missing or not.
        element = positionOf(vector, element);
        break;
      case 'item':
      case 'itemKey': {
        const offsets = holder.offsets as Uint32Array;
        const position = positionOf(vector, element);
        element = offsets.findIndex((offset) => offset > position) - 1;
        const within = position - (offsets[element] as number);
        segments.push(`[${place.role === 'item' ? '' : 'key '}${within}]`);
        break;
      }
      case 'part': {
        let left = element;
        element = (holder.parts as Uint8Array).findIndex((part) => part === place.key && left-- === 0);
        break;
      }
      default:
        segments.push(`[${place.role} ${positionOf(vector, element)}]`);
        element = -1;
    }
  }
  return `$${segments.reverse().join('')}`;
}

/** A path, or what else a message shows, as messages have it: a list of a million links has one that nobody wants to see whole. */
export function shortPath(path: string): string {
  return path.length > 300 ? `${path.slice(0, 140)} … ${path.slice(-140)}` : path;
}

/** The position in a vector of the element that is number `index` of those that are present. */
function positionOf({ mask, encoding }: VectorNode, index: number): number {
  return mask && encoding !== 'missing' ? nthPresent(mask, index) : index;
}

/** The position of the element that is number `count` of those that a mask says are present. */
export function nthPresent(mask: Uint8Array, count: number): number {
  let left = count;
  const position = mask.findIndex((code) => code === Missing.present && left-- === 0);
  // Before the mask is known, numbers count all elements.
  return position < 0 ? count : position;
}
