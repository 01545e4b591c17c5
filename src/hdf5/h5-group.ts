import { H5Error, H5PathError } from '../errors.js';
import { AttributeManager } from './attribute-manager.js';
import type { Draft, LinkDraft } from './draft.js';
import type { DType } from './dtype.js';
import type { DatasetOptions, Editor, ValueOptions } from './editing.js';
import type { H5Value } from './elements.js';
import { checkName } from './file-session.js';
import { formatShape, H5Dataset } from './h5-dataset.js';
import { H5Datatype } from './h5-datatype.js';
import { H5Object } from './h5-object.js';
import type { LinkTable } from './link-table.js';
import { type AnyLink, anew, isHard, linkTo, type Node } from './stored-object.js';
import { compareText } from './text.js';

/** Where a link leads, as it is stored. */
export type LinkInfo =
  | { readonly kind: 'hard' }
  | { readonly kind: 'soft'; readonly target: string }
  | { readonly kind: 'external'; readonly file: string; readonly target: string };

export interface CreateDatasetOptions extends DatasetOptions {
  /** A typed array, a number, string, boolean, bigint, reference, or arrays of these, nested for more axes. */
  readonly data?: unknown;
  /** Follows from the data; needed where these are flat and the dataset is not, or where there are none. */
  readonly shape?: ValueOptions['shape'];
  /** Follows from the data; without data it is '<f8'. */
  readonly dtype?: ValueOptions['dtype'];
  readonly attrs?: { readonly [name: string]: unknown };
}

/** Where the order of creation is not stored, it is that of the names. */
export type LinkOrder = 'creation' | 'name';

/** libhdf5's limit on the soft links that one path may go through (H5L_NUM_LINKS). */
const MAX_SOFT_LINKS = 16;

/** A path that leads nowhere, and why. */
class DeadEnd {
  readonly reason: string;
  readonly external: boolean;

  constructor(reason: string, external = false) {
    this.reason = reason;
    this.external = external;
  }
}

/**
 * A group: a Map of names to groups, datasets and links, in the order in which they were created. Paths may lead
 * through several groups, `runs/7/speed`, from this one or, with a leading `/`, from the root.
 *
 * @example
 * const run = file.createGroup('runs/7', { attrs: { started: '2024-05-01' } });
 * run.createDataset('speed', { data: new Float64Array([1, 2, 3]) });
 * for (const [name, object] of run) console.log(name, object?.path);
 */
export class H5Group extends H5Object {
  get #links(): LinkTable<AnyLink> | undefined {
    this.session.check();
    return this.node.links as LinkTable<AnyLink> | undefined;
  }

  // ---- looking around -------------------------------------------------------------------------------

  /** The number of links in this group. */
  get size(): number {
    return this.#links?.size ?? 0;
  }

  /**
   * The object at a path, through soft links; `undefined` if there is none. External links are not followed:
   * that is an error.
   */
  get(path: string): H5Group | H5Dataset | H5Datatype | undefined {
    const found = this.#follow(path);
    if (!(found instanceof DeadEnd)) return this.wrap(found, this.#absolute(path));
    if (found.external) throw new H5PathError('H5_NOT_FOUND', this.#absolute(path), found.reason);
    return undefined;
  }

  /** The group at a path; an H5PathError if there is none. */
  group(path: string): H5Group {
    const object = this.#require(path);
    if (object instanceof H5Group) return object;
    return this.#wrongKind(object.path, 'group', object);
  }

  /**
   * The dataset at a path; an H5PathError if there is none.
   *
   * @example
   * file.dataset<Float64Array>('runs/7/speed').value;
   */
  dataset<T = H5Value>(path: string): H5Dataset<T> {
    const object = this.#require(path);
    if (object instanceof H5Dataset) return object as H5Dataset<T>;
    return this.#wrongKind(object.path, 'dataset', object);
  }

  /** Whether there is a link with this path, wherever it leads. */
  has(path: string): boolean {
    const parts = components(path);
    const last = parts.pop();
    if (last === undefined) return true;
    const parent = this.#follow(`${path.startsWith('/') ? '/' : ''}${parts.join('/')}`);
    return !(parent instanceof DeadEnd) && parent.links?.get(last) !== undefined;
  }

  /** Where a link of this group leads, without following it; `undefined` if there is no such link. */
  linkInfo(name: string): LinkInfo | undefined {
    const link = this.#links?.get(name);
    if (!link) return undefined;
    if (isHard(link)) return { kind: 'hard' };
    const { kind, target } = link;
    return kind === 'soft' ? { kind, target } : { kind, file: link.file, target };
  }

  /** The names, in the order of creation or, if told so, that of the names themselves. */
  *keys(order?: LinkOrder): IterableIterator<string> {
    for (const [name] of this.#ordered(order)) yield name;
  }

  *values(order?: LinkOrder): IterableIterator<H5Group | H5Dataset | H5Datatype | undefined> {
    for (const [, object] of this.entries(order)) yield object;
  }

  /** Names and objects; `undefined` for a soft link that leads nowhere and for an external link. */
  *entries(order?: LinkOrder): IterableIterator<[string, H5Group | H5Dataset | H5Datatype | undefined]> {
    for (const [name, link] of this.#ordered(order)) {
      const node = isHard(link) ? this.session.target(link) : this.#resolve([name], this.node, name);
      yield [name, node instanceof DeadEnd ? undefined : this.wrap(node, join(this.path, name))];
    }
  }

  #ordered(order: LinkOrder = 'creation'): Iterable<[string, AnyLink]> {
    const links = this.#links ?? [];
    return order === 'name' ? [...links].sort(([a], [b]) => compareText(a, b)) : links;
  }

  [Symbol.iterator](): IterableIterator<[string, H5Group | H5Dataset | H5Datatype | undefined]> {
    return this.entries();
  }

  forEach(
    callback: (object: H5Group | H5Dataset | H5Datatype | undefined, name: string, group: this) => void,
  ): void {
    for (const [name, object] of this.entries()) callback(object, name, this);
  }

  /**
   * Calls `visitor` for every object below this group, each once, however many links lead to it: a group before
   * what it contains. Soft and external links are not followed. Ends as soon as a call returns something other
   * than `undefined`, and returns that.
   *
   * @example
   * const large = file.visit((path, object) => (object instanceof H5Dataset && object.size > 1e6 ? path : undefined));
   */
  visit<R>(
    visitor: (path: string, object: H5Group | H5Dataset | H5Datatype) => R | undefined,
  ): R | undefined {
    for (const { path, node, error } of this.#walk()) {
      if (error) throw error;
      const result = node && path !== '' ? visitor(path, this.wrap(node, join(this.path, path))) : undefined;
      if (result !== undefined) return result;
    }
    return undefined;
  }

  /**
   * What is below this group, as text.
   *
   * @example
   * console.log(file.tree());
   * // /
   * //   runs
   * //     speed: <f8 (1000, 3)
   * //   latest -> /runs
   */
  tree(): string {
    const lines: string[] = [];
    for (const { path, link, depth, node, again, error } of this.#walk()) {
      let line = path === '' ? this.path : path.slice(path.lastIndexOf('/') + 1);
      if (link?.kind === 'soft') line += ` -> ${link.target}`;
      else if (link?.kind === 'external') line += ` -> ${link.file}:${link.target}`;
      else if (again !== undefined) line += ` = ${join(this.path, again)}`;
      else if (error) line += `: ${error.message}`;
      else if (node) {
        const object = this.wrap(node, path);
        if (object instanceof H5Dataset) line += `: ${object.dtype} ${formatShape(object.shape)}`;
        else if (object instanceof H5Datatype) line += `: datatype ${object.dtype}`;
      }
      lines.push('  '.repeat(depth) + line);
    }
    return lines.join('\n');
  }

  override toString(): string {
    return `<H5Group "${this.path}" (${this.size} members)>`;
  }

  // ---- making and removing --------------------------------------------------------------------------

  /** Makes a group, and the groups on the way to it. */
  createGroup(path: string, options?: { readonly attrs?: CreateDatasetOptions['attrs'] }): H5Group {
    return this.#create(path, this.session.edit().newGroup(), options?.attrs) as H5Group;
  }

  /** The group at a path, which is made if it does not exist. */
  requireGroup(path: string): H5Group {
    return this.has(path) ? this.group(path) : this.createGroup(path);
  }

  /**
   * Makes a dataset, and the groups on the way to it. The data are copied.
   *
   * @example
   * file.createDataset('matrix', { data: new Float32Array(6), shape: [2, 3] });
   * file.createDataset('names', { data: ['Ada', 'Grace'], attrs: { language: 'en' } });
   * file.createDataset('ids', { data: [1, 2, 3], dtype: 'u1' });
   */
  createDataset<T = H5Value>(path: string, options: CreateDatasetOptions): H5Dataset<T> {
    const draft = this.session.edit().newDataset(options.data, options);
    return this.#create(path, draft, options.attrs) as H5Dataset<T>;
  }

  /**
   * Gives a datatype a name, so that datasets and attributes can share it, and others can see that they do. It stays in the
   * file as long as something uses it.
   *
   * @example
   * const point = file.createDatatype('types/point', [['x', 'f8'], ['y', 'f8']]);
   * file.createDataset('path', { data: points, dtype: point });
   */
  createDatatype(
    path: string,
    dtype: DType,
    options?: { readonly attrs?: CreateDatasetOptions['attrs'] },
  ): H5Datatype {
    return this.#create(path, this.session.edit().newDatatype(dtype), options?.attrs) as H5Datatype;
  }

  /** Gives an object of this file another name: a hard link. It stays one object. */
  link(path: string, object: H5Object): void {
    this.session.edit();
    if (object.session !== this.session) {
      throw new H5PathError('H5_WRONG_KIND', object.path, `"${object.path}" is an object of another file`);
    }
    this.#place(path, linkTo(object.node));
  }

  /** Makes a link to a path, which need not exist; it counts from the group of the link unless it begins with /. */
  softLink(path: string, target: string): void {
    checkName(target);
    this.#place(path, { kind: 'soft', target });
  }

  /**
   * The object of another file that the external link at a path leads to. `open` opens that file, by the name in the link,
   * which is usually relative to the folder of this one. Nothing else follows external links: they may lead anywhere.
   *
   * @throws {H5PathError} when there is no external link, or it leads to nothing.
   * @example
   * const run = file.followExternal('latest', (name) => H5File.open(join(folder, name)));
   * run.file.close();
   */
  followExternal(path: string, open: (file: string) => H5Group): H5Group | H5Dataset | H5Datatype {
    const { group, name } = this.#linkAt(path);
    const link = (group.links as LinkTable<AnyLink>).get(name) as AnyLink;
    if (link.kind !== 'external') {
      const place = this.#absolute(path);
      throw new H5PathError('H5_WRONG_KIND', place, `"${place}" is no external link`);
    }
    return open(link.file).#require(link.target);
  }

  /** Makes a link to an object of another file, which only `followExternal` follows. */
  externalLink(path: string, file: string, target: string): void {
    checkName(file);
    checkName(target);
    this.#place(path, { kind: 'external', file, target });
  }

  /**
   * Gives an object another path: its link at `from` goes to `to`. Groups on the way to it are made.
   *
   * @example
   * file.move('draft', 'runs/8');
   */
  move(from: string, to: string): void {
    const editor = this.session.edit();
    const { group, name } = this.#linkAt(from);
    const link = (group.links as LinkTable<AnyLink>).get(name) as AnyLink;
    const place = this.#absolute(from);
    if (`${this.#absolute(to)}/`.startsWith(`${place}/`))
      throw new H5PathError('H5_BAD_NAME', to, `"${place}" cannot be moved into itself`);
    this.#place(to, anew(link));
    editor.deleteLink(this.#linkAt(from).group, name);
  }

  /** Gives the object at a path another name in the same group. */
  rename(path: string, name: string): void {
    if (!isName(name))
      throw new H5PathError('H5_BAD_NAME', name, `"${name}" is a path, not a name; use move`);
    const parts = components(path);
    parts.pop();
    this.move(path, [...(path.startsWith('/') ? [''] : []), ...parts, name].join('/'));
  }

  /**
   * Copies an object of this or of another file, with all that is in it, to a path. What is one object within it, or
   * refers to another part of it, does so in the copy as well.
   *
   * @example
   * file.copy('runs/7', 'runs/7 again');
   * file.copy(otherFile.group('runs'), 'imported');
   */
  copy(source: string | H5Group | H5Dataset | H5Datatype, to: string): H5Group | H5Dataset | H5Datatype {
    const editor = this.session.edit();
    const object = typeof source === 'string' ? this.#require(source) : source;
    object.session.check();
    const copy = editor.copy(object.session, object.node);
    const place = this.#place(to, linkTo(copy));
    editor.finishCopy();
    return this.wrap(copy, place);
  }

  /** The group, and the name in it, of the link at a path, which must exist. */
  #linkAt(path: string): { group: Node; name: string } {
    const parts = components(path);
    const name = parts.pop();
    const group = this.#follow(`${path.startsWith('/') ? '/' : ''}${parts.join('/')}`);
    if (name === undefined || group instanceof DeadEnd || group.links?.get(name) === undefined) {
      const place = this.#absolute(path);
      const reason = group instanceof DeadEnd ? group.reason : `"${place}" does not exist`;
      throw new H5PathError('H5_NOT_FOUND', place, reason);
    }
    return { group, name };
  }

  /** Removes the link at a path, and with the last link the object. Returns whether there was one. */
  delete(path: string): boolean {
    const editor = this.session.edit();
    const parts = components(path);
    const last = parts.pop();
    const parent = this.#follow(`${path.startsWith('/') ? '/' : ''}${parts.join('/')}`);
    if (last === undefined)
      throw new H5PathError('H5_BAD_NAME', path, 'the group itself cannot be deleted here');
    return !(parent instanceof DeadEnd) && editor.deleteLink(parent, last);
  }

  // ---- how it is done -------------------------------------------------------------------------------

  #absolute(path: string): string {
    return components(path).reduce(join, path.startsWith('/') ? '/' : this.path);
  }

  /** @internal */
  wrap(node: Node, path: string): H5Group | H5Dataset | H5Datatype {
    if (isSameNode(node, this.session.root)) return this.file;
    switch (node.kind) {
      case 'group':
        return new H5Group(this.session, node, path);
      case 'dataset':
        return new H5Dataset(this.session, node, path);
      default:
        return new H5Datatype(this.session, node, path);
    }
  }

  #require(path: string): H5Group | H5Dataset | H5Datatype {
    const found = this.#follow(path);
    const absolute = this.#absolute(path);
    if (found instanceof DeadEnd) throw new H5PathError('H5_NOT_FOUND', absolute, found.reason);
    return this.wrap(found, absolute);
  }

  #wrongKind(path: string, wanted: string, object: H5Object): never {
    const kind = object.node.kind;
    throw new H5PathError('H5_WRONG_KIND', path, `"${path}" is a ${kind}, not a ${wanted}`);
  }

  /** Where a path leads. */
  #follow(path: string): Node | DeadEnd {
    this.session.check();
    const start = path.startsWith('/') ? this.session.root : this.node;
    return this.#resolve(components(path).reverse(), start, path);
  }

  /** Goes from `node` through the names of `todo`, the last one first. `path` says in errors where that is. */
  #resolve(todo: string[], node: Node, path: string): Node | DeadEnd {
    const place = () => `"${this.#absolute(path)}"`;
    let softLinks = 0;
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
      const link: AnyLink | undefined = (node.links as LinkTable<AnyLink> | undefined)?.get(name);
      if (!link) {
        const where = node.kind === 'group' ? 'the group' : `a ${node.kind}`;
        return new DeadEnd(`${place()} does not exist: there is no "${name}" in ${where}`);
      }
      if (isHard(link)) {
        node = this.session.target(link);
      } else if (link.kind === 'soft') {
        if (++softLinks > MAX_SOFT_LINKS) return new DeadEnd(`${place()} leads through too many soft links`);
        if (link.target.startsWith('/')) node = this.session.root;
        for (const part of components(link.target).reverse()) todo.push(part);
      } else {
        const target = `"${link.target}" in the file "${link.file}"`;
        return new DeadEnd(
          `${place()} leads to ${target}; external links are not followed, except by followExternal`,
          true,
        );
      }
    }
    return node;
  }

  #create(path: string, node: Node, attrs: CreateDatasetOptions['attrs']): H5Object {
    if (attrs) {
      const manager = new AttributeManager(this.session, { node });
      for (const name of Object.keys(attrs)) manager.set(name, attrs[name]);
    }
    return this.wrap(node, this.#place(path, linkTo(node)));
  }

  /** Adds a link, makes the groups on the way to it, and returns its path. */
  #place(path: string, link: LinkDraft): string {
    const editor = this.session.edit();
    let group = this.node;
    let place = this.path;
    // The usual path is a name. There are very many of them.
    if (isName(path)) return addLink(editor, group, place, path, link);
    const parts = components(path);
    const name = parts.pop();
    if (name === undefined)
      throw new H5PathError('H5_BAD_NAME', path, `"${path}" names no object to be made`);
    checkName(name, path);
    for (const part of parts) checkName(part, path);
    if (path.startsWith('/')) {
      group = this.session.root;
      place = '/';
    }
    for (const part of parts) {
      let next: Node | DeadEnd | undefined;
      if (group.links?.get(part)) {
        place = join(place, part);
        next = this.#resolve([part], group, place);
      } else {
        next = editor.newGroup();
        place = addLink(editor, group, place, part, next as Draft);
      }
      if (next instanceof DeadEnd || next.kind !== 'group') {
        throw new H5PathError(
          'H5_WRONG_KIND',
          place,
          `"${place}" is not a group, so nothing can be made in it`,
        );
      }
      group = next;
    }
    return addLink(editor, group, place, name, link);
  }

  /** All links below this group, depth first, after the group itself. An object's own links come once. */
  *#walk(): Generator<Step> {
    this.session.check();
    const seen = new Map<unknown, string>();
    const todo: Step[] = [{ path: '', depth: 0 }];
    for (let step = todo.pop(); step; step = todo.pop()) {
      const { path, link, depth } = step;
      let links: [string, AnyLink][] = [];
      if (!link || isHard(link)) {
        const identity = !link ? identify(this.node) : link.kind === 'hard' ? link.address : link;
        step.again = seen.get(identity);
        if (step.again === undefined) {
          seen.set(identity, path);
          try {
            const node = link ? this.session.target(link) : this.node;
            links = [...(node.links ?? [])] as [string, AnyLink][];
            step.node = node;
          } catch (error) {
            if (!(error instanceof H5Error)) throw error;
            step.error = error;
          }
        }
      }
      yield step;
      for (const [name, link] of links.reverse()) {
        todo.push({ path: path === '' ? name : `${path}/${name}`, link, depth: depth + 1 });
      }
    }
  }
}

interface Step {
  /** From the group where the walk began. */
  readonly path: string;
  readonly link?: AnyLink;
  readonly depth: number;
  /** The object of a hard link, where it is met for the first time; or why it cannot be read. */
  node?: Node;
  error?: H5Error;
  /** Else the path by which it was met before. */
  again?: string | undefined;
}

/** Adds a link to the group at `path`, and returns the path of the link. */
function addLink(editor: Editor, group: Node, path: string, name: string, link: LinkDraft): string {
  checkName(name);
  const place = join(path, name);
  if (!editor.addLink(group, name, link)) {
    throw new H5PathError(
      'H5_EXISTS',
      place,
      `"${place}" exists already; delete it first, or take another name`,
    );
  }
  return place;
}

function isSameNode(a: Node, b: Node): boolean {
  return a === b || ('info' in a && 'info' in b && a.info.address === b.info.address);
}

function identify(node: Node): unknown {
  return 'info' in node ? node.info.address : node;
}

function isName(path: string): boolean {
  return path !== '' && path !== '.' && !path.includes('/');
}

function components(path: string): string[] {
  if (isName(path)) return [path];
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function join(path: string, name: string): string {
  return path.endsWith('/') ? path + name : `${path}/${name}`;
}
