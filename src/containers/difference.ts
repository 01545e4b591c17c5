/** What of a dict differs from an object or a Map, so that no more than that is written. */
import { H5Error, H5PathError, H5StateError, H5TypeError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Datatype } from '../hdf5/h5-datatype.js';
import type { H5File } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-group.js';
import type { H5Object } from '../hdf5/h5-object.js';
import { hasOrder, linkOf } from '../hdf5/members.js';
import type { Datatype } from '../hdf5/messages/datatype.js';
import { holdersOf, join } from '../hdf5/paths.js';
import { hasReferences } from '../hdf5/release.js';
import { type AnyLink, isHard } from '../hdf5/stored-object.js';
import { TYPED_ARRAYS, type TypedArray } from '../serialize/kinds.js';
import { Reserved, Tag } from '../serialize/layout.js';
import { escapeName } from '../serialize/names.js';
import { placedIn } from '../serialize/part-writer.js';
import { memberSegment, shortPath } from '../serialize/path.js';
import { isReferenced } from '../serialize/replaced-references.js';
import { isElement, isReserved } from '../serialize/restore.js';
import { setProperty } from '../serialize/rows.js';
import { readFrom, serialize, writeInto } from '../serialize/serialize.js';
import { isSameBytes } from '../storage/bytes.js';
import { isAlike } from './alike.js';
import type { Context } from './context.js';
import { unviewed } from './dict-view.js';
import { H5Array } from './h5-array.js';
import { H5Dict } from './h5-dict.js';
import { deleteMember, MAX_ATTRIBUTES, prepareMember, storedObject } from './member.js';
import { newFlatObject } from './new-object.js';
import { copyOf, storeWithCopies } from './own-collections.js';
import { placeOf } from './rewriting.js';
import { decodeScalar, encodeScalar } from './scalar.js';
import { isTree } from './tree.js';

/** What a value is that a dict can be set to: what the file says of such a dict. */
type DictKind = 'object' | 'Map' | 'null-prototype';

export function kindOf(value: unknown): DictKind | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return 'object';
  if (prototype === null) return 'null-prototype';
  if (prototype !== Map.prototype) return undefined;
  for (const key of (value as Map<unknown, unknown>).keys()) if (typeof key !== 'string') return undefined;
  return 'Map';
}

function kindOfGroup(group: H5Group): string {
  return group.attrs.get<string>(Reserved.type) ?? 'object';
}

function entriesOf(value: object): Iterable<readonly [string, unknown]> {
  if (value instanceof Map || value instanceof H5Dict) return value as Iterable<readonly [string, unknown]>;
  return Object.entries(value);
}

/**
 * Sets a dict, or what it has for a key, to what a value says: what is the same stays as it is. Returns whether that could be
 * done: not where something else than a dict is or is to be.
 */
export function assign<T extends object>(dict: H5Dict<T>, key: string | undefined, value: unknown): boolean {
  const source = value instanceof H5Dict ? 'object' : kindOf(value);
  if (key === undefined) {
    if (!source) throw new H5TypeError('a dict is set to an object, or to a Map with keys that are strings');
    assignTo(dict as unknown as H5Dict, value as object, source);
    return true;
  }
  if (!source || value instanceof H5Dict) return false;
  const { object: group, isLarge } = dict;
  const link = group.node.links?.get(escapeName(key)) as AnyLink | undefined;
  if (!link && !isLarge) return false;
  const isOverwritten =
    link && isHard(link) && !isLarge && overwrite(dict as unknown as H5Dict, key, value as object);
  if (isOverwritten) return true;
  const there = ownDictAt(dict as unknown as H5Dict, key);
  const parts = there && kindOfGroup(there.object) === source ? partsOf(there, value as object) : undefined;
  if (!there || !parts) return false;
  const changes = new Changes();
  update(there, parts, changes);
  return apply(there, changes.all);
}

/** Sets an object of scalars that a dict has for a key to another one, if no more than their values differs. Returns whether it did. */
function overwrite(dict: H5Dict, key: string, value: object): boolean {
  const { object: group, context } = dict;
  const name = escapeName(key);
  const made = newFlatObject(value, context);
  const overwriting = made && group.session.edit().overwriting(group.node, name, made);
  if (!overwriting) return false;
  const { names, write } = overwriting;
  const last = names.at(-1);
  if (last === undefined) return true;
  const { live } = context;
  const path = join(group.path, name);
  live.change(join(path, last), () => {
    for (const other of names) if (other !== last) live.noted(join(path, other));
    write();
  });
  return true;
}

/** What a dict is to be set to or merged with, part by part; undefined where that must be a whole, as parts are shared. */
function partsOf(dict: H5Dict, value: object): object | undefined {
  const { context } = dict;
  if (!(value instanceof H5Dict) && !isTree(value, context)) return undefined;
  const apart = settled(dict, value) as object;
  return apart === value || isTree(apart, context) ? apart : undefined;
}

/**
 * A value as it is before anything changes. What in it is a part of the dict that it is for, or holds that, would be gone or another one
 * half way: it is copied. So far as dicts are in dicts: all else is stored before.
 */
function settled(dict: H5Dict, given: unknown, depth = 0): unknown {
  const value = unviewed(given);
  const object = value instanceof H5Array ? value.dataset : storedObject(value);
  if (object) {
    const { object: group } = dict;
    const isApart = object.session !== group.session || !(isPartOf(object, group) || isPartOf(group, object));
    return isApart ? value : copyOf(value, dict.context);
  }
  const kind = kindOf(value);
  if (!kind || depth > MAX_COMPARED) return value;
  let isSame = true;
  const entries = Array.from(entriesOf(value as object), ([key, each]): [string, unknown] => {
    const other = settled(dict, each, depth + 1);
    isSame &&= other === each;
    return [key, other];
  });
  return isSame ? value : madeOf(kind, entries);
}

/** Whether an object is another one or within that, on the way that it was got. */
function isPartOf({ file, path }: H5Object, holder: H5Object): boolean {
  for (const above of holdersOf(path)) if (file.get(above)?.isSame(holder)) return true;
  return false;
}

/** A member that is to be set or deleted. What can fail has been done. */
interface Change {
  readonly dict: H5Dict;
  readonly key: string;
  readonly make: () => unknown;
}

/** What is to be changed, and which dicts have been compared with which: those of a file may lead back to each other. */
class Changes {
  readonly all: Change[] = [];
  readonly #met = new Map<H5File, Set<string>>();

  /** Whether a dict has been compared with another one, or is about to be; notes that it is. */
  isMet(there: H5Dict, here: unknown): boolean {
    if (!(here instanceof H5Dict)) return false;
    const met = this.#met.get(here.file) ?? new Set();
    this.#met.set(here.file, met);
    const { size } = met;
    return met.add(`${placeOfNode(there)} ${placeOfNode(here)}`).size === size;
  }
}

/** Where the group of a dict stands in its file; of one that has no place yet, what tells it from others. */
function placeOfNode({ object: { node } }: H5Dict): string {
  if ('info' in node) return `${node.info.address}`;
  return node.address < 0 ? `new ${node.id}` : `${node.address}`;
}

/** Makes changes, all or none. */
function make(dict: H5Dict, changes: readonly Change[]): void {
  const { live } = dict.context;
  const all = (): void => {
    for (const { dict: holder, key, make: each } of changes) holder.change(key, each);
  };
  const isSafe =
    changes.length <= 1 ||
    changes.every(({ dict: { object, isLarge }, key }) => !isLarge && !isReferenced(object, escapeName(key)));
  if (isSafe) live.together(all);
  else live.whole(all);
}

/** The same. Returns false if there can only be a change as a whole: references within it are in the way, or a key. */
function apply(dict: H5Dict, changes: readonly Change[]): boolean {
  try {
    make(dict, changes);
    return true;
  } catch (error) {
    if (error instanceof H5StateError && (error.code === 'H5_REFERENCED' || error.code === 'H5_TOO_LARGE'))
      return false;
    throw error;
  }
}

/** Whether one link leads to an object: it can be changed without another member noticing. */
function isOnlyOne(object: H5Group | H5Dataset): boolean {
  return object.session.edit().linkCount(object.node) === 1;
}

/** The dict that a dict has for a key, if it has one. */
function dictAt(dict: H5Dict, key: string): H5Dict | undefined {
  const { object: group } = dict;
  const name = escapeName(key);
  if (isAttribute(group, name) || leadsOut(group, name) || !dict.has(key)) return undefined;
  const there = dict.get(key);
  return there instanceof H5Dict ? there : undefined;
}

function isAttribute(group: H5Group, name: string): boolean {
  return group.attrs.has(name) && !linkOf(group.node, name);
}

/** Whether there is a link to another file: nothing there is a part of the dict, so that it is replaced. */
function leadsOut({ node }: H5Group, name: string): boolean {
  return (node.links?.get(name) as AnyLink | undefined)?.kind === 'external';
}

/** The same if no other link leads to it. */
function ownDictAt(dict: H5Dict, key: string): H5Dict | undefined {
  const { object: group } = dict;
  const link = group.node.links?.get(escapeName(key)) as AnyLink | undefined;
  // This comes first: it reads what a change takes, so that what is there need not be read again.
  if (link && isHard(link) && group.session.edit().linkCount(link) > 1) return undefined;
  const there = dictAt(dict, key);
  return there && dict.isLarge && !isOnlyOne(there.object) ? undefined : there;
}

function assignTo(dict: H5Dict, value: object, source: DictKind): void {
  const { object: group, context } = dict;
  const { live } = context;
  const isDict = value instanceof H5Dict;
  if (isDict && value.object.isSame(group)) return;
  // Parts that are shared, or lead back, are stored together.
  const parts = partsOf(dict, value);
  if (parts) {
    const changes = new Changes();
    update(dict, parts, changes);
    const isDone = (): boolean => apply(dict, changes.all);
    if (isDict || kindOfGroup(group) === source) {
      if (isDone()) return;
    } else {
      const become = (): unknown =>
        source === 'object' ? group.attrs.delete(Reserved.type) : group.attrs.set(Reserved.type, source);
      const isBoth = live.together(() => {
        live.change(group.path, become);
        return isDone();
      });
      if (isBoth) return;
    }
  }
  const whole = isDict ? (value as H5Dict).copy() : value;
  live.change(group.path, () =>
    storeWithCopies(whole, context, (each) => writeInto(group, each, context.codec)),
  );
}

/** What gives a dict these entries and no others, in this order. */
function update(dict: H5Dict, value: object, changes: Changes, depth = 0): void {
  if (changes.isMet(dict, value)) return;
  const wanted = new Map(entriesOf(value));
  const { object: group } = dict;
  const kept: string[] = [];
  for (const key of dict.keys()) {
    if (wanted.has(key)) kept.push(key);
    else changes.all.push({ dict, key, make: () => deleteMember(group, escapeName(key)) });
  }
  for (const [key, each] of wanted) put(dict, key, each, changes, update, depth);
  // What is set comes behind what there is. So what is to be behind that, or is in another order, goes there as well.
  const keys = [...wanted.keys()];
  const first = keys.findIndex((key, i) => key !== kept[i]);
  if (first < 0 || first >= kept.length || !hasOrder(group.node)) return;
  const names = keys.slice(first).map(escapeName);
  const order = (): void => group.session.edit().moveBehind(group.node, names, MAX_ATTRIBUTES);
  changes.all.push({ dict, key: keys[first] as string, make: order });
}

/** Sets entries of a dict, and leaves others. */
export function merge<T extends object>(dict: H5Dict<T>, other: object): void {
  const source = other instanceof H5Dict ? 'object' : kindOf(other);
  if (!source)
    throw new H5TypeError('a dict is merged with an object, a Map with keys that are strings, or a dict');
  if (other instanceof H5Dict && other.object.isSame(dict.object)) return;
  const parts = partsOf(dict as unknown as H5Dict, other);
  if (parts) {
    const changes = new Changes();
    mergeInto(dict as unknown as H5Dict, parts, changes);
    make(dict as unknown as H5Dict, changes.all);
  } else {
    // What is shared is stored together.
    const { object: group, context } = dict;
    const kind = kindOfGroup(group);
    const value = kind === source ? other : madeOf(kind, entriesOf(other));
    const how = { ...context.codec, mode: 'merge' } as const;
    context.live.change(group.path, () => {
      try {
        storeWithCopies(value, context, (each) => writeInto(group, each, how));
      } catch (error) {
        throw placedIn(error, '$', placeOf(group));
      }
    });
  }
}

/** An object or a Map of these entries. */
function madeOf(kind: string, entries: Iterable<readonly [string, unknown]>): object {
  if (kind === 'Map') return new Map(entries);
  const object = (kind === 'object' ? {} : Object.create(null)) as object;
  for (const [name, value] of entries) setProperty(object, name, value, undefined);
  return object;
}

function mergeInto(dict: H5Dict, other: object, changes: Changes, depth = 0): void {
  if (changes.isMet(dict, other)) return;
  for (const [key, value] of entriesOf(other)) put(dict, key, value, changes, mergeInto, depth);
}

/** So many levels of dicts are compared: each takes some of the stack. What is below is set as a whole. */
const MAX_COMPARED = 1000;

/** What sets what a dict has for a key, unless it has that already; `combine` is for two dicts. */
function put(
  dict: H5Dict,
  key: string,
  given: unknown,
  changes: Changes,
  combine: (there: H5Dict, here: object, changes: Changes, depth: number) => void,
  depth: number,
): void {
  const value = unviewed(given);
  const source = value instanceof H5Dict ? kindOfGroup(value.object) : kindOf(value);
  const there = source && (combine === mergeInto ? dictAt : ownDictAt)(dict, key);
  const isSameKind = there && kindOfGroup(there.object) === source;
  const isCombined =
    isSameKind || (there && combine === mergeInto && isBothOrNone(kindOfGroup(there.object), source));
  const isTooDeep = depth >= MAX_COMPARED;
  if (isCombined && isTooDeep && combine === mergeInto)
    throw unmerged(dict, key, `it is more than ${MAX_COMPARED} levels deep`);
  if (isCombined && !isTooDeep) combine(there, value as object, changes, depth + 1);
  else if (combine === mergeInto && isLossy(dict, key, value, source))
    throw unmerged(dict, key, 'only dicts of one kind can be merged');
  else if (!isSame(dict, key, value))
    changes.all.push({ dict, key, make: prepareMember(dict.object, key, value, dict.context) });
}

/** Whether both kinds of dicts are Maps, or none is. */
function isBothOrNone(a: string, b: string): boolean {
  return (a === 'Map') === (b === 'Map');
}

/**
 * Whether what a dict has for a key is an object that a dict or a Map cannot be merged into: a dict of another kind, a list, a
 * Date. To set it would lose what is there.
 */
function isLossy(dict: H5Dict, key: string, value: unknown, source: string | undefined): boolean {
  if (!source && !(value instanceof Map)) return false;
  if (dictAt(dict, key)) return true;
  if (dict.isLarge) return false;
  const { object: group } = dict;
  const name = escapeName(key);
  if (isAttribute(group, name)) return isObject(group.attrs.get(name));
  if (leadsOut(group, name)) return false;
  const there = group.get(name);
  if (there instanceof H5Dataset) return (there.shape?.length ?? 0) > 0 || isObject(there.value);
  // Maps with any keys are no dicts: one replaces the other.
  return there instanceof H5Group && (source !== undefined || there.attrs.get(Reserved.type) !== 'Map');
}

/** Whether a scalar in the file stands for an object: it leads to one, or is a Date. */
function isObject(scalar: unknown): boolean {
  return typeof scalar === 'object' && scalar !== null && (Tag.into in scalar || Tag.date in scalar);
}

function unmerged({ object }: H5Dict, key: string, reason: string): H5PathError {
  const place = placeOf(object) + memberSegment(key);
  return new H5PathError(
    'H5_WRONG_KIND',
    place,
    `nothing can be merged into ${shortPath(place)}: ${reason}; set replaces it`,
  );
}

/** Whether a dict has a value for a key that is the same, as far as a file can tell. */
function isSame(dict: H5Dict, key: string, value: unknown): boolean {
  const { object: group, context } = dict;
  const name = escapeName(key);
  const attribute = group.node.attributes?.get(name);
  if (attribute !== undefined && !linkOf(group.node, name)) {
    const isReference = typeof attribute === 'object' && isElement(attribute.datatype);
    if (isReference || !encodeScalar(value, context)) return false;
    return isSameScalar(decodeScalar(group, name, attribute, context), value);
  }
  const object = dict.has(key) && !leadsOut(group, name) ? group.get(name) : undefined;
  if (!object || object instanceof H5Datatype || storedObject(value)) return false;
  try {
    return isObjectSame(object, value, context);
  } catch (error) {
    // What cannot be read, such as another program's references and filters, or be stored is not what is to be there.
    if (error instanceof H5Error) return false;
    throw error;
  }
}

function isObjectSame(object: H5Group | H5Dataset, value: unknown, context: Context): boolean {
  if (object instanceof H5Dataset && object.ndim === 0 && !hasReferences(object.datatype))
    return encodeScalar(value, context) !== undefined && isSameScalar(readFrom(object, context.codec), value);
  const isEqual =
    object instanceof H5Dataset && isTyped(value)
      ? hasNumbers(object, value)
      : isStoredSame(object, value, context);
  return isEqual && isAlone(object);
}

function isSameScalar(there: unknown, value: unknown): boolean {
  return there instanceof Date && value instanceof Date
    ? Object.is(there.getTime(), value.getTime())
    : Object.is(there, value);
}

function isTyped(value: unknown): value is TypedArray {
  return (
    ArrayBuffer.isView(value) && TYPED_ARRAYS.some((type) => type.prototype === Object.getPrototypeOf(value))
  );
}

/** So many elements of a large array are compared at a time. */
const BLOCK = 1 << 16;

function hasNumbers(dataset: H5Dataset, value: TypedArray): boolean {
  const { shape } = dataset;
  // What others have said of it stays, if it stays what it is.
  if ([...dataset.attrs.keys()].some(isReserved) || shape?.length !== 1 || shape[0] !== value.length)
    return false;
  for (let start = 0; start < value.length; start += BLOCK) {
    const there = dataset.read<ArrayLike<unknown>>([[start, Math.min(value.length, start + BLOCK)]]);
    if (Object.getPrototypeOf(there) !== Object.getPrototypeOf(value)) return false;
    for (let i = 0; i < there.length; i++) if (!Object.is(there[i], value[start + i])) return false;
  }
  return true;
}

function isStoredSame(object: H5Group | H5Dataset, value: unknown, context: Context): boolean {
  const { codec } = context;
  const there = readFrom(object, codec);
  const alike = isAlike(there, value, context);
  if (alike !== undefined) return alike;
  // The same value always gives the same bytes: so two that give the same are the same.
  const bytes = storeWithCopies(value, context, (each) => serialize(each, codec));
  return isSameBytes(serialize(there, codec), bytes);
}

/** Whether nothing else is a part of an object, and it refers to nothing else: so that to leave it is to have it anew. */
function isAlone(object: H5Group | H5Dataset): boolean {
  const isShared = (each: H5Object): true | undefined => {
    if (each instanceof H5Datatype) return undefined;
    const refers =
      each instanceof H5Dataset && (hasReferences(each.datatype) || each.attrs.has(Reserved.into));
    const elements = [...each.attrs.keys()].some((name) =>
      isElement(each.attrs.info(name)?.datatype as Datatype),
    );
    return (
      refers || elements || each.attrs.has(Reserved.referenced) || !isOnlyOne(each as H5Group) || undefined
    );
  };
  if (isShared(object)) return false;
  return !(object instanceof H5Group) || object.visit((_, each) => isShared(each)) === undefined;
}
