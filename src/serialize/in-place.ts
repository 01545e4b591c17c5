/** Values that are written into datasets where these stand, so that what else there is about them stays. */
import { H5PathError, H5TypeError } from '../errors.js';
import type { AttributeDraft } from '../hdf5/draft.js';
import type { Elements } from '../hdf5/elements.js';
import type { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Group } from '../hdf5/h5-group.js';
import type { H5Object } from '../hdf5/h5-object.js';
import { H5Reference } from '../hdf5/h5-reference.js';
import type { Datatype } from '../hdf5/messages/datatype.js';
import type { Compression } from '../registry/index.js';
import { Reserved } from './layout.js';
import { indexOf, type Step, showPath } from './part-path.js';
import { isReserved } from './restore.js';
import { setProperty } from './rows.js';

const SCALARS = new Set(['number', 'bigint', 'string', 'boolean']);

/**
 * What writes a scalar into a dataset that has no more than one, whatever its datatype is, if it is read back as what it is:
 * there other programs look for it, and find the attributes of the dataset. Undefined if it does not fit.
 */
export function scalarSetter(object: H5Object | undefined, value: unknown): (() => void) | undefined {
  if (!SCALARS.has(typeof value) || !isDataset(object) || object.ndim !== 0 || object.shape === null)
    return undefined;
  if (typeof object.value !== typeof value) return undefined;
  try {
    const { elements } = asWritten(object, value);
    if (!Object.is(elements[0], value)) return undefined;
  } catch (error) {
    // It does not fit: it gets another place.
    if (error instanceof H5TypeError) return undefined;
    throw error;
  }
  return () => object.write(value);
}

/** What sets all elements of an array, if these are read back as just what they are. */
export function wholeSetter(dataset: H5Dataset, value: unknown): (() => void) | undefined {
  try {
    const { shape, elements } = asWritten(dataset, value);
    const dims = dataset.shape as readonly number[];
    const isKind = dims.length > 1 || Object.getPrototypeOf(elements) === Object.getPrototypeOf(value);
    if (!isKind || shape.join() !== dims.join() || !isSameRows(elements, value, dims, true)) return undefined;
  } catch (error) {
    if (error instanceof H5TypeError) return undefined;
    throw error;
  }
  return () => dataset.write(value);
}

function isDataset(object: H5Object | undefined): object is H5Dataset {
  return object !== undefined && 'ndim' in object;
}

function asWritten(
  { session, node }: H5Dataset,
  data: unknown,
): { shape: readonly number[]; elements: Elements } {
  return session.edit().asWritten(node, data, session.options);
}

/**
 * Whether a dataset is an array of its datatype: numbers, or what another program has made. What `write` makes of a list says so
 * in an attribute.
 */
export function isArray(dataset: H5Dataset): boolean {
  const { shape, attrs, datatype } = dataset;
  if (shape === null || isTagged(datatype)) return false;
  if (shape.length === 0 && datatype.class !== 'compound' && datatype.class !== 'array') return false;
  return [...attrs.keys()].every((name) => !isReserved(name) || name === Reserved.referenced);
}

function isTagged(datatype: Datatype): boolean {
  return datatype.class === 'compound' && datatype.members.some(({ name }) => isReserved(name));
}

/**
 * What sets a part of an array where it stands: elements, rows of them, members of records, or one element more if the dataset
 * can grow. It stays of its datatype, with all that is said about it.
 *
 * @throws {H5Error} when there is no such place, or the value is not what the datatype holds.
 */
export function arraySetter(
  dataset: H5Dataset,
  steps: readonly Step[],
  value: unknown,
  place: readonly Step[],
  isMerged: boolean,
): () => void {
  const shape = dataset.shape as readonly number[];
  const above = place.slice(0, place.length - steps.length);
  const missing = (done: number, reason: string): never => {
    const shown = showPath(place.slice(0, above.length + done));
    throw new H5PathError('H5_NOT_FOUND', shown, `there is no ${shown} to be written to: ${reason}`);
  };
  const misfit = (reason: string): never => {
    throw new H5TypeError(
      `${showPath(place)}: ${reason}; the dataset stays what it is: write to ${showPath(above)} to replace it`,
    );
  };
  const places: number[] = [];
  for (const [axis, step] of steps.slice(0, shape.length).entries()) {
    const length = shape[axis] as number;
    const at = indexOf(step, length);
    if (at !== undefined) places.push(at);
    else if (axis === 0 && steps.length === 1 && indexOf(step, length + 1) === length) {
      const [most = 0] = dataset.maxShape ?? [];
      if (most <= length) missing(1, `the dataset has ${length} elements, and cannot grow`);
      places.push(length);
    } else missing(axis + 1, `the dataset has ${length} elements there`);
  }
  const rest = steps.slice(places.length);
  const isNew = places[0] === shape[0] && shape.length > 0;
  const selection = places.map((at) => [at, at + 1] as const);
  let whole = value;
  if (!isNew && places.length === shape.length) {
    const read = dataset.read<unknown>(selection);
    if (rest.length === 0) checkElement(read, { key: 0, isText: false }, value, place);
    if (rest.length > 0 || isMerged) {
      const holder = { element: shape.length === 0 ? read : (read as unknown[])[0] };
      const way: Step[] = [{ key: 'element', isText: false }, ...rest];
      const failed = assign(holder, way, value, place, isMerged);
      if (failed) missing(places.length + failed.done, failed.reason);
      whole = holder.element;
    }
  }
  const data = places.reduce<unknown>((inner) => [inner], whole);
  const inner = shape.slice(places.length);
  let written: ReturnType<typeof asWritten> | undefined;
  try {
    written = asWritten(dataset, data);
  } catch (error) {
    if (!(error instanceof H5TypeError)) throw error;
    misfit(error.message.replace(/^element 0(: |(?=\.))/, ''));
  }
  const { shape: given, elements } = written as ReturnType<typeof asWritten>;
  const isShape = given.join() === [...places.map(() => 1), ...inner].join();
  if (!isShape || !isSameRows(elements, whole, inner))
    misfit(
      `it is not read back as it is, from a dataset of the shape (${shape.join(', ')}) and the dtype ${nameOf(dataset)}`,
    );
  return () => {
    const editor = dataset.session.edit();
    if (isNew) editor.append(dataset.node, data, 0);
    else editor.writeElements(dataset.node, selection, data);
  };
}

function nameOf({ dtype }: H5Dataset): string {
  return typeof dtype === 'string' ? dtype : JSON.stringify(dtype);
}

/** Sets what a way through an element leads to. Returns why there is no such place, and after how many steps. */
function assign(
  holder: unknown,
  steps: readonly Step[],
  value: unknown,
  place: readonly Step[],
  isMerged: boolean,
): { done: number; reason: string } | undefined {
  let at = holder;
  for (const [i, step] of steps.entries()) {
    const fail = (reason: string) => ({ done: i, reason });
    const isList = isElements(at);
    if (!isList && !isRecord(at)) return fail('what is there has no members');
    const key = isList ? indexOf(step, (at as unknown[]).length) : String(step.key);
    if (key === undefined) return fail(`there are ${(at as unknown[]).length} elements`);
    if (!Object.hasOwn(at as object, key)) return fail('the records have no such member');
    const member = (at as Record<string | number, unknown>)[key];
    if (i < steps.length - 1) at = member;
    else if (isMerged && isRecord(value) && isRecord(member)) {
      for (const [name, each] of Object.entries(value)) {
        const failed = assign(member, [{ key: name, isText: false }], each, place, true);
        if (failed) return fail(`the records have no member ${JSON.stringify(name)}`);
      }
    } else if (isList) {
      checkElement(at, step, value, place);
      (at as unknown[])[key as number] = value;
    } else setProperty(at as object, key as string, value, undefined);
  }
  return undefined;
}

/** Throws if an element of a typed array would not be what it is set to. */
export function checkElement(holder: unknown, step: Step, value: unknown, place: readonly Step[]): void {
  if (!ArrayBuffer.isView(holder) || holder instanceof DataView) return;
  const array = holder as Uint8Array;
  const at = indexOf(step, array.length);
  if (at === undefined) return;
  const type = array[Symbol.toStringTag] as string;
  const kind = typeof array[at];
  if (typeof value !== kind)
    throw new H5TypeError(`${showPath(place)}: an element of a ${type} is a ${kind}, not ${shown(value)}`);
  // Floats are rounded, and a clamped array clamps: integers would become others.
  if (/^Float|Clamped/.test(type)) return;
  const one = array.slice(at, at + 1);
  one[0] = value as number;
  if (one[0] !== value)
    throw new H5TypeError(`${showPath(place)}: ${String(value)} does not fit into a ${type}`);
}

function shown(value: unknown): string {
  return value === null || value === undefined ? String(value) : `a ${typeof value}`;
}

function isElements(value: unknown): value is unknown[] {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether elements are those of nested arrays. */
function isSameRows(elements: Elements, value: unknown, dims: readonly number[], isExact = false): boolean {
  let next = 0;
  const compare = (each: unknown, axis: number): boolean => {
    if (axis === dims.length) return isSame(elements[next++], each, isExact);
    if (!isElements(each) || each.length !== dims[axis]) return false;
    for (let i = 0; i < each.length; i++) if (!compare(each[i], axis + 1)) return false;
    return true;
  };
  return compare(value, 0) && next === elements.length;
}

/** Whether what a dataset holds is a value: it has refused numbers that it has no place for. Floats may be rounded, unless `isExact`. */
function isSame(there: unknown, value: unknown, isExact: boolean): boolean {
  if (!isExact && typeof there === 'number' && typeof value === 'number') return true;
  if (value instanceof H5Reference) return true;
  if (isElements(there)) {
    if (!isElements(value) || value.length !== there.length) return false;
    for (let i = 0; i < there.length; i++) if (!isSame(there[i], value[i], isExact)) return false;
    return true;
  }
  if (!isRecord(there)) return Object.is(there, value);
  if (!isRecord(value)) return false;
  const names = Object.keys(there);
  return (
    names.length === Object.keys(value).length &&
    names.every((name) => Object.hasOwn(value, name) && isSame(there[name], value[name], isExact))
  );
}

// ---- what others have said --------------------------------------------------------------------------------

const GZIP = 1;
const SHUFFLE = 2;

/** How the first dataset of an object is compressed that is. */
export function compressionIn(object: H5Object | undefined): Compression {
  const compressionOf = (dataset: H5Object): Compression | undefined => {
    const filters = isDataset(dataset) ? dataset.filters : [];
    const gzip = filters.find(({ id }) => id === GZIP);
    return gzip && { level: gzip.values[0] ?? 0, shuffle: filters.some(({ id }) => id === SHUFFLE) };
  };
  if (object instanceof H5Group) return object.visit((_, each) => compressionOf(each)) ?? false;
  return (object && compressionOf(object)) ?? false;
}

type Attribute = readonly [name: string, draft: AttributeDraft];

/** The attributes of an object that are to be set elsewhere in its file. */
export function attributesOf(
  { attrs, session, node }: H5Object,
  takes: (name: string) => boolean,
): Attribute[] {
  const editor = session.edit();
  return [...attrs.keys()]
    .filter(takes)
    .map((name) => [name, editor.attribute(node, name) as AttributeDraft] as const);
}

export function setAttributes(object: H5Object, attributes: readonly Attribute[]): void {
  for (const [name, draft] of attributes) object.session.edit().putAttribute(object.node, name, draft);
}

/** What programs have said about a list, or a part of one. */
interface Kept {
  readonly encoding: unknown;
  readonly attributes: readonly Attribute[];
  readonly parts: Map<string, Kept>;
}

/** What programs have said in attributes about a list, and the parts of it; undefined if that is nothing. Of objects, attributes are members. */
export function keptOf(object: H5Object | undefined): Kept | undefined {
  if (!isDataset(object) && !(object instanceof H5Group)) return undefined;
  const all: Kept[] = [];
  const met = new Set<number>();
  const keep = (each: H5Object): Kept => {
    const encoding = each.attrs.get(Reserved.encoding);
    const isList = isDataset(each) || encoding !== undefined;
    const kept: Kept = {
      encoding,
      attributes: isList ? attributesOf(each, (name) => !isReserved(name)) : [],
      parts: new Map(),
    };
    all.push(kept);
    return kept;
  };
  const first = keep(object);
  const open: [H5Object, Kept][] = [[object, first]];
  for (let at = open.pop(); at; at = open.pop()) {
    const [group, { parts }] = at;
    if (!(group instanceof H5Group)) continue;
    for (const name of group.keys()) {
      const link = group.linkInfo(name);
      if (link?.kind !== 'hard') continue;
      const part = group.get(name) as H5Object;
      const address = 'info' in part.node ? part.node.info.address : undefined;
      // What leads back is no part of it.
      if (address !== undefined && (met.has(address) || !met.add(address))) continue;
      const kept = keep(part);
      parts.set(name, kept);
      open.push([part, kept]);
    }
  }
  return all.some(({ attributes }) => attributes.length > 0) ? first : undefined;
}

/** Sets these attributes again, where the list has the same parts as before. */
export function keepAgain(object: H5Object | undefined, kept: Kept): void {
  const open: [H5Object | undefined, Kept][] = [[object, kept]];
  for (let at = open.pop(); at; at = open.pop()) {
    const [each, { encoding, attributes, parts }] = at;
    if (!isDataset(each) && !(each instanceof H5Group)) continue;
    const now = each.attrs.get(Reserved.encoding);
    if (isDataset(each) || now !== undefined) setAttributes(each, attributes);
    if (!(each instanceof H5Group) || now !== encoding) continue;
    for (const [name, part] of parts)
      if (each.linkInfo(name)?.kind === 'hard') open.push([each.get(name), part]);
  }
}
