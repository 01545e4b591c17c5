import type { H5Dataset } from '../hdf5/h5-dataset.js';
/** Stands here until the real one is merged. */
export class H5Array {
  readonly dataset: H5Dataset;
  constructor(dataset: H5Dataset) {
    this.dataset = dataset;
  }
  static of(dataset: H5Dataset): H5Array {
    return new H5Array(dataset);
  }
}
