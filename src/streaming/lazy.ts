import type { LateData } from '../hdf5/chunked-builder.js';
import type { Piece } from '../hdf5/file-builder.js';
import type { NumberList } from '../hdf5/number-list.js';

/** Raw data that are made bit by bit when the file is written, after all has got its address. */
export abstract class Lazy implements LateData {
  /** Where they are. */
  address = -1;

  abstract readonly length: number;

  /** The bytes, in pieces, which must not be changed. */
  abstract chunks(): Iterable<Uint8Array>;

  placed(address: number, _addresses: NumberList): void {
    this.address = address;
  }

  writeTo(target: Uint8Array, position: number): void {
    for (const chunk of this.chunks()) {
      target.set(chunk, position);
      position += chunk.length;
    }
  }
}

/** The bytes of pieces one after another, of which large ones come in parts. */
export function* chunksOf(pieces: readonly Piece[]): Generator<Uint8Array, void> {
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      yield piece;
    } else if ('chunks' in piece) {
      yield* (piece as LateData).chunks();
    } else {
      const bytes = new Uint8Array(piece.length);
      piece.writeTo(bytes, 0);
      yield bytes;
    }
  }
}
