import type { StandIn } from './copy.js';
import type { AttributeDraft, LinkDraft } from './draft.js';
import type { EditedObject } from './edited-object.js';
import type { FileEditor } from './editor.js';
import type { FileSession } from './file-session.js';
import { editable } from './members.js';
import { isHard, isSameNode, type Node, type StoredObject } from './stored-object.js';

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
  /** Called with an object before a link to it is removed. */
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
  pair(editor, target, source, node, options, standIns);
  editor.copyNode(source, node, standIns);
  if (options.isCleared) {
    for (const name of Array.from(target.attributes, ([each]) => each)) editor.deleteAttribute(target, name);
    for (const name of Array.from(target.allLinks, ([each]) => each)) unlink(editor, target, name, options);
  }
  graftMembers(editor, target, source, node, standIns, options);
  editor.finishCopy();
}

/** Finds the groups that get members, and do not become others: what leads to them in the copy leads to these. */
function pair(
  editor: FileEditor,
  target: EditedObject,
  source: FileSession,
  { info, links }: StoredObject,
  options: GraftOptions,
  standIns: Map<number, StandIn>,
): void {
  if (standIns.has(info.address)) return;
  standIns.set(info.address, { node: target, draft: editor.newGroup() });
  if (options.isCleared) return;
  for (const [name, link] of links ?? []) {
    const there = target.allLinks.get(name);
    if (!there || !isHard(there) || !isHard(link)) continue;
    const old = editor.target(there);
    const made = source.target(link) as StoredObject;
    if (options.merges(old, made))
      pair(editor, editor.edit(old) as EditedObject, source, made, options, standIns);
  }
}

function graftMembers(
  editor: FileEditor,
  target: EditedObject,
  source: FileSession,
  { info, attributes, links }: StoredObject,
  standIns: ReadonlyMap<number, StandIn>,
  options: GraftOptions,
  done = new Set<number>(),
): void {
  // By what is copied: several objects may become parts of one.
  done.add(info.address);
  const { draft } = standIns.get(info.address) as StandIn;
  const members = [
    ...Array.from(attributes, ([name, { order }]) => ({ name, order, link: undefined })),
    ...Array.from(links ?? [], ([name, link]) => ({ name, order: link.order, link })),
  ].sort((a, b) => a.order - b.order);
  for (const { name, link } of members) {
    if (!link && !options.takes(name)) continue;
    const there = target.allLinks.get(name);
    const order = options.orders?.get(name) ?? target.orderFor(name);
    if (!link) {
      unlink(editor, target, name, options);
      target.attributeOrders.set(name, order);
      editor.putAttribute(target, name, draft.attributes?.get(name) as AttributeDraft);
      continue;
    }
    const made = isHard(link) ? (source.target(link) as StoredObject) : undefined;
    const standIn = made && standIns.get(made.info.address)?.node;
    const isMerged = standIn && there && isHard(there) && isSameNode(editor.target(there), standIn);
    if (isMerged) {
      const old = editor.edit(editor.target(there)) as EditedObject;
      if (!done.has(made.info.address)) graftMembers(editor, old, source, made, standIns, options, done);
      continue;
    }
    unlink(editor, target, name, options);
    editor.deleteAttribute(target, name);
    target.linkOrders.set(name, order);
    editor.addLink(target, name, draft.links?.get(name) as LinkDraft);
  }
}

function unlink(editor: FileEditor, target: EditedObject, name: string, { replaces }: GraftOptions): void {
  const link = target.allLinks.get(name);
  if (!link) return;
  if (isHard(link)) replaces(editor.target(link));
  editor.deleteLink(target, name);
}
