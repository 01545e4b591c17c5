import type { H5pyAttribute, H5pyDtype, H5pyFile, H5pyObject, H5pyValue } from '../oracle/oracles.js';

/**
 * A file as h5py finds it, a line for each attribute and object: members in the order of their creation orders, which
 * run through both; `-> /path` for an object that stands elsewhere too.
 *
 *     @h5pickle: int32 = 1
 *     a: int32 = 5
 *     list/: {@encoding: records, @length: 2}
 *       x: int32[2] = [1,2]
 */
export function outline(file: H5pyFile): string[] {
  const lines: string[] = [];
  const paths = new Map<number, string>();
  const reference = (address: number | null) =>
    address === null ? 'nowhere' : (paths.get(address) ?? 'later');
  // First the paths: a reference may lead to what is listed further on.
  const name = (object: H5pyObject, path: string): void => {
    if (paths.has(object.address)) return;
    paths.set(object.address, path);
    if (object.kind !== 'group') return;
    for (const link of object.links) {
      if (link.type === 'hard')
        name(file.objects[link.target] as H5pyObject, `${path === '/' ? '' : path}/${link.name}`);
    }
  };
  name(file.root, '/');

  const list = (object: H5pyObject, path: string, indent: string): void => {
    const members = [
      ...object.attrs.map((attribute) => ({ order: attribute.order ?? -1, attribute, link: undefined })),
      ...(object.kind === 'group' ? object.links : []).map((link) => ({
        order: link.order ?? -1,
        attribute: undefined,
        link,
      })),
    ].sort((a, b) => a.order - b.order);
    for (const { attribute, link } of members) {
      if (attribute) {
        if (path === '/' || !isReserved(attribute)) lines.push(`${indent}${line(attribute)}`);
        continue;
      }
      if (link.type !== 'hard') {
        lines.push(`${indent}${link.name}: a ${link.type} link`);
        continue;
      }
      const target = file.objects[link.target] as H5pyObject;
      const here = `${path === '/' ? '' : path}/${link.name}`;
      if (paths.get(link.target) !== here) {
        lines.push(`${indent}${link.name} -> ${paths.get(link.target)}`);
        continue;
      }
      const marks = target.attrs.filter(isReserved).map(mark).join(', ');
      const braces = marks === '' ? '' : ` {${marks}}`;
      if (target.kind === 'dataset') {
        const { dtype, shape, value } = target;
        lines.push(
          `${indent}${link.name}: ${typeName(dtype)}${dims(shape)} = ${show(value, reference)}${braces}`,
        );
      } else {
        lines.push(`${indent}${link.name}/${braces}`);
      }
      list(target, here, target.kind === 'group' ? `${indent}  ` : `${indent}  .`);
    }
  };
  const line = ({ name, dtype, shape, value }: H5pyAttribute) =>
    `${String(name)}: ${typeName(dtype)}${dims(shape)}${shape === null ? '' : ` = ${show(value, reference)}`}`;
  const mark = ({ name, value }: H5pyAttribute) => `${String(name).slice(1)} ${show(value, reference)}`;
  list(file.root, '/', '');
  return lines;
}

/** Whether the layout has given an attribute its name: names of the user's never begin so. */
export const isReservedName = (name: unknown): boolean => /^@[^%]/.test(String(name));

const isReserved = ({ name }: H5pyAttribute) => isReservedName(name);

function dims(shape: number[] | null): string {
  if (shape === null) return ' null';
  return shape.length === 0 ? '' : `[${shape.join(',')}]`;
}

function show(value: H5pyValue, reference: (address: number | null) => string): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_, item) => {
    if (typeof item === 'bigint') return `${item}n`;
    if (typeof item === 'number' && !Number.isFinite(item)) return String(item);
    if (Object.is(item, -0)) return '-0';
    if (typeof item === 'object' && item !== null && '$ref' in item)
      return `-> ${reference(item.$ref as number | null)}`;
    return item;
  }).replaceAll('"', '');
}

function typeName(dtype: H5pyDtype): string {
  switch (dtype.class) {
    case 'integer':
      return `${dtype.signed ? '' : 'u'}int${dtype.size * 8}${dtype.order === 'big' ? ' big-endian' : ''}`;
    case 'float':
      return `float${dtype.size * 8}${dtype.order === 'big' ? ' big-endian' : ''}`;
    case 'string': {
      const { variable, length, charset, padding } = dtype.string;
      return variable ? `vlen ${charset}` : `${charset} of ${length}, ${padding}`;
    }
    case 'enum':
      return dtype.bool
        ? 'bool'
        : `enum ${typeName(dtype.base)} ${dtype.members.map(([name]) => name).join('|')}`;
    case 'compound':
      return `{${dtype.fields.map((field) => `${String(field.name)} ${typeName(field.dtype)}`).join(', ')}}`;
    case 'vlen':
      return `vlen(${typeName(dtype.base)})`;
    case 'reference':
      return `${dtype.reference} reference`;
    default:
      return dtype.class;
  }
}
