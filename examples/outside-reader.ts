/**
 * What an outside reader makes of a file: h5wasm, which is the HDF5 library itself, compiled to WebAssembly. It
 * knows nothing of h5pickle; what it reads is put together here by docs/FORMAT.md alone.
 */
import {
  type Attribute,
  Dataset,
  File,
  Group,
  type Metadata,
  Module,
  type Reference,
  ready,
} from 'h5wasm/node';

/** Everything that is in a file. */
export interface Inventory {
  readonly groups: number;
  readonly datasets: number;
  readonly attributes: number;
  /** Elements of datasets, and attributes that are no words of the layout. */
  readonly values: number;
}

export async function withFile<T>(path: string, use: (file: File) => T): Promise<T> {
  await ready;
  // Otherwise libhdf5 prints its errors, and h5wasm goes on.
  Module.activate_throwing_error_handler();
  const file = new File(path, 'r');
  if (file.file_id < 0n) throw new Error(`h5wasm cannot open ${path}`);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** Visits every object of a file once, by whichever link comes first, and reads every value that it holds. */
export function takeInventory(file: File): Inventory {
  const seen = new Set<string>();
  let [groups, datasets, attributes, values] = [0, 0, 0, 0];
  const todo: (Group | Dataset)[] = [file];
  for (let object = todo.pop(); object; object = todo.pop()) {
    const identity = addressOf(object.create_reference());
    if (seen.has(identity)) continue;
    seen.add(identity);
    for (const [name, attribute] of Object.entries(object.attrs)) {
      attributes++;
      if (!name.startsWith('@')) values++;
      read(attribute);
    }
    if (object instanceof Dataset) {
      datasets++;
      values += (object.shape ?? []).reduce((product, dim) => product * dim, 1);
      read(object);
      continue;
    }
    groups++;
    for (const name of object.keys()) {
      const member = object.get(name);
      if (!(member instanceof Group || member instanceof Dataset)) {
        throw new Error(`h5wasm does not know what ${object.path}/${name} is`);
      }
      todo.push(member);
    }
  }
  return { groups, datasets, attributes, values };
}

/** The value of a file as h5wasm shows it, for values that JSON can hold: a tree, without shared objects. */
export function readJson(file: File): unknown {
  return word(file, '@encoding') === 'value' ? readValue(file.get('value')) : readValue(file);
}

/** The elements of a column of a table: `orders/number`. */
export function readColumn(file: File, path: string): unknown[] {
  return readVector(file.get(path));
}

/** The first column of a table that is a dataset by itself, and its first element. */
export function firstColumn(file: File): { name: string; first: unknown } {
  const name = file.keys().find((key) => file.get(key) instanceof Dataset);
  if (name === undefined) throw new Error(`${file.filename} has no column`);
  return { name, first: readColumn(file, name)[0] };
}

function readValue(object: unknown): unknown {
  if (object instanceof Dataset || (object instanceof Group && word(object, '@encoding') !== undefined)) {
    return readVector(object);
  }
  if (!(object instanceof Group)) throw new Error('h5wasm finds no object');
  const result: Record<string, unknown> = {};
  for (const [name, attribute] of Object.entries(object.attrs)) {
    if (!isReserved(name)) define(result, unescapeName(name), read(attribute));
  }
  for (const name of object.keys()) define(result, unescapeName(name), readValue(object.get(name)));
  return result;
}

function readVector(object: unknown): unknown[] {
  if (object instanceof Dataset) return readElements(object);
  if (!(object instanceof Group)) throw new Error('h5wasm finds no object');
  const { path } = object;
  switch (word(object, '@encoding')) {
    case 'records': {
      const length = Number(read(object.attrs['@length']!));
      const rows = Array.from({ length }, () => ({}));
      for (const name of object.keys()) {
        const column = readVector(object.get(name));
        if (column.length !== length) throw new Error(`${path}/${name}: not ${length} elements`);
        column.forEach((value, i) => {
          define(rows[i]!, unescapeName(name), value);
        });
      }
      return spread(object, rows);
    }
    case 'ragged': {
      const offsets = readVector(object.get('offsets')) as number[];
      const values = readVector(object.get('values'));
      const rows = offsets.slice(1).map((end, i) => values.slice(offsets[i], end));
      return spread(object, rows);
    }
    case 'union': {
      const kinds = readVector(object.get('@kinds')) as number[];
      const names = object.keys().filter((name) => name !== '@kinds');
      const parts = names.map((name) => readVector(object.get(name)).values());
      return spread(
        object,
        kinds.map((kind) => parts[kind]!.next().value),
      );
    }
    case 'list':
      return spread(
        object,
        object.keys().map((name) => readValue(object.get(name))),
      );
    default:
      throw new Error(`${path} is no list`);
  }
}

/** The elements of a dataset, nested by its shape; holes where the mask says that there is none. */
function readElements(dataset: Dataset): unknown[] {
  const dims = dataset.shape ?? [];
  const { enum_type } = dataset.metadata;
  const mask = maskOf(dataset);
  let elements = Array.from(read(dataset) as ArrayLike<unknown>);
  if (enum_type && 'absent' in enum_type.members) return applyMask(elements, elements as number[]);
  if (mask) elements = applyMask(elements, mask);
  for (const width of dims.slice(1).reverse()) {
    elements = Array.from({ length: elements.length / width }, (_, i) =>
      elements.slice(i * width, (i + 1) * width),
    );
  }
  return elements;
}

/** The elements of a group, with the missing ones between them. */
function spread(group: Group, present: unknown[]): unknown[] {
  const mask = maskOf(group);
  if (!mask) return present;
  let next = 0;
  const all = new Array<unknown>(mask.length);
  mask.forEach((code, i) => {
    if (code === 0) all[i] = present[next++];
  });
  return applyMask(all, mask);
}

function applyMask(elements: unknown[], mask: readonly number[]): unknown[] {
  for (let i = 0; i < elements.length; i++) {
    if (mask[i] === 1) elements[i] = undefined;
    else if (mask[i] === 2) elements[i] = null;
    else if (mask[i] === 3) delete elements[i];
  }
  return elements;
}

function maskOf(object: Group | Dataset): number[] | undefined {
  const attribute = object.attrs['@mask'];
  return attribute && Array.from(read(attribute) as Uint8Array);
}

function word(object: Group, name: string): string | undefined {
  const attribute = object.attrs[name];
  return attribute && String(read(attribute));
}

function read(data: Attribute | Dataset): unknown {
  const { value } = data;
  if (!isBoolean(data.metadata)) return value;
  // h5wasm shows the numbers that stand for FALSE and TRUE.
  return typeof value === 'object' ? Array.from(value as ArrayLike<unknown>, Boolean) : Boolean(value);
}

function isBoolean({ enum_type }: Metadata): boolean {
  return enum_type?.nmembers === 2 && enum_type.members['FALSE'] === 0 && enum_type.members['TRUE'] === 1;
}

function addressOf(reference: Reference): string {
  return Array.from(reference.ref_data).join();
}

function isReserved(name: string): boolean {
  return name.startsWith('@') && !name.startsWith('@%');
}

function unescapeName(name: string): string {
  return name.startsWith('@%') ? decodeURIComponent(name.slice(2)) : name;
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

// ---- as text --------------------------------------------------------------------------------------------

const MOST_MEMBERS = 8;
const MOST_LEVELS = 4;

/** What is in a file, one line an object: names, types, shapes and sizes; long groups and deep ones shortened. */
export function treeOf(file: File): string[] {
  const lines: string[] = [];
  const seen = new Set<string>();
  const describe = (object: Group | Dataset, name: string, level: number): void => {
    const indent = '  '.repeat(level);
    const identity = addressOf(object.create_reference());
    if (seen.has(identity)) {
      lines.push(`${indent}${name}  (the same object once more)`);
      return;
    }
    seen.add(identity);
    if (object instanceof Dataset) {
      const { shape, metadata } = object;
      const bytes = (shape ?? []).reduce((product, dim) => product * dim, metadata.size);
      lines.push(
        `${indent}${name}  ${typeName(metadata)} (${(shape ?? []).join(', ')})  ${bytes.toLocaleString('en')} bytes`,
      );
      return;
    }
    const attributes = Object.entries(object.attrs)
      .filter(([key]) => key !== '@h5pickle' && key !== '@mask')
      .map(([key, attribute]) => `${key} = ${shorten(attribute)}`);
    const shown = attributes.slice(0, 4).join(', ') + (attributes.length > 4 ? ', ...' : '');
    lines.push(`${indent}${name}${name === '/' ? '' : '/'}  ${shown}`.trimEnd());
    const names = object.keys();
    if (level >= MOST_LEVELS) {
      if (names.length > 0) lines.push(`${indent}  ... ${names.length} members`);
      return;
    }
    for (const member of names.slice(0, MOST_MEMBERS)) {
      describe(object.get(member) as Group | Dataset, member, level + 1);
    }
    if (names.length > MOST_MEMBERS) lines.push(`${indent}  ... ${names.length - MOST_MEMBERS} more`);
  };
  describe(file, '/', 0);
  return lines;
}

function typeName(metadata: Metadata): string {
  const { type, size, signed, vlen, enum_type, compound_type } = metadata;
  if (isBoolean(metadata)) return 'bool';
  if (enum_type) return 'enum';
  if (compound_type) return `{${compound_type.members.map((member) => member.name).join(', ')}}`;
  switch (type) {
    case 0:
      return `${signed ? 'int' : 'uint'}${size * 8}`;
    case 1:
      return `float${size * 8}`;
    case 3:
      return vlen ? 'strings' : `strings of ${size}`;
    case 7:
      return 'references';
    default:
      return `type ${type}`;
  }
}

function shorten(attribute: Attribute): string {
  if (attribute.metadata.compound_type) return typeName(attribute.metadata);
  const text = String(read(attribute));
  return text.length > 30 ? `${text.slice(0, 27)}...` : text;
}
