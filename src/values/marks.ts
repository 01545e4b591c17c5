/** Which classes things are of that a file holds without saying one: those that fields are declared to hold. */
import type { Datatype } from '../hdf5/messages/datatype.js';
import type { GroupInfo } from '../hdf5/object.js';
import type { Place, RegisteredClass, TypeRegistry } from '../registry/index.js';
import { Encoding, Reserved, Tag } from '../serialize/layout.js';
import { unescapeName } from '../serialize/names.js';
import type { Reader } from '../serialize/restore.js';

export function mark(cls: RegisteredClass, place: Place, registry: TypeRegistry, itself = false): void {
  const reader = place.reader as Reader;
  const info = reader.info(place.address);
  if (itself) {
    spread(reader, [info.address], cls);
    return;
  }
  if (info.kind !== 'group' || reader.word(info, Reserved.encoding) === Encoding.entries) return;
  const held = (name: string): RegisteredClass | undefined => {
    const rule = cls.ruleFor(cls.propertyFor(unescapeName(name)));
    const type = rule?.as?.() ?? rule?.type;
    return type && registry.of(type.prototype);
  };
  for (const attribute of info.attributes) {
    const wanted = isElement(attribute.datatype) ? held(attribute.name) : undefined;
    if (wanted) spread(reader, targetsOf(reader, attribute.datatype, attribute.data, 1), wanted);
  }
  for (const link of info.links) {
    const wanted = link.kind === 'hard' ? held(link.name) : undefined;
    if (wanted && link.kind === 'hard') spread(reader, [link.address], wanted);
  }
}

/** Marks what stands at addresses, or in the arrays, Sets and Maps there. */
function spread(reader: Reader, todo: number[], cls: RegisteredClass): void {
  const { word, marks } = reader;
  const seen = new Set<number>();
  for (let address = todo.pop(); address !== undefined; address = todo.pop()) {
    if (seen.has(address)) continue;
    seen.add(address);
    const info = reader.info(address);
    if (info.kind === 'datatype' || word(info, Reserved.class) !== undefined) continue;
    const type = word(info, Reserved.type);
    if (info.kind === 'dataset') {
      const { datatype, dataspace } = info;
      const into = info.attributes.find(({ name }) => name === Reserved.into);
      if (into) todo.push(...targetsOf(reader, into.datatype, into.data, 1));
      else if (datatype.class === 'reference' || isElement(datatype))
        todo.push(...targetsOf(reader, datatype, reader.data(info), dataspace.dims[0] ?? 1));
      else if (isRecord(datatype)) marks.set(address, cls);
      continue;
    }
    switch (word(info, Reserved.encoding)) {
      case undefined:
        if (type === 'Map') todo.push(...children(info));
        else if (type === undefined) marks.set(address, cls);
        break;
      case Encoding.entries:
        if (type === 'Map') todo.push(...children(info, 'values'));
        else if (type === undefined) marks.set(address, cls);
        break;
      case Encoding.records:
        if (word(info, Reserved.items) === undefined) marks.set(address, cls);
        break;
      case Encoding.list:
      case Encoding.union:
        todo.push(...children(info));
        break;
      default:
        // Nested rows, sparse arrays, and the root of a file whose value is no group.
        todo.push(...children(info, 'values'), ...children(info, 'value'));
    }
  }
}

function children(info: GroupInfo, only?: string): number[] {
  return info.links.flatMap((link) =>
    link.kind === 'hard' && (only === undefined || link.name === only) ? [link.address] : [],
  );
}

/** What references lead to: objects, or the vectors that objects live in. */
function targetsOf({ decode }: Reader, type: Datatype, bytes: Uint8Array, count: number): number[] {
  const targets = new Set<number>();
  for (const element of decode(type, bytes, count) as ArrayLike<unknown> & Iterable<unknown>) {
    const { into = element } = (element ?? {}) as { into?: unknown };
    const { address } = (into ?? {}) as { address?: unknown };
    if (typeof address === 'number') targets.add(address);
  }
  return [...targets];
}

/** Whether elements are pairs of a reference and an index. */
function isElement(type: Datatype): boolean {
  return type.class === 'compound' && type.members.length === 2 && type.members[0]?.name === Tag.into;
}

/** Whether elements are records, and not values that HDF5 has no type for. */
function isRecord(type: Datatype): boolean {
  if (type.class !== 'compound') return false;
  const [first] = type.members;
  return type.members.length !== 1 || !(Object.values(Tag) as string[]).includes(first?.name ?? '');
}
