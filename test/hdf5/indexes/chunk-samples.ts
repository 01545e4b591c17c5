import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { ByteWriter } from '../../../src/hdf5/byte-writer.js';
import type { EditableSpace } from '../../../src/hdf5/editable-space.js';
import { EditedObject } from '../../../src/hdf5/edited-object.js';
import type { FileSpace } from '../../../src/hdf5/file-space.js';
import {
  type Chunk,
  type ChunkIndex,
  type ChunkIndexEditor,
  editChunkIndex,
  openChunkIndex,
} from '../../../src/hdf5/indexes/chunk-index.js';
import { meterOf } from '../../../src/hdf5/indexes/meter.js';
import { LoadedObject } from '../../../src/hdf5/loaded-object.js';
import {
  type ChunkedLayout,
  decodeDataLayout,
  encodeChunkedLayout,
} from '../../../src/hdf5/messages/data-layout.js';
import { type Dataspace, decodeDataspace } from '../../../src/hdf5/messages/dataspace.js';
import { decodeDatatype } from '../../../src/hdf5/messages/datatype.js';
import { MessageType } from '../../../src/hdf5/messages/message-type.js';
import { readObjectHeader } from '../../../src/hdf5/object-header.js';
import type { Superblock } from '../../../src/hdf5/superblock.js';
import { runPython } from '../../oracle/oracles.js';
import { MemorySpace } from '../memory-space.js';
import { openBytes } from './samples.js';

const SCRIPT = fileURLToPath(new URL('./chunk-samples.py', import.meta.url));

export type Step =
  | {
      make: string;
      dtype: string;
      shape: number[];
      maxshape?: (number | null)[];
      chunks: number[];
      options?: Record<string, unknown>;
      early?: boolean;
    }
  | { resize: string; shape: number[] }
  | { write: string; start: number[]; count: number[]; seed?: number }
  | { info: string; most?: number; values?: true | readonly (readonly [start: number, end: number])[] };

/** What h5py says of a dataset; see chunk-samples.py. */
export interface Info {
  object: number;
  count: number;
  chunks: [place: number[], address: number, size: number, mask: number][];
  direct: [place: number[], mask: number, bytes: string | null][];
  values: string;
}

/** Has h5py make a file, or change the one that is given. */
export function withH5py(
  steps: readonly Step[],
  options: { libver?: 'earliest' | 'latest'; istoreK?: number; file?: Uint8Array } = {},
): { infos: Info[]; bytes: Uint8Array<ArrayBuffer> } {
  const folder = mkdtempSync(join(tmpdir(), 'h5pickle-chunks-'));
  try {
    const file = join(folder, 'file.h5');
    if (options.file) writeFileSync(file, options.file);
    const { libver, istoreK } = options;
    const request = { file, libver, istore_k: istoreK, keep: options.file !== undefined, steps };
    const stdout = runPython([SCRIPT], { input: JSON.stringify(request) });
    const infos = stdout.split('\n').filter((line) => line !== '');
    return {
      infos: infos.map((line) => JSON.parse(line) as Info),
      bytes: new Uint8Array(readFileSync(file)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the header of a dataset says of its chunks. */
export interface Dataset {
  address: number;
  dataspace: Dataspace;
  elementSize: number;
  layout: ChunkedLayout;
  filtered: boolean;
}

export function readDataset(space: FileSpace, address: number): Dataset {
  const messages = readObjectHeader(space, address);
  const find = (type: number) => messages.find((message) => message.type === type)?.data;
  const layout = decodeDataLayout(find(MessageType.DataLayout)!, 0);
  if (layout.kind !== 'chunked') throw new Error(`a layout of the kind ${layout.kind}`);
  return {
    address,
    dataspace: decodeDataspace(find(MessageType.Dataspace)!),
    elementSize: decodeDatatype(find(MessageType.Datatype)!).size,
    layout,
    filtered: find(MessageType.FilterPipeline) !== undefined,
  };
}

export function openIndex(space: FileSpace, dataset: Dataset): ChunkIndex {
  const { layout, dataspace, elementSize, filtered, address } = dataset;
  return openChunkIndex(space, layout, dataspace, elementSize, filtered, meterOf(space, address));
}

export function editIndex(space: EditableSpace, dataset: Dataset): ChunkIndexEditor {
  const { layout, dataspace, elementSize, filtered, address } = dataset;
  return editChunkIndex(space, layout, dataspace, elementSize, filtered, meterOf(space, address));
}

/** Makes the header of a dataset say what the layout of its index has become. */
export function storeLayout(space: EditableSpace, { address }: Dataset, layout: ChunkedLayout): void {
  const out = new ByteWriter();
  encodeChunkedLayout(out, layout);
  const { header } = new EditedObject(space, new LoadedObject(space, address));
  const { flags } = header.find(MessageType.DataLayout)!;
  header.set({ type: MessageType.DataLayout, flags, order: 0, data: out.finish() });
  header.write(space);
}

/** All chunks of an index, by their place. */
export function chunksOf(index: ChunkIndex): Map<string, Chunk> {
  const chunks = new Map<string, Chunk>();
  index.forEach((place, chunk) => {
    const key = place.join();
    if (chunks.has(key)) throw new Error(`the chunk (${key}) is visited twice`);
    chunks.set(key, chunk);
  });
  return chunks;
}

/** Compares an index with what h5py says. */
export function expectSame(dataset: Dataset, info: Info, bytes: Uint8Array, misplaced = false): void {
  const space = openBytes(bytes);
  const index = openIndex(space, dataset);
  const { chunkDims } = dataset.layout;
  const chunks = chunksOf(index);
  expect(chunks.size).toBe(info.count);
  const byAddress = new Map([...chunks.values()].map((chunk) => [chunk.address, chunk]));
  for (const [place, address, size, mask] of info.chunks) {
    const chunk: Chunk = { address, size, mask };
    expect(byAddress.get(address)).toEqual(chunk);
    if (misplaced) continue;
    expect(chunks.get(place.join()), `the chunk (${place.join()})`).toEqual(chunk);
  }
  for (const [place, mask, data] of info.direct) {
    const chunk = chunks.get(place.join());
    // Each in an index that has seen others, and in a new one.
    expect(index.get(place)).toEqual(chunk);
    expect(openIndex(space, dataset).get(place)).toEqual(chunk);
    if (data === null) {
      expect(chunk, `the chunk (${place.join()})`).toBeUndefined();
    } else {
      expect(chunk?.mask).toBe(mask);
      const stored = space.bytes(chunk!.address, chunk!.size, 'a chunk');
      expect(Buffer.compare(stored, Buffer.from(data, 'base64')), `the chunk (${place.join()})`).toBe(0);
    }
  }
  // What is not there is not found.
  const counts = dataset.dataspace.dims.map((dim, axis) => Math.ceil(dim / chunkDims[axis]!) + 1);
  const places = counts.reduce((product, n) => product * n, 1);
  for (let i = 0; i < Math.min(places, 2000); i++) {
    let rest = Math.floor((i * places) / Math.min(places, 2000));
    const place = counts.map(() => 0);
    for (let axis = counts.length - 1; axis >= 0; axis--) {
      place[axis] = rest % counts[axis]!;
      rest = Math.floor(rest / counts[axis]!);
    }
    const found = index.get(place);
    const chunk = chunks.get(place.join());
    if (found?.address !== chunk?.address || found?.size !== chunk?.size) expect(found).toEqual(chunk);
  }
}

/** A space of a file whose nodes of version 1 B-trees have at most `2 * k` entries. */
export class SmallNodes extends MemorySpace {
  constructor(k: number, bytes?: Uint8Array) {
    super(bytes);
    // The message "B-tree 'K' Values", in a header of its own.
    const out = new ByteWriter();
    out.raw(Uint8Array.of(1, 0, 1, 0, 1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0));
    out.raw(Uint8Array.of(0x13, 0, 8, 0, 0, 0, 0, 0, 0, k, 0, 16, 0, 4, 0, 0));
    const address = this.allocate(out.length);
    this.write(address, out.finish());
    (this as { superblock: Superblock }).superblock = { ...this.superblock, extensionAddress: address };
    this.allocated.delete(address);
  }
}
