import { H5TypeError } from '../errors.js';
import {
  type AttributeDraft,
  DatasetDraft,
  type Draft,
  encodedType,
  GroupDraft,
  MESSAGE_LIMIT,
  SmallData,
} from './draft.js';
import { layOut } from './draft-writer.js';
import type { AttributeElements, Editor, ValueOptions } from './editing.js';
import { type Encoded, isList, NO_HEAP, readable } from './elements.js';
import type { Write } from './file-builder.js';
import { H5Reference } from './h5-reference.js';
import { inferDatatype } from './infer.js';
import { extent, MAX_RANK } from './messages/dataspace.js';
import { isNative, type TypedArray } from './number-elements.js';
import { prepare, vector } from './prepare.js';
import { isPlainText, utf8Encoder } from './text.js';

/** What an attribute takes beside its type, its name and its value, at most. */
const ATTRIBUTE_PREFIX = 9 + 1 + 4 + 8 * MAX_RANK;

/** The editor of a new file. */
export class FileEditor implements Editor {
  #count = 0;
  readonly root = this.newGroup();
  readonly #small = new SmallData();
  /** Objects have no address yet: references count them, from 1. */
  readonly #referenced = new Map<number, Draft>();

  newGroup(): GroupDraft {
    return new GroupDraft(this.#count++);
  }

  newDataset(data: unknown, { dtype, shape }: ValueOptions): DatasetDraft {
    const small = this.#small;
    if (dtype === undefined && !shape && isSmallArray(data)) {
      const type = encodedType(inferDatatype(data));
      if (isNative(type.datatype)) {
        const at = small.keep(data);
        return new DatasetDraft(this.#count++, type, vector(data.length), small.slab, at);
      }
    }
    const { datatype, dataspace, encoded } = prepare(data, dtype, shape);
    this.#checkReferences(encoded);
    const type = encodedType(datatype);
    const id = this.#count++;
    if (!encoded || encoded.at.length > 0) return new DatasetDraft(id, type, dataspace, encoded);
    const { bytes } = encoded;
    if (bytes.length > SmallData.LIMIT) return new DatasetDraft(id, type, dataspace, bytes);
    const at = small.keep(bytes);
    return new DatasetDraft(id, type, dataspace, small.slab, at);
  }

  newAttribute(name: string, value: unknown, { dtype, shape }: ValueOptions): AttributeDraft {
    if (dtype === undefined && shape === undefined && isUsualScalar(value)) return value;
    const prepared = prepare(value, dtype, shape);
    const { datatype, dataspace, encoded } = prepared;
    this.#checkReferences(encoded);
    const size =
      encodedType(datatype).message.length +
      extent(dataspace) * datatype.size +
      utf8Encoder.encode(name).length;
    if (size + ATTRIBUTE_PREFIX > MESSAGE_LIMIT) {
      throw new H5TypeError(
        `the attribute "${name}" takes ${size} bytes, 65,000 are the limit; make it a dataset`,
      );
    }
    if (dataspace.kind !== 'null' && !encoded) {
      throw new H5TypeError(`the attribute "${name}" has a shape, but no value`);
    }
    return prepared;
  }

  openAttribute(draft: AttributeDraft): AttributeElements {
    const { datatype, dataspace, encoded } = typeof draft === 'object' ? draft : prepare(draft);
    return { datatype, dataspace, ...(encoded ? readable(encoded) : NOTHING) };
  }

  reference(draft: Draft): H5Reference {
    const number = draft.id + 1;
    this.#referenced.set(number, draft);
    return new H5Reference(number, 'object', draft);
  }

  dereference({ address }: H5Reference): Draft | undefined {
    return this.#referenced.get(address);
  }

  layOut(write?: Write): Uint8Array[] {
    return layOut(this.root, this.#count, write);
  }

  /** Throws if encoded elements lead to objects of other files. */
  #checkReferences(encoded: Encoded | undefined): void {
    for (const target of encoded?.targets ?? []) {
      if (target instanceof H5Reference) {
        if (this.#referenced.get(target.address) !== target.target) {
          throw new H5TypeError('a reference leads to an object of another file');
        }
      } else if (typeof target === 'object') this.#checkReferences(target.data);
    }
  }
}

const NOTHING = { bytes: new Uint8Array(0), heap: NO_HEAP };

function isSmallArray(data: unknown): data is TypedArray {
  return ArrayBuffer.isView(data) && isList(data) && data.byteLength <= SmallData.LIMIT;
}

/** Whether a value is a scalar whose datatype follows from it, so that it is kept as it is. */
function isUsualScalar(value: unknown): value is number | string | boolean | bigint {
  switch (typeof value) {
    case 'number':
    case 'boolean':
      return true;
    case 'string':
      return isPlainText(value);
    case 'bigint':
      return BigInt.asIntN(64, value) === value;
    default:
      return false;
  }
}
