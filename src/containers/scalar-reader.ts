import { lookup3 } from '../hdf5/checksum.js';
import type { FileSession } from '../hdf5/file-session.js';
import type { Extent } from '../hdf5/free-space.js';
import type { Datatype } from '../hdf5/messages/datatype.js';
import { type DatasetInfo, type ObjectInfo, readObject } from '../hdf5/object.js';
import { FIRST_LOOK, readObjectHeader } from '../hdf5/object-header.js';
import { isNull, isScalar, readScalar, scalarOf } from './scalar.js';

/** So many headers are known: of a few datatypes, and of a few widths of each. */
const KNOWN = 16;
const CHECKSUM = 4;
/** The first byte of the signature of a version 2 header. */
const VERSION_2 = 0x4f;

/** The header of a scalar: what is the same in all that hold another value of its kind. */
interface Known {
  readonly bytes: Uint8Array;
  /** Where the value is in it. */
  readonly from: number;
  readonly to: number;
  /** Undefined of null. */
  readonly datatype: Datatype | undefined;
}

/**
 * Reads scalars that are datasets of their own, as lists of any values have them. Their headers are the same bytes over and over,
 * but for the value and the checksum. What has been made of one is true of the next, so that nothing is left but to compare the
 * bytes; of a file that nobody changes.
 */
export class ScalarReader {
  readonly #session: FileSession;
  /** The one that was used last comes first. */
  readonly #known: Known[] = [];
  /** What the last call of `read` has found where there is no scalar. */
  info!: ObjectInfo;

  constructor(session: FileSession) {
    this.#session = session;
  }

  /** The scalar at an address; undefined if that is none, and then `info` says what it is. */
  read(address: number): unknown {
    const { space } = this.#session;
    const length = Math.max(0, Math.min(FIRST_LOOK, space.end - address));
    const bytes = space.bytes(address, length, 'an object header');
    const known = this.#known;
    for (let i = 0; i < known.length; i++) {
      const each = known[i] as Known;
      if (!matches(each, bytes)) continue;
      if (i > 0) {
        known[i] = known[0] as Known;
        known[0] = each;
      }
      if (!each.datatype) return null;
      return scalarOf(this.#session, each.datatype, bytes.subarray(each.from, each.to));
    }
    return this.#meet(address, bytes);
  }

  #meet(address: number, bytes: Uint8Array): unknown {
    const { space } = this.#session;
    const extents: Extent[] = [];
    const info = readObject(space, address, readObjectHeader(space, address, extents));
    this.info = info;
    const isNothing = isNull(info);
    if (!isNothing && !isScalar(info)) return undefined;
    const total = (extents[0] as Extent)[1];
    // Old headers have no checksum, and some are in several pieces.
    if (extents.length === 1 && total <= bytes.length && bytes[0] === VERSION_2) {
      const { layout, datatype } = info as DatasetInfo;
      const from = layout.kind === 'compact' ? layout.offset - space.superblock.baseAddress - address : total;
      if (isNothing)
        this.#keep({ bytes: bytes.slice(0, total), from: total, to: total, datatype: undefined });
      else if (from < total)
        this.#keep({ bytes: bytes.slice(0, total), from, to: from + datatype.size, datatype });
    }
    return isNothing ? null : readScalar(this.#session, info as DatasetInfo);
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
