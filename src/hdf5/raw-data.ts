import { H5FormatError, withoutIndexes } from '../errors.js';
import { UNDEFINED_ADDRESS } from './byte-reader.js';
import type { FileSpace } from './file-space.js';
import { extent } from './messages/dataspace.js';
import type { DatasetInfo } from './object.js';

/** The bytes of a dataset's elements. */
export interface RawData {
  /** How many bytes the file has for them: those of chunks as they are there, compressed for example. */
  readonly stored: number;
  /** The bytes of `count` elements from the element `first` on; they must not be changed. */
  read(first: number, count: number): Uint8Array;
  /** The same bytes for the caller to keep and to change. */
  copy(first: number, count: number): Uint8Array<ArrayBuffer>;
}

/** Finds the data of a dataset and checks that all of them are there. `what` names them in errors. */
export function rawData(space: FileSpace, info: DatasetInfo, what: string): RawData {
  const { datatype, dataspace, layout, fillValue } = info;
  const { size } = datatype;
  const total = extent(dataspace) * size;
  switch (layout.kind) {
    case 'compact': {
      const { data } = layout;
      if (total > data.length) {
        throw new H5FormatError(layout.offset, `${what} take ${total} bytes, there are ${data.length}`);
      }
      const read = (first: number, count: number) => data.subarray(first * size, (first + count) * size);
      return { stored: total, read, copy: (first, count) => new Uint8Array(read(first, count)) };
    }
    case 'contiguous': {
      const { address } = layout;
      if (address === UNDEFINED_ADDRESS) return filled(size, fillValue);
      if (total > layout.size || address + total > space.end) {
        throw new H5FormatError(
          space.superblock.baseAddress + address,
          `${what} take ${total} bytes, there are ${layout.size}`,
        );
      }
      return {
        stored: total,
        read: (first, count) => space.bytes(address + first * size, count * size, what),
        copy: (first, count) => space.copy(address + first * size, count * size, what),
      };
    }
    default: {
      const elements = space.indexes?.elements(space, info) ?? withoutIndexes(`${what} in chunks`);
      // Who reads them this way reads all of them.
      let all: Uint8Array | undefined;
      const read = (first: number, count: number) => {
        all ??= elements.select([]).bytes;
        return all.subarray(first * size, (first + count) * size);
      };
      return {
        get stored() {
          return elements.stored;
        },
        read,
        copy: (first, count) => new Uint8Array(read(first, count)),
      };
    }
  }
}

/** Elements that were never written: all of them are the fill value, or zeros. */
export function filled(size: number, fillValue: Uint8Array | undefined): RawData {
  if (fillValue && fillValue.length !== size) {
    throw new H5FormatError(-1, `a fill value of ${fillValue.length} bytes for elements of ${size}`);
  }
  const copy = (_: number, count: number) => {
    const bytes = new Uint8Array(count * size);
    if (fillValue && count > 0) {
      bytes.set(fillValue);
      for (let done = size; done < bytes.length; done *= 2) bytes.copyWithin(done, 0, done);
    }
    return bytes;
  };
  return { stored: 0, read: copy, copy };
}
