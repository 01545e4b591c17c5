import { concatenate, type FileBuilder, type ObjectId } from '../../src/hdf5/file-builder.js';

/** The bytes of a file that has been built. */
export function finished(builder: FileBuilder, root: ObjectId): Uint8Array<ArrayBuffer> {
  const finishing = builder.finishing(root);
  for (;;) {
    const { done, value } = finishing.next();
    if (done) return concatenate(value);
  }
}
