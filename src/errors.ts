/**
 * The base of every error that this package throws on purpose. `code` is stable across versions, so that
 * programs can test it; the message says where and what to do and may be reworded.
 *
 * @example
 * try {
 *   readSync('state.h5');
 * } catch (error) {
 *   if (error instanceof H5Error) console.log(error.code, error.message);
 * }
 */
export class H5Error extends Error {
  // Spelled out in each class: a minifier renames classes.
  override readonly name: string = 'H5Error';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The bytes are not a well-formed HDF5 file, or not the layout that they claim.
 *
 * `offset` is the position in the file where reading stopped, in bytes, and -1 where it is not known.
 *
 * @example
 * try {
 *   deserialize(bytes);
 * } catch (error) {
 *   if (error instanceof H5FormatError) console.error(`damaged at byte ${error.offset}`);
 * }
 */
export class H5FormatError extends H5Error {
  override readonly name: string = 'H5FormatError';
  readonly offset: number;

  constructor(offset: number, message: string) {
    super('H5_FORMAT', offset >= 0 ? `${message} (at byte ${offset})` : message);
    this.offset = offset;
  }
}

/**
 * The file is well-formed HDF5 and uses a feature that this engine does not decode.
 *
 * @example
 * if (error instanceof H5FeatureError) console.warn('written by another program:', error.message);
 */
export class H5FeatureError extends H5Error {
  override readonly name: string = 'H5FeatureError';
  constructor(feature: string) {
    super('H5_FEATURE', `${feature} is not supported by this engine`);
  }
}

/**
 * A path or a name that does not exist, or exists already where a new one was to be made.
 *
 * @example
 * if (error instanceof H5PathError && error.code === 'H5_NOT_FOUND') file.createGroup(error.path);
 */
export class H5PathError extends H5Error {
  override readonly name: string = 'H5PathError';
  readonly path: string;

  constructor(
    code: 'H5_NOT_FOUND' | 'H5_EXISTS' | 'H5_WRONG_KIND' | 'H5_BAD_NAME',
    path: string,
    message: string,
  ) {
    super(code, message);
    this.path = path;
  }
}

/**
 * A value does not fit the datatype or the shape that it is to be stored with.
 *
 * @example
 * expect(() => file.createDataset('d', { data: [300], dtype: 'u1' })).toThrow(H5TypeError);
 */
export class H5TypeError extends H5Error {
  override readonly name: string = 'H5TypeError';
  constructor(message: string) {
    super('H5_TYPE', message);
  }
}

/**
 * An operation that the state of the file forbids: it is closed, or opened for reading only.
 *
 * @example
 * if (error instanceof H5StateError && error.code === 'H5_HALF_DONE') file.rollback();
 */
export class H5StateError extends H5Error {
  override readonly name: string = 'H5StateError';
  constructor(
    code:
      | 'H5_CLOSED'
      | 'H5_READ_ONLY'
      | 'H5_GONE'
      | 'H5_UNFINISHED'
      | 'H5_REFERENCED'
      | 'H5_TOO_LARGE'
      | 'H5_IN_TRANSACTION'
      | 'H5_ROLLED_BACK'
      | 'H5_HALF_DONE',
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }
}

/** Who has a file open for writing, as far as its lock file says. */
export interface H5LockHolder {
  /** The number of the process, on its own machine. */
  readonly pid: number;
  /** The name of the machine. */
  readonly host: string;
  /** When the file was opened. */
  readonly since: Date;
}

/**
 * Another writer has the file open. `holder` says who, and is undefined where the lock file does not say; `lock` is
 * the path of the lock file.
 *
 * @example
 * if (error instanceof H5LockedError) console.error(`wait for process ${error.holder?.pid}`);
 */
export class H5LockedError extends H5Error {
  override readonly name: string = 'H5LockedError';
  readonly holder: H5LockHolder | undefined;
  readonly lock: string;

  constructor(lock: string, holder: H5LockHolder | undefined, message: string) {
    super('H5_LOCKED', message);
    this.lock = lock;
    this.holder = holder;
  }
}

/**
 * A writer has changed the file since it was opened for reading: what was read before does not fit what is there now.
 *
 * @example
 * if (error instanceof H5StaleError) file = H5File.open('log.h5'); // as it is now
 */
export class H5StaleError extends H5Error {
  override readonly name: string = 'H5StaleError';
  readonly path: string;

  constructor(path: string) {
    super('H5_STALE', `${path} has been changed since it was opened: close it and open it again`);
    this.path = path;
  }
}

/**
 * The operating system refused something: the disk is full, or the file may not be written. `code` is that of the
 * system, such as 'ENOSPC' or 'EACCES', `path` the file, and `cause` the error as Node reported it.
 *
 * @example
 * if (error instanceof H5SystemError && error.code === 'ENOSPC') console.error('no space left for', error.path);
 */
export class H5SystemError extends H5Error {
  override readonly name: string = 'H5SystemError';
  readonly path: string;
  override readonly cause: unknown;

  constructor(code: string, path: string, message: string, cause: unknown) {
    super(code, message);
    this.path = path;
    this.cause = cause;
  }
}

/** How errors speak of an option of a name, which an entry of the same name brings; in Node it is the default. */
export function optionOf(name: string): string {
  return `the option { ${name} } of 'h5pickle/${name}'`;
}

/** @throws {H5FeatureError} for what is read with the option `indexes` only. */
export function withoutIndexes(what: string): never {
  throw new H5FeatureError(`${what} (without ${optionOf('indexes')})`);
}
