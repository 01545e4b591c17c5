import { H5PathError, H5TypeError } from '../errors.js';
import type { H5Object } from './h5-object.js';
import type { Links } from './link-table.js';
import { type AnyLink, isHard, type Node } from './stored-object.js';

/** libhdf5's limit on the soft links that one path may go through (H5L_NUM_LINKS). */
const MAX_SOFT_LINKS = 16;

/** A path that leads nowhere, and why. */
export class DeadEnd {
  /** Where that is may have to be looked for. */
  readonly reason: () => string;
  readonly external: boolean;

  constructor(reason: () => string, external = false) {
    this.reason = reason;
    this.external = external;
  }
}

/** Whether a path is a plain name. Nearly all are. */
export function isName(path: string): boolean {
  if (typeof path !== 'string') throw new H5TypeError(`a path is a string, not of type ${typeof path}`);
  return path !== '' && path !== '.' && !path.includes('/');
}

export function components(path: string): string[] {
  if (isName(path)) return [path];
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

export function join(path: string, name: string): string {
  return path.endsWith('/') ? path + name : `${path}/${name}`;
}

/** The path from the root, if `start` is that of `from`. */
export function absolute(from: H5Object, path: string, start = from.path): string {
  return components(path).reduce(join, path.startsWith('/') ? '/' : start);
}

/** Where a path from an object, or from the root, leads. */
export function follow(from: H5Object, path: string): Node | DeadEnd {
  from.session.check();
  const names = components(path).reverse();
  return resolve(from, names, path.startsWith('/') ? from.session.root : from.node, path);
}

/** Where a path leads without its last name, and that name, if the path has one. */
export function followParent(
  from: H5Object,
  path: string,
): { readonly parent: Node | DeadEnd; readonly name: string | undefined } {
  const parts = components(path);
  const name = parts.pop();
  return { parent: follow(from, `${path.startsWith('/') ? '/' : ''}${parts.join('/')}`), name };
}

/** What a path leads to, which must exist. */
export function reach(from: H5Object, path: string): Node {
  const found = follow(from, path);
  if (found instanceof DeadEnd) throw new H5PathError('H5_NOT_FOUND', absolute(from, path), found.reason());
  return found;
}

/** The link at a path, which must exist, with its group and its name there. */
export function linkAt(from: H5Object, path: string): { group: Node; name: string; link: AnyLink } {
  const { parent, name } = followParent(from, path);
  const isDead = parent instanceof DeadEnd;
  const link = name === undefined || isDead ? undefined : linksOf(parent)?.get(name);
  if (!link) {
    const place = absolute(from, path);
    throw new H5PathError('H5_NOT_FOUND', place, isDead ? parent.reason() : `"${place}" does not exist`);
  }
  return { group: parent as Node, name: name as string, link };
}

/** Whether a path is that of something in what another path leads to, or of the same. */
export function isWithin(path: string, holder: string): boolean {
  return path === holder || path.startsWith(holder === '/' ? '/' : `${holder}/`);
}

/** A path, and those of what it is in, up to the root: `isWithin(path, each)` is so for them, and for no other. */
export function* holdersOf(path: string): Generator<string> {
  for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) yield path.slice(0, at);
  if (path !== '/') yield '/';
}

/** The links of a group; undefined of what is none. */
export function linksOf(node: Node): Links<AnyLink> | undefined {
  return node.links as Links<AnyLink> | undefined;
}

/** Goes from `node` through the names of `todo`, the last one first. `path` says in errors where that is. */
export function resolve(from: H5Object, todo: string[], node: Node, path: string): Node | DeadEnd {
  const { session } = from;
  const place = () => `"${absolute(from, path)}"`;
  let softLinks = 0;
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    const link = linksOf(node)?.get(name);
    if (!link) {
      const where = node.kind === 'group' ? 'the group' : `a ${node.kind}`;
      return new DeadEnd(() => `${place()} does not exist: there is no "${name}" in ${where}`);
    }
    if (isHard(link)) {
      node = session.target(link);
    } else if (link.kind === 'soft') {
      if (++softLinks > MAX_SOFT_LINKS)
        return new DeadEnd(() => `${place()} leads through too many soft links`);
      if (link.target.startsWith('/')) node = session.root;
      for (const part of components(link.target).reverse()) todo.push(part);
    } else {
      const target = `"${link.target}" in the file "${link.file}"`;
      return new DeadEnd(
        () => `${place()} leads to ${target}; external links are not followed, except by followExternal`,
        true,
      );
    }
  }
  return node;
}
