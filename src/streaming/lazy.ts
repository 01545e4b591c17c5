import type { Extent } from '../hdf5/file-builder.js';
import type { NumberList } from '../hdf5/number-list.js';

/** Raw data that are made bit by bit when the file is written, after all has got its address. */
export abstract class Lazy implements Extent {
  /** Where they are. */
  address = -1;

  abstract readonly length: number;

  /** The bytes, in pieces that are valid until the next is asked for. */
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
