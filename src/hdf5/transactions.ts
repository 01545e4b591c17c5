import { H5StateError } from '../errors.js';
import type { Savepoint } from '../storage/transaction.js';
import type { TransactionState } from './editing.js';

/** What changes a file, as transactions see it. */
export interface Transactional {
  commit(): void;
  /** Forgets all that has not been committed. */
  forget(): void;
  savepoint(): Savepoint;
}

interface Open {
  /** Whether it has begun within another one. */
  readonly isWithin: boolean;
  /** Where it began; what others have done that are over meanwhile may have come before. */
  start: Savepoint;
  /** Whether a part of that has been taken back already, with another one. */
  isUndone: boolean;
  /** Whether it takes its time, so that other code runs meanwhile. */
  isLate: boolean;
}

/**
 * The transactions of a file that are under way. One that begins while another one takes its time is a part of that, for nothing
 * tells one that is called by it from one that other code begins meanwhile. So they may end in any order.
 */
export class Transactions {
  readonly #editor: Transactional;
  readonly #open: Open[] = [];

  constructor(editor: Transactional) {
    this.#editor = editor;
  }

  /** Whether there is any. */
  get areOpen(): boolean {
    return this.#open.length > 0;
  }

  /** Whether one takes its time. */
  get areLate(): boolean {
    return this.#open.some(({ isLate }) => isLate);
  }

  /** Does what `H5File.transaction` is to do. */
  run<T>(state: TransactionState, action: () => T): T {
    const editor = this.#editor;
    const isWithin = state.depth > 0;
    const start = isWithin ? editor.savepoint() : { goBack: () => editor.forget(), giveUp: () => {} };
    const own: Open = { isWithin, start, isUndone: false, isLate: false };
    this.#open.push(own);
    state.depth++;
    const fail = (error: unknown): never => {
      this.#takeBack(own, state);
      throw error;
    };
    const succeed = <R>(value: R): R => {
      if (own.isUndone) fail(undone());
      const later = this.#close(own, state);
      if (later.length === 0) own.start.giveUp();
      // Another one that began within this one, and is not over yet, does not take back what this one did.
      for (const each of later) each.start = editor.savepoint();
      if (state.depth === 0) editor.commit();
      return value;
    };
    let result: T;
    try {
      result = action();
    } catch (error) {
      return fail(error);
    }
    if (!isPromiseLike(result)) return succeed(result);
    own.isLate = true;
    return Promise.resolve(result).then(succeed, fail) as T;
  }

  /** Ends one. Returns those that have begun since, and are still open. */
  #close(one: Open, state: TransactionState): Open[] {
    state.depth--;
    const at = this.#open.indexOf(one);
    this.#open.splice(at, 1);
    return this.#open.slice(at);
  }

  #takeBack(one: Open, state: TransactionState): void {
    const later = this.#close(one, state);
    one.start.goBack();
    for (const each of later) {
      each.isUndone = true;
      each.start = this.#editor.savepoint();
    }
    // What it was a part of may be over, and is to last.
    if (one.isWithin && state.depth === 0) this.#editor.commit();
  }
}

/** Whether something is waited for: a promise, also of another library or of another global object, as tests have it. */
export function isPromiseLike(result: unknown): result is PromiseLike<unknown> {
  return typeof (result as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}

function undone(): H5StateError {
  return new H5StateError(
    'H5_ROLLED_BACK',
    'what the transaction did has been taken back with another one that was under way: await one before the next begins',
  );
}
