import { isPlainText, isSurrogate } from '../hdf5/text.js';
import { decodeWtf8, encodeWtf8 } from './wtf8.js';

/** In front of an escaped name. No other name begins with "@": reserved ones go on with a letter. */
const ESCAPED = '@%';

/**
 * The name of a link or an attribute for a property key. Nearly every key is its own name. What HDF5 or the
 * layout reserves is escaped: names that are empty or ".", that hold "/" or NUL, that are no valid Unicode,
 * or that begin with "@". Then "@%" comes first and the special bytes follow as in a URL.
 */
export function escapeName(key: string): string {
  if (key !== '' && key !== '.' && key.charCodeAt(0) !== 0x40 && !key.includes('/') && isPlainText(key))
    return key;
  let name = ESCAPED;
  for (const char of key) {
    const code = char.codePointAt(0) as number;
    const special = code === 0x2f || code === 0x25 || code === 0 || isSurrogate(code);
    name += special || key === '.' ? percent(encodeWtf8(char)) : char;
  }
  return name;
}

export function unescapeName(name: string): string {
  if (!name.startsWith(ESCAPED)) return name;
  const escaped = name.slice(ESCAPED.length);
  return escaped.replace(/(?:%[0-9A-F]{2})+/g, (bytes) =>
    decodeWtf8(Uint8Array.from(bytes.slice(1).split('%'), (hex) => Number.parseInt(hex, 16))),
  );
}

function percent(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
