/// <reference lib="esnext.disposable" preserve="true" />
import { H5Error, H5StateError, optionOf } from '../errors.js';
import { MemoryStorage } from '../storage/memory.js';
import type { Storage } from '../storage/storage.js';
import type { Durability } from '../storage/transaction.js';
import type { Editing } from './editing.js';
import type { DecodeOptions } from './elements.js';
import { FileSession } from './file-session.js';
import { FileSpace } from './file-space.js';
import type { FilterSet } from './filters/filter-set.js';
import type { GroupIndexes } from './group-indexes.js';
import type { H5Dataset } from './h5-dataset.js';
import type { H5Datatype } from './h5-datatype.js';
import { H5Group } from './h5-group.js';
import type { H5Reference } from './h5-reference.js';

/**
 * `'r'`: read a file. `'r+'`: change one. `'w'`: begin a new one, in place of what is there. `'w-'`, `'x'`: begin a new one
 * where there is none. `'a'`: change a file, or begin one.
 */
export type H5Mode = 'r' | 'r+' | 'w' | 'w-' | 'x' | 'a';

const MODES: readonly string[] = ['r', 'r+', 'w', 'w-', 'x', 'a'];

/**
 * How a file is opened.
 *
 * @example
 * const options: OpenOptions = { durability: 'normal', int64: 'number' };
 * using file = H5File.open('runs.h5', 'r+', options);
 */
export interface OpenOptions extends DecodeOptions {
  /** Decoders of what only other programs write: `indexes` of `h5pickle/indexes`. In Node they are the default. */
  readonly indexes?: GroupIndexes | undefined;
  /** Filters of chunks: `filters` of `h5pickle/filters`, to be given with `indexes`. In Node they are the default. */
  readonly filters?: FilterSet | undefined;
  /** What changes files: `editing` of `h5pickle/editing`. In Node it is the default. */
  readonly editing?: Editing | undefined;
  /**
   * How durable a commit is when it returns: `'full'`, the default, and `'normal'` survive a crash of the machine,
   * `'off'` survives the process. The file is whole at any moment in any case. With `'normal'` a commit takes two syncs instead of
   * three, and after a crash of the machine amid the work the file may have to be opened with the mode 'r+' once before others read it.
   */
  readonly durability?: Durability | undefined;
  /**
   * Bytes before a new file for other programs' use: 0, or a power of two from 512 on. They are zeros, to be written with
   * other means when the file is closed. A file that exists must have a user block of this size.
   */
  readonly userBlockSize?: number | undefined;
}

/**
 * An HDF5 file, and its root group. Changes are seen at once by this file's objects, and by the file itself when they
 * are committed: `commit`, `flush` and `close` do that, all of them or none.
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
  /** `'r'`, or `'r+'` for a file that can be changed, whatever it was opened with. */
  readonly mode: 'r' | 'r+';
  readonly #storage: Storage;

  /** @internal */
  protected constructor(session: FileSession, storage: Storage) {
    super(session, session.root, '/');
    session.file = this;
    this.mode = session.editor ? 'r+' : 'r';
    this.#storage = storage;
  }

  /**
   * Opens a file in memory, or in a storage. Bytes that are given are not changed: `toBytes` has the new ones.
   *
   * @throws {H5FormatError} when it is not a whole HDF5 file.
   * @example
   * using file = H5File.open(bytes, 'r', { int64: 'number' });
   */
  static open(
    source: Uint8Array | Storage | undefined,
    mode: H5Mode = 'r',
    options: OpenOptions = {},
  ): H5File {
    if (!MODES.includes(mode))
      throw new H5Error('H5_MODE', `the mode '${mode}' is none of '${MODES.join("', '")}'`);
    const storage = source === undefined || source instanceof Uint8Array ? new MemoryStorage(source) : source;
    const { editing } = options;
    const indexes =
      options.indexes && options.filters ? { ...options.indexes, filters: options.filters } : options.indexes;
    if (mode === 'r') {
      const source = editing?.recovered(storage) ?? storage;
      return new this(new FileSession(new FileSpace(source, indexes), options), storage);
    }
    if (!editing) throw new H5StateError('H5_READ_ONLY', `the mode '${mode}' needs ${optionOf('editing')}`);
    const isEmpty = storage.size === 0;
    if ((mode === 'x' || mode === 'w-') && !isEmpty)
      throw new H5Error('H5_EXISTS', `the mode '${mode}' makes a new file, and there is one already`);
    const editor =
      mode === 'r+' || (mode === 'a' && !isEmpty)
        ? editing.open(storage, { ...options, indexes })
        : editing.create(storage, { ...options, indexes });
    return new this(new FileSession(editor, options), storage);
  }

  /** The object that a reference leads to. */
  dereference(reference: H5Reference): H5Group | H5Dataset | H5Datatype {
    this.session.check();
    return this.wrap(this.session.dereference(reference), `#${reference.address}`);
  }

  /** The bytes of the file. What has changed is committed first. */
  toBytes(): Uint8Array<ArrayBuffer> {
    this.session.check();
    this.flush();
    return new Uint8Array(this.#storage.read(0, this.#storage.size));
  }

  /**
   * Makes all changes last, or none of them: after an error they are rolled back, and the file is as it was. The same as
   * `flush`. A transaction that is under way commits what it did when it is over: until then this is an error
   * (`H5_IN_TRANSACTION`).
   */
  commit(): void {
    const editor = this.session.writer();
    editor.checkTransactions();
    editor.commit();
  }

  /** Commits what has changed, if the file can be changed. */
  flush(): void {
    this.session.checkOpen();
    this.session.editor?.checkTransactions();
    this.session.editor?.commit();
  }

  /**
   * Forgets all changes since the last commit. Objects that were made since then are gone. While an asynchronous transaction is
   * under way this is an error (`H5_IN_TRANSACTION`).
   */
  rollback(): void {
    this.session.writer().rollback();
  }

  /**
   * Calls `action`, and commits what it did, or, if it throws, forgets that and all that had not been committed before.
   * Transactions within one are committed with it; one that throws takes back only what it did itself. `action` may be
   * asynchronous; then so is the result, and all that is changed until then, by whatever code, is a part of it. Await
   * one transaction before the next begins: else the next is within it, and is rejected with it (`H5_ROLLED_BACK`).
   *
   * @example
   * file.transaction(() => {
   *   file.move('current', 'previous');
   *   file.createDataset('current', { data });
   * });
   */
  transaction<T>(action: (file: this) => T): T {
    return this.session.edit().transaction(this.session, () => action(this));
  }

  /**
   * Commits what has changed, and writes the file anew, in as few bytes as it takes: without the space of what was
   * deleted, and without what no path leads to any more. Objects that were got before are gone: get them again.
   */
  compact(): void {
    this.session.check();
    this.session.continueWith(this.session.edit().compact());
  }

  /**
   * Commits what has changed, and ends all use of the file. A second call does nothing. If it cannot be committed, that is an
   * error, what has changed is lost, and the file is still open. During a transaction it is an error, too (`H5_IN_TRANSACTION`).
   */
  close(): void {
    if (this.session.closed) return;
    this.session.editor?.checkTransactions();
    if (!this.session.editor?.isLost) this.flush();
    this.#end();
  }

  #end(): void {
    if (this.session.closed) return;
    this.session.closed = true;
    try {
      this.session.editor?.close();
    } finally {
      this.#storage.close();
    }
  }

  /** How many bytes stand before the file for other programs' use. */
  get userBlockSize(): number {
    this.session.check();
    return this.session.space.superblock.baseAddress;
  }

  /** Whether the file is still open. */
  get isOpen(): boolean {
    return !this.session.closed;
  }

  /** Closes the file. If what has changed cannot be committed, it is lost, as no one can try again. */
  [Symbol.dispose](): void {
    try {
      this.close();
    } finally {
      this.#end();
    }
  }

  override toString(): string {
    return this.session.closed ? '<H5File (closed)>' : `<H5File (mode '${this.mode}', ${this.size} members)>`;
  }
}
