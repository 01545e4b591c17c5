import { lookup3 } from '../hdf5/checksum.js';
import { decode } from '../hdf5/elements.js';
import type { FileSession } from '../hdf5/file-session.js';
import type { Extent } from '../hdf5/free-space.js';
import type { Datatype } from '../hdf5/messages/datatype.js';
import { type DatasetInfo, type ObjectInfo, readObject } from '../hdf5/object.js';
import { FIRST_LOOK, readObjectHeader } from '../hdf5/object-header.js';
import { isNull, isScalar, isSmallArray, LARGE_ARRAY, readElements, readScalar, scalarOf } from './scalar.js';

/** So many headers are known: of a few datatypes, and of a few widths of each. */
const KNOWN = 16;
const CHECKSUM = 4;
/** The first byte of the signature of a version 2 header. */
const VERSION_2 = 0x4f;

/** The header of a small value: what is the same in all that hold another value of its kind. */
interface Known {
  readonly bytes: Uint8Array;
  /** Where the value is in it. */
  readonly from: number;
  readonly to: number;
  /** Undefined of null. */
  readonly datatype: Datatype | undefined;
  /** How many elements, of an array. */
  readonly count: number | undefined;
}

/**
 * Reads scalars and small arrays that are datasets of their own, as lists of any values and large dicts have them. Their headers are
 * the same bytes over and over, but for the value and the checksum. What has been made of one is true of the next, so that nothing is
 * left but to compare the bytes. Of a file that is changed, they are those of the last flush.
 */
export class SmallValueReader {
  readonly #session: FileSession;
  /** The one that was used last comes first. */
  readonly #known: Known[] = [];
  /** What the last call of `read` has found where there is no such value. */
  info!: ObjectInfo;

  constructor(session: FileSession) {
    this.#session = session;
  }

  /**
   * The value at an address; undefined if that is no scalar, and no array of less than so many bytes, and then `info` says what it
   * is.
   */
  read(address: number, most = LARGE_ARRAY): unknown {
    const bytes = this.#look(address);
    const value = this.#find(bytes, most);
    return value === undefined ? this.#meet(address, bytes, most) : value;
  }

  /** The same if another one that was read has the same header; else undefined, and `info` says nothing. */
  readKnown(address: number, most = LARGE_ARRAY): unknown {
    return this.#known.length > 0 ? this.#find(this.#look(address), most) : undefined;
  }

  #look(address: number): Uint8Array {
    const { space } = this.#session;
    const length = Math.max(0, Math.min(FIRST_LOOK, space.end - address));
    return space.bytes(address, length, 'an object header');
  }

  #find(bytes: Uint8Array, most: number): unknown {
    const known = this.#known;
    for (let i = 0; i < known.length; i++) {
      const each = known[i] as Known;
      if (!matches(each, bytes)) continue;
      if (i > 0) {
        known[i] = known[0] as Known;
        known[0] = each;
      }
      const { datatype, count, from, to } = each;
      if (!datatype) return null;
      if (count === undefined) return scalarOf(this.#session, datatype, bytes.subarray(from, to));
      if (to - from >= most) return undefined;
      const { space, options } = this.#session;
      // Elements may be a view of the bytes.
      return decode(datatype, bytes.slice(from, to), count, space.globalHeap, options);
    }
    return undefined;
  }

  #meet(address: number, bytes: Uint8Array, most: number): unknown {
    const session = this.#session;
    const { space } = session;
    const extents: Extent[] = [];
    const info = readObject(space, address, readObjectHeader(space, address, extents));
    this.info = info;
    const isNothing = isNull(info);
    const isOne = !isNothing && isScalar(info);
    if (!isNothing && !isOne && !isSmallArray(info, most)) return undefined;
    const { layout, datatype, dataspace } = info as DatasetInfo;
    const [, total] = extents[0] as Extent;
    // Old headers have no checksum, some are in several pieces, and a committed datatype can become another one.
    const isWhole = extents.length === 1 && total <= bytes.length && bytes[0] === VERSION_2;
    if (isWhole && datatype.committed === undefined) {
      const from = layout.kind === 'compact' ? layout.offset - space.superblock.baseAddress - address : total;
      const header = bytes.slice(0, total);
      const count = isOne ? undefined : dataspace.dims[0];
      if (isNothing) this.#keep({ bytes: header, from: total, to: total, datatype: undefined, count });
      else if (from < total)
        this.#keep({ bytes: header, from, to: from + (count ?? 1) * datatype.size, datatype, count });
    }
    if (isNothing) return null;
    return isOne ? readScalar(session, info as DatasetInfo) : readElements(session, info as DatasetInfo);
  }

  #keep(known: Known): void {
    if (this.#known.length === KNOWN) this.#known.pop();
    this.#known.unshift(known);
  }
}

/** Whether bytes are a header that is known, with any value and the right checksum. */
function matches({ bytes: known, from, to }: Known, bytes: Uint8Array): boolean {
  const end = known.length - CHECKSUM;
  if (bytes.length < known.length) return false;
  for (let i = 0; i < from && i < end; i++) if (bytes[i] !== known[i]) return false;
  for (let i = to; i < end; i++) if (bytes[i] !== known[i]) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, known.length);
  return lookup3(view, 0, end) === view.getUint32(end, true);
}
