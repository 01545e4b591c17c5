import { H5Error } from '../errors.js';
import { isPromiseLike } from '../hdf5/transactions.js';

/** What a dict does with a value that cannot be read: throw, or show the error in its place. */
export type ErrorMode = 'raise' | 'ignore';

/** What holds for all containers. */
export interface ContainerOptions {
  readonly errorMode: ErrorMode;
  /** How many bytes of elements are in memory at once, at most. */
  readonly maxMemory: number;
}

/**
 * What of the options is to change. `maxMemory` is a number of bytes, or a text such as `'250M'`.
 *
 * @example
 * setOptions({ maxMemory: '64M', errorMode: 'ignore' });
 */
export interface OptionChanges {
  readonly errorMode?: ErrorMode | undefined;
  readonly maxMemory?: number | string | undefined;
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['K', 2 ** 10],
  ['M', 2 ** 20],
  ['G', 2 ** 30],
]);

/** What the environment says, as long as nobody has asked for it. */
let asked: string | undefined;

let current: ContainerOptions = { errorMode: 'raise', maxMemory: 250 * 2 ** 20 };

/**
 * A size in bytes: a whole number of them, or a text with a unit, `B`, `K`, `M` or `G`, which are powers of 1024.
 *
 * @throws {H5Error} with the code `H5_OPTION` when it is none, or not above zero.
 * @example
 * parseMemorySize('1.5G'); // 1610612736
 */
export function parseMemorySize(size: number | string): number {
  const match = typeof size === 'string' ? /^\s*(\d+(?:\.\d+)?)\s*([BKMG])?\s*$/i.exec(size) : undefined;
  const bytes =
    typeof size === 'number'
      ? size
      : match
        ? Math.floor(Number(match[1]) * (UNITS.get((match[2] ?? 'B').toUpperCase()) as number))
        : Number.NaN;
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new H5Error(
    'H5_OPTION',
    `'${String(size)}' is no size of memory: give bytes above 0, or a text such as '512K', '250M' or '1.5G'`,
  );
}

function changed(changes: OptionChanges): ContainerOptions {
  if (typeof changes !== 'object' || changes === null)
    throw new H5Error(
      'H5_OPTION',
      `options are an object, such as { maxMemory: '64M' }, not ${String(changes)}`,
    );
  const { errorMode, maxMemory, ...others } = changes;
  for (const other of Object.keys(others))
    throw new H5Error('H5_OPTION', `there is no option '${other}': there are errorMode and maxMemory`);
  if (errorMode !== undefined && errorMode !== 'raise' && errorMode !== 'ignore')
    throw new H5Error('H5_OPTION', `the errorMode '${String(errorMode)}' is neither 'raise' nor 'ignore'`);
  return {
    errorMode: errorMode ?? current.errorMode,
    maxMemory: maxMemory === undefined ? current.maxMemory : parseMemorySize(maxMemory),
  };
}

/**
 * The options that hold now.
 *
 * @throws {H5Error} with the code `H5_OPTION` when the environment has a size that is none.
 */
export function options(): ContainerOptions {
  if (asked !== undefined) {
    const maxMemory = parseMemorySize(asked);
    asked = undefined;
    current = { ...current, maxMemory };
  }
  return current;
}

/**
 * Changes the options of all containers; what is not named stays.
 *
 * @throws {H5Error} with the code `H5_OPTION` when a value is not possible; then nothing is changed.
 * @example
 * setOptions({ maxMemory: '64M' });
 */
export function setOptions(changes: OptionChanges): void {
  if (changes?.maxMemory === undefined) options();
  current = changed(changes);
  asked = undefined;
}

/**
 * Calls `action` with other options, which end with it, also when it throws. Of an asynchronous `action`, with the promise that it
 * returns: what else runs in the meantime has the same options.
 *
 * @example
 * const total = withOptions({ maxMemory: '1M' }, () => sum(array));
 */
export function withOptions<T>(changes: OptionChanges, action: () => T): T {
  const before = options();
  current = changed(changes);
  const restore = (): void => {
    current = before;
  };
  let result: T;
  try {
    result = action();
  } catch (error) {
    restore();
    throw error;
  }
  if (isPromiseLike(result)) return Promise.resolve(result).finally(restore) as T;
  restore();
  return result;
}

/**
 * Takes the options that the environment of a process has: `MAX_MEM_USAGE`. They hold as long as `setOptions` says nothing
 * else; what is wrong with them is told to the first who needs them.
 *
 * @example
 * useEnvironment({ MAX_MEM_USAGE: '1G' });
 */
export function useEnvironment(environment: { readonly [name: string]: string | undefined }): void {
  const maxMemory = environment['MAX_MEM_USAGE'];
  if (maxMemory !== undefined && maxMemory !== '') asked = maxMemory;
}
