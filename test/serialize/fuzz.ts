import fc from 'fast-check';
import { deserialize, H5Error, H5File, h5read, h5write, serialize } from '../../src/node.js';
import { findAll } from '../find-all.js';
import { type Random, seeded } from '../random.js';
import { anyGraph } from './arbitrary.js';
import { cases } from './cases.js';
import { fixChecksums } from './checksums.js';
import { registry } from './classes.js';
import { everything, registry as keptRegistry } from './old-layouts.js';

type Dict = Map<string, unknown>;

/** Made of whatever there is. */
class Ledger {
  readonly #entries: readonly [string, unknown][];
  constructor(entries: Iterable<[string, unknown]>) {
    this.#entries = [...entries];
  }
  [h5write](dict: Dict): void {
    for (const [key, value] of this.#entries) dict.set(key, value);
  }
  static [h5read](dict: ReadonlyMap<string, unknown>): Ledger {
    return new Ledger(dict);
  }
}

/** Filled with whatever there is; its fields say what they hold. */
class Shelf extends Set<unknown> {
  ledger: unknown;
  #more: unknown;
  [h5write](dict: Dict): void {
    dict.set('ledger', this.ledger).set('more', this.#more);
  }
  [h5read](dict: ReadonlyMap<string, unknown>): void {
    this.ledger = dict.get('ledger');
    this.#more = dict.get('more');
  }
  add2(item: unknown, ledger: unknown): this {
    this.ledger = ledger;
    this.#more = this;
    return this.add(item);
  }
}

registry.register(Ledger, { name: 'fuzz.Ledger' }).register(Shelf, {
  name: 'fuzz.Shelf',
  construct: true,
  fields: [{ property: 'ledger', as: () => Ledger, default: null }],
});

const withHooks = () => {
  const ledger = new Ledger([
    ['x', 1],
    ['10', [2]],
    ['9', null],
  ]);
  const shelf = new Shelf().add2('a', [ledger, null]);
  const list = [Object.freeze(new Shelf().add2(shelf, ledger)), shelf];
  return { list, ledgers: Array.from({ length: 5 }, (_, i) => new Ledger([['i', i]])), shelf };
};

for (const name of keptRegistry.names()) registry.register(keptRegistry.get(name)?.target as never, { name });

export interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where an address of an object stands, and those of all objects. */
  readonly pointers: readonly number[];
  readonly objects: readonly number[];
  /** Where a word of the layout stands. */
  readonly words: readonly { readonly at: number; readonly word: string }[];
}

/** Words that are exchanged for others of their length: encodings, types, and the names of reserved attributes. */
const WORDS = [
  'records',
  'entries',
  '@length',
  '@kinds\0',
  'indices',
  'offsets',
  'ragged',
  'sparse',
  '@class',
  '@items',
  'values',
  'union',
  'value',
  'Array',
  '@type',
  '@mask',
  '@into',
  'index',
  'list',
  'keys',
  'into',
  'null',
  'wtf8',
  'Set',
  'Map',
  'ArrayBuffer',
  'Uint16Array',
  'Int32Array\0',
  'Float32Array',
  'Float64Array',
  'Point',
  'Point3'.slice(1),
  'URL',
  'RegExp',
  'Error\0',
  'Number',
  'String',
  'named',
  'href\0',
  'source',
  'Buffer',
  '[[Set]]',
  '[[Map]]',
  '[[entries]]',
  '@integrity',
  'frozen',
  'sealed',
  'inextensible',
];

export function sample(name: string, value: unknown): Sample {
  const bytes = serialize(value, { registry });
  const view = new DataView(bytes.buffer);
  const objects: number[] = [];
  for (let at = 48; at + 8 <= bytes.length; at += 8) if (view.getUint32(at) === 0x4f484452) objects.push(at);
  const known = new Set(objects);
  const pointers: number[] = [];
  for (let at = 36; at + 8 <= bytes.length; at++) {
    if (view.getUint32(at + 4, true) === 0 && known.has(view.getUint32(at, true))) pointers.push(at);
  }
  const words = WORDS.flatMap((word) => findAll(bytes, word).map((at) => ({ at, word })));
  return { name, bytes, pointers, objects, words };
}

/** Small values of all sorts: those of the table, together and alone, and some arbitrary graphs. */
export function samples(seed: number, graphs: number): Sample[] {
  const { largeTyped, largeRows, longText, longKey, manyKeys, largeMap, ...small } = cases;
  const all = Object.entries({ ...small, all: small }).map(([name, value]) => sample(name, value));
  // One at a time may be large.
  const arbitrary = fc
    .sample(anyGraph, { numRuns: graphs, seed })
    .map((graph, i) => sample(`graph ${i}`, graph));
  const more = [
    withHooks(),
    everything(),
    new AggregateError([new TypeError('a', { cause: 1 })], 'b'),
    Buffer.from('x'),
  ];
  all.push(...more.map((value, i) => sample(`more ${i}`, value)));
  return [...all, ...arbitrary.filter(({ bytes }) => bytes.length < 30_000)];
}

const EDGES = [
  0, 1, 2, 3, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
];

/** Changes a file in one way; says what it did. */
function mutate(
  bytes: Uint8Array<ArrayBuffer>,
  { pointers, objects, words }: Sample,
  random: Random,
): string {
  const view = new DataView(bytes.buffer);
  const anywhere = (size: number) => 12 + random(Math.max(1, bytes.length - 12 - size));
  const pick = <T>(list: readonly T[]) => list[random(list.length)] as T;
  switch (random(8)) {
    case 0: {
      const at = anywhere(1);
      bytes[at] = random(256);
      return `u8 ${at}=${bytes[at]}`;
    }
    case 1: {
      const at = anywhere(1);
      bytes[at] = (bytes[at] as number) + pick([1, -1, 0x80, 8, -8]);
      return `u8 ${at}=${bytes[at]}`;
    }
    case 2: {
      const at = anywhere(4);
      const value = pick(EDGES);
      view.setUint32(at, value, true);
      return `u32 ${at}=${value}`;
    }
    case 3: {
      const at = anywhere(8);
      const value = BigInt(pick(EDGES)) << BigInt(pick([0, 0, 16, 32]));
      view.setBigUint64(at, value, true);
      return `u64 ${at}=${value}`;
    }
    case 4:
    case 5: {
      // Another object: of another kind, itself, an ancestor.
      if (pointers.length === 0) return 'nothing';
      const at = pick(pointers);
      const target = random(12) === 0 ? pick([0, 48, bytes.length, bytes.length - 8]) : pick(objects);
      view.setBigUint64(at, BigInt(target), true);
      return `pointer ${at}=${target}`;
    }
    case 6: {
      if (words.length === 0) return 'nothing';
      const { at, word } = pick(words);
      const others = WORDS.filter((other) => other.length === word.length);
      const other = pick(others);
      for (let i = 0; i < other.length; i++) bytes[at + i] = other.charCodeAt(i);
      return `word ${at}=${other.trim()}`;
    }
    default: {
      const size = 1 << random(7);
      if (bytes.length < 3 * size) return 'nothing';
      const from = random(bytes.length - size);
      const at = anywhere(size);
      bytes.copyWithin(at, from, from + size);
      return `copy ${from}-${from + size} to ${at}`;
    }
  }
}

/** A file that is damaged in up to four ways, all of its checksums right; and what was done to it. */
export function damaged(source: Sample, random: Random): { bytes: Uint8Array; changes: string } {
  const changes: string[] = [];
  let bytes = source.bytes.slice();
  for (let i = random(4); i >= 0; i--) changes.push(mutate(bytes, source, random));
  if (random(12) === 0) {
    // Cut, and the superblock says so.
    const end = 96 + random(bytes.length - 96);
    bytes = bytes.slice(0, end);
    new DataView(bytes.buffer).setBigUint64(28, BigInt(end), true);
    changes.push(`cut to ${end}`);
  }
  return { bytes: fixChecksums(bytes), changes: changes.join(', ') };
}

const LIMIT_MS = 5000;

/**
 * Reads bytes that may be anything. They are a value, or an error of ours says why not, soon: anything else is thrown.
 * Returns the error's code.
 */
export function readAnything(bytes: Uint8Array, what: string): string | undefined {
  const begin = performance.now();
  let code: string | undefined;
  try {
    deserialize(bytes, { registry });
  } catch (error) {
    if (!(error instanceof H5Error)) throw new Error(`${what}: ${(error as Error).stack}`, { cause: error });
    ({ code } = error);
    // The classes of the samples throw nothing: it would be an error of ours, seen through code of theirs.
    if (code === 'H5_HOOK') throw new Error(`${what}: ${error.message}`, { cause: error });
    if (error.message.length > 2000)
      throw new Error(`${what}: a message of ${error.message.length} characters`);
  }
  const duration = performance.now() - begin;
  if (duration > LIMIT_MS) throw new Error(`${what}: it took ${Math.round(duration)} ms`);
  return code;
}

/** The same through the objects of an open file: all that can be reached is looked at. */
export function browseAnything(bytes: Uint8Array, what: string): void {
  try {
    const file = H5File.open(bytes);
    for (const name of file.attrs.keys()) file.attrs.get(name);
    file.visit((_, object) => {
      for (const name of object.attrs.keys()) object.attrs.get(name);
    });
  } catch (error) {
    if (!(error instanceof H5Error)) throw new Error(`${what}: ${(error as Error).stack}`, { cause: error });
  }
}

export interface FuzzResult {
  readonly values: number;
  readonly errors: Map<string, number>;
}

/** Reads damaged files, as many as asked for. The same seed, the same files. */
export function fuzz(budget: number, seed: number): FuzzResult {
  const random = seeded(seed);
  const sources = samples(seed, 60);
  const errors = new Map<string, number>();
  let values = 0;
  for (let run = 0; run < budget; run++) {
    const source = sources[random(sources.length)] as Sample;
    const { bytes, changes } = damaged(source, random);
    const what = `seed ${seed}, run ${run}: ${source.name} with ${changes}`;
    const code = readAnything(bytes, what);
    if (code === undefined) values++;
    else errors.set(code, (errors.get(code) ?? 0) + 1);
    if (run % 8 === 0) browseAnything(bytes, what);
  }
  return { values, errors };
}
