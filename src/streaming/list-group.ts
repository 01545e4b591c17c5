import { ByteWriter } from '../hdf5/byte-writer.js';
import { lookup3 } from '../hdf5/checksum.js';
import type { ObjectId } from '../hdf5/file-builder.js';
import { HeaderWriter, MESSAGE_PREFIX, OCHK } from '../hdf5/header-writer.js';
import { encodeAttributeInfo } from '../hdf5/messages/attribute-info.js';
import { encodeContinuation } from '../hdf5/messages/continuation.js';
import { encodeHardLink } from '../hdf5/messages/link.js';
import { MessageType } from '../hdf5/messages/message-type.js';
import type { NumberList } from '../hdf5/number-list.js';
import { Lazy } from './lazy.js';
import { type Track, TrackReader } from './spill.js';

/** The links of one chunk of a header take about so many bytes. */
const LINKS_A_CHUNK = 1 << 16;
/** What a link takes beside its name, and what the messages take that end a chunk and a header. */
const LINK_SIZE = MESSAGE_PREFIX + 20;
const CONTINUATION_SIZE = MESSAGE_PREFIX + 16;
const ATTRIBUTE_INFO_SIZE = MESSAGE_PREFIX + attributeInfoSize();
const SIGNATURE_SIZE = 4;
const CHECKSUM_SIZE = 4;

function attributeInfoSize(): number {
  const out = new ByteWriter(32);
  encodeAttributeInfo(out, 0);
  return out.length;
}

/** The beginning of a header: all but its links. */
export class Prologue extends HeaderWriter<unknown> {
  constructor() {
    super(new ByteWriter());
  }

  protected began(): void {}
  protected chunkEnded(): void {}
  protected addressOf(position: number): number {
    return position;
  }
  objectReference(): void {}
}

interface Chunk {
  /** The numbers of its first link, and of the first that comes after it. */
  readonly first: number;
  readonly end: number;
  readonly size: number;
}

/** The header of a group of very many links, named by their numbers: made chunk by chunk. */
export class ListGroup extends Lazy {
  readonly length: number;
  readonly #id: ObjectId;
  readonly #count: number;
  readonly #firstOrder: number;
  readonly #prologue: () => Uint8Array;
  readonly #attributes: number;
  readonly #places: Track;

  /**
   * `prologue` makes the beginning, which has so many attributes; `places`: the addresses of the objects; the creation orders
   * of the links begin with `firstOrder`.
   */
  constructor(
    id: ObjectId,
    count: number,
    firstOrder: number,
    prologue: () => Uint8Array,
    attributes: number,
    places: Track,
  ) {
    super();
    this.#id = id;
    this.#count = count;
    this.#firstOrder = firstOrder;
    this.#prologue = prologue;
    this.#attributes = attributes;
    this.#places = places;
    let length = 0;
    for (const { size } of this.#plan(prologue().length)) length += size;
    this.length = length;
  }

  override placed(address: number, addresses: NumberList): void {
    super.placed(address, addresses);
    addresses.data[this.#id] = address;
  }

  *#plan(prologueSize: number): Generator<Chunk, void> {
    let begin = prologueSize;
    let first = 0;
    do {
      let size = 0;
      let end = first;
      while (end < this.#count && size < LINKS_A_CHUNK) size += LINK_SIZE + String(end++).length;
      size += begin + (end < this.#count ? CONTINUATION_SIZE : ATTRIBUTE_INFO_SIZE) + CHECKSUM_SIZE;
      yield { first, end, size };
      first = end;
      begin = SIGNATURE_SIZE;
    } while (first < this.#count);
  }

  *chunks(): Generator<Uint8Array, void> {
    const prologue = this.#prologue();
    const places = new TrackReader(this.#places);
    const plan = this.#plan(prologue.length);
    let address = this.address;
    for (let chunk = plan.next().value; chunk; ) {
      const next = plan.next().value;
      const out = new ByteWriter(chunk.size);
      if (chunk.first === 0) out.raw(prologue);
      else out.u32(OCHK);
      address += chunk.size;
      for (let i = chunk.first; i < chunk.end; i++) {
        const message = begin(out, MessageType.Link);
        encodeHardLink(out, String(i), this.#firstOrder + i);
        const bytes = places.take(8);
        out.u64(new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true));
        end(out, message);
      }
      const message = begin(out, next ? MessageType.Continuation : MessageType.AttributeInfo);
      if (next) encodeContinuation(out, address, next.size);
      else encodeAttributeInfo(out, this.#attributes);
      end(out, message);
      // The first chunk says how long it is, without what is around its messages.
      if (chunk.first === 0) out.view.setUint32(6, out.length - 10, true);
      out.u32(lookup3(out.view, 0, out.length));
      yield out.finish();
      chunk = next;
    }
  }
}

function begin(out: ByteWriter, type: number): number {
  out.u32(type);
  out.u16(0);
  return out.length;
}

function end(out: ByteWriter, start: number): void {
  out.view.setUint16(start - MESSAGE_PREFIX + 1, out.length - start, true);
}
