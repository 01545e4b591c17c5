import type { ByteReader } from '../byte-reader.js';

/** Where the links of a group of the old style are. */
export interface SymbolTable {
  readonly btree: number;
  readonly localHeap: number;
}

/** Symbol Table message (Format Specification, section IV.A.2.r). */
export function decodeSymbolTable(reader: ByteReader): SymbolTable {
  return { btree: reader.address(), localHeap: reader.address() };
}
