import {
  allocate,
  BOOL,
  canCast,
  type Data,
  type ElementType,
  firstType,
  isOfNumbers,
  resultType,
  typeOfName,
} from '../kernels/element-type.js';
import { gatherInto, type Operand, runElementwise } from '../kernels/elementwise.js';
import { KernelError } from '../kernels/errors.js';
import { broadcastShapes, sizeOf, stretches } from '../kernels/strides.js';
import { type Plan, planUfunc, UFUNCS, type Ufunc } from '../kernels/ufuncs.js';
import { apartFrom } from './apart.js';
import { isDestination, settle } from './disk.js';
import type { NDArray, Scalar } from './ndarray.js';
import {
  type ArrayInput,
  blockBytes,
  blocksOf,
  operandOf,
  type Part,
  type Source,
  type Spare,
  sourceOf,
} from './source.js';
import { existing, finish, type Out, runOf, store, type Target, targetFor } from './target.js';

/** What functions that go element by element take beside their operands. */
export interface ElementwiseOptions {
  /** Where the result goes; it is returned. */
  readonly out?: Out | undefined;
  /**
   * Where to compute: true or false for each element, or for all of an axis. Elsewhere `out` stays as it is; without `out` there is the
   * first operand where the result is of its kind, as with `add`, else zero or false.
   */
  readonly where?: ArrayInput | undefined;
  /** The type to compute in and to return. */
  readonly dtype?: string | undefined;
}

/** How a function of operands is computed, with the type that is asked for. */
function planFor(func: Ufunc, sources: readonly Source[], dtype: string | undefined): Plan {
  const held = resultType(sources);
  const common = func.searches ? firstType(sources, held) : held;
  if (dtype === undefined) return planUfunc(func, common);
  const wanted = typeOfName(dtype);
  const refuse = (why: string): never => {
    throw new KernelError(
      'H5_CASTING',
      `${func.name} cannot make ${wanted.dtype} of ${common.dtype}: ${why}`,
    );
  };
  if (func.rule === 'test') {
    return wanted.kind === 'b' ? planUfunc(func, common) : refuse('its results are booleans');
  }
  // Each operand by itself, as in numpy: u8 and i2 are both cast to i8, although together they would be f8.
  const isCast = (source: Source) =>
    canCast(source.type, wanted) ||
    (source.value !== undefined && canCast(resultType([{ type: wanted }, source]), wanted));
  if (!sources.every(isCast)) return refuse('convert the operands, or ask for another dtype');
  const plan: Plan = { ...planUfunc(func, wanted), cast: wanted };
  return plan.result === wanted ? plan : refuse(`its results are ${plan.result.dtype} then`);
}

/**
 * Computes functions element by element: all at once in memory, in blocks that fit the cap where an operand or the result is on
 * disk.
 */
export function applyUfunc(
  func: Ufunc,
  inputs: readonly unknown[],
  options: ElementwiseOptions = {},
): unknown {
  const { out, where, dtype } = options;
  const given = inputs.map(sourceOf);
  if (where !== undefined && where !== true) given.push(sourceOf(where));
  const all = apartFrom(out, given, true);
  const sources = all.slice(0, inputs.length);
  const mask = all[inputs.length] as Source | undefined;
  if (mask && mask.type !== BOOL) {
    throw new KernelError('H5_DTYPE', `where is ${mask.type.dtype}: it takes booleans`);
  }
  const plan = planFor(func, sources, dtype);
  const shapes = sources.map(({ shape }) => shape);
  if (mask) shapes.push(mask.shape);
  const shape = filling(out, broadcastShapes(...shapes));
  if (func.naturalExponent && (plan.result.kind === 'i' || plan.result.kind === 'u'))
    checkExponents(sources[1]);
  const target = targetFor(shape, plan.result, out);
  const keep = func.rule === 'keep' && func.inputs === 2 ? sources[0] : undefined;
  streamElementwise(plan, sources, mask, target, out === undefined || isDestination(out), keep);
  const result = finish(target, out);
  return dtype === undefined && isOfNumbers(sources) ? numberIfExact(result) : result;
}

/** A bigint as a number, if that has all its digits. */
export function numberIfExact(value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The shape of a result: an `out` that it stretches to is filled, as in numpy. */
export function filling(out: unknown, shape: readonly number[]): readonly number[] {
  if (out === undefined || out === null || isDestination(out)) return shape;
  const own = existing(out).shape;
  return stretches(shape, own) ? own : shape;
}

/** Integers to the power of negative ones are no integers. */
function checkExponents(source: Source): void {
  if (source.type.kind === 'u' || source.type.kind === 'b') return;
  for (const part of blocksOf(source, blockBytes(1))) {
    const { data, offset } = operandOf(source, part.start, part.shape);
    const n = sizeOf(part.shape);
    for (let i = 0; i < n; i++) {
      if (Number(data[offset + i]) < 0) {
        throw new KernelError(
          'H5_VALUE',
          'integers to negative integer powers are no integers: make one a float',
        );
      }
    }
  }
}

/** Goes through boxes of the result: those that suit what is on disk. */
export function streamElementwise(
  plan: Plan,
  sources: readonly Source[],
  mask: Source | undefined,
  target: Target,
  isNew: boolean,
  keep?: Source,
): void {
  const { shape, type } = target;
  const inputs = mask ? [...sources, mask] : sources;
  const onDisk = inputs.filter(({ disk }) => disk).length + (target.disk ? 1 : 0);
  if (onDisk === 0) {
    const whole: Part = { start: shape.map(() => 0), shape };
    computePart(plan, sources, mask, target, whole, isNew, keep);
    return;
  }
  const parts = partsFor(inputs, target, onDisk);
  let buffer: Data | undefined;
  const spares: Spare[] = inputs.map(() => ({}));
  for (const part of parts) {
    const count = sizeOf(part.shape) * type.width;
    if (!buffer || buffer.length < count) buffer = allocate(type, sizeOf(part.shape));
    computePart(plan, sources, mask, target, part, isNew, keep, buffer, spares);
  }
  settle(target.disk);
}

/** The boxes of a result that are computed one after another. */
export function partsFor(inputs: readonly Source[], target: Target, onDisk: number): Iterable<Part> {
  const { shape, type } = target;
  const widest = Math.max(type.size, ...inputs.map((source) => source.type.size));
  const bytes = blockBytes(onDisk + 1);
  // One that has the shape of the result decides, best one that is read: it may be compressed in chunks.
  const isWhole = (source: { shape: readonly number[] }) =>
    source.shape.length === shape.length && source.shape.every((length, axis) => length === shape[axis]);
  const driver = inputs.find((source) => source.disk && isWhole(source));
  if (driver) return blocksOf(driver, Math.max(1, Math.floor((bytes * driver.type.size) / widest)));
  if (target.disk) return target.disk.blocks(Math.max(1, Math.floor((bytes * type.size) / widest)));
  return blocksOf(
    { ...target, disk: undefined, value: undefined },
    Math.max(1, Math.floor((bytes * type.size) / widest)),
  );
}

function computePart(
  plan: Plan,
  sources: readonly Source[],
  mask: Source | undefined,
  target: Target,
  part: Part,
  isNew: boolean,
  keep: Source | undefined,
  buffer?: Data,
  spares: readonly Spare[] = [],
): void {
  const { start, shape } = part;
  const { type } = target;
  const operands = sources.map((source, i) => operandOf(source, start, shape, spares[i]));
  const where = mask && operandOf(mask, start, shape, spares[sources.length]);
  const at = runOf(target, part);
  if (at !== undefined) {
    const { data } = target.memory as NDArray;
    const to = { type, data, offset: at };
    if (where && isNew && keep) gatherInto(operands[sources.indexOf(keep)], shape, to);
    runElementwise(plan, operands, shape, to, where);
    return;
  }
  const data = buffer ?? allocate(type, sizeOf(shape));
  const to = { type, data, offset: 0 };
  if (where) prepare(to, target, part, isNew, keep && operands[sources.indexOf(keep)]);
  runElementwise(plan, operands, shape, to, where);
  store(target, part, data, type);
}

/** What stands where nothing is computed. */
function prepare(
  to: { type: ElementType; data: Data; offset: number },
  target: Target,
  { start, shape }: Part,
  isNew: boolean,
  keep: Operand | undefined,
): void {
  if (!isNew) {
    const source: Source = { ...target, value: undefined };
    gatherInto(operandOf(source, start, shape), shape, to);
  } else if (keep) gatherInto(keep, shape, to);
  else if (Array.isArray(to.data)) to.data.fill('');
  else (to.data as Float64Array).fill((to.type.compute === 'big' ? 0n : 0) as number);
}

/** What a function returns: an array, in memory or, if it is too large, on disk; without axes an element. */
// biome-ignore lint/suspicious/noExplicitAny: an array in memory or on disk, or an element: the caller knows what it has given.
export type Result = any;

/** A function of one operand. */
export type UnaryFunction = (x: ArrayInput, options?: ElementwiseOptions) => NDArray & Scalar;

/** A function by its name in the table. */
export function ufuncOf(name: string): Ufunc {
  const found = UFUNCS.get(name);
  if (found) return found;
  throw new KernelError('H5_VALUE', `there is no function ${name}`);
}
