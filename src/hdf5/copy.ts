import { H5Error, H5FeatureError, H5FormatError } from '../errors.js';
import { DatasetStorage } from './dataset-storage.js';
import {
  type AttributeDraft,
  DatasetDraft,
  type EncodedType,
  encodedType,
  type GroupDraft,
} from './draft.js';
import { EditableMap } from './editable-map.js';
import type { Encoded } from './elements.js';
import { getU64 } from './endian.js';
import type { FileSession } from './file-session.js';
import type { FileSpace } from './file-space.js';
import { H5Reference } from './h5-reference.js';
import { heapObject } from './indexes/global-heap.js';
import { extent } from './messages/dataspace.js';
import type { Datatype } from './messages/datatype.js';
import { MessageType } from './messages/message-type.js';
import { type Named, naming } from './named-errors.js';
import type { DatasetInfo, ObjectInfo } from './object.js';
import { readObjectHeader } from './object-header.js';
import { rawData } from './raw-data.js';
import { isReferredName } from './referred.js';
import { hasPointers, hasReferences } from './release.js';
import { type AnyLink, anew, isHard, linkTo, type Node, type StoredObject } from './stored-object.js';

/** What makes the objects of the file that is copied to. */
export interface CopyTarget {
  newId(): number;
  newGroup(): GroupDraft;
  newDatatype(datatype: Datatype): StoredObject;
  /** A datatype that is shared with the committed one of the file at an address. */
  share(datatype: Datatype, committed: number): EncodedType;
  putAttribute(object: Node, name: string, attribute: AttributeDraft): void;
  putComment(object: Node, comment: Uint8Array): void;
  reference(copy: Node): H5Reference;
  /**
   * Copies the elements of a dataset as they are stored: at once, or, with `isLater`, as soon as all objects have an
   * address. `convert` says what becomes of those with pointers.
   */
  copyStorage(
    draft: DatasetDraft,
    from: DatasetStorage,
    isLater: boolean,
    convert: (bytes: Uint8Array, count: number) => Encoded,
  ): void;
}

/** An object that takes the part of a copy, and the draft that gets what the copy would have. */
export interface StandIn {
  readonly node: Node;
  readonly draft: GroupDraft;
}

/** Contiguous elements of so many bytes are kept until the copy is written. */
const KEPT = 1 << 16;

/** How many bytes of the global heap may still be copied. */
interface Budget {
  left: number;
}

/** Each object of the heap belongs to one element, so all of them together are no larger than the file. */
const budgetOf = (space: FileSpace): Budget => ({ left: space.end });

/** What a reference is to be in the copy; undefined: one to nothing. */
type Redirect = (address: number) => H5Reference | undefined;

/**
 * Copies an object of a file, and all that its hard links lead to. What is one object stays one, in cycles too. References
 * to objects that are copied lead to the copies; others stay as they are within a file, and lead to nothing in another one.
 * Soft and external links are copied as they are. Committed datatypes are shared with their copies, or within a file, if
 * there are none, with themselves; else what used them gets a datatype of its own.
 *
 * Objects that have a stand-in, by their addresses, are not copied: what leads to them leads to that. Returns the copy, and
 * those of the others that are to be copied with it.
 */
export function copyObject(
  source: FileSession,
  from: StoredObject,
  target: CopyTarget,
  isSameFile: boolean,
  standIns?: ReadonlyMap<number, StandIn>,
  others: readonly StoredObject[] = [],
): Node[] {
  const { space } = source;
  const copies = new Map<number, Node>();
  const nodes: StoredObject[] = [];
  const copyOf = (node: StoredObject): Node => {
    const { info } = node;
    const known = copies.get(info.address);
    if (known) return known;
    checkCopied(space, info);
    const copy =
      info.kind === 'group'
        ? (standIns?.get(info.address)?.node ?? target.newGroup())
        : info.kind === 'datatype'
          ? target.newDatatype(info.datatype)
          : new DatasetDraft(
              target.newId(),
              encodedType(info.datatype),
              isCopiedAsStored(info)
                ? info.dataspace
                : { kind: info.dataspace.kind, dims: info.dataspace.dims },
              undefined,
            );
    copies.set(info.address, copy);
    nodes.push(node);
    return copy;
  };
  /** What gets the attributes and links. */
  const filled = (node: StoredObject): Node => standIns?.get(node.info.address)?.draft ?? copyOf(node);
  const made = [from, ...others].map(copyOf);
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as StoredObject;
    if (node.kind !== 'group') continue;
    const group = filled(node) as GroupDraft;
    for (const [name, link] of node.links as Iterable<[string, AnyLink]>) {
      group.links ??= new EditableMap();
      group.links.set(name, isHard(link) ? linkTo(copyOf(source.target(link) as StoredObject)) : anew(link));
    }
  }

  // References may lead to any of the objects, so what holds them comes last.
  const redirect: Redirect = (address) => {
    const copy = copies.get(address);
    if (copy) return target.reference(copy);
    return isSameFile ? new H5Reference(address, 'object', source.space.globalHeap) : undefined;
  };
  /** Where in the file of the copy the committed datatype is that a datatype is shared with. */
  const committedFor = ({ committed }: Datatype): number | undefined => {
    const copy = committed === undefined ? undefined : copies.get(committed);
    if (copy) return (copy as StoredObject).info.address;
    return isSameFile ? committed : undefined;
  };
  const budget = budgetOf(space);
  const copyContent = (node: StoredObject): void => {
    const copy = filled(node);
    keepOrder(node, copy);
    for (const [name, { datatype, dataspace, data }] of node.attributes) {
      const attribute: AttributeDraft = {
        datatype,
        dataspace,
        committed: committedFor(datatype),
        encoded:
          dataspace.kind === 'null'
            ? undefined
            : copyElements(space, datatype, extent(dataspace), data, redirect, budget),
      };
      target.putAttribute(copy, name, attribute);
    }
    const comment = commentOf(space, node.info.address);
    if (comment && !standIns?.has(node.info.address)) target.putComment(copy, comment);
    if (!(copy instanceof DatasetDraft) || node.info.kind !== 'dataset') return;
    const { datatype, dataspace } = node.info;
    const committed = committedFor(datatype);
    if (committed !== undefined) copy.type = target.share(datatype, committed);
    if (isCopiedAsStored(node.info)) {
      const from = new DatasetStorage(space, node.info);
      target.copyStorage(copy, from, hasReferences(datatype), (bytes, count) =>
        copyElements(space, datatype, count, bytes, redirect, budget),
      );
      return;
    }
    const count = extent(dataspace);
    const raw = rawData(space, node.info, 'the data of a dataset that is copied');
    if (raw.stored && count > 0) {
      const encoded = copyElements(space, datatype, count, raw.copy(0, count), redirect, budget);
      copy.data = encoded.at.length > 0 ? encoded : encoded.bytes;
    }
  };
  for (const node of nodes) naming(pathOf(source, node), () => copyContent(node));
  return made;
}

/**
 * The objects that references within an object lead to, and references within those, and so on, as far as they are not in it:
 * a copy in another file loses references to them unless they are copied as well. Links of the object that are `left` out are
 * not gone along. The addresses of all objects that are met are added to `known`.
 */
export function referredOutside(
  source: FileSession,
  from: StoredObject,
  left: ReadonlySet<string> = new Set(),
  known: Set<number> = new Set(),
): StoredObject[] {
  const { space } = source;
  const asked = new Set<number>();
  const budget = budgetOf(space);
  const look = (type: Datatype, count: number, data: () => Uint8Array): void => {
    if (!hasReferences(type)) return;
    const ask: Redirect = (address) => {
      asked.add(address);
      return undefined;
    };
    copyElements(space, type, count, data(), ask, budget);
  };
  const visit = (start: StoredObject): void => {
    const nodes = [start];
    known.add(start.info.address);
    for (const node of nodes) {
      const { info } = node;
      for (const [, { datatype, dataspace, data }] of node.attributes)
        if (dataspace.kind !== 'null') look(datatype, extent(dataspace), () => data);
      if (info.kind === 'dataset') {
        const count = extent(info.dataspace);
        const all = () => rawData(space, info, 'the references of a dataset').read(0, count);
        if (count > 0) look(info.datatype, count, all);
      }
      for (const [name, target] of hardLinks(source, node)) {
        if (known.has(target.info.address) || (node === from && left.has(name))) continue;
        known.add(target.info.address);
        nodes.push(target);
      }
    }
  };
  visit(from);
  const outside: StoredObject[] = [];
  // Those that are found meanwhile come last.
  for (const address of asked) {
    if (known.has(address)) continue;
    const object = objectAt(source, address);
    if (!object) continue;
    outside.push(object);
    visit(object);
  }
  return outside;
}

/** Links of the root to what is there for references alone, and that no reference leads to, nor to anything in it. */
export function deadLinks(source: FileSession, root: StoredObject): string[] {
  const there = new Map([...hardLinks(source, root)].filter(([name]) => isReferredName(name)));
  if (there.size === 0) return [];
  const known = new Set<number>();
  referredOutside(source, root, new Set(there.keys()), known);
  const isAlive = (start: StoredObject): boolean => {
    const within = new Map([[start.info.address, start]]);
    for (const [address, node] of within) {
      if (known.has(address)) return true;
      for (const [, target] of hardLinks(source, node)) within.set(target.info.address, target);
    }
    return false;
  };
  return [...there].filter(([, object]) => !isAlive(object)).map(([name]) => name);
}

/** Where an object stands, for errors: the shortest path that leads there, or its address. */
function pathOf(source: FileSession, { info: { address } }: StoredObject): Named {
  return {
    get path() {
      const root = source.root as StoredObject;
      const found = new Map([[root.info.address, { object: root, path: '' }]]);
      for (const { object, path } of found.values())
        for (const [name, target] of hardLinks(source, object))
          if (!found.has(target.info.address))
            found.set(target.info.address, { object: target, path: `${path}/${name}` });
      return found.get(address)?.path ?? `#${address}`;
    },
  };
}

/** The names of the hard links of an object, and what they lead to; none of what is no group. */
function* hardLinks(source: FileSession, { links }: StoredObject): Generator<[string, StoredObject]> {
  for (const [name, link] of (links ?? []) as Iterable<[string, AnyLink]>)
    if (isHard(link)) yield [name, source.target(link) as StoredObject];
}

/** The object at an address that a reference has; undefined if there is none any more, as HDF5 lets references be. */
function objectAt(source: FileSession, address: number): StoredObject | undefined {
  try {
    return source.dereference(new H5Reference(address, 'object', source.space.globalHeap)) as StoredObject;
  } catch (error) {
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}

/** Where one creation order may run through attributes and links, the copy has the same. */
function keepOrder({ info }: StoredObject, copy: Node): void {
  if (info.kind !== 'group' || info.attributes.length === 0 || info.links.length === 0 || 'info' in copy)
    return;
  if (info.attributes.some(({ order }) => order < 0) || info.links.some(({ order }) => order < 0)) return;
  copy.attributeOrders = new Map(info.attributes.map(({ name, order }) => [name, order]));
  copy.linkOrders = new Map(info.links.map(({ name, order }) => [name, order]));
}

/** Elements that lead elsewhere, and their datatypes, are of another size where addresses are. */
function checkCopied({ superblock: { offsetSize } }: FileSpace, info: ObjectInfo): void {
  if (offsetSize === 8) return;
  const types = info.attributes.map(({ datatype }) => datatype);
  if (info.kind !== 'group') types.push(info.datatype);
  if (types.some((type) => hasPointers(type, true)))
    throw new H5FeatureError(
      `a copy of texts, sequences or references of a file with addresses of ${offsetSize} bytes (h5repack makes one of which there can be one)`,
    );
}

/** The message of the comment that an object has (H5Oset_comment), which says nothing to this program. */
function commentOf(space: FileSpace, address: number): Uint8Array | undefined {
  const message = readObjectHeader(space, address).find(({ type }) => type === MessageType.Comment);
  return message && new Uint8Array(message.data.bytes);
}

/** Whether elements go from one storage to another; else a few that are one after another are taken along. */
function isCopiedAsStored({ datatype, dataspace, layout, fillValue }: DatasetInfo): boolean {
  if (dataspace.kind === 'null') return false;
  return layout.kind === 'chunked' || fillValue !== undefined || extent(dataspace) * datatype.size > KEPT;
}

/**
 * Elements with what they lead to in the global heap; `bytes` are copied where that is needed. Elements that share an object have a
 * copy of it each, so that one can be changed without the others: hence the budget.
 */
export function copyElements(
  space: FileSpace,
  type: Datatype,
  count: number,
  bytes: Uint8Array,
  redirect: Redirect,
  budget = budgetOf(space),
): Encoded {
  const copy = new Uint8Array(bytes);
  if (!hasPointers(type, true)) return { bytes: copy, at: [], targets: [] };
  const view = new DataView(copy.buffer);
  const at: number[] = [];
  const targets: Encoded['targets'][number][] = [];
  const object = (address: number, index: number, size?: number): Uint8Array => {
    const data = heapObject(space, address, index, size);
    budget.left -= data.length;
    if (budget.left < 0)
      throw new H5FormatError(
        space.superblock.baseAddress + address,
        `variable-length data larger than the file, of ${data.length} bytes`,
      );
    return data;
  };
  // Types nest at most MAX_DATATYPE_DEPTH deep.
  const visit = (position: number, element: Datatype): void => {
    if (element.class === 'variable-length') {
      const length = view.getUint32(position, true);
      const address = getU64(view, position + 4);
      const index = view.getUint32(position + 12, true);
      copy.fill(0, position, position + 16);
      if (length === 0 || address === 0) return;
      // A string is copied as the bytes that it is.
      const size = element.string ? 1 : element.base.size;
      const data = object(address, index, length * size);
      at.push(position);
      targets.push({
        count: length,
        data: element.string
          ? { bytes: new Uint8Array(data), at: [], targets: [] }
          : copyElements(space, element.base, length, data, redirect, budget),
      });
    } else if (element.class === 'reference') {
      const isRegion = element.kind === 'region';
      if (element.size !== (isRegion ? 12 : 8))
        throw new H5FeatureError(`a copy of references of ${element.size} bytes`);
      let address = getU64(view, position);
      let region: Uint8Array | undefined;
      if (isRegion && address !== 0) {
        const index = view.getUint32(position + 8, true);
        region = new Uint8Array(object(address, index));
        address = getU64(new DataView(region.buffer), 0);
      }
      copy.fill(0, position, position + element.size);
      const reference = address === 0 ? undefined : redirect(address);
      if (!reference) return;
      at.push(position);
      targets.push(
        region ? { count: 1, isRegion, data: { bytes: region, at: [0], targets: [reference] } } : reference,
      );
    } else if (element.class === 'array') {
      const size = element.dims.reduce((product, dim) => product * dim, 1);
      for (let i = 0; i < size; i++) visit(position + i * element.base.size, element.base);
    } else if (element.class === 'compound') {
      for (const member of element.members)
        if (hasPointers(member.type, true)) visit(position + member.offset, member.type);
    }
  };
  for (let i = 0; i < count; i++) visit(i * type.size, type);
  return { bytes: copy, at, targets };
}
