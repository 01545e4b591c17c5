import { bytesFor, UNDEFINED_ADDRESS } from '../byte-reader.js';
import { uintAt } from './bytes.js';
import type { ObjectRecord } from './object-record.js';
import type { Walk } from './walk.js';

/**
 * A free-space manager (section III.H): its header and its list of sections. `client`: 0 for a fractal heap, 1 for the
 * file. `extra`: the bytes of a section of type 1, beside its offset and its type.
 */
export function checkFreeSpace(
  walk: Walk,
  object: ObjectRecord,
  address: number,
  client: number,
  extra: number,
  visit: (offset: number, size: number, type: number) => void,
): void {
  const what = 'a free-space manager';
  walk.attempt('free-space', address, object, () => {
    const headerSize = 18 + 7 * walk.lengthSize + walk.offsetSize;
    const header = walk.structure(address, headerSize, what, object);
    if (!header) return;
    header.signature('FSHD');
    header.version(what, 0);
    if (header.u8() !== client) header.fail(`${what} of another client`);
    const space = header.size();
    const total = header.size();
    const serial = header.size();
    const ghosts = header.size();
    header.take(6);
    const bits = header.u16();
    // May be 2**63, which is not exact.
    const maxSize = uintAt(header.raw(walk.lengthSize), 0, walk.lengthSize);
    const list = header.address();
    const used = header.size();
    const allocated = header.size();
    walk.checksum('free-space', object, header, what);
    if (total !== serial + ghosts) header.fail(`${what} with a wrong number of sections`);
    if (list === UNDEFINED_ADDRESS) {
      if (serial > 0) header.fail(`${what} without its list of sections`);
      return;
    }
    if (used > allocated) header.fail(`${what} whose list does not fit in its place`);
    if (!walk.claim(list, allocated, 'metadata', 'a list of free space', object)) return;
    const block = walk.reader(list, used, 'a list of free space');
    block.signature('FSSE');
    block.version('a list of free space', 0);
    if (block.address() !== address) block.fail('a list of free space that belongs elsewhere');
    const start = block.position;
    if (block.left < 4) block.fail('a list of free space that is too short');
    block.position = block.bytes.length - 4;
    walk.checksum('free-space', object, block, 'a list of free space');
    block.position = start;
    const countSize = bytesFor(serial);
    const offsetSize = Math.ceil(bits / 8);
    const lengthSize = maxSize < 0 ? walk.lengthSize : bytesFor(maxSize);
    if (offsetSize > 8) header.fail(`${what} of addresses of ${bits} bits`);
    let seen = 0;
    let sum = 0;
    while (seen < serial) {
      const count = block.uint(countSize);
      const size = block.uint(lengthSize);
      if (count === 0 || seen + count > serial || size === 0)
        block.fail(`${what} with a wrong number of sections`);
      seen += count;
      for (let i = 0; i < count; i++) {
        const offset = block.uint(offsetSize);
        const type = block.u8();
        if (type === 1) block.take(extra);
        sum += size;
        visit(offset, size, type);
      }
    }
    if (client === 1 && sum !== space) header.fail(`${what} of ${sum} bytes, its header says ${space}`);
  });
}
