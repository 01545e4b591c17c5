export const utf8Encoder = new TextEncoder();

// ignoreBOM: a leading U+FEFF is a character of the string, not a mark to be dropped.
const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** UTF-8 to a string. Short ASCII, the usual case for names, is faster without the decoder. */
export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte > 0x7f || end - start > 24) return utf8Decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

/**
 * Whether HDF5 can hold the text as a string: it must be valid Unicode (UTF-8 has no lone surrogates), and
 * without U+0000, where every C program would cut it.
 */
export function isPlainText(text: string): boolean {
  return !/[\0\p{Surrogate}]/u.test(text);
}

/**
 * Compares texts as libhdf5 does: by the bytes of their UTF-8, whose order is that of the code points. It differs
 * from the order of UTF-16 in that a surrogate pair, which stands for a code point from U+10000 on, comes last.
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return (isSurrogate(x) ? x + 0x10000 : x) - (isSurrogate(y) ? y + 0x10000 : y);
  }
  return a.length - b.length;
}

/** Whether a code point, or a unit of UTF-16, is half of a pair: U+D800 to U+DFFF. */
export function isSurrogate(unit: number): boolean {
  return unit >> 11 === 0x1b;
}
