import { decodeUtf8, isSurrogate, utf8Encoder } from '../hdf5/text.js';

/**
 * WTF-8 (https://simonsapin.github.io/wtf-8/): UTF-8 that can also hold lone surrogates, as the three bytes
 * that UTF-8 would give them. Any JavaScript string survives it. Python reads it with
 * `bytes.decode('utf-8', 'surrogatepass')`.
 */
export function encodeWtf8(text: string): Uint8Array {
  const bytes: Uint8Array = utf8Encoder.encode(text);
  if (text.isWellFormed()) return bytes;
  restoreSurrogates(text, bytes, 0);
  return bytes;
}

export function decodeWtf8(bytes: Uint8Array): string {
  let text = '';
  let start = 0;
  // In UTF-8, 0xED is followed by 0x80 to 0x9F; with 0xA0 to 0xBF it is a surrogate.
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] !== 0xed || (bytes[i + 1] as number) < 0xa0) continue;
    text += decodeUtf8(bytes.subarray(start, i));
    const code = 0xd000 | (((bytes[i + 1] as number) & 0x3f) << 6) | ((bytes[i + 2] as number) & 0x3f);
    text += String.fromCharCode(code);
    start = i + 3;
    i += 2;
  }
  return text + decodeUtf8(bytes.subarray(start));
}

/** UTF-8 has U+FFFD, also three bytes, in the place of each lone surrogate of the text: puts them back. */
function restoreSurrogates(text: string, bytes: Uint8Array, start: number): void {
  let position = start;
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (isSurrogate(code)) {
      bytes[position] = 0xed;
      bytes[position + 1] = 0x80 | ((code >> 6) & 0x3f);
      bytes[position + 2] = 0x80 | (code & 0x3f);
    }
    position += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
}
