import type { ByteReader } from './byte-reader.js';
import type { ElementAccess } from './element-access.js';
import type { FileSpace } from './file-space.js';
import type { FilterSet } from './filters/filter-set.js';
import type { Extent } from './free-space.js';
import type { Attribute } from './messages/attribute.js';
import type { AttributeInfo } from './messages/attribute-info.js';
import type { ChunkedLayoutDecoder } from './messages/data-layout.js';
import type { Datatype } from './messages/datatype.js';
import type { Link } from './messages/link.js';
import type { LinkInfo } from './messages/link-info.js';
import type { SymbolTable } from './messages/symbol-table.js';
import type { OddNumbers } from './number-elements.js';
import type { DatasetInfo, GroupInfo } from './object.js';
import type { Message } from './object-header.js';

/**
 * Decoders of links and attributes that do not stand in an object's header: in symbol tables, as the HDF5 library
 * writes by default, and in dense storage, when there are many. Files that this package writes have neither, so an
 * application that only reads these need not load them. The export `h5pickle/indexes` holds them; in Node they are
 * always there.
 *
 * @example
 * import { indexes } from 'h5pickle/indexes';
 * const file = H5File.open(bytes, 'r', { indexes }); // in a browser
 */
export interface GroupIndexes {
  /** What undoes the filters of chunks, and applies them. */
  readonly filters?: FilterSet;
  /** The messages of object headers of version 1. */
  oldHeader(space: FileSpace, address: number, look: ByteReader, extents: Extent[]): Message[];
  /** Numbers in layouts that no typed array has. */
  readonly numbers?: OddNumbers;
  readonly chunkedLayout: ChunkedLayoutDecoder;
  /** The elements of a dataset, in any layout, by any selection. */
  elements(space: FileSpace, info: DatasetInfo): ElementAccess;
  /** `owner`: the address of the group, whose indexes are counted. */
  symbolTable(space: FileSpace, table: SymbolTable, owner: number): Link[];
  /** A group with links in dense storage; `others` are not there. */
  denseGroup(
    space: FileSpace,
    address: number,
    others: Link[],
    info: LinkInfo,
    attributes: Attribute[],
  ): GroupInfo;
  denseAttributes(
    space: FileSpace,
    info: AttributeInfo,
    resolve: (shared: ByteReader) => Datatype,
    owner: number,
  ): Attribute[];
}
