import { UNDEFINED_ADDRESS } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import {
  type AttributeDraft,
  type DatasetDraft,
  type Draft,
  encodedType,
  GroupDraft,
  type LinkDraft,
} from './draft.js';
import { emit, type Resolve } from './elements.js';
import { FileBuilder, pieceBytes, type Write } from './file-builder.js';
import { type Dataspace, encodeDataspace, MAX_RANK, SCALAR } from './messages/dataspace.js';
import { BOOLEAN, FLOAT64, INT32, INT64, VARIABLE_STRING } from './messages/datatype.js';

/**
 * Writes the file whose root group this is, of `count` objects: to `write` as it is made, or else it returns its
 * bytes in pieces. Only what can be reached from the root gets there.
 */
export function layOut(root: GroupDraft, count: number, write?: Write): Uint8Array[] {
  const linkCounts = new Uint32Array(count);
  const reached: Draft[] = [];
  const todo: Draft[] = [root];
  // The superblock counts as a link.
  linkCounts[root.id] = 1;
  const reach = (target: LinkDraft): void => {
    if (isPath(target)) return;
    if (linkCounts[target.id] === 0) todo.push(target);
    linkCounts[target.id] = (linkCounts[target.id] as number) + 1;
  };
  for (let draft = todo.pop(); draft; draft = todo.pop()) {
    reached.push(draft);
    draft.links?.forEach(reach);
  }
  const builder = new FileBuilder(undefined, write);
  for (let id = 0; id < count; id++) builder.newObject();
  // What is linked to comes before what links to it, but for cycles: then its address is known by that time.
  const writer = new DraftWriter(builder, linkCounts);
  for (let i = reached.length - 1; i >= 0; i--) writer.write(reached[i] as Draft);
  return builder.finish(root.id).map(pieceBytes);
}

function isPath(link: LinkDraft): link is Exclude<LinkDraft, Draft> {
  return link.kind === 'soft' || link.kind === 'external';
}

/** The message of a scalar dataspace, version 2. */
const SCALAR_MESSAGE = /* @__PURE__ */ new Uint8Array([2, 0, 0, 0]);

class DraftWriter {
  readonly #builder: FileBuilder;
  /** By object; 0 for those that are not in the file. */
  readonly #linkCounts: Uint32Array;
  readonly #resolve: Resolve;
  /** A dataspace message on its way into a header. */
  readonly #space = new ByteWriter(4 + 8 * MAX_RANK);
  #lastSpace = SCALAR;
  #lastSpaceMessage = SCALAR_MESSAGE;
  #linkOrder = 0;

  readonly #bool = encodedType(BOOLEAN).message;
  readonly #int32 = encodedType(INT32).message;
  readonly #int64 = encodedType(INT64).message;
  readonly #float64 = encodedType(FLOAT64).message;
  readonly #text = encodedType(VARIABLE_STRING).message;

  constructor(builder: FileBuilder, linkCounts: Uint32Array) {
    this.#builder = builder;
    this.#linkCounts = linkCounts;
    this.#resolve = ({ target }) => {
      const { id } = target as Draft;
      return linkCounts[id] === 0 ? undefined : id;
    };
  }

  write(draft: Draft): void {
    if (draft instanceof GroupDraft) this.#group(draft);
    else this.#dataset(draft);
    draft.attributes?.forEach(this.#attribute);
    this.#builder.end();
  }

  #group({ id, links }: GroupDraft): void {
    this.#builder.beginGroup(id, this.#linkCounts[id] as number, links?.size ?? 0);
    this.#linkOrder = 0;
    links?.forEach(this.#link);
  }

  readonly #link = (link: LinkDraft, name: string): void => {
    const builder = this.#builder;
    const order = this.#linkOrder++;
    if (!isPath(link)) builder.hardLink(name, order, link.id);
    else if (link.kind === 'soft') builder.softLink(name, order, link.target);
    else builder.externalLink(name, order, link.file, link.target);
  };

  #dataset(draft: DatasetDraft): void {
    const builder = this.#builder;
    const { id, type, dataspace, data, at, size } = draft;
    const linkCount = this.#linkCounts[id] as number;
    const space = this.#spaceMessage(dataspace);
    if (data instanceof Uint8Array) {
      builder.beginDataset(id, linkCount, type.message, space, data, at, size);
      return;
    }
    let address = UNDEFINED_ADDRESS;
    if (data) {
      builder.out.align(8);
      address = builder.position;
      emit(builder, data, this.#resolve);
    }
    builder.beginDatasetAt(id, linkCount, type.message, space, address, size);
  }

  readonly #attribute = (value: AttributeDraft, name: string): void => {
    const builder = this.#builder;
    const { out } = builder;
    switch (typeof value) {
      case 'string':
        builder.beginAttribute(name, this.#text, SCALAR_MESSAGE);
        builder.text(value);
        break;
      case 'boolean':
        builder.beginAttribute(name, this.#bool, SCALAR_MESSAGE);
        out.u8(value ? 1 : 0);
        break;
      case 'bigint':
        builder.beginAttribute(name, this.#int64, SCALAR_MESSAGE);
        out.i64(value);
        break;
      case 'number':
        if ((value | 0) === value && !Object.is(value, -0)) {
          builder.beginAttribute(name, this.#int32, SCALAR_MESSAGE);
          out.i32(value);
        } else {
          builder.beginAttribute(name, this.#float64, SCALAR_MESSAGE);
          out.f64(value);
        }
        break;
      default:
        builder.beginAttribute(
          name,
          encodedType(value.datatype).message,
          this.#spaceMessage(value.dataspace),
        );
        if (value.encoded) emit(builder, value.encoded, this.#resolve);
    }
    builder.endAttribute();
  };

  #spaceMessage(dataspace: Dataspace): Uint8Array {
    // One after another has the same.
    if (dataspace !== this.#lastSpace) {
      this.#space.length = 0;
      encodeDataspace(this.#space, dataspace);
      this.#lastSpace = dataspace;
      this.#lastSpaceMessage = this.#space.finish();
    }
    return this.#lastSpaceMessage;
  }
}
