import { viewOf } from './endian.js';
import type { StringPadding } from './messages/datatype.js';
import { decodeUtf8 } from './text.js';

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Strings that lie one after another in `bytes`, the i-th up to `ends[i]`; they are added to `strings`. One
 * call decodes all of them and the result is cut up, which is several times faster than a call for each.
 */
export function splitText(
  bytes: Uint8Array,
  ends: ArrayLike<number>,
  padding: StringPadding,
  strings: string[],
): void {
  let text: string | undefined;
  try {
    text = strictDecoder.decode(bytes);
  } catch {
    // Not UTF-8: only by itself does each string show which of its bytes are wrong.
  }
  const view = viewOf(bytes);
  const isPadded = padding === 'space-padded' || text?.includes('\0') !== false;
  const add = (own: string, start: number, end: number) =>
    strings.push(own.slice(start, isPadded ? unpadded(own, start, end, padding) : end));
  let position = 0;
  for (let i = 0, start = 0; i < ends.length; i++) {
    const end = ends[i] as number;
    if (text?.length === bytes.length) {
      // ASCII: a character a byte.
      add(text, start, end);
    } else if (text === undefined || ((bytes[end] as number) & 0xc0) === 0x80) {
      // Where a string ends within a character, the rest of that must not be taken from the next one.
      text = undefined;
      const own = decodeUtf8(bytes.subarray(start, end));
      add(own, 0, own.length);
    } else {
      const first = position;
      for (let k = start; k < end; ) {
        // Most text is ASCII for the most part: four characters at a time.
        if (k + 4 <= end && (view.getInt32(k) & 0x80808080) === 0) {
          position += 4;
          k += 4;
        } else {
          const byte = bytes[k++] as number;
          // A lead byte starts a UTF-16 code unit, one of four-byte characters two of them.
          if ((byte & 0xc0) !== 0x80) position += byte >= 0xf0 ? 2 : 1;
        }
      }
      add(text, first, position);
    }
    start = end;
  }
}

/** Where the text between `start` and `end` ends without its padding. */
function unpadded(text: string, start: number, end: number, padding: StringPadding): number {
  if (padding === 'null-terminated') {
    for (let i = start; i < end; i++) if (text.charCodeAt(i) === 0) return i;
    return end;
  }
  const pad = padding === 'space-padded' ? 0x20 : 0;
  while (end > start && text.charCodeAt(end - 1) === pad) end--;
  return end;
}
