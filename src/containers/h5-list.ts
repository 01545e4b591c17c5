import type { H5Dataset } from '../hdf5/h5-dataset.js';
import type { H5Group } from '../hdf5/h5-group.js';
import { readFrom } from '../serialize/serialize.js';
import type { Context } from './context.js';

export class H5List {
  readonly object: H5Group | H5Dataset;
  readonly #context: Context;
  constructor(object: H5Group | H5Dataset, context: Context) {
    this.object = object;
    this.#context = context;
  }
  get(index: number): unknown {
    return readFrom(this.object, { ...this.#context.codec, path: [index] });
  }
  get length(): number {
    return readFrom(this.object, { ...this.#context.codec, path: 'length' }) as number;
  }
}
