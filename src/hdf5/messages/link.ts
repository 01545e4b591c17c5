import { type ByteReader, UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { ByteWriter } from '../byte-writer.js';

/** What a name in a group leads to. */
export type Link =
  | { readonly kind: 'hard'; readonly name: string; readonly order: number; readonly address: number }
  | { readonly kind: 'soft'; readonly name: string; readonly order: number; readonly target: string }
  | {
      readonly kind: 'external';
      readonly name: string;
      readonly order: number;
      readonly file: string;
      readonly target: string;
    };

const SOFT = 1;
const EXTERNAL = 64;
const HAS_ORDER = 4;
const HAS_TYPE = 8;
const HAS_CHARSET = 16;

/** The part of a link message before the link information (Format Specification, section IV.A.2.g). */
function encodeLinkPrefix(out: ByteWriter, name: string, order: number, type: number): void {
  // A name takes at most 3 bytes a UTF-16 code unit; the length field's size must be known before the name is.
  const short = name.length <= 85;
  const flags = (short ? 0 : 2) | (order < 0 ? 0 : HAS_ORDER) | (type !== 0 ? HAS_TYPE : 0) | HAS_CHARSET;
  out.u16(1 | (flags << 8));
  if (type !== 0) out.u8(type);
  if (order >= 0) out.u64(order);
  out.u8(1);
  const lengthAt = out.length;
  if (short) out.u8(0);
  else out.u32(0);
  const length = out.utf8(name);
  if (short) out.bytes[lengthAt] = length;
  else out.view.setUint32(lengthAt, length, true);
}

/** Encodes a hard link, its creation order -1 if that is not tracked; the caller writes the 8 bytes of the address that follow. */
export function encodeHardLink(out: ByteWriter, name: string, order: number): void {
  encodeLinkPrefix(out, name, order, 0);
}

export function encodeSoftLink(out: ByteWriter, name: string, order: number, target: string): void {
  encodeLinkPrefix(out, name, order, SOFT);
  const lengthAt = out.length;
  out.u16(0);
  // In two steps: `utf8` may replace the view.
  const length = out.utf8(target);
  out.view.setUint16(lengthAt, length, true);
}

export function encodeExternalLink(
  out: ByteWriter,
  name: string,
  order: number,
  file: string,
  target: string,
): void {
  encodeLinkPrefix(out, name, order, EXTERNAL);
  const lengthAt = out.length;
  out.u16(0);
  out.u8(0);
  out.utf8(file);
  out.u8(0);
  out.utf8(target);
  out.u8(0);
  out.view.setUint16(lengthAt, out.length - lengthAt - 2, true);
}

interface LinkPrefix {
  readonly type: number;
  readonly order: number;
  readonly name: string;
}

/** What stands before the link information. A link whose type only the program knows that made it has that, too. */
export function decodeLinkPrefix(reader: ByteReader): LinkPrefix {
  reader.version('the link message', 1);
  const flags = reader.u8();
  const type = flags & HAS_TYPE ? reader.u8() : 0;
  const order = flags & HAS_ORDER ? reader.u64() : -1;
  if (flags & HAS_CHARSET) reader.u8();
  const name = reader.utf8(reader.uint(1 << (flags & 3)));
  return { type, order, name };
}

export function decodeLink(reader: ByteReader, prefix = decodeLinkPrefix(reader)): Link | undefined {
  const { type, order, name } = prefix;
  switch (type) {
    case 0:
      return { kind: 'hard', name, order, address: reader.address() };
    case SOFT:
      return { kind: 'soft', name, order, target: reader.utf8(reader.u16()) };
    case EXTERNAL: {
      const value = reader.block(reader.u16());
      if (value.u8() !== 0) reader.fail('an external link of an unknown version');
      return { kind: 'external', name, order, file: value.utf8z(), target: value.utf8z() };
    }
    default:
      // A user-defined link: only the program that made it knows where it leads.
      return undefined;
  }
}

/** Where a hard link leads, without its name; UNDEFINED_ADDRESS for any other link. */
export function decodeHardAddress(reader: ByteReader): number {
  reader.version('the link message', 1);
  const flags = reader.u8();
  if (flags & HAS_TYPE && reader.u8() !== 0) return UNDEFINED_ADDRESS;
  reader.take((flags & HAS_ORDER ? 8 : 0) + (flags & HAS_CHARSET ? 1 : 0));
  reader.take(reader.uint(1 << (flags & 3)));
  return reader.address();
}
