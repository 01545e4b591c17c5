import { quote } from './findings.js';
import type { ObjectRecord } from './object-record.js';

/** A part of the file, and what is there. */
export interface VerifiedExtent {
  readonly address: number;
  /** In bytes. */
  readonly size: number;
  /** `padding`: less than 8 bytes that align what follows; `leaked`: what nothing uses. */
  readonly use: 'metadata' | 'data' | 'free' | 'padding' | 'leaked';
  /** Such as 'a chunk'. */
  readonly what: string;
  /** The path of the object that it belongs to; '' if none. */
  readonly path: string;
}

/** Space that something takes. */
export class Claim implements VerifiedExtent {
  readonly address: number;
  readonly size: number;
  readonly use: VerifiedExtent['use'];
  readonly what: string;
  readonly #owner: ObjectRecord | undefined;

  constructor(
    address: number,
    size: number,
    use: VerifiedExtent['use'],
    what: string,
    owner?: ObjectRecord | undefined,
  ) {
    this.address = address;
    this.size = size;
    this.use = use;
    this.what = what;
    this.#owner = owner;
  }

  get path(): string {
    return this.#owner?.path ?? '';
  }
}

export function describe({ what, address, size, path }: VerifiedExtent): string {
  return `${what}${path === '' ? '' : ` of ${quote(path)}`} (${size} bytes at address ${address})`;
}
