import type { EditableSpace } from './editable-space.js';
import { getU64, setU64, viewOf } from './endian.js';
import { type GlobalHeapEditor, heapObject } from './indexes/global-heap.js';
import type { Datatype, VariableLength } from './messages/datatype.js';

/** Whether elements lead to objects of the global heap; `references`: or to objects of the file. */
export function hasPointers(type: Datatype, references = false): boolean {
  switch (type.class) {
    case 'variable-length':
      return true;
    case 'array':
      return hasPointers(type.base, references);
    case 'compound':
      return type.members.some((member) => hasPointers(member.type, references));
    case 'reference':
      return references || type.kind === 'region';
    default:
      return false;
  }
}

/** Whether elements lead to objects of the file. */
export function hasReferences(type: Datatype): boolean {
  switch (type.class) {
    case 'variable-length':
      return !type.string && hasReferences(type.base);
    case 'array':
      return hasReferences(type.base);
    case 'compound':
      return type.members.some((member) => hasReferences(member.type));
    default:
      return type.class === 'reference';
  }
}

/**
 * Gives back what `count` elements hold in the global heap: their strings and sequences. `seen`: what has been given back
 * already, of elements that may be there several times. What region references hold stays until the file is written anew: the HDF5
 * library copies them as they are within a file, so that others may lead to the same.
 */
export function releaseElements(
  space: EditableSpace,
  heap: GlobalHeapEditor,
  type: Datatype,
  count: number,
  bytes: Uint8Array,
  seen?: Set<string>,
): void {
  if (!hasPointers(type)) return;
  const view = viewOf(bytes);
  const isSeen = (address: number, index: number): boolean => {
    const known = seen?.size;
    return seen?.add(pointer(address, index)).size === known && known !== undefined;
  };
  const release = (at: number, element: VariableLength): void => {
    const length = view.getUint32(at, true);
    const address = getU64(view, at + 4);
    const index = view.getUint32(at + 12, true);
    if (address === 0 || isSeen(address, index)) return;
    if (length === 0) {
      heap.removeEmpty(address, index);
      return;
    }
    const { base } = element;
    if (!element.string && hasPointers(base)) {
      const data = heapObject(space, address, index, length * base.size);
      releaseElements(space, heap, base, length, new Uint8Array(data));
    }
    heap.remove(address, index);
  };
  for (let i = 0; i < count; i++) eachPointer(type, i * type.size, release);
}

/** What an element leads to in the global heap, as `seen` of `releaseElements` has it. */
export function pointersOf(type: Datatype, bytes: Uint8Array): Set<string> {
  const view = viewOf(bytes);
  const pointers = new Set<string>();
  eachPointer(type, 0, (at) => pointers.add(pointer(getU64(view, at + 4), view.getUint32(at + 12, true))));
  return pointers;
}

/** How many bytes an element leads to in the global heap, but for what is within these. */
export function heapBytes(type: Datatype, bytes: Uint8Array): number {
  const view = viewOf(bytes);
  let size = 0;
  eachPointer(type, 0, (at, { base }) => {
    size += view.getUint32(at, true) * base.size;
  });
  return size;
}

function pointer(address: number, index: number): string {
  return `${address} ${index}`;
}

/**
 * Gives each of `count` elements a copy of its own of what it leads to in the global heap, as far as `shared` names that, in the way of
 * `pointersOf`; without it of all.
 */
export function ownElements(
  space: EditableSpace,
  heap: GlobalHeapEditor,
  type: Datatype,
  count: number,
  bytes: Uint8Array,
  shared?: ReadonlySet<string>,
): void {
  const view = viewOf(bytes);
  const own = (at: number, { base }: VariableLength): void => {
    const length = view.getUint32(at, true);
    const address = getU64(view, at + 4);
    const index = view.getUint32(at + 12, true);
    if (address === 0 || length === 0 || shared?.has(pointer(address, index)) === false) return;
    const data = new Uint8Array(heapObject(space, address, index, length * base.size));
    // What is within comes first: the heap remembers where its last object is.
    if (hasPointers(base)) ownElements(space, heap, base, length, data);
    heap.insert(data.length);
    heap.bytes.set(data, heap.position);
    setU64(view, at + 4, heap.address);
    view.setUint32(at + 12, heap.index, true);
  };
  for (let i = 0; i < count; i++) eachPointer(type, i * type.size, own);
}

/** Visits what of an element at a position is a text or a sequence, but for what is within these. */
function eachPointer(type: Datatype, at: number, visit: (at: number, type: VariableLength) => void): void {
  // Types nest at most MAX_DATATYPE_DEPTH deep.
  if (type.class === 'variable-length') visit(at, type);
  else if (type.class === 'array') {
    const size = type.dims.reduce((product, dim) => product * dim, 1);
    for (let i = 0; i < size; i++) eachPointer(type.base, at + i * type.base.size, visit);
  } else if (type.class === 'compound') {
    for (const member of type.members)
      if (hasPointers(member.type)) eachPointer(member.type, at + member.offset, visit);
  }
}
