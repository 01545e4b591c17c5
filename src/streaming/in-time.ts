import type { Piece } from '../hdf5/file-builder.js';
import { Emitter } from '../serialize/emit.js';
import { pathTo } from '../serialize/path.js';
import type { Planner, Stream } from '../serialize/plan.js';
import type { Restorer } from '../serialize/restore.js';
import { emitted, limited, newPlanner, type WriteOptions } from '../serialize/serialize.js';
import { Lazy } from './lazy.js';
import type { Pace } from './pace.js';
import { type BatchSize, type MakeSpill, Taker } from './take.js';

/** Completes the pieces of a file: takes in what iterables yield, which is kept in a place that `make` makes. */
export type Finish = (make?: MakeSpill) => Promise<Piece[]>;

/**
 * The pieces of a file with a value. If nobody watches, all is done at once but what iterables yield: what happens to the value
 * afterwards does not matter.
 */
export function piecesInTime(
  value: unknown,
  options: WriteOptions,
  pace: Pace,
  batch?: BatchSize,
): Finish | Promise<Finish> {
  const planner = newPlanner(options, true);
  const streams: Stream[] = [];
  planner.streams = streams;
  planner.begin(value);
  const planning = pace.run(
    () => planner.step(),
    () => pathTo(planner.nodes.at(-1) ?? planner.root),
  );
  const then = (): Finish | Promise<Finish> => {
    planner.finish();
    if (streams.length > 0) {
      return async (make) => {
        await take(streams, pace, new Taker(planner, options, true, make, batch));
        return emittedInTime(planner, options, pace);
      };
    }
    const pieces = emittedInTime(planner, options, pace);
    return pieces instanceof Promise ? pieces.then((all) => async () => all) : async () => pieces;
  };
  return planning ? planning.then(then) : then();
}

function emittedInTime(planner: Planner, options: WriteOptions, pace: Pace): Piece[] | Promise<Piece[]> {
  const emitter = new Emitter(planner.nodes);
  emitter.begin(planner.root);
  const emitting = pace.run(
    () => emitter.step(),
    () => '$',
  );
  const then = (): Piece[] => {
    const pieces = limited(emitter.finish(), options);
    pace.total = pieces.reduce((sum, { length }) => sum + length, pace.done);
    return pieces;
  };
  return emitting ? emitting.then(then) : then();
}

/** The pieces of a file with a value, at once. */
export function piecesNow(
  value: unknown,
  options: WriteOptions,
  make?: MakeSpill,
  batch?: BatchSize,
): Piece[] {
  const planner = newPlanner(options);
  const streams: Stream[] = [];
  planner.streams = streams;
  planner.plan(value);
  if (streams.length > 0) takeNow(streams, new Taker(planner, options, false, make, batch));
  return emitted(planner, options);
}

/** The bytes of pieces one after another, of which large ones come in parts. */
export function* chunksOf(pieces: readonly Piece[]): Generator<Uint8Array, void> {
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) {
      yield piece;
    } else if (piece instanceof Lazy) {
      yield* piece.chunks();
    } else {
      const bytes = new Uint8Array(piece.length);
      piece.writeTo(bytes, 0);
      yield bytes;
    }
  }
}

// ---- iterables ----------------------------------------------------------------------------------------------

interface AnyIterator {
  next(): PromiseLike<IteratorResult<unknown>> | IteratorResult<unknown>;
  return?(): unknown;
}

function iteratorOf(value: object): { iterator: AnyIterator; isAsync: boolean } {
  if (Symbol.asyncIterator in value)
    return { iterator: (value as AsyncIterable<unknown>)[Symbol.asyncIterator](), isAsync: true };
  return { iterator: (value as Iterable<unknown>)[Symbol.iterator](), isAsync: false };
}

/** Takes in what all iterables of a plan yield, one after the other. */
async function take(streams: readonly Stream[], pace: Pace, taker: Taker): Promise<void> {
  const path = () => taker.path;
  const store = async (isLast: boolean): Promise<void> => {
    for (let pending = taker.store(isLast); pending.length > 0; pending = taker.store(isLast)) {
      for (const iterable of pending) {
        const elements: unknown[] = [];
        await each(iterable, pace, path, (element) => void elements.push(element));
        taker.collected(iterable, elements);
      }
    }
    pace.done = taker.spill.size;
    await pace.pause(path);
  };
  for (const stream of streams) {
    taker.begin(stream);
    await each(stream.value, pace, path, (element) => (taker.add(element) ? store(false) : undefined));
    await store(true);
  }
  taker.finish();
}

/** Asks an iterable for all that it yields. If it is not asked to the end, it is told so. */
async function each(
  iterable: object,
  pace: Pace,
  path: () => string,
  use: (element: unknown) => Promise<void> | undefined,
): Promise<void> {
  const { iterator, isAsync } = iteratorOf(iterable);
  const asked = { isWaiting: false, isOver: false };
  try {
    for (;;) {
      const { done, value } = isAsync ? await pace.until(answer(iterator, asked)) : nextOf(iterator, asked);
      if (done) return;
      const using = use(value);
      if (using) await using;
      else if (isAsync) pace.tell(path);
    }
  } catch (error) {
    if (isAsync && !asked.isOver) {
      const ending = (async () => iterator.return?.())().catch(() => {
        // It is another error that matters.
      });
      // What has not answered will not answer to this before.
      if (!asked.isWaiting) await ending;
    } else if (!asked.isOver) {
      closeNow(iterator);
    }
    throw error;
  }
}

/** What an iterator has been asked: it may have to answer yet; one that has thrown, or has no more, is at its end. */
interface Asked {
  isWaiting: boolean;
  isOver: boolean;
}

async function answer(iterator: AnyIterator, asked: Asked): Promise<IteratorResult<unknown>> {
  asked.isWaiting = true;
  try {
    const result = await iterator.next();
    asked.isOver = result.done === true;
    return result;
  } catch (error) {
    asked.isOver = true;
    throw error;
  } finally {
    asked.isWaiting = false;
  }
}

function nextOf(iterator: AnyIterator, asked: Asked): IteratorResult<unknown> {
  asked.isOver = true;
  const result = iterator.next() as IteratorResult<unknown>;
  asked.isOver = result.done === true;
  return result;
}

function closeNow(iterator: AnyIterator): void {
  try {
    iterator.return?.();
  } catch {
    // It is another error that matters.
  }
}

function takeNow(streams: readonly Stream[], taker: Taker): void {
  for (const stream of streams) {
    taker.begin(stream);
    const { iterator } = iteratorOf(stream.value);
    for (;;) {
      const { done, value } = iterator.next() as IteratorResult<unknown>;
      if (done) break;
      try {
        if (taker.add(value)) taker.store(false);
      } catch (error) {
        closeNow(iterator);
        throw error;
      }
    }
    taker.store(true);
  }
  taker.finish();
}

// ---- reading ------------------------------------------------------------------------------------------------

/** The value that is being read, in time. */
export async function restoredInTime(restorer: Restorer, pace: Pace): Promise<unknown> {
  pace.total = restorer.size;
  const restoring = pace.run(
    () => {
      // Bytes may be read several times, and not all of them have to be.
      pace.done = Math.min(restorer.done, restorer.size);
      return restorer.step();
    },
    () => '$',
  );
  if (restoring) await restoring;
  return restorer.finish();
}
