import {
  type Attribute,
  type CompoundMember,
  Dataset,
  Datatype,
  type Dtype,
  type EnumTypeMetadata,
  File,
  Group,
  type Metadata,
  Module,
  Reference,
  ready,
} from 'h5wasm/node';
import { withFile } from './temporary-file.js';

/**
 * A value as h5wasm reads it, made easier to compare: a boolean for h5py's enum FALSE/TRUE, an object for a
 * compound, an address for a reference (0 if it has no target). N-dimensional data is flat, as h5wasm has it.
 */
export type H5wasmValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | ArrayBufferView
  | { ref: number }
  | { unreadable: string }
  | H5wasmValue[]
  | { [field: string]: H5wasmValue };

export interface H5wasmAttribute {
  dtype: Dtype;
  /** Null for a null dataspace, empty for a scalar. */
  shape: number[] | null;
  value: H5wasmValue;
}

export interface H5wasmGroup {
  kind: 'group';
  address: number;
  attrs: Record<string, H5wasmAttribute>;
  members: Record<string, H5wasmMember>;
}

export interface H5wasmDataset extends H5wasmAttribute {
  kind: 'dataset';
  address: number;
  attrs: Record<string, H5wasmAttribute>;
}

export interface H5wasmDatatype {
  kind: 'datatype';
  address: number;
  attrs: Record<string, H5wasmAttribute>;
}

export type H5wasmMember =
  | H5wasmGroup
  | H5wasmDataset
  | H5wasmDatatype
  | { kind: 'soft'; path: string }
  | { kind: 'external'; file: string; path: string }
  /** An object that is described elsewhere: shared, or an ancestor. */
  | { kind: 'seen'; address: number };

/** How h5wasm sees a file: the root group, with all that is below it. */
export async function h5wasm(source: string | Uint8Array): Promise<H5wasmGroup> {
  await ready;
  // Otherwise libhdf5 prints its errors, and h5wasm goes on.
  Module.activate_throwing_error_handler();
  return withFile(source, async (path) => {
    const file = new File(path, 'r');
    if (file.file_id < 0n) throw new Error(`h5wasm cannot open ${path}`);
    try {
      return describeFile(file);
    } finally {
      file.close();
    }
  });
}

function describeFile(file: File): H5wasmGroup {
  const seen = new Set<number>();
  const root = describeGroup(file);
  seen.add(root.address);
  const waiting: [H5wasmGroup, Group][] = [[root, file]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [described, group] = next;
    for (const name of group.keys()) {
      const member = describeMember(group, name, seen, waiting);
      // Not by assignment: the name may be `__proto__`.
      Object.defineProperty(described.members, name, { value: member, enumerable: true });
    }
  }
  return root;
}

function describeMember(
  group: Group,
  name: string,
  seen: Set<number>,
  waiting: [H5wasmGroup, Group][],
): H5wasmMember {
  const path = group.path === '/' ? `/${name}` : `${group.path}/${name}`;
  // Asked first: `get` follows a soft link, and takes a dangling one for a group.
  const target: string | null = group.get_link(path);
  if (target !== null) return { kind: 'soft', path: target };
  if (group.get_type(path) === Module.H5G_UDLINK) {
    const { filename, obj_path } = group.get_external_link(path);
    return { kind: 'external', file: filename, path: obj_path };
  }

  const object = group.get(path);
  if (!(object instanceof Group || object instanceof Dataset || object instanceof Datatype)) {
    throw new Error(`h5wasm does not know what ${path} is`);
  }
  const address = addressOf(object.create_reference());
  if (seen.has(address)) return { kind: 'seen', address };
  seen.add(address);
  if (object instanceof Group) {
    const described = describeGroup(object);
    waiting.push([described, object]);
    return described;
  }
  const attrs = describeAttributes(object);
  if (object instanceof Datatype) return { kind: 'datatype', address, attrs };
  return { kind: 'dataset', address, attrs, ...describeData(object) };
}

function describeGroup(group: Group): H5wasmGroup {
  return {
    kind: 'group',
    address: addressOf(group.create_reference()),
    attrs: describeAttributes(group),
    members: {},
  };
}

function describeAttributes(object: Group | Dataset | Datatype): Record<string, H5wasmAttribute> {
  return Object.fromEntries(
    Object.entries(object.attrs).map(([name, attribute]) => [name, describeData(attribute)]),
  );
}

function describeData(data: Attribute | Dataset): H5wasmAttribute {
  let value: H5wasmValue;
  try {
    value = plain(data.value, data.metadata);
  } catch (error) {
    value = { unreadable: String(error) };
  }
  return { dtype: data.dtype, shape: data.shape, value };
}

function plain(value: unknown, type: Metadata): H5wasmValue {
  if (value === null) return null;
  if (type.shape?.length === 0 && type.ref_type && Array.isArray(value)) {
    // h5wasm has a list around the one reference of a scalar.
    return plain(value[0], type);
  }
  if (value instanceof Reference) return { ref: addressOf(value) };
  if (type.enum_type && isBoolean(type.enum_type)) {
    return ArrayBuffer.isView(value) ? Array.from(value as Int8Array, Boolean) : Boolean(value);
  }
  if (type.compound_type) {
    const { members } = type.compound_type;
    const record = (row: unknown) => plainRecord(row as unknown[], members);
    return type.shape?.length ? (value as unknown[]).map(record) : record(value);
  }
  if (Array.isArray(value)) return value.map((element) => plain(element, type.vlen_type ?? type));
  return value as H5wasmValue;
}

function plainRecord(row: unknown[], members: CompoundMember[]): { [field: string]: H5wasmValue } {
  return Object.fromEntries(members.map((member, i) => [member.name, plain(row[i], member)]));
}

function isBoolean({ members, nmembers }: EnumTypeMetadata): boolean {
  return nmembers === 2 && members['FALSE'] === 0 && members['TRUE'] === 1;
}

/** An object reference is the address of its target. Its bytes are a plain list where h5wasm made it. */
function addressOf({ ref_data }: Reference): number {
  return Number(new DataView(Uint8Array.from(ref_data).buffer).getBigUint64(0, true));
}
