import { H5TypeError } from '../errors.js';
import { ByteWriter } from './byte-writer.js';
import type { DatasetStorage } from './dataset-storage.js';
import type { EditableMap } from './editable-map.js';
import type { Encoded } from './elements.js';
import { type Dataspace, extent } from './messages/dataspace.js';
import { type Datatype, datatypeBytes } from './messages/datatype.js';
import { encodeSharedMessage } from './messages/shared-message.js';
import type { TypedArray } from './number-elements.js';
import type { Prepared } from './prepare.js';

/** An object of a file that is being written. It becomes bytes when the file does. */
export type Draft = GroupDraft | DatasetDraft;

/** What a link of a group leads to: an object, new or in the file, or a path. */
export type LinkDraft =
  | Draft
  | { readonly kind: 'hard'; readonly address: number }
  | { readonly kind: 'soft'; readonly target: string }
  | { readonly kind: 'external'; readonly file: string; readonly target: string };

/** The value of an attribute: a scalar of a usual type as it is, or encoded elements. */
export type AttributeDraft = number | string | boolean | bigint | Prepared;

abstract class ObjectDraft {
  /** Its number among the objects that were made since the file was opened. */
  readonly id: number;
  /** Where it is in the file; -1 until it is written. */
  address = -1;
  attributes: EditableMap<AttributeDraft> | undefined;
  /** The creation orders that attributes and links are to have; without, each kind is numbered by itself. */
  attributeOrders: Map<string, number> | undefined;
  linkOrders: Map<string, number> | undefined;
  /** The message of an object comment, which other programs write. */
  comment: Uint8Array | undefined;

  constructor(id: number) {
    this.id = id;
  }
}

export class GroupDraft extends ObjectDraft {
  links: EditableMap<LinkDraft> | undefined;

  get kind(): 'group' {
    return 'group';
  }
}

export class DatasetDraft extends ObjectDraft {
  type: EncodedType;
  readonly dataspace: Dataspace;
  /** Elements with pointers, or what has the bytes of the elements at `at`. None: they are zeros. */
  data: Encoded | Uint8Array | undefined;
  readonly at: number;
  /** Or where the elements have gone already. */
  storage: DatasetStorage | undefined;

  constructor(
    id: number,
    type: EncodedType,
    dataspace: Dataspace,
    data: Encoded | Uint8Array | undefined,
    at = 0,
  ) {
    super(id);
    this.type = type;
    this.dataspace = dataspace;
    this.data = data;
    this.at = at;
  }

  /** Of the elements, in bytes. */
  get size(): number {
    return extent(this.dataspace) * this.datatype.size;
  }

  get kind(): 'dataset' {
    return 'dataset';
  }

  get links(): undefined {
    return undefined;
  }

  get datatype(): Datatype {
    return this.type.datatype;
  }
}

// ---- small data ---------------------------------------------------------------------------------------

const SLAB = 1 << 14;

/** Where the small data of the drafts of a file are kept: a typed array of their own takes many times as much. */
export class SmallData {
  /** Data of at most so many bytes are small. */
  static readonly LIMIT = 256;
  slab = new Uint8Array(0);
  #used = 0;
  /** Views of the slab by the class of their elements. */
  readonly #views = new Map<unknown, TypedArray>();

  /** Copies data into `slab`, as they are in memory. They are at the position that is returned. */
  keep(data: TypedArray): number {
    if (this.#used + data.byteLength > this.slab.length) {
      // Often there are few.
      this.slab = new Uint8Array(Math.min(SLAB, Math.max(2 * SmallData.LIMIT, 4 * this.slab.length)));
      this.#used = 0;
      this.#views.clear();
    }
    let view = this.#views.get(data.constructor);
    if (!view) {
      view = new (data.constructor as Uint8ArrayConstructor)(this.slab.buffer);
      this.#views.set(data.constructor, view);
    }
    const at = this.#used;
    // Not `data.buffer`: small arrays have none until it is asked for.
    (view as Uint8Array).set(data as Uint8Array, at / view.BYTES_PER_ELEMENT);
    // Elements of 8 bytes stay aligned.
    this.#used = (at + data.byteLength + 7) & ~7;
    return at;
  }
}

// ---- messages that many objects share -----------------------------------------------------------------

/** The size of a header message is a 16-bit number. */
export const MESSAGE_LIMIT = 0xffff;

export interface EncodedType {
  readonly datatype: Datatype;
  readonly message: Uint8Array;
  /** The address of the committed datatype that the message leads to. */
  readonly committed?: number | undefined;
}

/** A datatype that is shared with a committed one. */
export function sharedType(datatype: Datatype, committed: number): EncodedType {
  const message = new ByteWriter(10);
  encodeSharedMessage(message, committed);
  return { datatype: { ...datatype, committed }, message: message.finish(), committed };
}

const encodedTypes = new WeakMap<Datatype, EncodedType>();

export function encodedType(datatype: Datatype): EncodedType {
  let type = encodedTypes.get(datatype);
  if (!type) {
    type = { datatype, message: datatypeBytes(datatype) };
    if (type.message.length > MESSAGE_LIMIT)
      throw new H5TypeError('the datatype takes more than 65,535 bytes');
    encodedTypes.set(datatype, type);
  }
  return type;
}
