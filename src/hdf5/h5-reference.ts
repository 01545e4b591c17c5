/**
 * A pointer to an object of the same file, as a value. `object.ref` makes one, `file.dereference(ref)` follows
 * it. One that was read can be written again to the same file. A reference to nothing is `null`.
 *
 * @example
 * file.createDataset('newest', { data: file.group('runs/7').ref });
 * file.dereference(file.dataset('newest').value as H5Reference).path; // '/runs/7'
 *
 * @example
 * file.createDataset('peak', { data: speed.regionRef([[100, 120]]) });
 * speed.read(file.dataset('peak').value as H5Reference); // 20 elements
 */
export class H5Reference {
  /** Where the object stands in the file: equal for equal objects. */
  readonly address: number;
  /** A region reference leads to a dataset, of which it selects a part: `dataset.read(reference)` reads that. */
  readonly kind: 'object' | 'region';
  readonly #target: object | undefined;
  readonly #region: Uint8Array | undefined;

  constructor(address: number, kind: 'object' | 'region', target?: object, region?: Uint8Array) {
    this.address = address;
    this.kind = kind;
    this.#target = target;
    this.#region = region;
  }

  /** @internal What a region reference leads to in the heap: the address of the dataset, and the selection. */
  get region(): Uint8Array | undefined {
    return this.#region;
  }

  /** @internal The object, if it has no address yet; else the global heap of its file, which tells that from others. */
  get target(): object | undefined {
    return this.#target;
  }
}

/** The reference that a value is or, for an object of a file, has. */
export function referenceOf(value: unknown): H5Reference | null | undefined {
  if (value === null || value instanceof H5Reference) return value;
  const { ref } = Object(value) as { ref?: unknown };
  return ref instanceof H5Reference ? ref : undefined;
}
