/** What lets `write` take in iterables bit by bit, and `write` and `read` be watched and stopped. */
import { pieceBytes } from './hdf5/file-builder.js';
import { H5Object } from './hdf5/h5-object.js';
import { isPart, readFrom, within } from './serialize/serialize.js';
import type { Streaming } from './serialize/streaming.js';
import { finished, piecesInTime, readInTime } from './streaming/in-time.js';
import { writeIntoInTime } from './streaming/into.js';
import { Pace } from './streaming/pace.js';

export type { Progress, Streaming, Watch } from './serialize/streaming.js';

/**
 * For the option `streaming` of `write` and `read`, outside of Node: async iterables and iterators are stored as the list of
 * what they yield, `onProgress` is told how far it is, and a `signal` stops it.
 *
 * @example
 * import { streaming } from 'h5pickle/streaming';
 * await write(target, { rows: response.body }, { streaming, signal: AbortSignal.timeout(5000) });
 */
export const streaming: Streaming = {
  async write(target, value, options) {
    if (target instanceof H5Object) {
      await writeIntoInTime(target, value, options);
      return;
    }
    const pace = new Pace(options);
    const pieces = await finished(await piecesInTime(value, options, pace));
    pace.check();
    await target.save(pieces.map(pieceBytes));
    pace.end();
  },
  async read(source, options) {
    const pace = new Pace(options);
    // A part takes what it needs, and a lazy value next to nothing.
    const value = isPart(options)
      ? readFrom(source, options)
      : await within(source, options, (space, address, check) =>
          readInTime(space, address, options, pace, check),
        );
    pace.end();
    return value;
  },
};
