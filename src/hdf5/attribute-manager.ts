import type { AttributeDraft } from './draft.js';
import { formatDType } from './dtype.js';
import type { AttributeElements, Editor, ValueOptions } from './editing.js';
import { decode, type H5Value } from './elements.js';
import type { FileSession } from './file-session.js';
import type { Attribute } from './messages/attribute.js';
import type { Datatype } from './messages/datatype.js';
import type { SmallMap } from './small-map.js';
import type { Node } from './stored-object.js';

/** What is known of an attribute without its value. */
export interface AttributeInfo {
  readonly dtype: string;
  /** `[]` for a scalar, `null` for an attribute without a value. */
  readonly shape: readonly number[] | null;
  readonly datatype: Datatype;
}

/**
 * The attributes of a group or a dataset: a Map of small values, in the order in which they were created.
 *
 * Scalars are numbers (64-bit integers: bigints), booleans and strings; arrays of numbers are typed arrays, flat,
 * with their shape in `info(name)`. An attribute without a value (a null dataspace) is `null`.
 *
 * @example
 * dataset.attrs.set('unit', 'm/s');
 * dataset.attrs.set('range', [0, 12.5], { dtype: 'f4' });
 * dataset.attrs.get('unit'); // 'm/s'
 */
export class AttributeManager {
  readonly #session: FileSession;
  readonly #owner: { readonly node: Node };

  /** @internal */
  constructor(session: FileSession, owner: { readonly node: Node }) {
    this.#session = session;
    this.#owner = owner;
  }

  get #list(): SmallMap<Attribute | AttributeDraft> | undefined {
    this.#session.check();
    return this.#owner.node.attributes as SmallMap<Attribute | AttributeDraft> | undefined;
  }

  /** The number of attributes. */
  get size(): number {
    return this.#list?.size ?? 0;
  }

  has(name: string): boolean {
    return this.#list?.get(name) !== undefined;
  }

  /** The value, or `undefined` if there is no such attribute. */
  get<T = H5Value>(name: string): T | undefined {
    const attribute = this.#list?.get(name);
    return attribute === undefined ? undefined : (this.#value(attribute) as T);
  }

  /**
   * Its datatype and its shape, or `undefined` if there is no such attribute.
   *
   * @example
   * dataset.attrs.info('range'); // { dtype: '<f4', shape: [2], datatype: ... }
   */
  info(name: string): AttributeInfo | undefined {
    const attribute = this.#list?.get(name);
    if (attribute === undefined) return undefined;
    const { datatype, dataspace } = this.#open(attribute);
    const shape = dataspace.kind === 'null' ? null : [...dataspace.dims];
    return { dtype: formatDType(datatype), shape, datatype };
  }

  /**
   * Sets an attribute. Datatype and shape follow from the value: integers of 32 bits are '<i4', other numbers
   * '<f8', bigints '<i8', strings 'str', booleans 'bool'; `null` is an attribute without a value.
   */
  set(name: string, value: unknown, options?: ValueOptions): this {
    this.#session.edit().setAttribute(this.#owner.node, name, value, options);
    return this;
  }

  /** Removes an attribute. Returns whether there was one. */
  delete(name: string): boolean {
    return this.#session.edit().deleteAttribute(this.#owner.node, name);
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.#list ?? []) yield name;
  }

  *values(): IterableIterator<H5Value> {
    for (const [, value] of this.entries()) yield value;
  }

  *entries(): IterableIterator<[string, H5Value]> {
    for (const [name, attribute] of this.#list ?? []) yield [name, this.#value(attribute)];
  }

  [Symbol.iterator](): IterableIterator<[string, H5Value]> {
    return this.entries();
  }

  #open(attribute: Attribute | AttributeDraft): AttributeElements {
    const { space, editor } = this.#session;
    if (typeof attribute !== 'object' || !('data' in attribute))
      return (editor as Editor).openAttribute(attribute);
    const { datatype, dataspace, data } = attribute;
    return { datatype, dataspace, bytes: data, heap: space.globalHeap };
  }

  #value(attribute: Attribute | AttributeDraft): H5Value {
    if (typeof attribute !== 'object') return attribute;
    const { datatype, dataspace, bytes, heap } = this.#open(attribute);
    const { kind, dims } = dataspace;
    if (kind === 'null') return null;
    const count = dims.reduce((product, dim) => product * dim, 1);
    // The bytes belong to the file: what is done with the value must not change them.
    const values = decode(datatype, new Uint8Array(bytes), count, heap, this.#session.options);
    return kind === 'scalar' ? (values[0] as H5Value) : values;
  }
}
