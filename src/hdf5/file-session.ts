import { H5StateError } from '../errors.js';
import type { Editing, Editor, PathMove } from './editing.js';
import type { ElementAccess } from './element-access.js';
import type { DecodeOptions } from './elements.js';
import { FileSpace } from './file-space.js';
import type { H5File } from './h5-file.js';
import { H5Reference } from './h5-reference.js';
import type { DatasetInfo, ObjectInfo } from './object.js';
import { type HardLink, type Node, ObjectCache, type StoredObject } from './stored-object.js';

/** How a file is read, and what knows how it would be changed. */
interface SessionOptions extends DecodeOptions {
  readonly editing?: Editing | undefined;
}

/** An open file, as its objects share it. */
export class FileSession {
  file!: H5File;
  readonly options: SessionOptions;
  space: FileSpace;
  /** What changes the file, if it is open for that. */
  editor: Editor | undefined;
  /** How often the file was written anew, with all its objects in other places. */
  generation = 0;
  closed = false;
  /** Where paths lead after each move of an object, in the order of the moves. */
  readonly moves: PathMove[] = [];
  /** How many transactions are under way, each within the other. */
  depth = 0;
  readonly #objects: ObjectCache;
  readonly #elements = new WeakMap<ObjectInfo, ElementAccess>();

  constructor(content: FileSpace | Editor, options: SessionOptions) {
    this.options = options;
    if (content instanceof FileSpace) {
      this.space = content;
    } else {
      this.editor = content;
      this.space = content.space;
    }
    this.#objects = new ObjectCache(this.space);
  }

  /** Goes on with another editor, of the same file written anew. */
  continueWith(editor: Editor): void {
    this.editor = editor;
    this.space = editor.space;
    this.generation++;
  }

  get root(): Node {
    return this.editor?.root ?? this.#objects.get(this.space.superblock.rootAddress);
  }

  checkOpen(): void {
    if (this.closed) throw new H5StateError('H5_CLOSED', 'the file is closed; H5File.open opens it again');
  }

  check(): void {
    this.checkOpen();
    if (this.editor?.failure !== undefined) throw this.editor.failure;
  }

  /** What makes the changes that are about to be made. */
  edit(): Editor {
    this.check();
    return this.writer();
  }

  /** What makes changes, whatever became of it. */
  writer(): Editor {
    this.checkOpen();
    if (!this.editor) {
      throw new H5StateError(
        'H5_READ_ONLY',
        "the file is open for reading; the mode 'r+' opens it for changes",
      );
    }
    return this.editor;
  }

  /** The object that a hard link leads to. */
  target(link: HardLink): Node {
    return link.kind === 'hard' ? this.#at(link.address) : link;
  }

  #at(address: number): Node {
    return this.editor?.stored(address) ?? this.#objects.get(address);
  }

  /** What reads any selection of a dataset, if it is in a file and there is such a thing. */
  elements(node: Node): ElementAccess | undefined {
    if (this.editor) return this.editor.elements(node);
    const { info } = node as StoredObject;
    const known = this.#elements.get(info);
    if (known) return known;
    const elements = this.space.indexes?.elements(this.space, info as DatasetInfo);
    if (elements) this.#elements.set(info, elements);
    return elements;
  }

  reference(node: Node): H5Reference {
    if (this.editor) return this.editor.reference(node);
    return new H5Reference((node as StoredObject).info.address, 'object', this.space.globalHeap);
  }

  dereference(reference: H5Reference): Node {
    if (!this.editor) return this.#objects.get(reference.address);
    return this.editor.dereference(reference);
  }
}
