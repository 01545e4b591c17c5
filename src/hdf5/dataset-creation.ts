import { H5TypeError } from '../errors.js';
import type { DatasetOptions } from './editing.js';
import type { Encoded } from './elements.js';
import type { FilterSet } from './filters/filter-set.js';
import { createChunkLayout } from './indexes/chunk-index.js';
import type { ChunkedLayout } from './messages/data-layout.js';
import type { Dataspace } from './messages/dataspace.js';
import type { Datatype } from './messages/datatype.js';
import type { FilterInfo } from './messages/filter-pipeline.js';
import { prepareElements } from './prepare.js';
import { hasReferences } from './release.js';

/** How a dataset in chunks is laid out. */
export interface ChunkPlan {
  readonly dataspace: Dataspace;
  readonly layout: ChunkedLayout;
  readonly filters: FilterInfo[];
}

/** Numbers of filters, by the names that h5py has for them. */
const FILTERS = { gzip: 1, shuffle: 2, fletcher32: 3, nbit: 5, scaleoffset: 6, lzf: 32000 } as const;

/** Whether options ask for a dataset in chunks. */
export function isChunked(options: DatasetOptions): boolean {
  const { chunks, maxShape, compression, shuffle, fletcher32, scaleOffset, nbit, filters } = options;
  return [chunks, maxShape, compression, shuffle, fletcher32, scaleOffset, nbit, filters].some(
    (option) => option !== undefined && option !== false,
  );
}

/** Lays out a dataset in chunks, as h5py does. Throws an H5TypeError that names the option that is wrong. */
export function planChunks(
  datatype: Datatype,
  { dims }: Dataspace,
  options: DatasetOptions,
  fillValue: Uint8Array | undefined,
  set: FilterSet,
): ChunkPlan {
  if (dims.length === 0)
    throw new H5TypeError('a dataset in chunks, or with a filter, has at least one axis');
  const { maxShape } = options;
  const maxDims =
    maxShape === true
      ? dims.map(() => Number.POSITIVE_INFINITY)
      : maxShape?.map((most) => most ?? Number.POSITIVE_INFINITY);
  if (maxDims && maxDims.length !== dims.length)
    throw new H5TypeError(`maxShape has ${maxDims.length} axes, the shape ${dims.length}`);
  maxDims?.forEach((most, axis) => {
    if (
      !(most >= (dims[axis] as number)) ||
      (most !== Number.POSITIVE_INFINITY && !Number.isSafeInteger(most))
    )
      throw new H5TypeError(`maxShape ${most} of axis ${axis} is less than its size ${dims[axis]}`);
  });
  const chunk =
    options.chunks === undefined || options.chunks === true
      ? guessChunk(dims, datatype.size)
      : options.chunks === false
        ? fail('chunks: false does not go with maxShape or a filter')
        : typeof options.chunks === 'number'
          ? [options.chunks]
          : [...options.chunks];
  const filters = planFilters(datatype, chunk, options, fillValue, set);
  const layout = createChunkLayout(
    dims,
    maxDims,
    chunk,
    datatype.size,
    filters.length > 0,
    options.allocation === 'early',
  );
  return { dataspace: { kind: 'simple', dims, ...(maxDims && { maxDims }) }, layout, filters };
}

function fail(message: string): never {
  throw new H5TypeError(message);
}

/** The pipeline, in the order of h5py: nbit or scaleoffset, shuffle, compression, fletcher32. */
function planFilters(
  datatype: Datatype,
  chunk: readonly number[],
  options: DatasetOptions,
  fillValue: Uint8Array | undefined,
  set: FilterSet,
): FilterInfo[] {
  const { compression, compressionLevel, shuffle, fletcher32, scaleOffset, nbit, filters = [] } = options;
  const wanted: { id: number; options?: unknown }[] = [];
  if (nbit) wanted.push({ id: FILTERS.nbit });
  if (scaleOffset !== undefined && scaleOffset !== false)
    wanted.push({ id: FILTERS.scaleoffset, options: scaleOffset === true ? undefined : scaleOffset });
  // Less than a byte has nothing to be shuffled; lzf and gzip gain by it, so h5py has it on for lzf by hand only.
  if (shuffle) wanted.push({ id: FILTERS.shuffle });
  if (compression !== undefined && compression !== false) {
    if (compression === 'lzf') wanted.push({ id: FILTERS.lzf });
    else if (compression === 'gzip' || compression === true)
      wanted.push({ id: FILTERS.gzip, options: compressionLevel });
    else if (typeof compression === 'number') wanted.push({ id: FILTERS.gzip, options: compression });
    else
      fail(
        `the compression ${typeof compression === 'object' ? JSON.stringify(compression) : `'${String(compression)}'`} is none of 'gzip', 'lzf' and the levels 0 to 9; others go into \`filters\``,
      );
  }
  if (fletcher32) wanted.push({ id: FILTERS.fletcher32 });
  wanted.push(...filters);
  return wanted.map(({ id, options: given }) => {
    const filter = set.get(id);
    if (!filter?.encode)
      throw new H5TypeError(`there is no filter ${id} that could be applied; registerFilter adds one`);
    const values = filter.configure
      ? filter.configure(given, { datatype, chunk, ...(fillValue && { fillValue }) })
      : ((given as number[] | undefined) ?? []);
    // A checksum is never left out.
    return { id, name: filter.name, optional: id !== FILTERS.fletcher32, values };
  });
}

/** One element, for what was never written. */
export function encodeFill(datatype: Datatype, value: unknown): Encoded | undefined {
  if (value === undefined) return undefined;
  const { shape, encoded } = prepareElements(datatype, value);
  // What references lead to has an address only when the header is written, which holds the fill value.
  if (shape.length > 0 || (hasReferences(datatype) && encoded.at.length > 0))
    throw new H5TypeError('a fill value is one element, and no reference');
  return encoded;
}

const CHUNK_BASE = 16 * 1024;
const CHUNK_MIN = 8 * 1024;
const CHUNK_MAX = 1024 * 1024;

/** A shape of chunks that suits most uses: that of h5py (`h5py._hl.filters.guess_chunk`). */
export function guessChunk(dims: readonly number[], elementSize: number): number[] {
  // An axis that is empty will grow.
  const chunk = dims.map((dim) => (dim === 0 ? 1024 : dim));
  const bytes = () => chunk.reduce((product, dim) => product * dim, 1) * elementSize;
  const target = Math.min(
    Math.max(CHUNK_BASE * 2 ** Math.log10(bytes() / (1024 * 1024)), CHUNK_MIN),
    CHUNK_MAX,
  );
  for (let i = 0; ; i++) {
    const size = bytes();
    if ((size < target || Math.abs(size - target) / target < 0.5) && size < CHUNK_MAX) return chunk;
    if (chunk.every((dim) => dim === 1)) return chunk;
    const axis = i % chunk.length;
    chunk[axis] = Math.ceil((chunk[axis] as number) / 2);
  }
}
