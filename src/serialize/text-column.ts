/**
 * The bytes of many strings, one after another: one loop over all of them, since to call an encoder for each
 * takes longer than the strings do. (The way back is `splitText`.)
 */
export interface TextColumn {
  readonly bytes: Uint8Array;
  /** Where each string ends in `bytes`; it begins where the one before ends. */
  readonly ends: Uint32Array;
  /** The most bytes that one string takes. */
  readonly longest: number;
  /** Whether HDF5 can hold all of them as strings: valid Unicode, without U+0000. */
  readonly plain: boolean;
}

/** Encodes as WTF-8, which is UTF-8 for valid Unicode. What is no string counts as an empty one. */
export function encodeTextColumn(values: readonly unknown[], count: number): TextColumn {
  const ends = new Uint32Array(count);
  let bytes = new Uint8Array(Math.max(64, count * 16));
  let position = 0;
  let longest = 0;
  let plain = true;
  for (let i = 0; i < count; i++) {
    const value = values[i];
    const text = typeof value === 'string' ? value : '';
    const { length } = text;
    const needed = position + length * 3;
    if (needed > bytes.length) {
      if (needed > 0xffffffff) throw new RangeError('a list of strings of more than 4 GB');
      const grown = new Uint8Array(Math.max(needed, bytes.length * 2));
      grown.set(bytes.subarray(0, position));
      bytes = grown;
    }
    const start = position;
    for (let j = 0; j < length; j++) {
      const unit = text.charCodeAt(j);
      if (unit < 0x80) {
        if (unit === 0) plain = false;
        bytes[position++] = unit;
      } else if (unit < 0x800) {
        bytes[position++] = 0xc0 | (unit >> 6);
        bytes[position++] = 0x80 | (unit & 0x3f);
      } else {
        const next = unit >= 0xd800 && unit < 0xdc00 && j + 1 < length ? text.charCodeAt(j + 1) : 0;
        if (next >= 0xdc00 && next < 0xe000) {
          const code = 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00);
          bytes[position++] = 0xf0 | (code >> 18);
          bytes[position++] = 0x80 | ((code >> 12) & 0x3f);
          bytes[position++] = 0x80 | ((code >> 6) & 0x3f);
          bytes[position++] = 0x80 | (code & 0x3f);
          j++;
        } else {
          if (unit >= 0xd800 && unit < 0xe000) plain = false;
          bytes[position++] = 0xe0 | (unit >> 12);
          bytes[position++] = 0x80 | ((unit >> 6) & 0x3f);
          bytes[position++] = 0x80 | (unit & 0x3f);
        }
      }
    }
    ends[i] = position;
    if (position - start > longest) longest = position - start;
  }
  return { bytes: bytes.subarray(0, position), ends, longest, plain };
}

/**
 * Strings of one size with NUL behind the shorter ones, if all are ASCII without NUL and at most `slack` bytes
 * shorter than the longest on average. This is the usual column, and this its shortest way.
 */
export function encodeShortAscii(values: readonly unknown[], count: number, slack: number): Uint8Array | undefined {
  let size = 1;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i];
    if (typeof value !== 'string') continue;
    total += value.length;
    if (value.length > size) size = value.length;
  }
  if (count * size > total + count * slack) return undefined;
  const fixed = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    const value = values[i];
    if (typeof value !== 'string') continue;
    const { length } = value;
    const slot = i * size;
    for (let j = 0; j < length; j++) {
      const unit = value.charCodeAt(j);
      if (unit > 0x7f || unit === 0) return undefined;
      fixed[slot + j] = unit;
    }
  }
  return fixed;
}

/** The column as strings of `size` bytes each, padded with NUL. */
export function toFixedSize({ bytes, ends }: TextColumn, size: number): Uint8Array {
  const fixed = new Uint8Array(ends.length * size);
  let start = 0;
  for (let i = 0, slot = 0; i < ends.length; i++, slot += size) {
    const end = ends[i] as number;
    for (let j = start, to = slot; j < end; j++) fixed[to++] = bytes[j] as number;
    start = end;
  }
  return fixed;
}
