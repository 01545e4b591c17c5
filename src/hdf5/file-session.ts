import { H5PathError, H5StateError, H5TypeError } from '../errors.js';
import { type Draft, GroupDraft, type LinkDraft, SmallData } from './draft.js';
import type { DecodeOptions, Encoded } from './elements.js';
import type { FileSpace } from './file-space.js';
import type { H5File } from './h5-file.js';
import { H5Reference } from './h5-reference.js';
import type { Attribute } from './messages/attribute.js';
import type { Link } from './messages/link.js';
import { NamedList } from './named-list.js';
import { type ObjectInfo, readObject } from './object.js';
import { isPlainText } from './text.js';

/** An object of a file that is being read. */
export class StoredObject {
  readonly info: ObjectInfo;
  readonly attributes: NamedList<Attribute>;
  readonly links: NamedList<Link> | undefined;

  constructor(info: ObjectInfo) {
    this.info = info;
    this.attributes = new NamedList(info.attributes);
    this.links = info.kind === 'group' ? new NamedList(info.links) : undefined;
  }

  get kind(): ObjectInfo['kind'] {
    return this.info.kind;
  }
}

/** What stands behind a group, a dataset or a datatype. */
export type Node = StoredObject | Draft;
export type AnyLink = Link | LinkDraft;

/** Objects whose headers are kept once they are read. Few: what is kept is not collected while it is young. */
const KEPT_OBJECTS = 64;
/** A group of as many links as this is kept by itself, so that paths through it do not read it each time. */
const LARGE_GROUP = 64;

/** An open file, as its objects share it. */
export class FileSession {
  file!: H5File;
  readonly options: DecodeOptions;
  /** The file, if it is read. */
  readonly space: FileSpace | undefined;
  readonly root: Node;
  closed = false;
  /** Whether there are changes that have not been saved. */
  changed = true;
  readonly smallData = new SmallData();
  readonly #kept = new Map<number, StoredObject>();
  readonly #keptLarge = new Map<number, StoredObject>();
  /** Objects of a file that is written have no address yet: references count them, from 1. */
  readonly #referenced: Draft[] = [];

  constructor(space: FileSpace | undefined, options: DecodeOptions) {
    this.space = space;
    this.options = options;
    this.root = space ? this.#read(space, space.superblock.rootAddress) : new GroupDraft();
  }

  check(): void {
    if (this.closed) throw new H5StateError('H5_CLOSED', 'the file is closed; H5File.open opens it again');
  }

  checkWritable(): void {
    this.check();
    if (this.space) {
      throw new H5StateError('H5_READ_ONLY', "the file is open for reading; the mode 'w' writes a new one");
    }
    this.changed = true;
  }

  /** The object that a hard link leads to. */
  target(link: AnyLink & { kind: 'hard' }): Node {
    return 'node' in link ? link.node : this.#read(this.space as FileSpace, link.address);
  }

  #read(space: FileSpace, address: number): StoredObject {
    const known = this.#kept.get(address) ?? this.#keptLarge.get(address);
    if (known) return known;
    const stored = new StoredObject(readObject(space, address));
    const kept = stored.links && stored.links.size >= LARGE_GROUP ? this.#keptLarge : this.#kept;
    if (kept.size >= KEPT_OBJECTS) kept.clear();
    kept.set(address, stored);
    return stored;
  }

  reference(node: Node): H5Reference {
    if (node instanceof StoredObject) return new H5Reference(node.info.address, 'object');
    if (node.number === 0) node.number = this.#referenced.push(node);
    return new H5Reference(node.number, 'object', node);
  }

  dereference({ address }: H5Reference): Node {
    if (this.space) return this.#read(this.space, address);
    const draft = this.#referenced[address - 1];
    if (!draft)
      throw new H5PathError('H5_NOT_FOUND', '', `no object of this file has the reference ${address}`);
    return draft;
  }

  /** Throws if encoded elements lead to objects of other files. */
  checkReferences(encoded: Encoded | undefined): void {
    for (const target of encoded?.targets ?? []) {
      if (target instanceof H5Reference) {
        if (this.#referenced[target.address - 1] !== target.target) {
          throw new H5TypeError('a reference leads to an object of another file');
        }
      } else if (typeof target === 'object') this.checkReferences(target.data);
    }
  }
}

/** Link names are part of a header message, which is at most 64 KB; UTF-8 takes up to 3 bytes a code unit. */
const MAX_NAME = 21_000;

/** Throws if HDF5 has no such name. */
export function checkName(name: string, path = name): void {
  if (name === '' || !isPlainText(name) || name.length > MAX_NAME) {
    const problem =
      name === ''
        ? 'is empty'
        : name.length > MAX_NAME
          ? `is longer than ${MAX_NAME} characters`
          : 'contains U+0000 or half of a surrogate pair';
    throw new H5PathError('H5_BAD_NAME', path, `a name in ${JSON.stringify(path.slice(0, 200))} ${problem}`);
  }
}
