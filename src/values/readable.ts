/** Whether values that codecs make can be made again: known when all is laid out, and looked at before it is written. */
import { H5Error } from '../errors.js';
import { FileSpace } from '../hdf5/file-space.js';
import type { ObjectInfo } from '../hdf5/object.js';
import type { Decoder, RegisteredClass, TypeRegistry, ValueType } from '../registry/index.js';
import { CompleteRestorer, MAX_DECODING } from '../serialize/complete-restorer.js';
import { H5UnsupportedError } from '../serialize/errors.js';
import { type Node, Reference } from '../serialize/plan.js';
import type { Values } from '../serialize/values.js';
import { MemoryStorage } from '../storage/memory.js';

/**
 * Throws if what codecs make that have only `decode` could not be made again: one that is a part of what it is made of, or too
 * many in each other. `bytes`: the file that is going to be written.
 *
 * @throws {H5UnsupportedError} that says where it stands.
 */
export function checkReadable(
  nodes: readonly Node[],
  bytes: () => Uint8Array,
  values: Values,
  registry: TypeRegistry,
): void {
  let types: Map<string, ValueType> | undefined;
  const decoderFor = (type: string): Decoder | undefined => {
    types ??= new Map(values.types.map((each) => [each.name, each]));
    return types.get(type);
  };
  const decoded = nodes.filter((node) => isDecoded(node, decoderFor, values, registry));
  // What holds no other objects is made at once.
  if (decoded.every(isLeaf) || (decoded.length <= MAX_DECODING && !hasCycle(nodes))) return;
  // Whether it goes wrong depends on what is made first: so all of it is made, but by no code of a class.
  const space = new FileSpace(new MemoryStorage(bytes()));
  try {
    const checker = new Checker(space, registry, { ...values, located: locatedBy(values) }, 'object');
    checker.restore(space.superblock.rootAddress);
  } catch (error) {
    if (error instanceof Undecodable) throw new H5UnsupportedError(error.path, error.what, error.remedy);
    // What else is wrong is not the affair of codecs: compressed data, which need more to be read.
    if (!(error instanceof H5Error)) throw error;
  }
}

/** A value that cannot be made of its content. */
class Undecodable extends H5Error {
  path = '$';
  readonly what: string;
  readonly remedy: string;

  constructor(what: string, remedy: string) {
    super('H5_UNSUPPORTED', '');
    this.what = what;
    this.remedy = remedy;
  }
}

/** Makes plain objects in the place of all instances, in the order in which a reader makes them. */
class Checker extends CompleteRestorer {
  override classOf(): undefined {
    return undefined;
  }

  override codec(
    info: ObjectInfo,
    _: RegisteredClass | undefined,
    type: string | undefined,
  ): Decoder | undefined {
    const decoder = super.codec(info, super.classOf(info), type);
    if (!decoder) return undefined;
    const { name } = decoder;
    return decoder.create ? { name, create: () => ({}) } : { name, decode: () => ({}) };
  }

  override fixed<T extends readonly object[]>(_: ObjectInfo, instances: T): T {
    return instances;
  }

  protected override undecodable(_: ObjectInfo, what: string, remedy: string): never {
    throw new Undecodable(what, remedy);
  }
}

/** Gives such an error the path of an object in the file that is checked. */
function locatedBy({ located }: Values): NonNullable<Values['located']> {
  return (error, where) => {
    if (error instanceof Undecodable) {
      // It is what stands in front of a message.
      const told = located?.(new H5Error('', ''), where);
      if (told instanceof H5Error) error.path = told.message.replace(/: $/, '');
    }
    return error;
  };
}

/** Whether what stands for a node is made of its complete content. */
function isDecoded(
  node: Node,
  decoderFor: (type: string) => Decoder | undefined,
  values: Values,
  registry: TypeRegistry,
): boolean {
  if (node.kind === 'binary' || node.kind === 'date') return false;
  const cls = node.class;
  const type = node.kind === 'vector' ? node.items : node.type;
  if (!cls && (type === undefined || type === 'Map' || type === 'Array')) return false;
  const decoder = cls ? values.decoder(cls, cls.version, registry) : decoderFor(type as string);
  return decoder !== undefined && !decoder.create;
}

function isLeaf(node: Node): boolean {
  return partsOf(node).every((part) => part.kind === 'vector' && !part.type && partsOf(part).length === 0);
}

/** The nodes that one leads to. */
function partsOf(node: Node): Node[] {
  switch (node.kind) {
    case 'object':
      return nodesAmong(node.values);
    case 'entries':
      return [node.keys, node.values];
    case 'vector':
      return node.encoding === 'list' || node.encoding === 'references'
        ? nodesAmong(node.values)
        : node.children;
    case 'binary':
      return node.group ? [node.group] : [];
    default:
      return [];
  }
}

function nodesAmong(values: readonly unknown[]): Node[] {
  const nodes: Node[] = [];
  for (const value of values) {
    const node = value instanceof Reference ? value.node : value;
    if (typeof node === 'object' && node !== null && 'place' in node) nodes.push(node as Node);
  }
  return nodes;
}

/** Whether some node leads to itself. */
function hasCycle(nodes: readonly Node[]): boolean {
  const isDone = new Map<Node, boolean>();
  for (const start of nodes) {
    if (isDone.has(start)) continue;
    isDone.set(start, false);
    const way: [Node, Node[]][] = [[start, partsOf(start).slice()]];
    for (let last = way.at(-1); last; last = way.at(-1)) {
      const [node, left] = last;
      const next = left.pop();
      if (!next) {
        isDone.set(node, true);
        way.pop();
      } else if (isDone.get(next) === false) return true;
      else if (!isDone.has(next)) {
        isDone.set(next, false);
        way.push([next, partsOf(next).slice()]);
      }
    }
  }
  return false;
}
