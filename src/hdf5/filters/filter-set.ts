import { H5TypeError } from '../../errors.js';
import type { Filter } from './filter.js';

/**
 * Filters by their numbers.
 *
 * @example
 * import { filters, registerFilter } from 'h5pickle/filters';
 * registerFilter(zstd);
 * const file = H5File.open(bytes, 'r', { filters });
 */
export class FilterSet {
  readonly #base: readonly Filter[];
  readonly #shared: FilterSet | undefined;
  readonly #registered = new Map<number, Filter>();

  /** `base` is what the set begins with. What is registered, here or in `shared`, goes before it. */
  constructor(base: readonly Filter[] = [], shared?: FilterSet) {
    this.#base = base;
    this.#shared = shared;
  }

  get(id: number): Filter | undefined {
    return this.#getRegistered(id) ?? this.#getBase(id);
  }

  #getRegistered(id: number): Filter | undefined {
    const filter = this.#registered.get(id);
    return filter === undefined && this.#shared !== undefined ? this.#shared.#getRegistered(id) : filter;
  }

  #getBase(id: number): Filter | undefined {
    const filter = this.#base.find((candidate) => candidate.id === id);
    return filter === undefined && this.#shared !== undefined ? this.#shared.#getBase(id) : filter;
  }

  /**
   * Adds a filter, or puts it in the place of the one with the same number.
   *
   * @throws {H5TypeError} its number is not one of 1 to 65535.
   */
  register(filter: Filter): void {
    if (!Number.isInteger(filter.id) || filter.id < 1 || filter.id > 0xffff) {
      throw new H5TypeError(`a filter has a number from 1 to 65535, not ${filter.id}`);
    }
    this.#registered.set(filter.id, filter);
  }
}
