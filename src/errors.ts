/**
 * The base of every error that this package throws on purpose. `code` is stable across versions, so that
 * programs can test it; the message says where and what to do and may be reworded.
 */
export class H5Error extends Error {
  // Spelled out in each class: a minifier renames classes.
  override readonly name: string = 'H5Error';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
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

/** The file is well-formed HDF5 and uses a feature that this engine does not decode. */
export class H5FeatureError extends H5Error {
  override readonly name: string = 'H5FeatureError';
  constructor(feature: string) {
    super('H5_FEATURE', `${feature} is not decoded by this engine`);
  }
}

/** A path or a name that does not exist, or exists already where a new one was to be made. */
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

/** A value does not fit the datatype or the shape that it is to be stored with. */
export class H5TypeError extends H5Error {
  override readonly name: string = 'H5TypeError';
  constructor(message: string) {
    super('H5_TYPE', message);
  }
}

/** An operation that the state of the file forbids: it is closed, or opened for reading only. */
export class H5StateError extends H5Error {
  override readonly name: string = 'H5StateError';
  constructor(code: 'H5_CLOSED' | 'H5_READ_ONLY', message: string) {
    super(code, message);
  }
}
