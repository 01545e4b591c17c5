/** Parts of values: one by its path, read or written, and large ones when they are asked for. */
import { lazily } from './serialize/lazy-member.js';
import { parsePath, recordPath } from './serialize/part-path.js';
import { readPart } from './serialize/part-reader.js';
import { writePart } from './serialize/part-writer.js';
import type { Parts } from './serialize/serialize.js';

export type { PartPath } from './serialize/part-path.js';
export type { Parts } from './serialize/serialize.js';

/**
 * What the options `path`, `select` and `lazy` of `read` need, and `write` into an open file.
 *
 * @example
 * import { parts } from 'h5pickle/parts';
 * const name = deserialize(bytes, { path: 'users/17/name', parts }); // in a browser
 */
export const parts: Parts = {
  read(restorer, address, { path, select, lazy }, check) {
    if (lazy) restorer.lazy = lazily(check);
    if (path === undefined && select === undefined) return restorer.restore(address);
    const steps = [...(path === undefined ? [] : parsePath(path)), ...(select ? recordPath(select) : [])];
    return readPart(restorer, address, steps);
  },
  write: writePart,
};
