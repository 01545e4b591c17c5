import { H5Error, H5PathError } from '../errors.js';
import type { DType } from './dtype.js';
import type { Attributes, CopyOptions, DatasetOptions, ValueOptions } from './editing.js';
import type { H5Value } from './elements.js';
import { formatShape, H5Dataset } from './h5-dataset.js';
import { H5Datatype } from './h5-datatype.js';
import { H5Object } from './h5-object.js';
import type { Links } from './link-table.js';
import { absolute, DeadEnd, follow, followParent, join, linkAt, linksOf, reach, resolve } from './paths.js';
import { type AnyLink, isHard, isSameNode, type Node } from './stored-object.js';
import { compareText } from './text.js';

/**
 * Where a link leads, as it is stored.
 *
 * @example
 * const info = file.linkInfo('latest');
 * if (info?.kind === 'soft') console.log(info.target);
 */
export type LinkInfo =
  | { readonly kind: 'hard' }
  | { readonly kind: 'soft'; readonly target: string }
  | { readonly kind: 'external'; readonly file: string; readonly target: string };

/**
 * A dataset that is made: its elements, and how they are stored.
 *
 * @example
 * const options: CreateDatasetOptions = { data: [1, 2, 3, 4], shape: [2, 2], dtype: 'f4', attrs: { unit: 'm' } };
 */
export interface CreateDatasetOptions extends DatasetOptions {
  /** A typed array, a number, string, boolean, bigint, reference, or arrays of these, nested for more axes. */
  readonly data?: unknown;
  /** Follows from the data; needed where these are flat and the dataset is not, or where there are none. */
  readonly shape?: ValueOptions['shape'];
  /** Follows from the data; without data it is '<f8'. */
  readonly dtype?: ValueOptions['dtype'];
  readonly attrs?: Attributes | undefined;
}

/**
 * What a dataset must have to be the one that is required.
 *
 * @example
 * file.requireDataset('log', { shape: [100], dtype: 'f4', exact: true });
 */
export interface RequireDatasetOptions extends CreateDatasetOptions {
  readonly shape: readonly number[];
  readonly dtype: NonNullable<ValueOptions['dtype']>;
  /** Whether the dtype must be that one; else it is enough that all of its elements fit into that of the dataset. */
  readonly exact?: boolean | undefined;
}

/** Where the order of creation is not stored, it is that of the names. */
export type LinkOrder = 'creation' | 'name';

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
  get #links(): Links<AnyLink> | undefined {
    this.session.check();
    return linksOf(this.node);
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
    const found = follow(this, path);
    if (!(found instanceof DeadEnd)) return this.wrap(found, absolute(this, path, this.place));
    if (found.external) throw new H5PathError('H5_NOT_FOUND', absolute(this, path), found.reason());
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
    const { parent, name } = followParent(this, path);
    if (name === undefined) return true;
    return !(parent instanceof DeadEnd) && linksOf(parent)?.get(name) !== undefined;
  }

  /** Where the link with this path leads, without following it; `undefined` if there is no such link. */
  linkInfo(path: string): LinkInfo | undefined {
    const { parent, name = '' } = followParent(this, path);
    const link = parent instanceof DeadEnd ? undefined : linksOf(parent)?.get(name);
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
      const node = isHard(link) ? this.session.target(link) : resolve(this, [name], this.node, name);
      yield [name, node instanceof DeadEnd ? undefined : this.wrap(node, join(this.place, name))];
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
      let line = path.slice(path.lastIndexOf('/') + 1) || this.path;
      if (link?.kind === 'soft') line += ` -> ${link.target}`;
      else if (link?.kind === 'external') line += ` -> ${link.file}:${link.target}`;
      else if (again !== undefined) line += ` = ${join(this.path, again)}`;
      else if (error) line += `: ${error.message}`;
      else if (node) {
        const object = this.wrap(node, path);
        if (object instanceof H5Dataset) line += `: ${object.dtype} ${formatShape(object.shape)}`;
        else if (object instanceof H5Datatype) line += `: datatype ${object.dtype}`;
      }
      // A name may hold what ends a line, or tells a terminal what to do.
      lines.push('  '.repeat(depth) + line.replace(/\p{Cc}/gu, encodeURIComponent));
    }
    return lines.join('\n');
  }

  override toString(): string {
    return `<H5Group "${this.path}" (${this.size} members)>`;
  }

  // ---- making and removing --------------------------------------------------------------------------

  /** Makes a group, and the groups on the way to it. */
  createGroup(path: string, options?: { readonly attrs?: Attributes }): H5Group {
    return this.session.edit().createGroup(this, path, options?.attrs);
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
    return this.session.edit().createDataset(this, path, options) as H5Dataset<T>;
  }

  /**
   * The dataset at a path, which is made with these options if it does not exist. One that exists must have the shape, and
   * a dtype that holds all elements of the given one; the other options say nothing of it.
   *
   * @throws {H5TypeError} when its shape or its dtype are others.
   * @throws {H5PathError} when it is no dataset.
   * @example
   * const log = file.requireDataset('log', { shape: [0], dtype: 'f8', maxShape: [null] });
   */
  requireDataset<T = H5Value>(path: string, options: RequireDatasetOptions): H5Dataset<T> {
    const { session } = this;
    return (session.options.editing ?? session.edit()).requireDataset(this, path, options) as H5Dataset<T>;
  }

  /**
   * Gives a datatype a name, so that datasets and attributes can share it, and others can see that they do. It stays in the
   * file as long as something uses it.
   *
   * @example
   * const point = file.createDatatype('types/point', [['x', 'f8'], ['y', 'f8']]);
   * file.createDataset('path', { data: points, dtype: point });
   */
  createDatatype(path: string, dtype: DType, options?: { readonly attrs?: Attributes }): H5Datatype {
    return this.session.edit().createDatatype(this, path, dtype, options?.attrs);
  }

  /** Gives an object of this file another name: a hard link. It stays one object. */
  link(path: string, object: H5Object): void {
    this.session.edit().link(this, path, object);
  }

  /** Makes a link to a path, which need not exist; it counts from the group of the link unless it begins with /. */
  softLink(path: string, target: string): void {
    this.session.edit().linkPath(this, path, target);
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
    const { link } = linkAt(this, path);
    if (link.kind !== 'external') {
      const place = absolute(this, path);
      throw new H5PathError('H5_WRONG_KIND', place, `"${place}" is no external link`);
    }
    return open(link.file).#require(link.target);
  }

  /** Makes a link to an object of another file, which only `followExternal` follows. */
  externalLink(path: string, file: string, target: string): void {
    this.session.edit().linkPath(this, path, target, file);
  }

  /**
   * Gives an object another path: its link at `from` goes to `to`. Groups on the way to it are made.
   *
   * @example
   * file.move('draft', 'runs/8');
   */
  move(from: string, to: string): void {
    this.session.edit().move(this, from, to);
  }

  /** Gives the object at a path another name in the same group. */
  rename(path: string, name: string): void {
    this.session.edit().rename(this, path, name);
  }

  /**
   * Copies an object of this or of another file, with all that is in it, to a path. What is one object within it, or
   * refers to another part of it, does so in the copy as well.
   *
   * @example
   * file.copy('runs/7', 'runs/7 again');
   * file.copy(otherFile.group('runs'), 'imported', { expandRefs: true });
   */
  copy(
    source: string | H5Group | H5Dataset | H5Datatype,
    to: string,
    options?: CopyOptions,
  ): H5Group | H5Dataset | H5Datatype {
    return this.session.edit().copy(this, source, to, options);
  }

  /** Removes the link at a path, and with the last link the object. Returns whether there was one. */
  delete(path: string): boolean {
    return this.session.edit().delete(this, path);
  }

  // ---- how it is done -------------------------------------------------------------------------------

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

  /** @internal The first path to an object. */
  pathTo(node: Node): string | undefined {
    for (const step of this.#walk())
      if (step.node && isSameNode(step.node, node)) return join(this.path, step.path);
    return undefined;
  }

  #require(path: string): H5Group | H5Dataset | H5Datatype {
    return this.wrap(reach(this, path), absolute(this, path, this.place));
  }

  #wrongKind(path: string, wanted: string, object: H5Object): never {
    const kind = object.node.kind;
    throw new H5PathError('H5_WRONG_KIND', path, `"${path}" is a ${kind}, not a ${wanted}`);
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

function identify(node: Node): unknown {
  return 'info' in node ? node.info.address : node;
}
