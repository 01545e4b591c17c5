import { H5FormatError } from '../../errors.js';
import { type ByteReader, UNDEFINED_ADDRESS } from '../byte-reader.js';
import { decodeDataLayout } from '../messages/data-layout.js';
import { extent } from '../messages/dataspace.js';
import { checkChunks } from './chunks.js';
import { type Elements, followElements, pointersOf } from './elements.js';
import { heapObject } from './global-heap.js';
import type { Messages } from './messages.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** The class of the layout of a virtual dataset. */
const VIRTUAL = 3;
/** The parts of elements that are looked at at a time. */
const WINDOW = 1 << 16;

/** Checks the fill value of a dataset, and its elements. */
export function checkDataset(walk: Walk, object: ObjectRecord, messages: Messages): void {
  const { datatype, dataspace, layout, fillValue, filters = [], external } = messages;
  if (!datatype || !dataspace || !layout) {
    walk.lost();
    return;
  }
  const areFilled = fillValue?.some((byte) => byte !== 0) ?? false;
  const elements: Elements = { datatype, dataspace, pointers: pointersOf(datatype), filters, areFilled };
  if (fillValue && fillValue.length !== datatype.size)
    walk.problem(
      'message',
      object.address,
      object,
      `a fill value of ${fillValue.length} bytes for elements of ${datatype.size}`,
    );
  else if (fillValue) followElements(walk, object, elements.pointers, fillValue, 1, 0);
  checkElements(walk, object, elements, layout, external);
}

/** The elements, wherever the data layout message (section IV.A.2.i) says that they are. */
function checkElements(
  walk: Walk,
  object: ObjectRecord,
  elements: Elements,
  message: ByteReader,
  external: boolean,
): void {
  const { datatype, dataspace, pointers } = elements;
  const place = message.offset - walk.base;
  const count = extent(dataspace);
  const needed = count * datatype.size;
  // A virtual dataset: where its parts are is an object of the global heap, which is not decoded here.
  if (message.left > 1 && (message.bytes[0] as number) > 2 && message.bytes[1] === VIRTUAL) {
    walk.attempt('message', place, object, () => {
      message.take(2);
      const address = message.address();
      const index = message.u32();
      if (address !== UNDEFINED_ADDRESS && index > 0) heapObject(walk, object, address, index, 0);
    });
    return;
  }
  const layout = walk.attempt('message', place, object, () => {
    if (!Number.isSafeInteger(needed)) message.fail(`a dataset of ${needed} bytes`);
    return decodeDataLayout(message, needed);
  });
  if (!layout) {
    walk.lost();
  } else if (layout.kind === 'compact') {
    const { data } = layout;
    if (needed > data.length)
      walk.problem('data', place, object, `the elements take ${needed} bytes, there are ${data.length}`);
    followElements(walk, object, pointers, data, count, datatype.size);
  } else if (layout.address === UNDEFINED_ADDRESS || external) {
    // Nothing was written, or not to this file.
  } else if (layout.kind === 'chunked') {
    checkChunks(walk, object, elements, layout, place);
  } else {
    checkContiguous(walk, object, elements, layout.address, layout.size);
  }
}

/** Elements in one piece. */
function checkContiguous(
  walk: Walk,
  object: ObjectRecord,
  { datatype, dataspace, pointers }: Elements,
  address: number,
  size: number,
): void {
  const count = extent(dataspace);
  const needed = count * datatype.size;
  const done = walk.attempt('data', address, object, () => {
    if (!walk.claim(address, size, 'data', 'elements', object)) return true;
    if (needed > size)
      throw new H5FormatError(walk.base + address, `the elements take ${needed} bytes, there are ${size}`);
    if (pointers.length === 0) return true;
    // In parts, so that large data are not in memory all at once.
    const step = Math.max(1, Math.floor(WINDOW / datatype.size));
    for (let first = 0; first < count; first += step) {
      const part = Math.min(step, count - first);
      const bytes = walk.bytes(address + first * datatype.size, part * datatype.size, 'elements');
      followElements(walk, object, pointers, bytes, part, datatype.size);
    }
    return true;
  });
  if (!done && pointers.length > 0) walk.sawHeap = false;
}
