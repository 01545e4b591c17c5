/**
 * The attributes and the links of a group as one thing: members, each of one name, in one order. So the codec lays objects
 * out, and what changes members one by one keeps to it.
 */
import { copyElements } from './copy.js';
import type { AttributeDraft, Draft, LinkDraft } from './draft.js';
import { type EditedObject, isStored } from './edited-object.js';
import type { FileEditor } from './editor.js';
import { H5Reference } from './h5-reference.js';
import { checkName } from './link-name.js';
import { IndexedLinks, type Links } from './link-table.js';
import type { Attribute } from './messages/attribute.js';
import { extent } from './messages/dataspace.js';
import { type AnyLink, anew, type HardLink, isHard, type Node } from './stored-object.js';

/** HDF5 numbers attributes with 16 bits: behind this, one cannot have its place in the order. */
const LAST_ORDER = 0xfffe;

/** What becomes of a member: an attribute, or a link. */
export type Member = { readonly attribute: AttributeDraft } | { readonly link: LinkDraft };

/**
 * Sets a member in the place of that of its name, or behind all others. An attribute becomes a dataset if the group has `most`
 * of them, or no place for it in the order.
 */
export function setMember(editor: FileEditor, group: Node, name: string, member: Member, most: number): void {
  checkName(name);
  const target = editable(editor, group);
  const order = target.orderFor(name);
  const isBoth = isShadowed(target, name);
  if ('attribute' in member && !isBoth) {
    const { allAttributes } = target;
    if (order <= LAST_ORDER && (allAttributes.size < most || allAttributes.get(name) !== undefined)) {
      if (allAttributes.get(name) === undefined) editor.deleteLink(target, name);
      target.attributeOrders.set(name, order);
      editor.putAttribute(target, name, member.attribute);
      return;
    }
  }
  const link = 'attribute' in member ? editor.scalarDataset(member.attribute) : member.link;
  editor.deleteLink(target, name);
  if (!isBoth) editor.deleteAttribute(target, name);
  target.linkOrders.set(name, order);
  editor.addLink(target, name, link);
}

/**
 * The link that is a member of a group. In files of others an attribute may have its name: then the member is the object that the link
 * leads to, and the attribute stays what it is to them; or the attribute, if the link leads to no object of the group's own.
 */
export function linkOf({ attributes, links }: Node, name: string): AnyLink | undefined {
  const link = (links as Links<AnyLink> | undefined)?.get(name);
  return link && (isHard(link) || attributes?.get(name) === undefined) ? link : undefined;
}

/** Whether an attribute is no member, since a link is that has its name. */
export function isShadowed(group: Node, name: string): boolean {
  return group.attributes?.get(name) !== undefined && linkOf(group, name) !== undefined;
}

/**
 * Gives a member another name, or another group. In its group it stays in its place. What has the name there is gone. Returns
 * whether there was one.
 */
export function moveMember(
  editor: FileEditor,
  group: Node,
  from: string,
  other: Node,
  to: string,
  most: number,
): boolean {
  checkName(to);
  place(editor, group);
  const target = editable(editor, other);
  const source = editable(editor, group);
  if (source === target && from === to) return memberOf(editor, source, from) !== undefined;
  const member = memberOf(editor, source, from);
  if (!member) return false;
  const order = source.orderFor(from);
  // It has another link before it loses the old one.
  setMember(editor, target, to, member, most);
  if ('link' in member) editor.deleteLink(source, from);
  else editor.deleteAttribute(source, from);
  if (source === target)
    (target.linkOrders.has(to) ? target.linkOrders : target.attributeOrders).set(to, order);
  return true;
}

/** Moves members of a group behind all others, in this order. */
export function moveBehind(editor: FileEditor, group: Node, names: readonly string[], most: number): void {
  const target = editable(editor, group);
  for (const name of names) {
    const member = memberOf(editor, target, name);
    if (!member || isShadowed(target, name)) continue;
    editor.deleteLink(target, name);
    editor.deleteAttribute(target, name);
    setMember(editor, target, name, member, most);
  }
}

/** What a group has of a name, to be set under another or in another place. */
function memberOf(editor: FileEditor, group: EditedObject, name: string): Member | undefined {
  const link = linkOf(group, name);
  if (link) return { link: anew(link) };
  const attribute = group.allAttributes.get(name);
  return attribute === undefined ? undefined : { attribute: detached(editor, attribute) };
}

/** Whether a group has a member of a name. */
export function isMember(group: Node, name: string): boolean {
  return group.attributes?.get(name) !== undefined || isLinked(group, name);
}

function isLinked({ links }: Node, name: string): boolean {
  return (links as Links<AnyLink> | undefined)?.get(name) !== undefined;
}

/** Of a group with so many links the first members are looked up, before all are read. */
const LARGE = 512;
/** So many of them. */
const FIRST = 16;

type OrderedName = readonly [name: string, order: number];

/** The names of the members of a group, in their order; where none is stored, attributes come before links. */
export function memberNames(group: Node): string[] {
  return orderedNames(group).map(([name]) => name);
}

/**
 * The same one after another: who asks for the first of a large group does not wait for all to be read. They are those that are
 * there when this begins, without those that have been deleted by the time that it comes to them. `group` is asked for the group
 * as it is now.
 */
export function* eachName(group: () => Node): Generator<string> {
  const start = group();
  const first = firstNames(start);
  const names = first?.names ?? orderedNames(start);
  const isThere = (name: string): boolean => {
    const now = group();
    // As the file has it.
    return (now === start && !('orderOf' in now)) || isMember(now, name);
  };
  for (const [name] of names) if (isThere(name)) yield name;
  if (!first) return;
  const [, last] = names[names.length - 1] as OrderedName;
  for (const [name, order] of orderedNames(group()))
    if (order > last && order < first.next && isThere(name)) yield name;
}

/** The first members of a large group, and the order that the next new one would have; undefined if they are not to be had at once. */
function firstNames(group: Node): { names: OrderedName[]; next: number } | undefined {
  const { links } = group;
  const first = links instanceof IndexedLinks && links.size >= LARGE ? links.first(FIRST) : undefined;
  if (!first || first.links.length < FIRST) return undefined;
  const names: OrderedName[] = first.links.map(({ name, order }) => [name, order]);
  for (const name of first.changed) names.push([name, orderOf(group, name, undefined)]);
  for (const [name, attribute] of group.attributes ?? [])
    if (!isLinked(group, name)) names.push([name, orderOf(group, name, attribute)]);
  if (names.some(([, order]) => order < 0)) return undefined;
  names.sort((a, b) => a[1] - b[1]);
  const [, last] = names[names.length - 1] as OrderedName;
  return { names: names.slice(0, FIRST), next: Math.max(first.next, last + 1) };
}

/** The creation order of a member, as it is or is asked to be; -1 if none is known. */
function orderOf(group: Node, name: string, item: unknown, asked?: ReadonlyMap<string, number>): number {
  if ('orderOf' in group) return (group as EditedObject).orderOf(name);
  const known = asked?.get(name);
  if (known !== undefined) return known;
  return typeof item === 'object' && item !== null && 'order' in item
    ? (item as { order: number }).order
    : -1;
}

function orderedNames(group: Node): OrderedName[] {
  const members: OrderedName[] = [];
  let isOrdered = true;
  let isSorted = true;
  const isEdited = 'orderOf' in group;
  let last = -1;
  const add = (name: string, order: number): void => {
    // What has no number yet comes behind all others, in the order in which it came.
    if (order < 0 && !isEdited) isOrdered = false;
    const place = order < 0 ? last + 1 : order;
    if (place < last) isSorted = false;
    last = Math.max(last, place);
    members.push([name, place]);
  };
  // A copy that has not been written yet has them beside its members.
  const { attributeOrders, linkOrders } = group as Partial<Draft>;
  for (const [name, attribute] of group.attributes ?? [])
    if (!isLinked(group, name)) add(name, orderOf(group, name, attribute, attributeOrders));
  for (const [name, link] of (group.links ?? []) as Iterable<[string, AnyLink]>)
    add(name, orderOf(group, name, link, linkOrders));
  // The sort is stable.
  return isOrdered && !isSorted ? members.sort((a, b) => a[1] - b[1]) : members;
}

/** Whether the members of a group have an order in the file: that of their creation, where it is tracked. */
export function hasOrder({ attributes, links }: Node): boolean {
  const isWithout = (item: unknown): boolean =>
    typeof item === 'object' && item !== null && 'order' in item && (item.order as number) < 0;
  for (const [, attribute] of attributes ?? []) if (isWithout(attribute)) return false;
  for (const [, link] of (links ?? []) as Iterable<[string, AnyLink]>) if (isWithout(link)) return false;
  return true;
}

/** Gives links of a group other creation orders. Those of which two get the same are in no order. */
export function orderLinks(editor: FileEditor, group: Node, orders: ReadonlyMap<string, number>): void {
  const target = editable(editor, group);
  for (const [name, order] of orders) {
    const link = target.allLinks.get(name) as AnyLink | undefined;
    if (!link || target.orderOf(name) === order) continue;
    editor.deleteLink(target, name);
    target.linkOrders.set(name, order);
    editor.addLink(target, name, anew(link));
  }
}

/** The names of the links of a group in their order, with their creation orders. */
export function orderedLinks(group: Node): [name: string, order: number][] {
  const sequence = group.links instanceof IndexedLinks ? group.links.inOrder() : undefined;
  if (sequence) {
    const found: [string, number][] = [];
    for (let place = 0; place < sequence.length; place++) {
      const link = sequence.at(place);
      // One of a kind that nobody knows is no member.
      if (link) found.push([link.name, link.order]);
    }
    return found;
  }
  const links: [string, number][] = [];
  for (const [name, link] of (group.links ?? []) as Iterable<[string, AnyLink]>)
    links.push([name, orderOf(group, name, link)]);
  return links.sort((a, b) => a[1] - b[1]);
}

/** The value of an attribute of the file as that of a new one. */
export function detached({ space }: FileEditor, attribute: Attribute | AttributeDraft): AttributeDraft {
  if (!isStored(attribute)) return attribute;
  const { datatype, dataspace, data } = attribute;
  const redirect = (address: number): H5Reference => new H5Reference(address, 'object', space.globalHeap);
  return {
    datatype,
    dataspace,
    committed: datatype.committed,
    encoded:
      dataspace.kind === 'null'
        ? undefined
        : copyElements(space, datatype, extent(dataspace), data, redirect),
  };
}

/** A group as it stands in the file, to be changed: there its members have numbers. */
export function editable(editor: FileEditor, group: Node): EditedObject {
  place(editor, group);
  // What it was before a flush is not what it is now.
  const address = 'info' in group ? group.info.address : group.address;
  return editor.edit(editor.stored(address)) as EditedObject;
}

/** Sees to it that a group stands in the file. What is made before that must be linked before it. */
export function place(editor: FileEditor, object: Node | HardLink): void {
  if (!('info' in object) && object.address < 0) editor.flush();
}
