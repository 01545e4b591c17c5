import { UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { Dataspace } from '../messages/dataspace.js';
import type { Datatype } from '../messages/datatype.js';
import type { FilterInfo } from '../messages/filter-pipeline.js';
import { hasPointers } from '../release.js';
import { addressAt, uintAt } from './bytes.js';
import { heapObject, noteEmptySequence } from './global-heap.js';
import type { ObjectRecord } from './object-record.js';
import { noteReference } from './references.js';
import type { Walk } from './walk.js';

/** The elements of a dataset: what they are, what in them leads elsewhere, and the filters of their chunks. */
export interface Elements {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly pointers: Pointer[];
  readonly filters: readonly FilterInfo[];
  /** Whether elements outside of the dataset, in chunks at its edges, lead to copies of what the fill value leads to. */
  readonly areFilled: boolean;
}

/** Something in an element that leads elsewhere, `at` bytes from where the element begins. */
export type Pointer =
  | { readonly kind: 'sequence'; readonly at: number; readonly size: number; readonly inner: Pointer[] }
  | { readonly kind: 'object' | 'region'; readonly at: number }
  | {
      readonly kind: 'array';
      readonly at: number;
      readonly count: number;
      readonly size: number;
      readonly inner: Pointer[];
    };

/** What in elements of a datatype leads elsewhere. */
export function pointersOf(type: Datatype, at = 0): Pointer[] {
  switch (type.class) {
    case 'variable-length':
      return [
        {
          kind: 'sequence',
          at,
          size: type.string ? 1 : type.base.size,
          inner: type.string ? [] : pointersOf(type.base),
        },
      ];
    case 'array': {
      if (!hasPointers(type, true)) return [];
      const { base, dims } = type;
      return [
        {
          kind: 'array',
          at,
          count: dims.reduce((product, dim) => product * dim, 1),
          size: base.size,
          inner: pointersOf(base),
        },
      ];
    }
    case 'compound':
      return type.members.flatMap((member) => pointersOf(member.type, at + member.offset));
    case 'reference':
      return [{ kind: type.kind, at }];
    default:
      return [];
  }
}

/** Follows what is in `count` elements, one every `size` bytes; those that are not there are left out. */
export function followElements(
  walk: Walk,
  object: ObjectRecord,
  pointers: readonly Pointer[],
  bytes: Uint8Array,
  count: number,
  size: number,
): void {
  if (pointers.length === 0) return;
  const there = size > 0 ? Math.min(count, Math.floor(bytes.length / size)) : count;
  for (let i = 0; i < there; i++)
    for (const pointer of pointers) followPointer(walk, object, pointer, bytes, i * size);
}

function followPointer(
  walk: Walk,
  object: ObjectRecord,
  pointer: Pointer,
  bytes: Uint8Array,
  start: number,
): void {
  const at = start + pointer.at;
  const O = walk.offsetSize;
  switch (pointer.kind) {
    case 'array':
      for (let i = 0; i < pointer.count; i++)
        for (const inner of pointer.inner) followPointer(walk, object, inner, bytes, at + i * pointer.size);
      return;
    case 'object':
      noteReference(walk, object, addressAt(bytes, at, O));
      return;
    case 'region': {
      const address = addressAt(bytes, at, O);
      if (address === 0 || address === UNDEFINED_ADDRESS) return;
      const data = heapObject(walk, object, address, uintAt(bytes, at + O, 4), O);
      if (data) noteReference(walk, object, addressAt(data, 0, O));
      return;
    }
    default: {
      const length = uintAt(bytes, at, 4);
      const address = addressAt(bytes, at + 4, O);
      const index = uintAt(bytes, at + 4 + O, 4);
      if (length === 0) {
        noteEmptySequence(walk, object, address, index);
        return;
      }
      const data = heapObject(walk, object, address, index, length * pointer.size);
      if (data) followElements(walk, object, pointer.inner, data, length, pointer.size);
    }
  }
}
