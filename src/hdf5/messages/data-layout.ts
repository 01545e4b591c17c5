import { H5FeatureError } from '../../errors.js';
import type { ByteReader } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';

/** Where the raw data of a dataset lie: within the header, or in one piece elsewhere. */
export type DataLayout =
  | { readonly kind: 'compact'; readonly data: Uint8Array; readonly offset: number }
  | { readonly kind: 'contiguous'; readonly address: number; readonly size: number };

const COMPACT = 0;
const CONTIGUOUS = 1;

/**
 * Data Layout message, version 3, compact (Format Specification, section IV.A.2.i); the caller writes the
 * `size` bytes of data that follow.
 */
export function encodeCompactLayout(out: ByteWriter, size: number): void {
  out.u8(3);
  out.u8(COMPACT);
  out.u16(size);
}

/** Contiguous; the caller writes the 8 bytes of the address and the 8 of the size that follow. */
export function encodeContiguousLayout(out: ByteWriter): void {
  out.u8(3);
  out.u8(CONTIGUOUS);
}

/** `dataSize` is what datatype and dataspace ask for: versions 1 and 2 do not store it. */
export function decodeDataLayout(reader: ByteReader, dataSize: number): DataLayout {
  const version = reader.version('the data layout message', 1, 2, 3, 4, 5);
  if (version < 3) {
    const rank = reader.u8();
    const layoutClass = reader.u8();
    reader.take(5);
    if (layoutClass === COMPACT) {
      reader.take(4 * rank);
      const size = reader.u32();
      return { kind: 'compact', offset: reader.offset, data: reader.raw(size) };
    }
    if (layoutClass === CONTIGUOUS) return { kind: 'contiguous', address: reader.address(), size: dataSize };
    throw new H5FeatureError('the chunked layout');
  }
  switch (reader.u8()) {
    case COMPACT: {
      const size = reader.u16();
      return { kind: 'compact', offset: reader.offset, data: reader.raw(size) };
    }
    case CONTIGUOUS:
      return { kind: 'contiguous', address: reader.address(), size: reader.size() };
    case 2:
      throw new H5FeatureError('the chunked layout');
    case 3:
      throw new H5FeatureError('the virtual layout');
    default:
      return reader.fail('an unknown layout class');
  }
}
