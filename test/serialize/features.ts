import { H5Dataset, H5File, H5Group, type H5Reference } from '../../src/index.js';
import { isReservedName } from './outline.js';

type Stored = H5Group | H5Dataset;

/**
 * Which ways to store something a file uses, as phrases: `records of a class`, `a member into records`,
 * `a column of row numbers`, `a mask on strings`. They say what a test, or a generator of values, has reached.
 */
export function featuresOf(bytes: Uint8Array): Set<string> {
  const file = H5File.open(bytes);
  const found = new Set<string>();
  const objects = new Map<number, Stored>([[file.ref.address, file]]);
  file.visit((_, object) => {
    if (object instanceof H5Group || object instanceof H5Dataset) objects.set(object.ref.address, object);
  });
  /** How each object is reached: `column`, `item`, `part`, ... */
  const roles = new Map<number, string>();
  const links = new Map<number, number>();
  for (const object of objects.values()) {
    if (!(object instanceof H5Group)) continue;
    for (const [name, child] of object) {
      const { address } = (child as Stored).ref;
      links.set(address, (links.get(address) ?? 0) + 1);
      roles.set(address, roleOf(encodingOf(object), name));
    }
  }

  for (const [address, object] of objects) {
    const role = roles.get(address) ?? 'root';
    const form = formOf(object);
    const type = object.attrs.get('@type');
    found.add(form);
    if (role !== 'member' && role !== 'root') found.add(`${form} as ${role}`);
    if (type !== undefined) found.add(`${form}, a ${type}`);
    const integrity = object.attrs.get('@integrity');
    if (integrity !== undefined) found.add(`${form}, ${integrity}`);
    if (object instanceof H5Group && object.has('[[entries]]')) found.add(`${form} with [[entries]]`);
    if (object.attrs.has('@mask')) found.add(`a mask on ${form}`);
    if ((links.get(address) ?? 0) > 1) found.add(`a shared ${form}`);
    if (object.attrs.has('@into')) {
      const home = objects.get((object.attrs.get('@into') as H5Reference).address) as Stored;
      found.add(`row numbers into ${formOf(home)}`);
      if (roles.get(home.ref.address) === 'part') found.add('row numbers into a part');
    }
    if (form === 'pairs') {
      for (const { index } of (object as H5Dataset).value as { index: bigint }[])
        found.add(index < 0n ? 'a pair without a row' : 'a pair with a row');
    }
    if (!(object instanceof H5Group)) continue;
    for (const name of object.attrs.keys()) {
      if (isReservedName(name)) continue;
      const info = object.attrs.info(name);
      found.add(`a member ${info?.shape === null ? 'without a value, ' : ''}${info?.dtype}`);
      if (!info?.dtype.startsWith('{into')) continue;
      const { into } = object.attrs.get(name) as unknown as { into: H5Reference };
      found.add(`a member into ${formOf(objects.get(into.address) as Stored)}`);
      if (roles.get(into.address) === 'part') found.add('a member into a part');
    }
  }
  return found;
}

const encodingOf = (group: H5Group) => group.attrs.get('@encoding') as string | undefined;

function roleOf(encoding: string | undefined, name: string): string {
  switch (encoding) {
    case 'records':
      return 'column';
    case 'union':
      return name === '@kinds' ? 'kinds' : 'part';
    case 'ragged':
      return name === 'keys' ? 'inner keys' : name === 'values' ? 'items' : 'offsets';
    case 'entries':
    case 'sparse':
      return name;
    case 'list':
      return 'element';
    default:
      return 'member';
  }
}

function formOf(object: Stored): string {
  const items = object.attrs.get('@items');
  const of = items === undefined ? '' : ` of ${items}`;
  if (object instanceof H5Group) {
    const kind = object.attrs.has('@class') ? ' of a class' : of;
    return `${encodingOf(object) ?? 'object'}${kind}`;
  }
  const { dtype, shape } = object;
  const rank = shape?.length ?? -1;
  const dimensions = rank < 2 ? '' : rank < 31 ? 'N-D ' : '31-D ';
  const scalar = rank === 0 ? 'scalar ' : '';
  return `${scalar}${dimensions}${elementsOf(object, dtype)}${of}`;
}

function elementsOf(dataset: H5Dataset, dtype: string): string {
  if (dataset.attrs.has('@into')) return 'row numbers';
  if (dtype.startsWith('enum')) return 'missing';
  if (/^S\d+$/.test(dtype)) return 'fixed strings';
  return { '{into: ref, index: <i8}': 'pairs', ref: 'references', str: 'strings' }[dtype] ?? dtype;
}
