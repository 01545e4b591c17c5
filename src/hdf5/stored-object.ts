import type { Draft, LinkDraft } from './draft.js';
import type { FileSpace } from './file-space.js';
import type { Links } from './link-table.js';
import type { Attribute } from './messages/attribute.js';
import type { Link } from './messages/link.js';
import { type ObjectInfo, readObject } from './object.js';
import { SmallMap } from './small-map.js';

/** An object of a file, as its header describes it. */
export class StoredObject {
  readonly info: ObjectInfo;
  readonly attributes: SmallMap<Attribute>;
  readonly links: Links<Link> | undefined;

  /** `Table`: what holds attributes, and links that are not in an index. */
  constructor(info: ObjectInfo, Table = SmallMap) {
    this.info = info;
    this.attributes = new Table(info.attributes);
    if (info.kind === 'group') this.links = info.linkTable ?? new Table(info.links);
  }

  get kind(): ObjectInfo['kind'] {
    return this.info.kind;
  }
}

/** What stands behind a group, a dataset or a datatype. */
export type Node = StoredObject | Draft;
export type AnyLink = Link | LinkDraft;

/** A link to an object of the same file. */
export type HardLink = Exclude<AnyLink, { readonly target: string }>;

/** The same link for another group: its creation order is that of its place. */
export function anew(link: AnyLink): LinkDraft {
  switch (link.kind) {
    case 'hard':
      return { kind: 'hard', address: link.address };
    case 'soft':
      return { kind: 'soft', target: link.target };
    case 'external':
      return { kind: 'external', file: link.file, target: link.target };
    default:
      return link;
  }
}

/** A link to an object, new or in the file. */
export function linkTo(node: Node): LinkDraft {
  return 'info' in node ? { kind: 'hard', address: node.info.address } : node;
}

export function isHard(link: AnyLink): link is HardLink {
  return link.kind !== 'soft' && link.kind !== 'external';
}

export function isSameNode(a: Node, b: Node): boolean {
  return a === b || ('info' in a && 'info' in b && a.info.address === b.info.address);
}

/** Objects whose headers are kept once they are read. Few: what is kept is not collected while it is young. */
const KEPT_OBJECTS = 64;
/** A group of as many links as this is kept by itself, so that paths through it do not read it each time. */
const LARGE_GROUP = 64;

/** The objects of a file that were read last. */
export class ObjectCache {
  readonly #space: FileSpace;
  readonly #kept = new Map<number, StoredObject>();
  readonly #keptLarge = new Map<number, StoredObject>();

  constructor(space: FileSpace) {
    this.#space = space;
  }

  get(address: number): StoredObject {
    const known = this.#kept.get(address) ?? this.#keptLarge.get(address);
    if (known) return known;
    const stored = new StoredObject(readObject(this.#space, address));
    const kept = stored.links && stored.links.size >= LARGE_GROUP ? this.#keptLarge : this.#kept;
    if (kept.size >= KEPT_OBJECTS) kept.clear();
    kept.set(address, stored);
    return stored;
  }

  delete(address: number): void {
    this.#kept.delete(address);
    this.#keptLarge.delete(address);
  }
}
