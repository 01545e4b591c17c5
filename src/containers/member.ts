/** Members of groups as values: what H5Dict gets and sets. */
import { H5Error, H5FormatError, H5PathError, H5TypeError } from '../errors.js';
import type { AttributeDraft } from '../hdf5/draft.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import { H5Datatype } from '../hdf5/h5-datatype.js';
import { H5Group } from '../hdf5/h5-group.js';
import { H5Object } from '../hdf5/h5-object.js';
import { isMember, linkOf } from '../hdf5/members.js';
import type { Attribute } from '../hdf5/messages/attribute.js';
import { named } from '../hdf5/named-errors.js';
import { join } from '../hdf5/paths.js';
import { referredName } from '../hdf5/referred.js';
import { shapedData } from '../hdf5/shaped-data.js';
import { type AnyLink, type HardLink, isHard } from '../hdf5/stored-object.js';
import { utf8Encoder } from '../hdf5/text.js';
import { scalarSetter } from '../serialize/in-place.js';
import { Encoding, MAX_NAME, Reserved } from '../serialize/layout.js';
import { escapeName } from '../serialize/names.js';
import { placedIn, prepareMembers } from '../serialize/part-writer.js';
import { isReferredTo, replaceMembers } from '../serialize/replaced-references.js';
import { isReserved } from '../serialize/restore.js';
import { readFrom } from '../serialize/serialize.js';
import type { Context } from './context.js';
import { isDeferred } from './deferred.js';
import { H5Array } from './h5-array.js';
import { H5Dict } from './h5-dict.js';
import { H5List } from './h5-list.js';
import { isSimpleArray, newDataset, newObject } from './new-object.js';
import { options as containerOptions } from './options.js';
import { storeWithCopies } from './own-collections.js';
import { placeOf } from './rewriting.js';
import {
  decodeScalar,
  encodeScalar,
  isNull,
  isScalar,
  isSmallArray,
  isUsualType,
  LARGE_ARRAY,
  readElements,
  readScalar,
} from './scalar.js';

/** What ch5mpy says an object is. */
export const CH5MPY = { type: '__h5_type__', class: '__h5_class__' } as const;

/** The attributes in which a group says what it is. */
const MARKS = [Reserved.type, Reserved.encoding, Reserved.class, CH5MPY.type] as const;

/**
 * A group of so many attributes gets its further scalars as datasets: attributes are read all at once, while links are found one
 * by one, so that a change costs the same however many there are.
 */
export const MAX_ATTRIBUTES = 64;

// ---- reading ----------------------------------------------------------------------------------------------

/** Whether a name in the file is not one of the program's. */
export function isHidden(name: string): boolean {
  return isReserved(name) || name === CH5MPY.type || name === CH5MPY.class;
}

/** How many links of a group lead to lists of objects that its members refer to, which are no members themselves. */
export function countPools(group: H5Group): number {
  let count = 0;
  while (group.node.links?.get(referredName(count))) count++;
  return count;
}

/** Whether a group has a member of a name. */
export function hasMember(group: H5Group, name: string): boolean {
  return isMember(group.node, name);
}

/** The value of a member of a group, by its name in the file; undefined if there is none. `isRaw`: of instances, what they are stored as. */
export function getMember(group: H5Group, name: string, context: Context, isRaw = false): unknown {
  const attribute = group.node.attributes?.get(name) as Attribute | AttributeDraft | undefined;
  const link = linkOf(group.node, name);
  if (!link) return attribute === undefined ? undefined : decodeScalar(group, name, attribute, context);
  try {
    return linkedMember(group, name, link, context, isRaw);
  } catch (error) {
    throw named(error, { path: join(group.path, name) });
  }
}

function linkedMember(
  group: H5Group,
  name: string,
  link: AnyLink,
  context: Context,
  isRaw: boolean,
): unknown {
  const { session } = group;
  const { isOurs, smallValues } = context.live;
  const { largeArray = LARGE_ARRAY } = context.options;
  // Most are scalars and small arrays: there is no need of a handle for each.
  if (link.kind === 'hard' && isOurs && !session.editor?.isWritten(link.address)) {
    const value = smallValues.readKnown(link.address, largeArray);
    if (value !== undefined) return value;
  }
  const node = isHard(link) ? session.target(link) : undefined;
  if (node && 'info' in node && !session.editor?.isWritten(node.info.address)) {
    const { info } = node;
    const isOne = isScalar(info, isOurs);
    if (isOurs && (isOne || isNull(info) || isSmallArray(info, largeArray)))
      return smallValues.read(info.address, largeArray);
    if (isOne) return readScalar(session, info);
    if (isSmallArray(info, largeArray)) return readElements(session, info);
  }
  const object = node ? group.wrap(node, join(group.path, name)) : group.get(name);
  return object && presented(object, context, isRaw);
}

/** An object of a file as a program sees it: as a live collection if it can be one, else as the value that it is. */
export function presented(
  object: H5Group | H5Dataset | H5Datatype,
  context: Context,
  isRaw = false,
): unknown {
  if (object instanceof H5Datatype) return object;
  if (object instanceof H5Group && isDict(object)) return new H5Dict(object, context);
  if (object instanceof H5Dataset && object.ndim === 0 && object.shape && isPlainScalar(object, context))
    return object.value;
  const { attrs } = object;
  const type = wordOf(object, Reserved.type);
  if (object instanceof H5Group) {
    const python = attrs.get(CH5MPY.type);
    if (python === 'list') return new H5List(object, context);
    // Nobody can make an instance of a class of Python's.
    if (python === 'object')
      return new H5Dict(object, context, false, 'stored by ch5mpy: an instance of a Python class');
    const encoding = wordOf(object, Reserved.encoding);
    if (encoding === undefined || encoding === Encoding.entries) {
      if (isRaw && hasNames(object, type)) return new H5Dict(object, context);
    } else if (type !== 'Set' && encoding !== Encoding.sparse) return new H5List(object, context);
    return instanceIn(object, context);
  }
  if (type === 'Array') return new H5List(object, context);
  const isNumbers = type === undefined || type.endsWith('Array');
  const { largeArray = LARGE_ARRAY } = context.options;
  if (isNumbers && object.ndim > 0 && object.nbytes >= largeArray)
    return H5Array.of(object as H5Dataset<unknown>);
  return readFrom(object, context.codec);
}

/** Whether a group says that it is something else than a dict of properties; most say nothing. */
function isMarked({ node: { attributes } }: H5Group): boolean {
  for (const name of MARKS) if (attributes?.get(name) !== undefined) return true;
  return false;
}

/** A word of the layout; what is no text is a file that says nothing. */
function wordOf({ attrs, path }: H5Group | H5Dataset, name: Reserved): string | undefined {
  const word = attrs.get(name);
  if (word === undefined || typeof word === 'string') return word;
  throw new H5FormatError(-1, `${name} of "${path}" is no text`);
}

/** Whether the one element of a dataset is what its datatype says. */
function isPlainScalar({ datatype, attrs }: H5Dataset, { live }: Context): boolean {
  return isUsualType(datatype, live.isOurs) && (attrs.size === 0 || !live.isOurs);
}

/** What a group stands for; with the errorMode 'ignore', that of an instance that cannot be made is its content. */
function instanceIn(group: H5Group, context: Context): unknown {
  try {
    return readFrom(group, context.codec);
  } catch (error) {
    if (
      containerOptions().errorMode !== 'ignore' ||
      !(error instanceof H5Error) ||
      !group.attrs.has(Reserved.class)
    )
      throw error;
    return new H5Dict(group, context, false, `it could not be made again: ${error.message}`);
  }
}

/** The object that is the value of a file: its root group, or, where that is about more than the value, a member of it. */
export function valueIn(object: H5Group | H5Dataset): H5Group | H5Dataset {
  if (!(object instanceof H5Group) || wordOf(object, Reserved.encoding) !== Encoding.value) return object;
  const value = object.get('value');
  return value instanceof H5Group || value instanceof H5Dataset ? value : object;
}

/** Whether a group is an object whose members are properties, or a Map with keys that are strings, and no instance. */
export function isDict(group: H5Group): boolean {
  if (!isMarked(group)) return true;
  const { attrs } = group;
  const type = wordOf(group, Reserved.type);
  if (type !== undefined && type !== 'Map' && type !== 'null-prototype') return false;
  return !attrs.has(Reserved.class) && !attrs.has(CH5MPY.type) && hasNames(group, type);
}

/** Whether its members have names, or keys that are strings. */
function hasNames(group: H5Group, type: string | undefined): boolean {
  const encoding = wordOf(group, Reserved.encoding);
  if (encoding === undefined) return true;
  if (encoding !== Encoding.entries) return false;
  const keys = group.get('keys');
  // Among the keys of a Map there may be null and undefined; or they are lists of strings.
  if (!(keys instanceof H5Dataset) || keys.ndim !== 1 || keys.attrs.has(Reserved.mask)) return false;
  const { class: kind } = keys.datatype;
  return kind === 'string' || kind === 'variable-length' || (kind === 'compound' && type !== 'Map');
}

// ---- writing ----------------------------------------------------------------------------------------------

/** Sets a member of a group to a value. What has its name is replaced, and keeps its place in the order. */
export function setMember(group: H5Group, key: string, value: unknown, context: Context): void {
  prepareMember(group, key, value, context)();
}

/** Does what takes the place of a member of a group, or removes it. */
export function replaceMember(group: H5Group, name: string, change: () => void): void {
  replaceLink(group, name, (link) => {
    // What references may lead to says so in an attribute.
    if (link && isReferredTo(group, link)) replaceMembers(group, [name], change);
    else change();
  });
}

/** The same, where references are looked after. Handles of what is removed know it from now on. */
function replaceLink(group: H5Group, name: string, change: (link: HardLink | undefined) => void): void {
  const { node } = group;
  const link = node.links?.get(name) as AnyLink | undefined;
  const hard = link && isHard(link) ? link : undefined;
  change(hard);
  if (hard) group.session.edit().unlinked(node, hard);
}

/** The same in two steps: what is returned sets it. What cannot be stored throws here, before anything changes. */
export function prepareMember(group: H5Group, key: string, value: unknown, context: Context): () => void {
  const editor = group.session.edit();
  const name = nameFor(group, key);
  if (isDeferred(value))
    return () =>
      replaceMember(group, name, () => makeFor(group, name, (other) => value({ group, name: other })));
  const { isPlain } = context;
  const scalar = isPlain || typeof value !== 'string' ? encodeScalar(value, context) : undefined;
  if (scalar) {
    const { data, dtype } = scalar;
    const options = dtype && { dtype };
    return () => {
      if (typeof value === 'bigint') markNumber(group, name, false);
      const isThere =
        editor.overwrite(group.node, name, data, options) ||
        (!context.live.isOurs && writeScalar(group, name, value));
      if (!isThere)
        replaceMember(group, name, () => editor.setScalar(group.node, name, data, options, MAX_ATTRIBUTES));
    };
  }
  try {
    return prepareObjectMember(group, key, value, context);
  } catch (error) {
    // It begins with the member.
    throw placedIn(error, '$', placeOf(group));
  }
}

/**
 * Says of an attribute of a group whether it is a number, which may be stored as an integer of 64 bits, or a bigint. Returns what
 * was said of it.
 */
export function markNumber(group: H5Group, name: string, isNumber: boolean): boolean {
  const { attrs, node } = group;
  const isAny = node.attributes?.get(Reserved.numbers) !== undefined;
  const names = isAny ? Array.from(attrs.get(Reserved.numbers) as Iterable<string>) : [];
  const wasNumber = names.includes(name);
  if (wasNumber === isNumber) return wasNumber;
  const now = isNumber ? [...names, name] : names.filter((each) => each !== name);
  const sizes = now.map((each) => utf8Encoder.encode(each).length);
  if (now.length === 0) attrs.delete(Reserved.numbers);
  else attrs.set(Reserved.numbers, now, { dtype: `S${Math.max(...sizes)}` });
  return wasNumber;
}

/** The name of a member. With a longer one an object is stored as columns of keys and values, which are no members. */
function nameFor(group: H5Group, key: string): string {
  const name = escapeName(key);
  if (name.length <= MAX_NAME) return name;
  throw new H5PathError(
    'H5_BAD_NAME',
    join(group.path, name),
    `a key of ${name.length} characters is more than the ${MAX_NAME} that a member of "${group.path}" can have: only an object that is ` +
      'stored as a whole has such a key',
  );
}

/** Writes a scalar into the scalar dataset that another program has made, if it fits. Returns whether it did. */
function writeScalar(group: H5Group, name: string, value: unknown): boolean {
  const link = linkOf(group.node, name);
  if (!link || link.kind === 'external') return false;
  const set = scalarSetter(group.get(name), value);
  set?.();
  return set !== undefined;
}

/** The same for what is no scalar. */
export function prepareObjectMember(
  group: H5Group,
  key: string,
  value: unknown,
  context: Context,
): () => void {
  const editor = group.session.edit();
  const name = nameFor(group, key);
  const source = storedObject(value);
  const isHandle = value instanceof H5Dict || value instanceof H5List;
  // What it refers to may be elsewhere in its file: a value has it all.
  if (isHandle && editor.losesReferences(value.object))
    return prepareObjectMember(group, key, readFrom(value.object, value.context.codec), context);
  if (source) {
    return () =>
      replaceMember(group, name, () => {
        editor.setCopy(group.node, name, source);
        // A root is no root as a member.
        group.get(name)?.attrs.delete(Reserved.layout);
      });
  }
  if (value instanceof H5Array || shapedData(value)) {
    return () =>
      replaceMember(group, name, () => makeFor(group, name, (other) => H5Array.write(group, other, value)));
  }
  if (context.isPlain && isSimpleArray(value)) {
    return () => {
      if (editor.overwrite(group.node, name, value, undefined)) return;
      replaceMember(group, name, () => editor.setObject(group.node, name, newDataset({ data: value })));
    };
  }
  const made = typeof value === 'object' ? newObject(value as object, context) : undefined;
  if (made) {
    return () => {
      const overwriting = editor.overwriting(group.node, name, made);
      if (overwriting) overwriting.write();
      else replaceMember(group, name, () => editor.setObject(group.node, name, made));
    };
  }
  const set = storeWithCopies(value, context, (each) => {
    const members = Object.create(null) as Record<string, unknown>;
    members[key] = each;
    return prepareMembers(group, members, context.codec);
  });
  return () => replaceLink(group, name, set);
}

/** Puts what is made under another name in the place of a member. */
function makeFor(group: H5Group, name: string, make: (other: string) => unknown): void {
  let other = name;
  while (hasMember(group, other)) other += "'";
  make(other);
  if (other === name) return;
  group.session.edit().setObject(group.node, name, group.get(other) as H5Group | H5Dataset);
  group.delete(other);
}

/** Removes a member of a group. Returns whether there was one. */
export function deleteMember(group: H5Group, name: string): boolean {
  const editor = group.session.edit();
  const { node } = group;
  const isLinked = node.links?.get(name) !== undefined;
  // In files of others there may be both of one name: nothing is left of the member.
  if (isLinked) replaceMember(group, name, () => editor.deleteLink(node, name));
  if (group.node.attributes?.get(name) === undefined) return isLinked;
  markNumber(group, name, false);
  return editor.deleteAttribute(group.node, name);
}

/** The object of a file that a live collection, or a handle, stands for. */
export function storedObject(value: unknown): H5Group | H5Dataset | H5Datatype | undefined {
  if (value instanceof H5Dict || value instanceof H5List) return value.object;
  if (value instanceof H5Array && !value.isView) return value.dataset as H5Dataset | undefined;
  if (value instanceof H5Object) return value as H5Group | H5Dataset | H5Datatype;
  return undefined;
}

/** Throws if a key cannot be one of a dict. */
export function checkKey(key: unknown): asserts key is string {
  if (typeof key !== 'string')
    throw new H5TypeError(
      `the key of a dict is a string, not ${typeof key === 'symbol' ? String(key) : typeof key}: a Map with other keys can be stored as a value`,
    );
}
