import type { StandIn } from './copy.js';
import type { AttributeDraft, LinkDraft } from './draft.js';
import type { EditedObject } from './edited-object.js';
import type { FileEditor } from './editor.js';
import type { FileSession } from './file-session.js';
import { editable, isShadowed } from './members.js';
import type { Link } from './messages/link.js';
import { type HardLink, isHard, isSameNode, type Node, type StoredObject } from './stored-object.js';

/** What is done where the group has something of the same name. */
export interface GraftOptions {
  /** Whether the group is emptied first. */
  readonly isCleared: boolean;
  /** Whether an attribute is taken. */
  takes(name: string): boolean;
  /** Whether the members of the one group become members of the other, instead of the one the other. */
  merges(there: Node, here: Node): boolean;
  /** The creation orders that members are to get; others come behind all that there are. */
  readonly orders?: ReadonlyMap<string, number>;
  /** Called with each object that loses a link, before anything changes. */
  replaces(node: Node): void;
}

/**
 * Copies the attributes and the members of a group of another file into a group, in the place of what has the same name
 * there: that keeps its place in the order. New ones come behind, in the order of the other group, attributes and links in
 * one.
 */
export function graft(
  editor: FileEditor,
  group: Node,
  source: FileSession,
  node: StoredObject,
  options: GraftOptions,
): void {
  // The group is to stand in the file, as all that it is compared with.
  editor.flush();
  const target = editable(editor, group);
  const standIns = new Map<number, StandIn>();
  const merged = new Set<string>();
  pair(editor, target, source, node, options, standIns, merged);
  // Who is told looks at the file as it is: it may lead back to the group, which has no half of the new members then. And it
  // may ask for a flush, before which all that is new has to be linked.
  for (const replaced of replacedBy(editor, target, source, node, standIns, merged, options))
    options.replaces(replaced);
  editor.copyNode(source, node, standIns);
  if (options.isCleared) {
    for (const name of Array.from(target.attributes, ([each]) => each)) editor.deleteAttribute(target, name);
    for (const name of Array.from(target.allLinks, ([each]) => each)) editor.deleteLink(target, name);
  }
  for (const change of changes(editor, target, source, node, standIns, merged, options))
    apply(editor, change, options);
  editor.finishCopy();
}

/** Finds the groups that get members, and do not become others, and where: what leads to them in the copy leads to these. */
function pair(
  editor: FileEditor,
  target: EditedObject,
  source: FileSession,
  node: StoredObject,
  options: GraftOptions,
  standIns: Map<number, StandIn>,
  merged: Set<string>,
): void {
  // As deep as the objects are: no calls within calls.
  const open: { target: EditedObject; links: Iterator<readonly [string, Link]> }[] = [];
  const enter = (group: EditedObject, { info, links }: StoredObject): void => {
    if (standIns.has(info.address)) return;
    standIns.set(info.address, { node: group, draft: editor.newGroup() });
    if (!options.isCleared && links) open.push({ target: group, links: links[Symbol.iterator]() });
  };
  enter(target, node);
  for (let at = open.at(-1); at; at = open.at(-1)) {
    const { done, value } = at.links.next();
    if (done) {
      open.pop();
      continue;
    }
    const [name, link] = value;
    const there = at.target.allLinks.get(name);
    if (!there || !isHard(there) || !isHard(link)) continue;
    const old = editor.target(there);
    const made = source.target(link) as StoredObject;
    if (!options.merges(old, made)) continue;
    merged.add(placeOf(at.target, name, made.info.address));
    enter(editor.edit(old) as EditedObject, made);
  }
}

/** The member of a group in which an object, which has an address in what is copied, is merged into what is there. */
function placeOf(target: EditedObject, name: string, address: number): string {
  return `${target.info.address}/${address}/${name}`;
}

/** A member that a group gets, and the group. */
interface Change {
  readonly target: EditedObject;
  readonly name: string;
  readonly attribute?: AttributeDraft | undefined;
  readonly link?: LinkDraft | undefined;
}

/** A member of what is copied. */
interface Made {
  readonly name: string;
  readonly order: number;
  readonly link: Link | undefined;
}

/** What the groups get, in its order: while that is done, or before. */
function* changes(
  editor: FileEditor,
  group: EditedObject,
  source: FileSession,
  node: StoredObject,
  standIns: ReadonlyMap<number, StandIn>,
  merged: ReadonlySet<string>,
  options: GraftOptions,
): Generator<Change> {
  // By what is copied: several objects may become parts of one.
  const done = new Set<number>();
  const open: { target: EditedObject; draft: StandIn['draft']; members: Iterator<Made> }[] = [];
  const enter = (target: EditedObject, { info, attributes, links }: StoredObject): void => {
    done.add(info.address);
    const members: Made[] = [
      ...Array.from(attributes, ([name, { order }]) => ({ name, order, link: undefined })),
      ...Array.from(links ?? [], ([name, link]) => ({ name, order: link.order, link })),
    ].sort((a, b) => a.order - b.order);
    const { draft } = standIns.get(info.address) as StandIn;
    open.push({ target, draft, members: members.values() });
  };
  enter(group, node);
  for (let at = open.at(-1); at; at = open.at(-1)) {
    const { target, draft, members } = at;
    const next = members.next();
    if (next.done) {
      open.pop();
      continue;
    }
    const { name, link } = next.value;
    if (!link) {
      if (options.takes(name)) yield { target, name, attribute: draft.attributes?.get(name) };
      continue;
    }
    // What it leads to is read only where it is looked into.
    const address = isHard(link) ? link.address : -1;
    const standIn = standIns.get(address)?.node;
    const there = target.allLinks.get(name);
    const isThere = standIn && there && isHard(there) && isSameNode(editor.target(there), standIn);
    if (!isThere) yield { target, name, link: draft.links?.get(name) };
    // Where another part of the value has taken the place of that meanwhile, it gets its members all the same.
    if (merged.size > 0 && merged.has(placeOf(target, name, address)) && !done.has(address))
      enter(editor.edit(standIn as Node) as EditedObject, source.target(link as HardLink) as StoredObject);
  }
}

/** The objects that lose a link. */
function* replacedBy(
  editor: FileEditor,
  group: EditedObject,
  source: FileSession,
  node: StoredObject,
  standIns: ReadonlyMap<number, StandIn>,
  merged: ReadonlySet<string>,
  options: GraftOptions,
): Generator<Node> {
  if (options.isCleared) {
    for (const [, link] of group.allLinks) if (isHard(link)) yield editor.target(link);
    return;
  }
  for (const { target, name } of changes(editor, group, source, node, standIns, merged, options)) {
    const link = target.allLinks.get(name);
    if (link && isHard(link)) yield editor.target(link);
  }
}

function apply(editor: FileEditor, { target, name, attribute, link }: Change, options: GraftOptions): void {
  const order = options.orders?.get(name) ?? target.orderFor(name);
  const isBoth = isShadowed(target, name);
  editor.deleteLink(target, name);
  if (link || isBoth) {
    if (!isBoth) editor.deleteAttribute(target, name);
    target.linkOrders.set(name, order);
    editor.addLink(target, name, link ?? editor.scalarDataset(attribute as AttributeDraft));
  } else {
    target.attributeOrders.set(name, order);
    editor.putAttribute(target, name, attribute as AttributeDraft);
  }
}
