import { H5FormatError } from '../../errors.js';
import { UNDEFINED_ADDRESS } from '../byte-reader.js';
import type { FileSpace } from '../file-space.js';
import { readObjectHeader } from '../object-header.js';

/** Half the most entries in nodes of version 1 B-trees, and in leaves of symbol tables. */
export interface NodeSizes {
  readonly chunkK: number;
  readonly internalK: number;
  readonly leafK: number;
}

/** Where the file does not say (HDF5_BTREE_CHUNK_IK_DEF, HDF5_BTREE_SNODE_IK_DEF and H5F_CRT_SYM_LEAF_DEF). */
export const USUAL_SIZES: NodeSizes = { chunkK: 32, internalK: 16, leafK: 4 };
/** The message "B-tree 'K' Values" in the superblock extension. */
const BTREE_K_MESSAGE = 0x13;
/** Entries are counted in 2 bytes (HDF5_BTREE_IK_MAX_ENTRIES). */
const MAX_K = 0x7fff;

/**
 * How large nodes are. Superblocks of version 0 and 1 say it (Format Specification, section II.A; the first of them not of
 * chunks), later ones in their extension, if it is not as usual.
 */
export function nodeSizes(space: FileSpace): NodeSizes {
  const { version, baseAddress, extensionAddress } = space.superblock;
  let { chunkK, internalK, leafK } = USUAL_SIZES;
  if (version < 2) {
    const { buffer, byteOffset } = space.storage.copy(baseAddress + 16, 10);
    const view = new DataView(buffer, byteOffset);
    leafK = view.getUint16(0, true);
    internalK = view.getUint16(2, true);
    if (version === 1) chunkK = view.getUint16(8, true);
  } else if (extensionAddress !== UNDEFINED_ADDRESS) {
    const message = readObjectHeader(space, extensionAddress).find(({ type }) => type === BTREE_K_MESSAGE);
    if (message) {
      const { data } = message;
      data.version("the message of B-tree 'K' values", 0);
      [chunkK, internalK, leafK] = [data.u16(), data.u16(), data.u16()];
    }
  }
  for (const k of [chunkK, internalK, leafK])
    if (k < 1 || k > MAX_K) throw new H5FormatError(baseAddress, `B-tree nodes of ${2 * k} entries`);
  return { chunkK, internalK, leafK };
}
