/// <reference lib="esnext.disposable" preserve="true" />
import { H5Error, H5StateError } from '../errors.js';
import { MemoryStorage } from '../storage/memory.js';
import type { Storage } from '../storage/storage.js';
import type { Editing } from './editing.js';
import type { DecodeOptions } from './elements.js';
import { concatenate, type Write } from './file-builder.js';
import { FileSession, type Node } from './file-session.js';
import { FileSpace } from './file-space.js';
import type { GroupIndexes } from './group-indexes.js';
import type { H5Dataset } from './h5-dataset.js';
import type { H5Datatype } from './h5-datatype.js';
import { H5Group } from './h5-group.js';
import type { H5Reference } from './h5-reference.js';

/** `'r'`: read a file. `'w'`: write a new one. */
export type H5Mode = 'r' | 'w';

/** How a file is read. */
export interface OpenOptions extends DecodeOptions {
  /** Decoders of what only other programs write: `indexes` of `h5pickle/indexes`. In Node they are the default. */
  readonly indexes?: GroupIndexes;
  /** What writes files: `editing` of `h5pickle/editing`. In Node it is the default. */
  readonly editing?: Editing;
}

/** What takes a file that has been written. */
export interface H5Sink {
  /**
   * Called when there is a file to be saved. `make` is to be called once: it makes the file and hands it to `write`
   * part by part, with the position of each. The parts follow each other, and the first bytes come once more at last:
   * until then they are not those of an HDF5 file. A part is valid until `write` returns. What `write` throws,
   * `make` throws; then the file is not whole, and remains to be saved.
   *
   * @example
   * const save = (make) => {
   *   const fd = openSync('new.h5', 'w');
   *   make((bytes, position) => writeSync(fd, bytes, 0, bytes.length, position));
   *   closeSync(fd);
   * };
   * using file = H5File.open({ save }, 'w');
   */
  save(make: (write: Write) => void): void;
}

/**
 * An HDF5 file, and its root group.
 *
 * @example
 * const file = H5File.open(undefined, 'w'); // in a browser with the option `editing`
 * file.createDataset('speed', { data: [1.5, 2.5] });
 * const bytes = file.toBytes();
 *
 * @example
 * const file = H5File.open(bytes);
 * file.dataset('speed').value; // Float64Array [1.5, 2.5]
 * file.close();
 */
export class H5File extends H5Group {
  readonly mode: H5Mode;
  readonly #storage: Storage | undefined;
  readonly #sink: H5Sink | undefined;

  /** @internal */
  protected constructor(session: FileSession, storage: Storage | undefined, sink: H5Sink | undefined) {
    super(session, session.root, '/');
    session.file = this;
    this.mode = storage ? 'r' : 'w';
    this.#storage = storage;
    this.#sink = sink;
  }

  /**
   * Opens a file: `'r'` reads one from bytes or a storage, `'w'` begins a new one, which goes to the sink, if one
   * is given, on `flush()` and `close()`.
   *
   * @example
   * using file = H5File.open(bytes, 'r', { int64: 'number' });
   */
  static open(source: Uint8Array | Storage, mode?: 'r', options?: OpenOptions): H5File;
  static open(sink: H5Sink | undefined, mode: 'w', options?: OpenOptions): H5File;
  static open(
    source: Uint8Array | Storage | H5Sink | undefined,
    mode: H5Mode = 'r',
    options: OpenOptions = {},
  ): H5File {
    if (mode === 'w') {
      if (!options.editing)
        throw new H5StateError(
          'H5_READ_ONLY',
          "the mode 'w' needs the option `editing`, of h5pickle/editing",
        );
      return new this(new FileSession(options.editing(), options), undefined, source as H5Sink | undefined);
    }
    if (mode !== 'r')
      throw new H5Error(
        'H5_MODE',
        `the mode '${mode}' is not supported; 'r' reads a file, 'w' writes a new one`,
      );
    const storage = source instanceof Uint8Array ? new MemoryStorage(source) : (source as Storage);
    return new this(new FileSession(new FileSpace(storage, options.indexes), options), storage, undefined);
  }

  /** The object that a reference leads to. */
  dereference(reference: H5Reference): H5Group | H5Dataset | H5Datatype {
    this.session.check();
    const node: Node = this.session.dereference(reference);
    return this.wrap(node, `#${reference.address}`);
  }

  /** The bytes of the file. */
  toBytes(): Uint8Array<ArrayBuffer> {
    this.session.check();
    const storage = this.#storage;
    return storage
      ? new Uint8Array(storage.read(0, storage.size))
      : concatenate(this.session.editor?.layOut() ?? []);
  }

  /** Saves what has changed, in mode 'w'. */
  flush(): void {
    this.session.check();
    const { editor } = this.session;
    if (!this.#sink || !editor || !this.session.changed) return;
    this.#sink.save((write) => editor.layOut(write));
    this.session.changed = false;
  }

  /** Saves what has changed, and ends all use of the file. A second call does nothing. */
  close(): void {
    if (this.session.closed) return;
    this.flush();
    this.session.closed = true;
    this.#storage?.close();
  }

  /** Whether the file is still open. */
  get isOpen(): boolean {
    return !this.session.closed;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  override toString(): string {
    return this.session.closed ? '<H5File (closed)>' : `<H5File (mode '${this.mode}', ${this.size} members)>`;
  }
}
