import type { FileSpace } from './file-space.js';
import { DenseLinkIndex, readDenseLinks } from './indexes/dense-storage.js';
import { meterOf } from './indexes/meter.js';
import { IndexedLinks, type LinkTable } from './link-table.js';
import type { Attribute } from './messages/attribute.js';
import type { Link } from './messages/link.js';
import type { LinkInfo } from './messages/link-info.js';
import { type GroupInfo, inOrder } from './object.js';

/** A group with links in dense storage, which are read when they are asked for. */
export class IndexedGroup implements GroupInfo {
  readonly kind = 'group';
  readonly address: number;
  readonly position: number;
  readonly attributes: Attribute[];
  readonly linkTable: LinkTable<Link> | undefined;
  #links: Link[] | undefined;
  readonly #read: () => Link[];

  /** `others`: links that are not in dense storage. */
  constructor(space: FileSpace, address: number, others: Link[], info: LinkInfo, attributes: Attribute[]) {
    this.address = address;
    this.position = space.superblock.baseAddress + address;
    this.attributes = attributes;
    if (others.length === 0)
      this.linkTable = new IndexedLinks(new DenseLinkIndex(space, info), () => this.links);
    this.#read = () => others.concat(readDenseLinks(space, info, meterOf(space, address)));
  }

  get links(): Link[] {
    if (!this.#links) {
      this.#links = this.#read();
      inOrder(this.#links);
    }
    return this.#links;
  }
}
