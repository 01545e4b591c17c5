import type { Meter } from './meter.js';

/**
 * Counts the bytes that each walk through an index takes, and tells a meter what is more than in any walk before: to
 * walk through the same index again is not counted again.
 */
export class WalkMeter {
  readonly #meter: Meter;
  #most = 0;
  #used = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** Begins a walk. */
  start(): void {
    this.#used = 0;
  }

  add(bytes: number): void {
    this.#used += bytes;
    const more = this.#used - this.#most;
    if (more <= 0) return;
    this.#most = this.#used;
    this.#meter(more);
  }
}
