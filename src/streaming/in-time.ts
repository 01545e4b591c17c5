import { H5TypeError } from '../errors.js';
import { FileBuilder, type Piece } from '../hdf5/file-builder.js';
import type { FileSpace } from '../hdf5/file-space.js';
import { CompletePlanner, type Stream } from '../serialize/complete-planner.js';
import { CompleteRestorer } from '../serialize/complete-restorer.js';
import { Emitter } from '../serialize/emit.js';
import { pathTo } from '../serialize/path.js';
import type { Planner } from '../serialize/plan.js';
import {
  limited,
  newRestorer,
  newStoring,
  planning as planningOf,
  type ReadOptions,
  type WriteOptions,
} from '../serialize/serialize.js';
import type { Pace } from './pace.js';
import { type BatchSize, type MakeSpill, Taker } from './take.js';

/** The pieces of a file; or what completes them: takes in what iterables yield, which is kept in a place that `make` makes. */
export type Planned = Piece[] | ((make?: MakeSpill) => Promise<Piece[]>);

export async function finished(planned: Planned, make?: MakeSpill): Promise<Piece[]> {
  return typeof planned === 'function' ? planned(make) : planned;
}

/**
 * The pieces of a file with a value. If nobody watches, all is done at once but what takes its time: what happens to the value
 * afterwards does not matter, else.
 */
export function piecesInTime(
  value: unknown,
  options: WriteOptions,
  pace: Pace,
  batch?: BatchSize,
): Planned | Promise<Planned> {
  const waiting = options.values?.inTime?.();
  const planner = new CompletePlanner(...planningOf({ ...options, ...waiting }), true);
  const streams: Stream[] = [];
  planner.streams = streams;
  planner.begin(value);
  const planned = (): Planned | Promise<Planned> => {
    planner.finish();
    const read = waiting?.ready(planner.nodes);
    if (streams.length > 0) {
      // Its turn may be long to come.
      read?.catch(() => {});
      return async (make) => {
        await read;
        const taker = new Taker(planner, options, true, make, batch);
        await take(streams, pace, taker);
        return emittedInTime(planner, options, pace, taker);
      };
    }
    if (read) return read.then(() => emittedInTime(planner, options, pace));
    return emittedInTime(planner, options, pace);
  };
  const planning = pace.run(
    () => planner.step(),
    () => pathTo(planner.nodes.at(-1) ?? planner.root),
  );
  return planning ? planning.then(planned) : planned();
}

/** What writes a planned value, and lists that have been taken in. */
function begun({ nodes, root }: Planner, options: WriteOptions, taker: Taker | undefined): Emitter {
  const storing = newStoring(options);
  const builder = storing ?? new FileBuilder();
  const emitter = new Emitter(nodes, storing, builder);
  taker?.layOut(builder);
  emitter.begin(root);
  return emitter;
}

function emittedInTime(
  planner: Planner,
  options: WriteOptions,
  pace: Pace,
  taker?: Taker,
): Piece[] | Promise<Piece[]> {
  const emitter = begun(planner, options, taker);
  const emitted = (): Piece[] => {
    pace.total = emitter.pieces.reduce((sum, { length }) => sum + length, pace.done);
    return limited(emitter.pieces, options, planner.nodes);
  };
  const emitting = pace.run(
    () => emitter.step(),
    () => '$',
  );
  return emitting ? emitting.then(emitted) : emitted();
}

/** The pieces of a file with a value, at once. */
export function piecesNow(
  value: unknown,
  options: WriteOptions,
  make?: MakeSpill,
  batch?: BatchSize,
): Piece[] {
  const planner = new CompletePlanner(...planningOf(options));
  const streams: Stream[] = [];
  planner.streams = streams;
  planner.plan(value);
  const taker = streams.length > 0 ? new Taker(planner, options, false, make, batch) : undefined;
  if (taker) takeNow(streams, taker);
  const emitter = begun(planner, options, taker);
  while (emitter.step());
  return limited(emitter.pieces, options, planner.nodes);
}

// ---- iterables ----------------------------------------------------------------------------------------------

interface AnyIterator {
  next(): PromiseLike<IteratorResult<unknown>> | IteratorResult<unknown>;
  return?(): unknown;
}

function iteratorOf(value: object): { iterator: AnyIterator; isAsync: boolean } {
  const isAsync = Symbol.asyncIterator in value;
  const iterator: unknown = isAsync
    ? (value as AsyncIterable<unknown>)[Symbol.asyncIterator]?.()
    : (value as Iterable<unknown>)[Symbol.iterator]();
  if (typeof (iterator as Partial<AnyIterator> | null | undefined)?.next !== 'function')
    throw new H5TypeError(
      `the iterator of an iterable is an object with a method next, not ${String(iterator)}`,
    );
  return { iterator: iterator as AnyIterator, isAsync };
}

/** Takes in what all iterables of a plan yield, one after the other. */
async function take(streams: readonly Stream[], pace: Pace, taker: Taker): Promise<void> {
  const path = () => taker.path;
  const store = async (isLast: boolean): Promise<void> => {
    for (let pending = taker.plan(); pending.length > 0; pending = taker.plan()) {
      for (const iterable of pending) {
        const elements: unknown[] = [];
        await each(iterable, pace, path, (element) => void elements.push(element));
        taker.collected(iterable, elements);
      }
    }
    await taker.ready;
    taker.store(isLast);
    pace.done = taker.spill.size;
    await pace.pause(path);
  };
  for (const stream of streams) {
    taker.begin(stream);
    await each(stream.value, pace, path, (element) => (taker.add(element) ? store(false) : undefined));
    await store(true);
  }
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
    const result = resultOf(await iterator.next());
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
  const result = resultOf(iterator.next());
  asked.isOver = result.done === true;
  return result;
}

/** What an iterator answers, which is an object: else it would never be at its end. */
function resultOf(answer: unknown): IteratorResult<unknown> {
  if (typeof answer === 'object' && answer !== null) return answer as IteratorResult<unknown>;
  throw new H5TypeError(`the iterator result ${String(answer)} is not an object { done, value }`);
}

function closeNow(iterator: AnyIterator): void {
  try {
    iterator.return?.();
  } catch {
    // It is another error that matters.
  }
}

function takeNow(streams: readonly Stream[], taker: Taker): void {
  const store = (isLast: boolean): void => {
    taker.plan();
    taker.store(isLast);
  };
  for (const stream of streams) {
    taker.begin(stream);
    const { iterator } = iteratorOf(stream.value);
    for (;;) {
      const { done, value } = resultOf(iterator.next());
      if (done) break;
      try {
        if (taker.add(value)) store(false);
      } catch (error) {
        closeNow(iterator);
        throw error;
      }
    }
    store(true);
  }
}

// ---- reading ------------------------------------------------------------------------------------------------

/** A value that is read from an address of a file, in time. */
export async function readInTime(
  space: FileSpace,
  address: number,
  options: ReadOptions,
  pace: Pace,
  check?: () => void,
): Promise<unknown> {
  pace.afterTurn = check;
  const restorer = newRestorer(space, options, CompleteRestorer) as CompleteRestorer;
  const restoring = restorer.restoring(address);
  let value: unknown;
  pace.total = space.end;
  const running = pace.run(
    () => {
      // Bytes may be read several times, and not all of them have to be.
      pace.done = Math.min(restorer.done, space.end);
      const next = restoring.next();
      value = next.value;
      return !next.done;
    },
    () => '$',
  );
  if (running) await running;
  return options.as ? restorer.instance(value, options.as) : value;
}
