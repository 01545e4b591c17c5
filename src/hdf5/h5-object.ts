import { H5PathError } from '../errors.js';
import { AttributeManager } from './attribute-manager.js';
import type { PathMove } from './editing.js';
import type { FileSession } from './file-session.js';
import type { H5File } from './h5-file.js';
import type { H5Group } from './h5-group.js';
import type { H5Reference } from './h5-reference.js';
import { isSameNode, type Node } from './stored-object.js';

/** What groups, datasets and committed datatypes have in common. */
export abstract class H5Object {
  /** @internal */
  readonly session: FileSession;
  #path: string;
  /** How many of the moves in the file the path has followed. */
  #moves: number;
  #node: Node;
  /** When this got hold of the object. */
  readonly #since: number;
  readonly #generation: number;
  #attributes: AttributeManager | undefined;

  /** @internal */
  constructor(session: FileSession, node: Node, path: string) {
    this.session = session;
    this.#node = node;
    this.#since = session.editor?.clock ?? 0;
    this.#generation = session.generation;
    this.#path = path;
    this.#moves = session.moves.length;
  }

  /**
   * The path by which the object was reached, from the root: `/runs/7`. It follows what is moved, or gets another name. Of what
   * a reference leads to it is the first one that there is, looked for when it is asked for; `#184`, an address, if there is none.
   */
  get path(): string {
    const { place } = this;
    if (place.startsWith('/')) return place;
    try {
      this.#path = this.file.pathTo(this.node) ?? place;
    } catch {
      // What is closed or gone has no path any more.
    }
    return this.#path;
  }

  /** @internal The same, but from what a reference leads to, as long as nobody has asked for the path of that: `#184/speed`. */
  get place(): string {
    for (const { moves } = this.session; this.#moves < moves.length; this.#moves++)
      this.#path = (moves[this.#moves] as PathMove)(this.#path, this);
    return this.#path;
  }

  /** @internal The object as it is now. */
  get node(): Node {
    const { editor, generation } = this.session;
    if (!editor) return this.#node;
    this.session.check();
    if (this.session.file === (this as unknown)) return editor.root;
    this.#node = editor.current(this.#node, generation === this.#generation ? this.#since : -1, this.place);
    return this.#node;
  }

  /** The last part of the path; `/` for the root. */
  get name(): string {
    return this.path.slice(this.path.lastIndexOf('/') + 1) || '/';
  }

  get file(): H5File {
    return this.session.file;
  }

  /** The group that the path goes through last; the root is its own. */
  get parent(): H5Group {
    if (!this.path.startsWith('/'))
      throw new H5PathError('H5_NOT_FOUND', this.path, 'no path leads to the object, so it has no parent');
    return this.file.group(this.path.slice(0, this.path.lastIndexOf('/')) || '/');
  }

  /**
   * The attributes.
   *
   * @example
   * object.attrs.get('unit');
   */
  get attrs(): AttributeManager {
    this.#attributes ??= new AttributeManager(this.session, this);
    return this.#attributes;
  }

  /** A reference to this object, to be stored as a value. */
  get ref(): H5Reference {
    this.session.check();
    return this.session.reference(this.node);
  }

  /** Whether both are the same object of the same file, by whatever paths they were reached. */
  isSame(other: H5Object): boolean {
    return isSameNode(this.node, other.node) && this.session === other.session;
  }
}
