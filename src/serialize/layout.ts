/**
 * The words of the file layout that docs/FORMAT.md specifies: what the codec adds to plain HDF5. Both
 * directions take them from here.
 */

/** The version of the layout, kept on the root group. A reader reads this one and all before it. */
export const LAYOUT_VERSION = 1;

/** Reserved attributes, and a link. A key of the user's that begins with "@" is escaped, so they never clash. */
export enum Reserved {
  /** On the root group: the layout version. */
  layout = '@h5pickle',
  /** Which of JavaScript's own types a value has, where its HDF5 form does not say it. */
  type = '@type',
  /** The registered name of an instance's class, and its version. */
  class = '@class',
  version = '@version',
  /** What of an instance cannot be changed. */
  integrity = '@integrity',
  /** How a group stands for a list of values, or for entries. */
  encoding = '@encoding',
  /** The number of rows of a list of records, or the length of a sparse array. */
  length = '@length',
  /** Which elements of a vector are missing, and how. */
  mask = '@mask',
  /** The vector that a dataset of row numbers points into. */
  into = '@into',
  /** On what references lead to, besides its links: who replaces it has to look for them. */
  referenced = '@referenced',
  /** The type of the rows of a rectangular or ragged vector, where they are not arrays. */
  items = '@items',
  /** On a dataset: its 64-bit integers are numbers, no bigints. On a group: the attributes of which that is so. */
  numbers = '@numbers',
  /** How many of the last axes of a dataset are one in the program. */
  flat = '@flat',
  /** A link of the root group: what has its home nowhere else. */
  objects = '@objects',
}

/** Values of `@encoding`. */
export enum Encoding {
  /** On the root: the value is the member named "value". */
  value = 'value',
  records = 'records',
  ragged = 'ragged',
  union = 'union',
  list = 'list',
  sparse = 'sparse',
  entries = 'entries',
}

/** What a mask says of an element; the same numbers stand in a vector of nothing but missing elements. */
export enum Missing {
  present = 0,
  undefined = 1,
  null = 2,
  absent = 3,
}

/** Names of one-member compounds: values that HDF5 has no type for. */
export enum Tag {
  date = 'date_ms',
  bigint = 'bigint',
  text = 'wtf8',
  undefined = 'undefined',
  into = 'into',
  index = 'index',
  named = 'named',
}

/** An invalid Date: numpy's "not a time". */
export const NOT_A_TIME = -(2n ** 63n);

/**
 * An object or a Map of more entries than this is stored as a column of keys and a column of values, not as
 * one attribute or link an entry: headers are made for tens of attributes, not for thousands.
 */
export const MAX_MEMBERS = 1000;

/** The longest name that fits into a header message with certainty, in UTF-16 code units. */
export const MAX_NAME = 20_000;

/**
 * Nested arrays are one dataset up to so many dimensions: h5py ends its process when it reads strings, or other data of variable
 * length, of as many as there can be (H5S_MAX_RANK).
 */
export const MAX_DIMENSIONS = 31;
