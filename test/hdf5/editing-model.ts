import { expect } from 'vitest';
import type { H5Dataset } from '../../src/hdf5/h5-dataset.js';
import { H5Group } from '../../src/hdf5/h5-group.js';
import type { H5Object } from '../../src/hdf5/h5-object.js';
import { H5File } from '../../src/node.js';
import { type Random, seeded } from '../random.js';

/** What a file is to hold. */
export interface ModelGroup {
  kind: 'group';
  attributes: Map<string, unknown>;
  links: Map<string, Model | { kind: 'soft'; target: string }>;
}
interface ModelDataset {
  kind: 'dataset';
  attributes: Map<string, unknown>;
  value: unknown;
  /** Whether it is in chunks, and its only axis can grow. */
  grows?: boolean;
  /** What its elements are that were never written. */
  fill?: unknown;
}
export type Model = ModelGroup | ModelDataset;

/** The most elements of a dataset that grows, and objects that are copied together. */
const MOST_ELEMENTS = 300;
const MOST_COPIED = 30;

export const newGroup = (): ModelGroup => ({ kind: 'group', attributes: new Map(), links: new Map() });

/** The content as text: objects are numbered as they are met, so that what is one object shows. */
export function describeModel(root: ModelGroup): string {
  const numbers = new Map<Model, number>();
  const lines: string[] = [];
  const todo: [string, Model][] = [['/', root]];
  for (let next = todo.shift(); next; next = todo.shift()) {
    const [path, object] = next;
    const known = numbers.get(object);
    if (known !== undefined) {
      lines.push(`${path} = ${known}`);
      continue;
    }
    numbers.set(object, numbers.size);
    lines.push(`${path} ${object.kind} ${showAll(object.attributes)}`);
    if (object.kind === 'dataset') lines.push(`  ${show(object.value)}`);
    else
      for (const [name, link] of object.links) {
        if (link.kind === 'soft') lines.push(`${path}${name} -> ${link.target}`);
        else todo.push([`${path}${name}/`, link]);
      }
  }
  return lines.join('\n');
}

export function describeFile(file: H5File): string {
  const numbers = new Map<number, number>();
  const lines: string[] = [];
  const todo: [string, H5Object][] = [['/', file]];
  for (let next = todo.shift(); next; next = todo.shift()) {
    const [path, object] = next;
    const { address } = object.ref;
    const known = numbers.get(address);
    if (known !== undefined) {
      lines.push(`${path} = ${known}`);
      continue;
    }
    numbers.set(address, numbers.size);
    if (!(object instanceof H5Group)) {
      lines.push(`${path} dataset ${showAll(object.attrs)}`, `  ${show((object as H5Dataset).value)}`);
      continue;
    }
    lines.push(`${path} group ${showAll(object.attrs)}`);
    for (const name of object.keys()) {
      const link = object.linkInfo(name);
      if (link?.kind === 'soft') lines.push(`${path}${name} -> ${link.target}`);
      else todo.push([`${path}${name}/`, object.get(name) as H5Object]);
    }
  }
  return lines.join('\n');
}

function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (!ArrayBuffer.isView(value)) return JSON.stringify(value);
  const { buffer, byteOffset, byteLength } = value;
  // Most of the time went into numbers of large arrays as text.
  if (byteLength > 2000) return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  return `[${(value as Uint8Array).join()}]`;
}

function showAll(attributes: Iterable<[string, unknown]>): string {
  return Array.from(attributes, ([name, value]) => `${name}: ${show(value)}`).join();
}

/** Edits a file and its model in the same way, at random. */
export class Editing {
  file = H5File.open(undefined, 'w');
  root = newGroup();
  readonly int: Random;
  #names = 0;

  constructor(seed: number) {
    this.int = seeded(seed);
  }

  /** All groups that can be reached, with a path to each. */
  groups(): [string, ModelGroup][] {
    const found = new Map<ModelGroup, string>([[this.root, '/']]);
    for (const [group, path] of found) {
      for (const [name, link] of group.links)
        if (link.kind === 'group' && !found.has(link)) found.set(link, `${path}${name}/`);
    }
    return [...found].map(([group, path]) => [path, group]);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)] as T;
  }

  value(): unknown {
    switch (this.int(7)) {
      case 0:
        return this.int(1000);
      case 1:
        return this.int(1e6) / 7;
      case 2:
        return 'text '.repeat(this.int(40));
      case 3:
        return this.int(2) === 1;
      case 4:
        return Float64Array.from({ length: this.int(200) }, () => this.int(1e6) / 7);
      case 5:
        return BigInt(this.int(1e9));
      default:
        return Array.from({ length: 1 + this.int(10) }, (_, i) => `string ${i} ${'x'.repeat(this.int(300))}`);
    }
  }

  /** Elements of a dataset that grows: numbers or texts. */
  elements(like: unknown, most: number): Float64Array | string[] {
    const length = this.int(most);
    if (Array.isArray(like)) return Array.from({ length }, () => 'text '.repeat(this.int(20)));
    return Float64Array.from({ length }, () => this.int(100) / 4);
  }

  /** A name that is new, or, now and then, one of the group. */
  name(group: ModelGroup): string {
    return group.links.size > 0 && this.int(8) === 0
      ? this.pick([...group.links.keys()])
      : `n${this.#names++}`;
  }

  step(): void {
    const { file } = this;
    const groups = this.groups();
    const [path, group] = this.pick(groups);
    const name = this.name(group);
    const there = group.links.has(name);
    const place = `${path}${name}`;
    const make = (
      action: () => void,
      link: () => ModelGroup['links'] extends Map<string, infer L> ? L : never,
    ) => {
      if (there) expect(action).toThrow(/exists already/);
      else {
        action();
        group.links.set(name, link());
      }
    };
    switch (this.int(groups.length > 60 ? 20 : 16)) {
      case 0:
      case 1:
        make(() => file.createGroup(place), newGroup);
        break;
      case 2:
      case 3: {
        const value = this.value();
        make(
          () => file.createDataset(place, { data: value }),
          () => ({ kind: 'dataset', attributes: new Map(), value, grows: false }),
        );
        break;
      }
      case 4:
      case 5:
      case 6: {
        const objects: [string, Model][] = [[path, group]];
        for (const [each, link] of group.links)
          if (link.kind !== 'soft') objects.push([`${path}${each}`, link]);
        const [at, object] = this.pick(objects);
        const key = this.int(3) === 0 ? `a${this.#names++}` : `a${this.int(5)}`;
        const target = file.get(at) as H5Object;
        if (this.int(3) === 0) {
          expect(target.attrs.delete(key)).toBe(object.attributes.delete(key));
        } else {
          const value = this.value();
          target.attrs.set(key, value);
          object.attributes.set(key, value);
        }
        break;
      }
      case 7: {
        const [otherPath, other] = this.pick(groups);
        make(
          () => file.link(place, file.group(otherPath)),
          () => other,
        );
        break;
      }
      case 8:
        make(
          () => file.softLink(place, path),
          () => ({ kind: 'soft', target: path }),
        );
        break;
      case 9:
        if (group.links.size > 0) this.#move(path, group, groups);
        break;
      case 10: {
        const value = this.elements(this.int(2) === 0 ? [] : undefined, 60);
        const filters = this.pick([{}, { compression: 'gzip' }, { shuffle: true, compression: 9 }] as const);
        const options = {
          ...filters,
          fletcher32: this.int(4) === 0,
          dtype: Array.isArray(value) ? 'str' : 'f8',
        } as const;
        const fill = this.int(3) > 0 ? undefined : Array.isArray(value) ? 'none' : 7;
        make(
          () =>
            file.createDataset(place, {
              data: value,
              chunks: [1 + this.int(20)],
              maxShape: [null],
              fillValue: fill,
              ...options,
            }),
          () => ({ kind: 'dataset', attributes: new Map(), value, grows: true, fill }),
        );
        break;
      }
      case 11: {
        const growing = [...group.links].filter(([, link]) => link.kind === 'dataset' && link.grows);
        if (growing.length > 0) this.#grow(path, this.pick(growing) as [string, ModelDataset]);
        break;
      }
      case 12: {
        const [from, link] = this.pick([...group.links, ['', group] as const]);
        if (link.kind === 'soft' || sizeOf(link) > MOST_COPIED) break;
        const copied = copyOf(link, new Map());
        make(
          () => file.copy(`${path}${from}`, place),
          () => copied as never,
        );
        break;
      }
      case 13:
        // So many that they go to dense storage, and sometimes attributes do as well.
        for (let i = this.int(12); i > 0; i--) {
          const each = `n${this.#names++}`;
          file.softLink(`${path}${each}`, path);
          group.links.set(each, { kind: 'soft', target: path });
        }
        if (this.int(10) === 0) {
          const value = new Float64Array(7000 + this.int(3000)).fill(this.int(9));
          file.group(path).attrs.set('large', value);
          group.attributes.set('large', value);
        }
        break;
      default:
        if (group.links.size > 0) {
          const victim = this.pick([...group.links.keys()]);
          expect(file.delete(`${path}${victim}`)).toBe(true);
          group.links.delete(victim);
        }
    }
  }

  #grow(path: string, [name, model]: [string, ModelDataset]): void {
    const dataset = this.file.dataset(`${path}${name}`);
    const value = model.value as Float64Array | string[];
    const all = Array.from<unknown>(value);
    const kind = this.int(3);
    if (kind === 0 && value.length < MOST_ELEMENTS) {
      const more = this.elements(value, 40);
      dataset.append(more);
      all.push(...more);
    } else if (kind === 1) {
      const length = this.int(MOST_ELEMENTS);
      dataset.resize([length]);
      const fill = model.fill ?? (Array.isArray(value) ? '' : 0);
      while (all.length < length) all.push(fill);
      all.length = length;
    } else {
      const start = this.int(value.length + 1);
      const part = this.elements(value, value.length - start + 1);
      dataset.write(part, [[start, start + part.length]]);
      all.splice(start, part.length, ...part);
    }
    model.value = Array.isArray(value) ? all : Float64Array.from(all as number[]);
  }

  #move(path: string, group: ModelGroup, groups: [string, ModelGroup][]): void {
    const name = this.pick([...group.links.keys()]);
    const [otherPath, other] = this.pick(groups);
    const to = `moved${this.#names++}`;
    if (`${otherPath}${to}/`.startsWith(`${path}${name}/`)) return;
    this.file.move(`${path}${name}`, `${otherPath}${to}`);
    const link = group.links.get(name) as Model;
    other.links.set(to, link);
    group.links.delete(name);
  }

  check(): void {
    expect(describeFile(this.file)).toBe(describeModel(this.root));
  }
}

/** How many objects there are in one, itself included. */
function sizeOf(model: Model, seen = new Set<Model>()): number {
  if (!seen.has(model)) {
    seen.add(model);
    if (model.kind === 'group')
      for (const [, link] of model.links) if (link.kind !== 'soft') sizeOf(link, seen);
  }
  return seen.size;
}

/** A copy in which what was one object is one. */
function copyOf(model: Model, copies: Map<Model, Model>): Model {
  const known = copies.get(model);
  if (known) return known;
  const attributes = new Map(model.attributes);
  if (model.kind === 'dataset') {
    const copy = { ...model, attributes };
    copies.set(model, copy);
    return copy;
  }
  const copy: ModelGroup = { kind: 'group', attributes, links: new Map() };
  copies.set(model, copy);
  for (const [name, link] of model.links)
    copy.links.set(name, link.kind === 'soft' ? { ...link } : copyOf(link, copies));
  return copy;
}

/** The model of what a file holds. */
export function rebuilt(file: H5File): ModelGroup {
  const models = new Map<number, Model>();
  const of = (object: H5Object): Model => {
    const { address } = object.ref;
    const known = models.get(address);
    if (known) return known;
    const attributes = new Map<string, unknown>(object.attrs);
    if (!(object instanceof H5Group)) {
      const { value, maxShape, fillValue: fill } = object as H5Dataset;
      const grows = maxShape?.[0] === Number.POSITIVE_INFINITY;
      const dataset: ModelDataset = { kind: 'dataset', attributes, value, grows, fill };
      models.set(address, dataset);
      return dataset;
    }
    const group: ModelGroup = { kind: 'group', attributes, links: new Map() };
    models.set(address, group);
    for (const name of object.keys()) {
      const link = object.linkInfo(name);
      group.links.set(
        name,
        link?.kind === 'soft' ? { kind: 'soft', target: link.target } : of(object.get(name) as H5Object),
      );
    }
    return group;
  };
  return of(file) as ModelGroup;
}
