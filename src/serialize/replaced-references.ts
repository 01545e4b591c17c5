/** Objects that are replaced, and references that lead to them. */
import { H5StateError } from '../errors.js';
import { H5Dataset } from '../hdf5/h5-dataset.js';
import type { H5File } from '../hdf5/h5-file.js';
import { H5Group } from '../hdf5/h5-group.js';
import type { H5Object } from '../hdf5/h5-object.js';
import { H5Reference } from '../hdf5/h5-reference.js';
import { isReferredName, referredName } from '../hdf5/referred.js';
import { hasReferences } from '../hdf5/release.js';
import type { AnyLink, HardLink, Node, StoredObject } from '../hdf5/stored-object.js';
import { areApart } from './apart.js';
import { Reserved, Tag } from './layout.js';
import { isReserved } from './restore.js';
import type { ReadOptions } from './serialize.js';

/** In this attribute the HDF5 library notes what a dimension scale is attached to, as netCDF4's coordinate variables are. */
export const SCALE = 'REFERENCE_LIST';

/** Objects of the file that have lost a link, by their addresses. */
export interface Replaced {
  /** Those that references lead to. */
  readonly marked: number[];
  /** Those that were written anew, with all that they refer to, so that the old ones should be gone. */
  readonly rewritten: number[];
}

/**
 * Does in one transaction what stores the value of an object anew, in its place: nothing else may share what it holds, or refer
 * to that. `value`: of what it is the value, or a part of it, as `options` read it.
 */
export function rewriteObject<T>(
  object: H5Group | H5Dataset,
  options: Pick<ReadOptions, 'values'>,
  change: () => T,
  value: H5Object = object,
): T {
  const { session, file } = object;
  const editor = session.edit();
  return file.transaction(() => {
    editor.flush();
    const { clock } = editor;
    const replaced: Replaced = { marked: [], rewritten: [] };
    note(object, replaced, true);
    const pooled = pooledIn(file);
    const isApart =
      replaced.rewritten.some((address) => pooled.has(address)) &&
      areApart(file, [{ address: addressIn(value) }], options, false);
    const result = change();
    editor.flush();
    freeCycles(file, replaced.rewritten, clock);
    const shared = sharedOf(file, replaced.rewritten, clock, isApart);
    if (shared !== undefined)
      throw new H5StateError('H5_REFERENCED', `"${object.path}" holds what ${shared}`);
    checkReferences(file, replaced.marked);
    return result;
  });
}

/**
 * Does what takes the place of members of a group, or removes them: one change, or several in one transaction if that is
 * needed to find out whether references lead to what goes. Then it is an error, and nothing has changed.
 */
export function replaceMembers(group: H5Group, names: readonly string[], change: () => void): void {
  const { session, file } = group;
  const editor = session.edit();
  const marked = names.flatMap((name) => markedIn(group, name));
  if (marked.length === 0) {
    change();
    return;
  }
  file.transaction(() => {
    const { clock } = editor;
    change();
    editor.flush();
    checkReferences(
      file,
      marked.filter((address) => editor.isDeleted(address, clock)),
    );
  });
}

/** Whether references may lead to a member of a group, or to something within. */
export function isReferenced(group: H5Group, name: string): boolean {
  return markedIn(group, name).length > 0;
}

/** The addresses of what references may lead to, in a member of a group. */
export function markedIn(group: H5Group, name: string): number[] {
  const object = group.linkInfo(name)?.kind === 'hard' ? group.get(name) : undefined;
  const replaced: Replaced = { marked: [], rewritten: [] };
  if (object) note(object, replaced, false);
  return replaced.marked;
}

/** Removes a member of a group, a link or an attribute. */
export function removeMember(group: H5Group, name: string): Replaced {
  const marked = markedIn(group, name);
  group.attrs.delete(name);
  group.session.edit().deleteLink(group.node, name);
  return { marked, rewritten: [] };
}

// ---- what refers to what ---------------------------------------------------------------------------------

export function addressIn({ node }: H5Object): number {
  return (node as StoredObject).info.address;
}

/** Attributes of what references lead to: ours, and that of a dimension scale. */
const REFERRED = [Reserved.referenced, SCALE] as const;

/** Whether references may lead to what a link leads to, or to something within. */
export function isReferredTo({ session }: H5Group, link: HardLink): boolean {
  const editor = session.edit();
  return REFERRED.some((name) => editor.holds(link, name));
}

/** Whether a reference is in an attribute that the layout does not know. */
function isOfOthers({ attrs }: H5Object, name: string): boolean {
  return name !== '' && !isReserved(name) && !isElement(attrs.get(name));
}

/** Notes the objects in a part of a file that is replaced. */
export function note(
  object: H5Object,
  { marked, rewritten }: Replaced,
  isRewritten: boolean,
  met?: (address: number) => void,
): void {
  const noteOne = (each: H5Object): void => {
    if (met && 'info' in each.node) met(addressIn(each));
    const isMarked = REFERRED.some((name) => each.attrs.has(name));
    if (!isMarked && !isRewritten) return;
    // What is new has its address when it is in the file.
    if (!('info' in each.node)) each.session.edit().flush();
    const address = addressIn(each);
    if (isMarked) marked.push(address);
    if (!isRewritten) return;
    rewritten.push(address);
    // An attribute of another program's leads to what it needs itself.
    for (const [name, target] of referencesOf(each)) if (!isOfOthers(each, name)) rewritten.push(target);
  };
  noteOne(object);
  if (object instanceof H5Group) object.visit((_, each) => noteOne(each));
}

/**
 * Of objects that were there when the editor's clock was at `clock`, deletes those that only links of others of them lead to: counts
 * of links alone would keep them.
 */
export function freeCycles({ session }: H5File, addresses: readonly number[], clock: number): void {
  const editor = session.edit();
  const left = new Map<number, Node>();
  for (const address of addresses) {
    if (left.has(address) || editor.isDeleted(address, clock)) continue;
    left.set(address, editor.stored(address));
  }
  if (left.size === 0) return;
  const linksWithin = (node: Node): [name: string, address: number][] =>
    Array.from((node.links ?? []) as Iterable<[string, AnyLink]>).flatMap(([name, link]) =>
      link.kind === 'hard' && left.has(link.address) ? [[name, link.address] as [string, number]] : [],
    );
  // How many more links lead to each than those from others.
  const others = new Map<number, number>();
  for (const [address, node] of left) others.set(address, editor.linkCount(node));
  const count = (node: Node, change: number): void => {
    for (const [, address] of linksWithin(node))
      others.set(address, (others.get(address) as number) + change);
  };
  for (const node of left.values()) count(node, -1);
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (const [address, node] of left) {
      if ((others.get(address) as number) <= 0) continue;
      // It is a part of something else, and so is what it leads to.
      isDone = false;
      count(node, 1);
      left.delete(address);
    }
  }
  for (const node of left.values()) for (const [name] of linksWithin(node)) editor.deleteLink(node, name);
  if (left.size > 0) editor.flush();
}

/** What is the matter with rows that something else refers to. */
export const IN_TABLES =
  'in a table for objects from all over the value, and something else refers to it: write the part that holds both, or store the whole ' +
  'with { groups: Infinity }, as write(path, await read(path), { groups: Infinity }) does';

/**
 * What is the matter with objects that were written anew and are still there, so that there are two of them now: nothing, if they are
 * all gone, or are rows that nothing else refers to (`isApart`), which go with their table.
 */
export function sharedOf(
  file: H5File,
  rewritten: readonly number[],
  clock: number,
  isApart: boolean,
): string | undefined {
  const editor = file.session.edit();
  const left = rewritten.filter((address) => !editor.isDeleted(address, clock));
  if (left.length === 0) return undefined;
  const pooled = pooledIn(file);
  const areRows = left.every((address) => pooled.has(address));
  if (areRows && isApart) return undefined;
  return areRows ? `is ${IN_TABLES}` : 'other parts share: write the part that holds them all';
}

/** So many numbers of tables may be those of tables that are gone. */
const MOST_MISSED = 4;

/** The addresses of tables that have their place in the root for references alone, and of what is in them. */
export function pooledIn(file: H5File): Set<number> {
  const pooled = new Set<number>();
  for (let number = 0, missed = 0; missed < MOST_MISSED; number++) {
    // Of very many members of the root it asks for these alone.
    const pool = file.get(referredName(number));
    if (pool) pooled.add(addressIn(pool));
    else missed++;
    if (pool instanceof H5Group) pool.visit((_, each) => void pooled.add(addressIn(each)));
  }
  return pooled;
}

/** @throws {H5StateError} when references lead to an object, or to its elements. */
export function checkUnreferred(object: H5Object): void {
  // What is new has its address when it is in the file.
  object.session.edit().flush();
  checkReferences(object.file, [(object.node as StoredObject).info.address]);
}

/** Throws if references lead to objects that are gone. */
export function checkReferences(file: H5File, addresses: readonly number[]): void {
  if (addresses.length === 0) return;
  const gone = new Set(addresses);
  const referringIn = (object: H5Object): { object: H5Object; name: string } | undefined => {
    const found = referencesOf(object).find(([, address]) => gone.has(address));
    return found && { object, name: found[0] };
  };
  const findReferring = () => referringIn(file) ?? file.visit((_, object) => referringIn(object));
  let found = findReferring();
  const isInTables = () => isReferredName(found?.object.path.split('/')[1] ?? '');
  // Rows of large trees stay where they are when what referred to them goes.
  if (isInTables() && file.session.edit().dropUnreferred()) found = findReferring();
  if (!found) return;
  const { object, name } = found;
  if (isOfOthers(object, name))
    throw new H5StateError(
      'H5_REFERENCED',
      `the attribute ${name} of "${object.path}" refers to what is to be replaced: write elements of that instead, or delete the attribute first`,
    );
  const place = [object.path === '/' ? '' : object.path, ...(name === '' ? [] : [name])].join('/');
  throw new H5StateError(
    'H5_REFERENCED',
    isInTables()
      ? 'a table of a large tree refers to what is to be replaced: write the part that holds both; or, if what referred to it is no more, the whole value anew: write(file, await read(file))'
      : `${place} refers to what is to be replaced: write the part that holds both, or ${place} first`,
  );
}

/** Where references in an object lead, with the name of the attribute that holds one, which is empty for elements. */
function referencesOf(object: H5Object): [string, number][] {
  const found: [string, number][] = [];
  const look = (name: string, value: unknown): void => {
    if (value instanceof H5Reference) found.push([name, value.address]);
    else if (isElement(value)) found.push([name, value[Tag.into].address]);
    else if (Array.isArray(value)) for (const each of value) look(name, each);
  };
  for (const [name, value] of object.attrs) look(name, value);
  if (object instanceof H5Dataset && hasReferences(object.datatype)) look('', object.value);
  return found;
}

export function isElement(
  value: unknown,
): value is { readonly [Tag.into]: H5Reference; readonly [Tag.index]: bigint } {
  return (
    typeof value === 'object' && value !== null && Tag.into in value && value[Tag.into] instanceof H5Reference
  );
}
