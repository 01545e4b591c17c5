/** Blobs and files, whose bytes take time to read: `write` waits for them. */
import type { Spend, ValueType } from '../registry/index.js';
import { H5UnsupportedError } from '../serialize/errors.js';
import { pathTo } from '../serialize/path.js';
import type { Node, Place } from '../serialize/plan.js';
import { checked, madeOf } from './content.js';

/** The bytes of Blobs: arrays of the right size, which are filled while nothing else happens to the plan that holds them. */
export class BlobBytes {
  readonly #arrays = new Map<Blob, Uint8Array>();

  of(blob: Blob): Uint8Array {
    let bytes = this.#arrays.get(blob);
    if (!bytes) {
      bytes = new Uint8Array(blob.size);
      this.#arrays.set(blob, bytes);
    }
    return bytes;
  }

  /** Reads all of them. They are among the nodes that have been planned. */
  async read(nodes: readonly Node[]): Promise<void> {
    for (const [blob, bytes] of this.#arrays) {
      try {
        await readInto(bytes, blob);
      } catch (cause) {
        const path = pathOf(bytes, nodes).replace(/\.bytes$/, '');
        const remedy = `reading its bytes throws ${String(cause).slice(0, 200)}`;
        throw new H5UnsupportedError(path, 'a Blob', remedy, { cause });
      }
    }
  }
}

/** Where a typed array stands that has been planned. */
function pathOf(array: object, nodes: readonly Node[]): string {
  for (const node of nodes) {
    if (node.kind === 'binary' && node.value === array) return pathTo(node);
    const index = node.kind === 'vector' && node.encoding === 'typed' ? node.values.indexOf(array) : -1;
    if (index >= 0) return pathTo((node.place as Place).node, index);
  }
  return '$';
}

async function readInto(bytes: Uint8Array, blob: Blob): Promise<void> {
  const reader = blob.stream().getReader();
  let position = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes.set(next.value, position);
    position += next.value.length;
  }
  if (position !== bytes.length) throw new Error(`it has ${position} bytes, not ${bytes.length}`);
}

/** The bytes of a Blob in a file. They are copied when it is made. */
function partOf(what: string, content: unknown, spend: Spend): Uint8Array<ArrayBuffer> {
  const bytes = checked(what, content, Uint8Array<ArrayBuffer>);
  spend(bytes.length);
  return bytes;
}

/** The types, as far as the platform has them. Without `bytes`, values of them cannot be stored. */
export function blobTypes(bytes?: BlobBytes): ValueType[] {
  const bytesOf = (blob: Blob): Uint8Array => {
    if (bytes) return bytes.of(blob);
    throw new Error(
      "the bytes of a Blob take time: use write, which waits for them (with { streaming } of 'h5pickle/streaming')",
    );
  };
  const types: ValueType[] = [];
  const add = <T extends object>(type: ValueType<T>) => types.push(type as unknown as ValueType);
  if (typeof Blob === 'function')
    add<Blob>({
      name: 'Blob',
      prototype: Blob.prototype,
      encode: (blob) => ({ bytes: bytesOf(blob), type: blob.type }),
      decode: ({ bytes: content, type }, spend) =>
        new Blob([partOf('Blob', content, spend)], { type: checked('Blob', type, 'string') }),
    });
  if (typeof File === 'function')
    add<File>({
      name: 'File',
      prototype: File.prototype,
      encode: (file) => {
        const { name, type, lastModified } = file;
        return { name, type, lastModified, bytes: bytesOf(file) };
      },
      decode: ({ bytes: content, name, type, lastModified }, spend) =>
        madeOf(
          'File',
          () =>
            new File([partOf('File', content, spend)], checked('File', name, 'string'), {
              type: checked('File', type, 'string'),
              lastModified: Number(lastModified),
            }),
        ),
    });
  return types;
}
