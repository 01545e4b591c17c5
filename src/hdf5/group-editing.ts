import { H5PathError, H5TypeError } from '../errors.js';
import type { Draft, LinkDraft } from './draft.js';
import type { Attributes, CopyOptions } from './editing.js';
import type { FileEditor } from './editor.js';
import type { FileSession } from './file-session.js';
import type { H5Dataset } from './h5-dataset.js';
import type { H5Datatype } from './h5-datatype.js';
import type { H5Group } from './h5-group.js';
import { H5Object } from './h5-object.js';
import { checkName } from './link-name.js';
import {
  absolute,
  components,
  DeadEnd,
  followParent,
  isName,
  isWithin,
  join,
  linkAt,
  linksOf,
  reach,
  resolve,
} from './paths.js';
import { referredName } from './referred.js';
import { anew, isHard, linkTo, type Node } from './stored-object.js';
import { utf8Encoder } from './text.js';

/** Links a new object, with its attributes, to a path. */
export function create(
  editor: FileEditor,
  group: H5Group,
  path: string,
  node: Node,
  attrs: Attributes | undefined,
): H5Group | H5Dataset | H5Datatype {
  if (attrs) for (const name of Object.keys(attrs)) editor.setAttribute(node, name, attrs[name]);
  return group.wrap(node, place(editor, group, path, linkTo(node)));
}

/** Adds a hard link to an object of the same file. */
export function linkObject(editor: FileEditor, group: H5Group, path: string, object: H5Object): void {
  checkObject(object);
  if (object.session !== group.session) {
    throw new H5PathError('H5_WRONG_KIND', object.path, `"${object.path}" is an object of another file`);
  }
  place(editor, group, path, linkTo(object.node));
}

function checkObject(object: unknown): asserts object is H5Object {
  if (!(object instanceof H5Object))
    throw new H5TypeError(`a group, a dataset or a datatype is needed, not a value of type ${typeof object}`);
}

/** Adds a link to a path of this file, or of another. */
export function linkPath(
  editor: FileEditor,
  group: H5Group,
  path: string,
  target: string,
  files: readonly string[],
): void {
  for (const text of [...files, target]) checkName(text);
  const [file] = files;
  place(
    editor,
    group,
    path,
    file === undefined ? { kind: 'soft', target } : { kind: 'external', file, target },
  );
}

export function move(editor: FileEditor, group: H5Group, from: string, to: string): void {
  const { name, link } = linkAt(group, from);
  const start = absolute(group, from);
  if (absolute(group, to) === start)
    throw new H5PathError('H5_EXISTS', start, `"${start}" is there already: give another path to move it to`);
  if (isWithin(absolute(group, to), start))
    throw new H5PathError('H5_BAD_NAME', to, `"${start}" cannot be moved into itself`);
  const path = place(editor, group, to, anew(link));
  // Its group may be another object now.
  editor.deleteLink(linkAt(group, from).group, name);
  editor.moved(group.session, start, path);
}

export function rename(editor: FileEditor, group: H5Group, path: string, name: string): void {
  if (!isName(name)) throw new H5PathError('H5_BAD_NAME', name, `"${name}" is a path, not a name; use move`);
  const parts = components(path);
  parts.pop();
  move(editor, group, path, [...(path.startsWith('/') ? [''] : []), ...parts, name].join('/'));
}

/** Copies an object of this or of another file to a path. */
export function copyTo(
  editor: FileEditor,
  group: H5Group,
  source: string | H5Object,
  to: string,
  { expandRefs = false }: CopyOptions,
): H5Group | H5Dataset | H5Datatype {
  if (typeof source !== 'string') checkObject(source);
  const { session, node }: { session: FileSession; node: Node } =
    typeof source === 'string' ? { session: group.session, node: reach(group, source) } : source;
  session.check();
  const [copy, ...others] = (
    expandRefs ? editor.copyNodes(session, node) : [editor.copyNode(session, node)]
  ) as [Node, ...Node[]];
  const path = place(editor, group, to, linkTo(copy));
  // What only references lead to would be given back.
  const { root } = group.session;
  let number = 0;
  for (const other of others) {
    while (linksOf(root)?.get(referredName(number))) number++;
    addLink(editor, root, '/', referredName(number), linkTo(other));
  }
  editor.finishCopy();
  return group.wrap(copy, path);
}

/** Removes the link at a path. Returns whether there was one. */
export function remove(editor: FileEditor, group: H5Group, path: string): boolean {
  const { parent, name } = followParent(group, path);
  if (name === undefined)
    throw new H5PathError('H5_BAD_NAME', path, 'the group itself cannot be deleted here');
  if (parent instanceof DeadEnd) return false;
  const link = linksOf(parent)?.get(name);
  if (!editor.deleteLink(parent, name)) return false;
  if (link && isHard(link)) editor.unlinked(parent, link);
  return true;
}

/** Adds a link, makes the groups on the way to it, and returns its path. */
function place(editor: FileEditor, from: H5Group, path: string, link: LinkDraft): string {
  let group = from.node;
  let reached = from.place;
  // The usual path is a name. There are very many of them.
  if (isName(path)) return addLink(editor, group, reached, path, link);
  const parts = components(path);
  const name = parts.pop();
  if (name === undefined) throw new H5PathError('H5_BAD_NAME', path, `"${path}" names no object to be made`);
  checkName(name, path);
  for (const part of parts) checkName(part, path);
  if (path.startsWith('/')) {
    group = from.session.root;
    reached = '/';
  }
  for (const part of parts) {
    let next: Node | DeadEnd | undefined;
    if (linksOf(group)?.get(part)) {
      reached = join(reached, part);
      next = resolve(from, [part], group, reached);
    } else {
      next = editor.newGroup();
      reached = addLink(editor, group, reached, part, next as Draft);
    }
    if (next instanceof DeadEnd || next.kind !== 'group') {
      throw new H5PathError(
        'H5_WRONG_KIND',
        reached,
        `"${reached}" is not a group, so nothing can be made in it`,
      );
    }
    group = next;
  }
  return addLink(editor, group, reached, name, link);
}

/** A link message is at most 64 KB, of which some bytes are for other things. */
const MOST_TEXT = 65_000;

/** Throws if a name and what it leads to do not fit into a link together. */
function checkSize(
  place: string,
  name: string,
  link: { readonly target: string; readonly file?: string },
): void {
  const text = name + link.target + (link.file ?? '');
  if (text.length * 3 <= MOST_TEXT) return;
  const size = utf8Encoder.encode(text).length;
  if (size > MOST_TEXT)
    throw new H5PathError(
      'H5_BAD_NAME',
      place,
      `the name and the target of the link "${place.slice(0, 200)}" take ${size} bytes; ${MOST_TEXT} fit: give it a shorter name, or a target nearer to it`,
    );
}

/** Adds a link to the group at `path`, and returns the path of the link. */
function addLink(editor: FileEditor, group: Node, path: string, name: string, link: LinkDraft): string {
  checkName(name);
  const place = join(path, name);
  if (link.kind === 'soft' || link.kind === 'external') checkSize(place, name, link);
  if (!editor.addLink(group, name, link)) {
    throw new H5PathError(
      'H5_EXISTS',
      place,
      `"${place}" exists already; delete it first, or take another name`,
    );
  }
  return place;
}
