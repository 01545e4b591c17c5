import { H5PathError, H5StateError } from '../errors.js';
import type { Draft, LinkDraft } from './draft.js';
import type { Editor } from './editing.js';
import type { DecodeOptions } from './elements.js';
import { FileSpace } from './file-space.js';
import type { H5File } from './h5-file.js';
import { H5Reference } from './h5-reference.js';
import type { Attribute } from './messages/attribute.js';
import type { Link } from './messages/link.js';
import { type ObjectInfo, readObject } from './object.js';
import { SmallMap } from './small-map.js';
import { isPlainText } from './text.js';

/** An object of a file that is being read. */
export class StoredObject {
  readonly info: ObjectInfo;
  readonly attributes: SmallMap<Attribute>;
  readonly links: SmallMap<Link> | undefined;

  constructor(info: ObjectInfo) {
    this.info = info;
    this.attributes = SmallMap.of(info.attributes);
    this.links = info.kind === 'group' ? SmallMap.of(info.links) : undefined;
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

export function isHard(link: AnyLink): link is HardLink {
  return link.kind !== 'soft' && link.kind !== 'external';
}

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
  /** What makes the file, if it is written. */
  readonly editor: Editor | undefined;
  readonly root: Node;
  closed = false;
  /** Whether there are changes that have not been saved. */
  changed = true;
  readonly #kept = new Map<number, StoredObject>();
  readonly #keptLarge = new Map<number, StoredObject>();

  constructor(content: FileSpace | Editor, options: DecodeOptions) {
    this.options = options;
    if (content instanceof FileSpace) {
      this.space = content;
      this.root = this.#read(content, content.superblock.rootAddress);
    } else {
      this.editor = content;
      this.root = content.root;
    }
  }

  check(): void {
    if (this.closed) throw new H5StateError('H5_CLOSED', 'the file is closed; H5File.open opens it again');
  }

  /** What makes the changes that are about to be made. */
  edit(): Editor {
    this.check();
    if (!this.editor) {
      throw new H5StateError('H5_READ_ONLY', "the file is open for reading; the mode 'w' writes a new one");
    }
    this.changed = true;
    return this.editor;
  }

  /** The object that a hard link leads to. */
  target(link: HardLink): Node {
    return link.kind === 'hard' ? this.#read(this.space as FileSpace, link.address) : link;
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
    return (this.editor as Editor).reference(node);
  }

  dereference(reference: H5Reference): Node {
    const { address } = reference;
    if (this.space) return this.#read(this.space, address);
    const draft = this.editor?.dereference(reference);
    if (!draft)
      throw new H5PathError('H5_NOT_FOUND', '', `no object of this file has the reference ${address}`);
    return draft;
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
