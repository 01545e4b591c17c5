import { H5FormatError } from '../errors.js';
import { UNDEFINED_ADDRESS } from './byte-reader.js';
import type { FileSpace } from './file-space.js';
import { extent } from './messages/dataspace.js';
import type { DatasetInfo } from './object.js';

/** Data that a file never stored, only promised by a fill value, are made up to this size. */
const MAX_UNALLOCATED = 2 ** 30;

/** The bytes of `count` elements of a dataset from element `first` on: a view where the storage allows one. */
export function readRawData(
  space: FileSpace,
  info: DatasetInfo,
  first = 0,
  count = extent(info.dataspace),
): Uint8Array {
  const { layout, datatype } = info;
  const start = first * datatype.size;
  const length = count * datatype.size;
  if (length === 0) return new Uint8Array(0);
  if (layout.kind === 'compact') {
    if (start + length > layout.data.length) {
      throw new H5FormatError(layout.offset, `a dataset of ${start + length} bytes, ${layout.data.length} are stored`);
    }
    return layout.data.subarray(start, start + length);
  }
  if (layout.address === UNDEFINED_ADDRESS) {
    if (length > MAX_UNALLOCATED) {
      throw new H5FormatError(info.address, `a dataset of ${length} bytes that were never written`);
    }
    const bytes = new Uint8Array(length);
    const { fillValue } = info;
    if (fillValue) for (let i = 0; i < length; i++) bytes[i] = fillValue[i % fillValue.length] as number;
    return bytes;
  }
  if (start + length > layout.size) {
    throw new H5FormatError(info.address, `a dataset of ${start + length} bytes, ${layout.size} are stored`);
  }
  return space.bytes(layout.address + start, length, 'the data of a dataset');
}
