import { fileURLToPath } from 'node:url';
import { runPython } from './python.js';
import { PythonServer } from './python-server.js';
import { withFile } from './temporary-file.js';

const MAKE = fileURLToPath(new URL('./h5py_make.py', import.meta.url));

/**
 * A value as h5py reads it. Integers beyond 2**53 are bigints. What JavaScript has no value for is an object
 * with one member, whose name begins with `$`: `{ $ref }`, `{ $bytes }`, `{ $empty }`, `{ $complex }` and so on;
 * h5py_dump.py has the list.
 */
export type H5pyValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | H5pyValue[]
  | { [field: string]: H5pyValue };

/** A name or a path; an object if it is not UTF-8. */
export type H5pyText = string | { $bytes: string };

export type H5pyDtype = {
  /** The type code of numpy for it, such as `<i4`, `|S5`, `|b1`, or `|O` for a Python object. */
  numpy: string;
  size: number;
  /** Of an object of its own in the file. */
  committed?: true;
} & (
  | { class: 'integer'; order: 'little' | 'big' | null; signed: boolean }
  | { class: 'float' | 'bitfield' | 'time'; order: 'little' | 'big' | null }
  | { class: 'string'; string: H5pyStringType }
  | { class: 'opaque'; tag: H5pyText }
  | { class: 'compound'; fields: { name: H5pyText; offset: number; dtype: H5pyDtype }[] }
  | { class: 'reference'; reference: 'object' | 'region' }
  | { class: 'enum'; bool: boolean; base: H5pyDtype; members: [name: H5pyText, value: H5pyValue][] }
  | { class: 'vlen'; base: H5pyDtype }
  | { class: 'array'; base: H5pyDtype; dims: number[] }
);

export interface H5pyStringType {
  variable: boolean;
  /** In bytes; null if variable. */
  length: number | null;
  charset: 'ascii' | 'utf-8';
  padding: 'nullterm' | 'nullpad' | 'spacepad';
}

export interface H5pyAttribute {
  name: H5pyText;
  charset: 'ascii' | 'utf-8';
  /** Its creation order; null where it is not tracked. */
  order: number | null;
  dtype: H5pyDtype;
  /** Null for a null dataspace, empty for a scalar. */
  shape: number[] | null;
  value: H5pyValue;
}

export type H5pyLink = {
  name: H5pyText;
  charset: 'ascii' | 'utf-8';
  /** Its creation order; null where it is not tracked. */
  order: number | null;
} & (
  | { type: 'hard'; target: number }
  | { type: 'soft'; path: H5pyText }
  | { type: 'external'; file: H5pyText; path: H5pyText }
  | { type: 'user-defined' }
);

interface H5pyCommon {
  address: number;
  /** How many hard links lead to it. The root group has one more than can be seen. */
  linkCount: number;
  /** In the order in which h5py lists them. */
  attrs: H5pyAttribute[];
}

export interface H5pyGroup extends H5pyCommon {
  kind: 'group';
  /** Whether the creation order of the links is tracked, and that of the attributes. */
  linkOrder: boolean;
  attributeOrder: boolean;
  /** In the order in which h5py lists them. */
  links: H5pyLink[];
}

export interface H5pyDataset extends H5pyCommon {
  kind: 'dataset';
  attributeOrder: boolean;
  dtype: H5pyDtype;
  shape: number[] | null;
  maxshape: (number | null)[] | null;
  layout: 'compact' | 'contiguous' | 'chunked' | 'virtual';
  chunks: number[] | null;
  filters: { id: number; flags: number; values: number[]; name: H5pyText }[];
  value: H5pyValue;
}

export interface H5pyDatatype extends H5pyCommon {
  kind: 'datatype';
  dtype: H5pyDtype;
}

export type H5pyObject = H5pyGroup | H5pyDataset | H5pyDatatype;

export interface H5pyFile {
  file: string;
  root: H5pyGroup;
  /** Every object of the file once, by its address: those that a link leads to, and those that a reference does. */
  objects: Record<number, H5pyObject>;
}

/** How h5py sees a file. */
export async function h5py(source: string | Uint8Array): Promise<H5pyFile> {
  return withFile(source, async (path) => parseDump(await server.ask(path)));
}

/** What a line of h5py_dump.py says. */
export function parseDump(line: string): H5pyFile {
  const answer = JSON.parse(line, revive) as { file: string; error?: string; root: number } & H5pyFile;
  if (answer.error !== undefined) throw new Error(`h5py cannot read ${answer.file}: ${answer.error}`);
  return { file: answer.file, root: answer.objects[answer.root] as H5pyGroup, objects: answer.objects };
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    if ('$int' in value) return BigInt(value.$int as string);
    if ('$float' in value) return parseFloatOfPython(value.$float as string);
  }
  return value;
}

function parseFloatOfPython(text: string): number {
  return Number(text.replace('inf', 'Infinity'));
}

/**
 * Has h5py write its sample files: `${folder}/${variant}/${sample}.h5`, see h5py_make.py. The answer is how h5py
 * reads each, by its path.
 */
export async function makeSamples(folder: string): Promise<Map<string, H5pyFile>> {
  const stdout = runPython([MAKE, folder]);
  const dumps = stdout.trimEnd().split('\n').map(parseDump);
  return new Map(dumps.map((dump) => [dump.file, dump]));
}

/** The object that a path of hard links leads to. */
export function objectAt(file: H5pyFile, path: string): H5pyObject {
  let object: H5pyObject = file.root;
  for (const name of path.split('/').filter(Boolean)) {
    const link: H5pyLink | undefined =
      object.kind === 'group' ? object.links.find((candidate) => candidate.name === name) : undefined;
    if (link?.type !== 'hard') throw new Error(`h5py: no hard link '${name}' on the way to ${path}`);
    object = file.objects[link.target]!;
  }
  return object;
}

export function groupAt(file: H5pyFile, path: string): H5pyGroup {
  const object = objectAt(file, path);
  if (object.kind !== 'group') throw new Error(`h5py: ${path} is a ${object.kind}`);
  return object;
}

export function datasetAt(file: H5pyFile, path: string): H5pyDataset {
  const object = objectAt(file, path);
  if (object.kind !== 'dataset') throw new Error(`h5py: ${path} is a ${object.kind}`);
  return object;
}

/** The attributes of an object as a plain object, in h5py's order. */
export function attributesOf(object: H5pyObject): Record<string, H5pyValue> {
  return Object.fromEntries(object.attrs.map(({ name, value }) => [String(name), value]));
}

const server = new PythonServer('./h5py_dump.py');

/** Ends the Python process; the next question starts another. */
export function stopH5py(): void {
  server.stop();
}
