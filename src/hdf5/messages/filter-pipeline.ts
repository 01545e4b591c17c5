import { H5TypeError } from '../../errors.js';
import type { ByteReader } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';
import { decodeUtf8, utf8Encoder } from '../text.js';

/**
 * One filter of the pipeline that the chunks of a dataset go through.
 *
 * @example
 * const isDeflated = dataset.filters.some(({ id }: FilterInfo) => id === 1);
 */
export interface FilterInfo {
  /** Its registered number. */
  readonly id: number;
  /** For people to read; '' where the file has none. */
  readonly name: string;
  /** Whether a chunk may be stored without it. */
  readonly optional: boolean;
  /** What the filter keeps for this dataset, its "client data": unsigned numbers of 32 bits. */
  readonly values: readonly number[];
}

/** The filters of libhdf5 have numbers below this. Version 2 stores no names for them. */
const FIRST_NAMED = 256;
const NAMES = ['', 'deflate', 'shuffle', 'fletcher32', 'szip', 'nbit', 'scaleoffset'];

/** libhdf5's limit, since the mask of a chunk has 32 bits. */
export const MOST_FILTERS = 32;

const OPTIONAL = 1;

/** Filter Pipeline message, versions 1 and 2 (Format Specification, section IV.A.2.l). In the order of writing. */
export function decodeFilterPipeline(reader: ByteReader): FilterInfo[] {
  const version = reader.version('the filter pipeline message', 1, 2);
  const count = reader.u8();
  if (count > MOST_FILTERS) reader.fail(`${count} filters, at most ${MOST_FILTERS} are possible`);
  if (version === 1) reader.take(6);
  const filters: FilterInfo[] = [];
  for (let i = 0; i < count; i++) {
    const id = reader.u16();
    const nameLength = version === 1 || id >= FIRST_NAMED ? reader.u16() : 0;
    const flags = reader.u16();
    const valueCount = reader.u16();
    // The name ends at its first NUL. In version 1 its length is a multiple of 8.
    const bytes = reader.raw(nameLength);
    const end = bytes.indexOf(0);
    const name = decodeUtf8(end < 0 ? bytes : bytes.subarray(0, end));
    const data = reader.block(4 * valueCount);
    const values: number[] = [];
    for (let j = 0; j < valueCount; j++) values.push(data.u32());
    if (version === 1 && valueCount % 2 === 1) reader.take(4);
    filters.push({ id, name: name || (NAMES[id] ?? ''), optional: (flags & OPTIONAL) !== 0, values });
  }
  return filters;
}

/** Version 2. */
export function encodeFilterPipeline(out: ByteWriter, filters: readonly FilterInfo[]): void {
  if (filters.length > MOST_FILTERS) {
    throw new H5TypeError(`a dataset has at most ${MOST_FILTERS} filters, not ${filters.length}`);
  }
  out.u8(2);
  out.u8(filters.length);
  for (const { id, name, optional, values } of filters) {
    if (values.length > 0xffff) throw new H5TypeError(`the filter ${id} has more than 65535 client values`);
    out.u16(id);
    const named = id >= FIRST_NAMED;
    const nameBytes = named && name !== '' ? utf8Encoder.encode(`${name}\0`) : undefined;
    if (nameBytes !== undefined && nameBytes.length > 0xffff) {
      throw new H5TypeError(`the name of the filter ${id} is longer than 65534 bytes`);
    }
    if (named) out.u16(nameBytes?.length ?? 0);
    out.u16(optional ? OPTIONAL : 0);
    out.u16(values.length);
    if (nameBytes !== undefined) out.raw(nameBytes);
    for (const value of values) out.u32(value);
  }
}
