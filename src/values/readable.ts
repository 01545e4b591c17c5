/** Whether values that codecs make can be made again: known when all is planned, and looked at before it is written. */
import {
  type Decoder,
  h5read,
  type RegisteredClass,
  type TypeRegistry,
  type ValueType,
} from '../registry/index.js';
import { components } from '../serialize/components.js';
import { H5UnsupportedError } from '../serialize/errors.js';
import { Missing } from '../serialize/layout.js';
import { pathTo } from '../serialize/path.js';
import { type Node, Reference, type VectorNode } from '../serialize/plan.js';
import type { Values } from '../serialize/values.js';

/** What else nodes lead to than what they hold. */
export type Beyond = ReadonlyMap<Node, readonly Node[]>;

const NOTHING: Beyond = new Map();

/** Looks whether what codecs make that have only `decode` is a part of what it is made of. */
export class Readability {
  readonly #values: Values;
  readonly #registry: TypeRegistry;
  #types: Map<string, ValueType> | undefined;

  constructor(values: Values, registry: TypeRegistry) {
    this.#values = values;
    this.#registry = registry;
  }

  /** Those nodes of some that stand for what is made of its complete content, if that holds other objects. */
  decodedAmong(nodes: readonly Node[]): Node[] {
    return nodes.filter((node) => this.#decoder(node) && !isLeaf(node));
  }

  /**
   * Throws if some of these is made of itself. What they lead to is looked at in two steps: of most values it is known at
   * once that no node leads to itself; of the others, each row of a table is looked at by itself.
   *
   * `unsure`: nodes that may be made of themselves if they lead to themselves, for all that is known of what they hold; `at`:
   * what leads to them.
   *
   * @throws {H5UnsupportedError} that says where it stands.
   */
  check(decoded: readonly Node[], beyond: Beyond = NOTHING, unsure: readonly Node[] = [], at?: Node): void {
    if (decoded.length === 0) return;
    const all = new Set(decoded);
    const next = nextIn(beyond);
    const around = new Set<Node>();
    for (const component of components(decoded, next)) {
      const [only] = component as [Node];
      if (component.length === 1 && !next(only).includes(only)) continue;
      if (at && component.some((node) => unsure.includes(node)))
        throw new H5UnsupportedError(
          pathTo(at),
          'a list whose elements hold others that lead back to it,',
          'values that codecs make with `decode` alone cannot be parts of what they are made of',
        );
      if (component.some((node) => all.has(node) || this.#decoder(node)))
        for (const node of component) around.add(node);
    }
    if (around.size > 0) this.#checkRows(new Rows(around, beyond));
  }

  /** Whether some nodes lead to some of others. */
  reaches(starts: readonly Node[], goals: ReadonlySet<Node>, beyond: Beyond): boolean {
    if (goals.size === 0) return false;
    for (const component of components(starts, nextIn(beyond)))
      if (component.some((node) => goals.has(node))) return true;
    return false;
  }

  #checkRows(rows: Rows): void {
    const starts: number[] = [];
    const decoders = new Map<Node, Decoder>();
    for (const node of rows.nodes) {
      const decoder = this.#decoder(node);
      if (!decoder) continue;
      decoders.set(node, decoder);
      starts.push(...(node.kind === 'vector' ? rows.elementsOf(node) : [rows.vertex(node, -1)]));
    }
    const next = (vertex: number) => rows.partsOf(vertex);
    for (const component of components(starts, next)) {
      const [only] = component as [number];
      if (component.length === 1 && !rows.partsOf(only).includes(only)) continue;
      for (const vertex of component) {
        const { node, row } = rows.at(vertex);
        const decoder = decoders.get(node);
        if (!decoder || (node.kind === 'vector' && row < 0)) continue;
        throw new H5UnsupportedError(
          pathTo(node, row),
          `a ${decoder.name} that is a part of what it is made of`,
          remedyFor('class' in node ? node.class : undefined),
        );
      }
    }
  }

  /** What makes, of its complete content, what a node stands for, or each of its rows. */
  #decoder(node: Node): Decoder | undefined {
    if (node.kind === 'binary' || node.kind === 'date') return undefined;
    const cls = node.class;
    const type = node.kind === 'vector' ? node.items : node.type;
    if (!cls && (type === undefined || type === 'Map' || type === 'Array')) return undefined;
    this.#types ??= new Map(this.#values.types.map((each) => [each.name, each]));
    const decoder = cls
      ? this.#values.decoder(cls, cls.version, this.#registry)
      : this.#types.get(type as string);
    return decoder?.create ? undefined : decoder;
  }
}

/** The rows of the vectors among some nodes, each of them, and the nodes, by a number. */
class Rows {
  readonly nodes: readonly Node[];
  readonly #beyond: Beyond;
  readonly #first = new Map<Node, number>();
  readonly #firsts: number[] = [];
  /** Of masks, and of what says which part of a union elements are in. */
  readonly #ranks = new Map<Uint8Array, Uint32Array>();

  constructor(nodes: ReadonlySet<Node>, beyond: Beyond) {
    this.nodes = [...nodes];
    this.#beyond = beyond;
    let first = 0;
    for (const node of this.nodes) {
      this.#first.set(node, first);
      this.#firsts.push(first);
      first += 1 + (node.kind === 'vector' ? countOf(node) : 0);
    }
  }

  /** The number of a node, or of one of the rows that it has; -1 if it is none of these nodes. */
  vertex(node: Node, row: number): number {
    const first = this.#first.get(node);
    return first === undefined ? -1 : first + 1 + row;
  }

  at(vertex: number): { readonly node: Node; readonly row: number } {
    let [low, high] = [0, this.#firsts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#firsts[middle] as number) <= vertex) low = middle;
      else high = middle - 1;
    }
    return { node: this.nodes[low] as Node, row: vertex - (this.#firsts[low] as number) - 1 };
  }

  elementsOf(node: VectorNode): number[] {
    return Array.from({ length: countOf(node) }, (_, row) => this.vertex(node, row));
  }

  /** What a node or a row leads to, as far as that is of these nodes. */
  partsOf(vertex: number): number[] {
    const { node, row } = this.at(vertex);
    const parts =
      row >= 0
        ? this.#partsOfRow(node as VectorNode, row)
        : node.kind === 'vector'
          ? this.elementsOf(node)
          : partsIn(node, (other, index) => this.vertex(other, index));
    for (const other of row < 0 ? (this.#beyond.get(node) ?? []) : []) parts.push(this.vertex(other, -1));
    return parts.filter((part) => part >= 0);
  }

  #partsOfRow(node: VectorNode, row: number): number[] {
    const { encoding, children, offsets } = node;
    switch (encoding) {
      case 'records':
        return children.map((column) => this.#element(column, row));
      case 'ragged': {
        const [start = 0, end = 0] = (offsets as Uint32Array).subarray(row, row + 2);
        const parts: number[] = [];
        for (const child of children) for (let i = start; i < end; i++) parts.push(this.#element(child, i));
        return parts;
      }
      case 'union': {
        const parts = node.parts as Uint8Array;
        const part = children[parts[row] as number] as VectorNode;
        return [countOf(part) > 0 ? this.vertex(part, this.#rank(parts, row)) : -1];
      }
      case 'list':
      case 'references': {
        const value = node.values[row];
        return value instanceof Reference
          ? [this.vertex(value.node as Node, value.index)]
          : [this.vertex(value as Node, -1)];
      }
      default:
        return [];
    }
  }

  /** An element of a vector, missing ones counted. */
  #element(node: VectorNode, index: number): number {
    if (countOf(node) === 0) return -1;
    const { mask } = node;
    if (!mask) return this.vertex(node, index);
    return mask[index] === Missing.present ? this.vertex(node, this.#rank(mask, index)) : -1;
  }

  /** How many of the codes before one are the same. */
  #rank(codes: Uint8Array, index: number): number {
    let ranks = this.#ranks.get(codes);
    if (!ranks) {
      const counts = new Uint32Array(256);
      ranks = Uint32Array.from(codes, (code) => {
        const count = counts[code] as number;
        counts[code] = count + 1;
        return count;
      });
      this.#ranks.set(codes, ranks);
    }
    return ranks[index] as number;
  }
}

function remedyFor(cls: RegisteredClass | undefined): string {
  if (cls && !cls.codec && !(h5read in cls.target))
    return 'a typed array, a number, a text or a URL is made of what it holds before it has properties: store it beside what they hold';
  return 'its codec needs `create` and `fill`, or its class a method [h5read] that is not static';
}

function nextIn(beyond: Beyond): (node: Node) => Node[] {
  return (node) => [...partsOf(node), ...(beyond.get(node) ?? [])];
}

/** How many rows a vector has that may lead to others. */
function countOf({ encoding, length, mask, values, offsets, parts }: VectorNode): number {
  switch (encoding) {
    case 'records':
      return mask ? mask.reduce((count, code) => count + Number(code === Missing.present), 0) : length;
    case 'ragged':
      return (offsets as Uint32Array).length - 1;
    case 'union':
      return (parts as Uint8Array).length;
    case 'list':
    case 'references':
      return values.length;
    default:
      return 0;
  }
}

function isLeaf(node: Node): boolean {
  return partsOf(node).every((part) => part.kind === 'vector' && !part.type && partsOf(part).length === 0);
}

/** The nodes that one leads to; of rows that are referred to, the vectors that have them. */
function partsOf(node: Node): Node[] {
  return partsIn(node, (part) => part);
}

function partsIn<T>(node: Node, use: (node: Node, row: number) => T): T[] {
  const among = (values: readonly unknown[]): T[] => {
    const parts: T[] = [];
    for (const value of values) {
      if (value instanceof Reference) {
        if (value.node) parts.push(use(value.node, value.index));
      } else if (typeof value === 'object' && value !== null && 'place' in value) {
        parts.push(use(value as Node, -1));
      }
    }
    return parts;
  };
  switch (node.kind) {
    case 'object':
      return among(node.values);
    case 'entries':
      return [use(node.keys, -1), use(node.values, -1)];
    case 'vector':
      return node.encoding === 'list' || node.encoding === 'references'
        ? among(node.values)
        : node.children.map((child) => use(child, -1));
    case 'binary':
      return node.group ? [use(node.group, -1)] : [];
    default:
      return [];
  }
}
