import type { Watch } from '../serialize/streaming.js';

/** After so many milliseconds, others have their turn. */
const TURN = 12;
/** How often somebody is told of progress at most, in milliseconds. */
const INTERVAL = 50;

/** Where a platform has it: without the milliseconds that a timer takes. */
const { setImmediate = setTimeout } = globalThis as { setImmediate?: (callback: () => void) => void };

/** The pace of work in steps, which somebody may watch and stop. */
export class Pace {
  /** Bytes that are done, and how many there are, if that is known. */
  done = 0;
  total: number | undefined;
  /** Throws if what others have done in their turn is in the way of going on. */
  afterTurn: (() => void) | undefined;
  readonly isWatched: boolean;
  readonly #watch: Watch;
  #told = 0;

  constructor(watch: Watch) {
    this.#watch = watch;
    this.isWatched = watch.signal !== undefined || watch.onProgress !== undefined;
    this.check();
  }

  /** Throws if the work is to be stopped. */
  check(): void {
    this.#watch.signal?.throwIfAborted();
  }

  /** Says how far it is, if it is time to. */
  tell(path: () => string): void {
    const { onProgress } = this.#watch;
    if (!onProgress) return;
    const now = Date.now();
    if (now - this.#told < INTERVAL) return;
    this.#told = now;
    onProgress({ done: this.done, total: this.total, path: path() });
  }

  /** All is done. */
  end(): void {
    this.total ??= this.done;
    this.done = this.total;
    this.#watch.onProgress?.({ done: this.done, total: this.total, path: '$' });
  }

  /** Does all steps: at once, and then the result is undefined; or with pauses, if somebody watches. */
  run(step: () => boolean, path: () => string): Promise<void> | undefined {
    if (this.isWatched) return this.#run(step, path);
    while (step());
    return undefined;
  }

  async #run(step: () => boolean, path: () => string): Promise<void> {
    for (;;) {
      const end = Date.now() + TURN;
      do {
        if (!step()) return;
      } while (Date.now() < end);
      await this.pause(path);
    }
  }

  /** Lets others have their turn. */
  async pause(path: () => string): Promise<void> {
    this.tell(path);
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.check();
    this.afterTurn?.();
  }

  /** What comes of a promise, or of the signal that it is not to be waited for. */
  until<T>(promise: PromiseLike<T> | T): PromiseLike<T> | T {
    const { signal } = this.#watch;
    if (!signal) return promise;
    return new Promise<T>((resolve, reject) => {
      const stop = () => reject(signal.reason);
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      const done = () => signal.removeEventListener('abort', stop);
      Promise.resolve(promise).then(
        (value) => {
          done();
          resolve(value);
        },
        (error) => {
          done();
          reject(error);
        },
      );
    });
  }
}
