import type { ByteReader } from '../byte-reader.js';
import { openLocalHeap } from './local-heap.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/** The names of external files (section IV.A.2.h) lie in a local heap. */
export function checkExternalFiles(walk: Walk, object: ObjectRecord, data: ByteReader): void {
  data.version('the external files message', 1);
  data.take(3);
  data.take(2);
  const count = data.u16();
  const heap = openLocalHeap(walk, object, data.address());
  for (let i = 0; i < count; i++) {
    const offset = data.size();
    data.take(2 * walk.lengthSize);
    if (heap) heap.use(offset, heap.text(offset).length + 1);
  }
  heap?.finish();
}
