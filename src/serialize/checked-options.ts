import { H5Error } from '../errors.js';
import { checkPath } from './part-path.js';
import type { ReadOptions } from './serialize.js';

/** The words that options may be. */
const WORDS: { readonly [option: string]: readonly string[] } = {
  mode: ['replace', 'merge'],
  onUnsupported: ['error', 'skip'],
  unknownClass: ['error', 'keep', 'object'],
  accessors: ['value', 'skip'],
};

/** The options that are asked for something only when there is work for them, which would fail half way. */
const OBJECTS: readonly (readonly [option: string, what: string, isOne: (value: object) => boolean])[] = [
  ['registry', 'a TypeRegistry', (value) => 'of' in Object(value)],
  ['values', "what valuesWith of 'h5pickle/values' returns", (value) => 'types' in Object(value)],
  ['limits', 'an object such as { depth, nodes, bytes }', (value) => typeof value === 'object'],
  ['signal', 'an AbortSignal', (value) => 'throwIfAborted' in Object(value)],
  ['onProgress', 'a function', (value) => typeof value === 'function'],
  ['as', 'a class', (value) => typeof value === 'function' && typeof value.prototype === 'object'],
];

const FILE_WORDS = { int64: ['bigint', 'number'], durability: ['full', 'normal', 'off'] };

/**
 * Options without those that are undefined, which would take the place of what the platform has.
 *
 * @example
 * const all = { indexes, ...given(options) };
 */
export function given<O extends object | undefined>(options: O): O {
  if (!options || !Object.values(options).includes(undefined)) return options;
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as O;
}

/**
 * Options as they are, without those that are undefined. One that is misspelt would otherwise be taken for the default: `mode: 'Merge'` replaces a file.
 *
 * @throws {H5Error} `H5_OPTION` that says what there is.
 */
export function checked<O extends object | undefined>(options: O): O {
  const all = (options ?? {}) as { readonly [option: string]: unknown };
  checkWords(all, WORDS);
  for (const [option, what, isOne] of OBJECTS)
    if (all[option] !== undefined && !isOne(all[option] ?? 0))
      throw new H5Error('H5_OPTION', `${option} is ${what}, not ${show(all[option])}`);
  const numbers = Object.entries(all['limits'] ?? {}).map(
    ([limit, value]) => [`limits.${limit}`, value] as const,
  );
  for (const [option, value] of [...numbers, ['groups', all['groups']] as const])
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      throw new H5Error('H5_OPTION', `${option} is a number from 0 on, not ${show(value)}`);
  const { path, select, schema } = all as { readonly [option: string]: unknown } & ReadOptions<never>;
  if (path !== undefined) checkPath(path);
  if (select !== undefined && typeof select !== 'function')
    throw new H5Error('H5_OPTION', `select is a function, not ${show(select)}`);
  if (schema !== undefined && typeof schema?.['~standard']?.validate !== 'function')
    throw new H5Error('H5_OPTION', 'schema is one of a library of Standard Schema, with a function validate');
  return given(options);
}

/** The same of how a file is opened. */
export function checkedFile<O extends object | undefined>(options: O): O {
  if (options) checkWords(options, FILE_WORDS);
  return given(options);
}

/** @throws {H5Error} `H5_OPTION` when an option is none of its words; one that takes functions may be one of these. */
export function checkWords(options: object, all: { readonly [option: string]: readonly string[] }): void {
  for (const [option, words] of Object.entries(all)) {
    const value = (options as { readonly [option: string]: unknown })[option];
    if (value === undefined || words.includes(value as string)) continue;
    if (option === 'onUnsupported' && typeof value === 'function') continue;
    const known = words.map((word) => `'${word}'`).join(' or ');
    throw new H5Error('H5_OPTION', `${option} is ${known}, not ${show(value)}`);
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
