import { H5FormatError } from '../errors.js';
import { UNDEFINED_ADDRESS } from '../hdf5/byte-reader.js';
import type { H5Group } from '../hdf5/h5-group.js';
import { IndexedLinks, type LinkSequence } from '../hdf5/link-table.js';
import { join } from '../hdf5/paths.js';
import { StoredObject } from '../hdf5/stored-object.js';
import { Missing, Reserved } from '../serialize/layout.js';
import type { Context } from './context.js';
import { presented } from './member.js';
import { SmallValueReader } from './small-value-reader.js';

/**
 * The elements of a large list of any values, in a file that nobody changes. Each is found by its place among the links, so that
 * neither the names of all nor what they lead to has to be known.
 */
export class StoredItems {
  readonly length: number;
  readonly #group: H5Group;
  readonly #context: Context;
  readonly #links: LinkSequence;
  readonly #smallValues: SmallValueReader;
  /** Of each element, the place of its link; or, less than 0, what the mask says of it. None: all have links. */
  readonly #places: Int32Array | undefined;

  /** Undefined of a list whose elements are to be found in another way. */
  static of(group: H5Group, context: Context): StoredItems | undefined {
    const { node, session } = group;
    if (session.editor || !(node.links instanceof IndexedLinks)) return undefined;
    const links = (node.links as IndexedLinks<never>).inOrder();
    return links && new StoredItems(group, context, links);
  }

  private constructor(group: H5Group, context: Context, links: LinkSequence) {
    this.#group = group;
    this.#context = context;
    this.#links = links;
    this.#smallValues = new SmallValueReader(group.session);
    const mask = group.attrs.get(Reserved.mask) as ArrayLike<number> | undefined;
    this.#places = mask && placesIn(mask, links.length, group.path);
    this.length = mask ? mask.length : links.length;
  }

  /** The element at an index within the list. */
  get(index: number): unknown {
    // A file that was closed is not read any more.
    this.#group.session.check();
    const place = this.#places ? (this.#places[index] as number) : index;
    if (place < 0) return -place === Missing.null ? null : undefined;
    const address = this.#links.addressAt(place);
    if (address === UNDEFINED_ADDRESS)
      damaged(this.#group.path, `has an element ${index} that is no hard link`);
    const value = this.#smallValues.read(address, this.#context.options.largeArray);
    if (value !== undefined) return value;
    const { info } = this.#smallValues;
    const link = this.#links.at(place);
    const object = this.#group.wrap(new StoredObject(info), join(this.#group.path, link?.name ?? ''));
    return presented(object, this.#context);
  }
}

/** @throws {H5FormatError} when the mask does not go with so many links. */
function placesIn(mask: ArrayLike<number>, count: number, path: string): Int32Array {
  const places = new Int32Array(mask.length);
  let next = 0;
  for (let i = 0; i < places.length; i++) {
    const code = mask[i] as number;
    if (code > Missing.absent) damaged(path, 'has a mask with codes that mean nothing');
    places[i] = code === Missing.present ? next++ : -code;
  }
  if (next !== count) damaged(path, 'has a mask that does not go with its elements');
  return places;
}

function damaged(path: string, what: string): never {
  throw new H5FormatError(-1, `"${path}" ${what}`);
}
