import { convert } from '../kernels/convert.js';
import * as d from '../kernels/distributions.js';
import { type Data, type ElementType, F8, I8, typeOfName } from '../kernels/element-type.js';
import { gather } from '../kernels/elementwise.js';
import { KernelError } from '../kernels/errors.js';
import { RandomBits, type RandomState } from '../kernels/random-bits.js';
import { broadcastShapes, contiguous, sizeOf } from '../kernels/strides.js';
import { type CreationOptions, placeFor, type Shape, shapeOf } from './creation.js';
import { isDestination } from './disk.js';
import { take } from './manipulation.js';
import { fromValues, NDArray } from './ndarray.js';
import {
  type ArrayInput,
  type ArrayResult,
  blockBytes,
  operandOf,
  partsOf,
  readAll,
  type Source,
  sourceOf,
} from './source.js';
import { existing, store, type Target } from './target.js';

export type { RandomState } from '../kernels/random-bits.js';

/** How many numbers are drawn, and where they go: with `name` and `file` or `group`, to a dataset there, block by block. */
export interface RandomOptions extends CreationOptions {
  /** The shape; one number, unless it is given. */
  readonly size?: Shape | undefined;
}

/** A parameter of a distribution: one, or one for each number. */
export type Parameter = number | ArrayInput;

// Not the same numbers in each process, unless `seed` is called.
let bits = new RandomBits(Date.now() * 4096 + Math.floor(Math.random() * 4096));

/**
 * Begins anew: what follows is the same after the same seed, on every machine. The numbers are not those of numpy.
 *
 * @example
 * random.seed(42);
 */
export function seed(value: number | bigint = Date.now() * 4096 + Math.floor(Math.random() * 4096)): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new KernelError('H5_VALUE', `${value} is no seed: give a whole number`);
  }
  bits = new RandomBits(value);
}

/** What the numbers that follow come of; `set_state` goes on there. */
export function get_state(): RandomState {
  return bits.state;
}

/**
 * Goes on where `get_state` was called.
 *
 * @throws {KernelError} H5_VALUE for what is no state.
 */
export function set_state(state: RandomState): void {
  const { algorithm, words } = state ?? {};
  const fits =
    algorithm === 'xoshiro128++' &&
    Array.isArray(words) &&
    words.length === 4 &&
    words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32) &&
    words.some((word) => word !== 0);
  if (!fits)
    throw new KernelError('H5_VALUE', 'this is no state of the generator: give what get_state returned');
  bits.state = state;
}

type Draw = (bits: RandomBits, a: number, b: number, c: number) => number;

/** What a parameter has to be. */
interface Rule {
  readonly name: string;
  readonly fits: (value: number) => boolean;
  readonly says: string;
}

const any = (name: string): Rule => ({ name, fits: (x) => !Number.isNaN(x), says: 'a number' });
const positive = (name: string): Rule => ({ name, fits: (x) => x > 0, says: 'above 0' });
const natural = (name: string): Rule => ({ name, fits: (x) => x >= 0, says: '0 or more' });
const whole = (name: string): Rule => ({
  name,
  fits: (x) => Number.isInteger(x) && x >= 0,
  says: 'a whole number from 0',
});
const share = (name: string): Rule => ({ name, fits: (x) => x >= 0 && x <= 1, says: 'from 0 to 1' });
const chance = (name: string): Rule => ({ name, fits: (x) => x > 0 && x <= 1, says: 'above 0, up to 1' });

/** Draws numbers, each by its own parameters if these are arrays. */
function draw(
  name: string,
  rules: readonly Rule[],
  parameters: readonly Parameter[],
  type: ElementType,
  options: RandomOptions,
  one: Draw,
): number | ArrayResult {
  const sources = parameters.map((parameter) => sourceOf(parameter));
  sources.forEach((source, i) => {
    checkParameter(name, rules[i] as Rule, source);
  });
  const isScalar = sources.every(({ shape }) => shape.length === 0);
  const made = options.dtype === undefined ? type : typeOfName(options.dtype);
  const [a = 0, b = 0, c = 0] = isScalar
    ? sources.map(({ memory }) => Number((memory as NDArray).get()))
    : [];
  if (options.size === undefined && isScalar) {
    if (isDestination(options))
      throw new KernelError('H5_VALUE', `${name} is to be a dataset: give its { size }`);
    return one(bits, a, b, c);
  }
  const own = broadcastShapes(...sources.map(({ shape }) => shape));
  const shape = options.size === undefined ? own : shapeOf(options.size);
  const all = broadcastShapes(own, shape);
  if (all.length !== shape.length || all.some((length, axis) => length !== shape[axis])) {
    throw new KernelError(
      'H5_SHAPE',
      `parameters of the shape (${own.join(', ')}) do not stretch to (${shape.join(', ')})`,
    );
  }
  const target = placeFor(shape, made, options);
  for (const part of partsOf(shape, Math.max(1, Math.floor(blockBytes(4) / 8)))) {
    const n = sizeOf(part.shape);
    const data = new Float64Array(n);
    if (isScalar) for (let i = 0; i < n; i++) data[i] = one(bits, a, b, c);
    else {
      const [p, q, r] = sources.map(
        (source) => gather(operandOf(source, part.start, part.shape), part.shape, F8) as Float64Array,
      );
      for (let i = 0; i < n; i++) data[i] = one(bits, p?.[i] ?? 0, q?.[i] ?? 0, r?.[i] ?? 0);
    }
    store(target, part, data, F8);
  }
  return target.value as ArrayResult;
}

function checkParameter(name: string, { name: parameter, fits, says }: Rule, source: Source): void {
  if (source.type.kind === 's' || source.type.kind === 'c') {
    throw new KernelError('H5_DTYPE', `${parameter} of ${name} is a number, not ${source.type.dtype}`);
  }
  const { data } = readAll(source);
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (!fits(value))
      throw new KernelError('H5_VALUE', `${parameter} of ${name} is ${value}: it has to be ${says}`);
  }
}

/** The parameters that are given, and those that are not; options stand behind the last one. */
function split(
  args: readonly unknown[],
  defaults: readonly (number | undefined)[],
  name: string,
): { parameters: Parameter[]; options: RandomOptions } {
  const isOptions = (value: unknown) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof NDArray) &&
    !('readBlock' in value);
  const at = args.findIndex(isOptions);
  const given = at < 0 ? args : args.slice(0, at);
  const parameters = defaults.map((value, i) => {
    const parameter = given[i] ?? value;
    if (parameter === undefined)
      throw new KernelError('H5_VALUE', `${name} has ${defaults.length} parameters: give the ${i + 1}. one`);
    return parameter as Parameter;
  });
  return { parameters, options: (at < 0 ? {} : args[at]) as RandomOptions };
}

/** A distribution of one parameter. */
export interface Distribution1 {
  (a?: Parameter): number;
  (options: RandomOptions): ArrayResult;
  (a: Parameter, options: RandomOptions): ArrayResult;
}
/** A distribution of two. */
export interface Distribution2 {
  (a?: Parameter, b?: Parameter): number;
  (options: RandomOptions): ArrayResult;
  (a: Parameter, options: RandomOptions): ArrayResult;
  (a: Parameter, b: Parameter, options: RandomOptions): ArrayResult;
}
/** A distribution of three. */
export interface Distribution3 {
  (a: Parameter, b: Parameter, c: Parameter): number;
  (a: Parameter, b: Parameter, c: Parameter, options: RandomOptions): ArrayResult;
}
/** A distribution without parameters. */
export interface Distribution0 {
  (): number;
  (options: RandomOptions): ArrayResult;
}

type AnyDistribution = Distribution0 & Distribution1 & Distribution2 & Distribution3;

function distribution(
  name: string,
  rules: readonly Rule[],
  defaults: readonly (number | undefined)[],
  one: Draw,
  type: ElementType = F8,
): AnyDistribution {
  return ((...args: readonly unknown[]) => {
    const { parameters, options } = split(args, defaults, name);
    return draw(name, rules, parameters, type, options, one);
  }) as AnyDistribution;
}

/** From 0 to 1: of `a - 1` and `b - 1` successes and failures, how likely a success may be. @example random.beta(2, 5, { size: 3 }); */
export const beta: Distribution2 = distribution(
  'beta',
  [positive('a'), positive('b')],
  [undefined, undefined],
  d.beta,
);

/** Successes of `n` trials, each of the probability `p`. @example random.binomial(10, 0.5, { size: 3 }); */
export const binomial: Distribution2 = distribution(
  'binomial',
  [whole('n'), share('p')],
  [undefined, undefined],
  d.binomial,
  I8,
);

/** The sum of as many squared normal numbers. @example random.chisquare(3, { size: 3 }); */
export const chisquare: Distribution1 = distribution('chisquare', [positive('df')], [undefined], d.chisquare);

/** Times between events, of a mean of `scale`. @example random.exponential(2, { size: 3 }); */
export const exponential: Distribution1 = distribution(
  'exponential',
  [natural('scale')],
  [1],
  (b, scale) => scale * d.exponential(b),
);

/** Fisher's: the ratio of two chisquare numbers over their degrees. @example random.f(3, 8, { size: 3 }); */
export const f: Distribution2 = distribution(
  'f',
  [positive('dfnum'), positive('dfden')],
  [undefined, undefined],
  (b, m, n) => (d.chisquare(b, m) / m / d.chisquare(b, n)) * n,
);

/** Gamma, of a shape and a scale. @example random.gamma(2, 3, { size: 3 }); */
export const gamma: Distribution2 = distribution(
  'gamma',
  [natural('shape'), natural('scale')],
  [undefined, 1],
  (b, shape, scale) => scale * d.gamma(b, shape),
);

/** Trials up to the first success. @example random.geometric(0.25, { size: 3 }); */
export const geometric: Distribution1 = distribution(
  'geometric',
  [chance('p')],
  [undefined],
  d.geometric,
  I8,
);

/** Gumbel's: the greatest of many. @example random.gumbel(0, 1, { size: 3 }); */
export const gumbel: Distribution2 = distribution(
  'gumbel',
  [any('loc'), natural('scale')],
  [0, 1],
  (b, loc, scale) => loc - scale * Math.log(d.exponential(b) || Number.MIN_VALUE),
);

/** Good ones among `nsample` that are drawn of `ngood` and `nbad`. @example random.hypergeometric(10, 5, 4, { size: 3 }); */
export const hypergeometric: Distribution3 = distribution(
  'hypergeometric',
  [whole('ngood'), whole('nbad'), whole('nsample')],
  [undefined, undefined, undefined],
  (b, good, bad, sample) => {
    if (sample > good + bad)
      throw new KernelError(
        'H5_VALUE',
        `${sample} are not drawn of ${good + bad}: nsample is at most ngood + nbad`,
      );
    return d.hypergeometric(b, good, bad, sample);
  },
  I8,
);

/** Two exponentials back to back. @example random.laplace(0, 1, { size: 3 }); */
export const laplace: Distribution2 = distribution(
  'laplace',
  [any('loc'), natural('scale')],
  [0, 1],
  (b, loc, scale) => loc + scale * (d.exponential(b) - d.exponential(b)),
);

/** Logistic. @example random.logistic(0, 1, { size: 3 }); */
export const logistic: Distribution2 = distribution(
  'logistic',
  [any('loc'), natural('scale')],
  [0, 1],
  (b, loc, scale) => {
    const u = b.double() || Number.MIN_VALUE;
    return loc + scale * Math.log(u / (1 - u));
  },
);

/** What has a normal logarithm. @example random.lognormal(0, 1, { size: 3 }); */
export const lognormal: Distribution2 = distribution(
  'lognormal',
  [any('mean'), natural('sigma')],
  [0, 1],
  (b, mean, sigma) => Math.exp(mean + sigma * d.normal(b)),
);

/** Fisher's logarithmic series. @example random.logseries(0.6, { size: 3 }); */
export const logseries: Distribution1 = distribution(
  'logseries',
  [{ name: 'p', fits: (p) => p >= 0 && p < 1, says: 'from 0 to below 1' }],
  [undefined],
  d.logseries,
  I8,
);

/** Failures before the `n`th success. @example random.negative_binomial(3, 0.5, { size: 3 }); */
export const negative_binomial: Distribution2 = distribution(
  'negative_binomial',
  [positive('n'), chance('p')],
  [undefined, undefined],
  (b, n, p) => d.poisson(b, (d.gamma(b, n) * (1 - p)) / p),
  I8,
);

/** Chisquare of normal numbers that are not around zero. @example random.noncentral_chisquare(3, 2, { size: 3 }); */
export const noncentral_chisquare: Distribution2 = distribution(
  'noncentral_chisquare',
  [positive('df'), natural('nonc')],
  [undefined, undefined],
  d.noncentralChisquare,
);

/** Fisher's, with a noncentral numerator. @example random.noncentral_f(3, 8, 2, { size: 3 }); */
export const noncentral_f: Distribution3 = distribution(
  'noncentral_f',
  [positive('dfnum'), positive('dfden'), natural('nonc')],
  [undefined, undefined, undefined],
  (b, m, n, nonc) => (d.noncentralChisquare(b, m, nonc) / m / d.chisquare(b, n)) * n,
);

/** Normal, of a mean and a standard deviation. @example random.normal(10, 2, { size: [2, 3] }); */
export const normal: Distribution2 = distribution(
  'normal',
  [any('loc'), natural('scale')],
  [0, 1],
  (b, loc, scale) => loc + scale * d.normal(b),
);

/** Pareto's, of Lomax: from 0. @example random.pareto(3, { size: 3 }); */
export const pareto: Distribution1 = distribution('pareto', [positive('a')], [undefined], (b, a) =>
  Math.expm1(d.exponential(b) / a),
);

/** Events of a mean of `lam`. @example random.poisson(4, { size: 3 }); */
export const poisson: Distribution1 = distribution('poisson', [natural('lam')], [1], d.poisson, I8);

/** From 0 to 1, by a power less one. @example random.power(3, { size: 3 }); */
export const power: Distribution1 = distribution(
  'power',
  [positive('a')],
  [undefined],
  (b, a) => (-Math.expm1(-d.exponential(b))) ** (1 / a),
);

/** Rayleigh's. @example random.rayleigh(2, { size: 3 }); */
export const rayleigh: Distribution1 = distribution(
  'rayleigh',
  [natural('scale')],
  [1],
  (b, scale) => scale * Math.sqrt(2 * d.exponential(b)),
);

/** The ratio of two normal numbers. @example random.standard_cauchy({ size: 3 }); */
export const standard_cauchy: Distribution0 = distribution(
  'standard_cauchy',
  [],
  [],
  (b) => d.normal(b) / d.normal(b),
);

/** Exponential, of a mean of 1. @example random.standard_exponential({ size: 3 }); */
export const standard_exponential: Distribution0 = distribution(
  'standard_exponential',
  [],
  [],
  d.exponential,
);

/** Gamma, of a scale of 1. @example random.standard_gamma(2, { size: 3 }); */
export const standard_gamma: Distribution1 = distribution(
  'standard_gamma',
  [natural('shape')],
  [undefined],
  d.gamma,
);

/** Normal, of a mean of 0 and a standard deviation of 1. @example random.standard_normal({ size: 3 }); */
export const standard_normal: Distribution0 = distribution('standard_normal', [], [], d.normal);

/** Student's, of as many degrees of freedom. @example random.standard_t(5, { size: 3 }); */
export const standard_t: Distribution1 = distribution(
  'standard_t',
  [positive('df')],
  [undefined],
  (b, df) => d.normal(b) / Math.sqrt(d.chisquare(b, df) / df),
);

/** From `left` up to `mode`, and down to `right`. @example random.triangular(0, 1, 4, { size: 3 }); */
export const triangular: Distribution3 = distribution(
  'triangular',
  [any('left'), any('mode'), any('right')],
  [undefined, undefined, undefined],
  (b, left, mode, right) => {
    if (!(left <= mode && mode <= right && left < right))
      throw new KernelError(
        'H5_VALUE',
        `left, mode and right are ${left}, ${mode} and ${right}: each is at least the one before`,
      );
    return d.triangular(b, left, mode, right);
  },
);

/** From `low` up to, not including, `high`, all as likely. @example random.uniform(-1, 1, { size: 3 }); */
export const uniform: Distribution2 = distribution(
  'uniform',
  [any('low'), any('high')],
  [0, 1],
  (b, low, high) => low + (high - low) * b.double(),
);

/** Angles around a mean, the nearer the larger `kappa`. @example random.vonmises(0, 4, { size: 3 }); */
export const vonmises: Distribution2 = distribution(
  'vonmises',
  [any('mu'), natural('kappa')],
  [undefined, undefined],
  d.vonmises,
);

/** The inverse Gaussian. @example random.wald(3, 2, { size: 3 }); */
export const wald: Distribution2 = distribution(
  'wald',
  [positive('mean'), positive('scale')],
  [undefined, undefined],
  d.wald,
);

/** Weibull's, of a scale of 1. @example random.weibull(2, { size: 3 }); */
export const weibull: Distribution1 = distribution(
  'weibull',
  [positive('a')],
  [undefined],
  (b, a) => d.exponential(b) ** (1 / a),
);

/** Zipf's: whole numbers, the larger the rarer. @example random.zipf(2, { size: 3 }); */
export const zipf: Distribution1 = distribution(
  'zipf',
  [{ name: 'a', fits: (a) => a > 1, says: 'above 1' }],
  [undefined],
  d.zipf,
  I8,
);

/** From 0 up to, not including, 1. @example random.random_sample({ size: [2, 3] }); */
export const random_sample: Distribution0 = distribution('random_sample', [], [], (b) => b.double());

/** The same as `random_sample`. */
export const random: Distribution0 = random_sample;

/** Lengths of axes, then options. */
export interface ByAxes {
  (...axes: readonly number[]): number | ArrayResult;
  (...axesAndOptions: readonly [...number[], RandomOptions]): ArrayResult;
}

function byAxes(of: Distribution0): ByAxes {
  return ((...args: readonly (number | RandomOptions)[]) => {
    const size = args.filter((arg) => typeof arg === 'number') as number[];
    const options = (args.find((arg) => typeof arg === 'object') ?? {}) as RandomOptions;
    return size.length === 0 ? of(options) : of({ ...options, size });
  }) as ByAxes;
}

/**
 * From 0 up to, not including, 1, in an array of these axes.
 *
 * @example
 * random.rand(2, 3, { file, name: 'noise' });
 */
export const rand: ByAxes = byAxes(random_sample);

/** Normal numbers in an array of these axes. @example random.randn(2, 3); */
export const randn: ByAxes = byAxes(standard_normal);

/**
 * Whole numbers from `low` up to, not including, `high`; from 0 if only one is given.
 *
 * @throws {KernelError} H5_VALUE when there is none.
 * @example
 * random.randint(1, 7, { size: 10 });
 */
export function randint(
  low: Parameter,
  high?: Parameter | RandomOptions,
  options?: RandomOptions,
): number | ArrayResult {
  const args = [low, high, options].filter((arg) => arg !== undefined);
  const isLast = split(args, [undefined], 'randint').options;
  const bounds = args.filter((arg) => arg !== isLast);
  const [from, to] = bounds.length === 1 ? [0, bounds[0]] : bounds;
  const type = isLast?.dtype === undefined ? I8 : typeOfName(isLast.dtype);
  const width = type.size * 8;
  const isInteger = type.kind === 'i' || type.kind === 'u';
  const lowest = isInteger ? (type.kind === 'i' ? -(2 ** (width - 1)) : 0) : -Infinity;
  const beyond = isInteger ? 2 ** (type.kind === 'i' ? width - 1 : width) : Infinity;
  return draw(
    'randint',
    [any('low'), any('high')],
    [from as Parameter, to as Parameter],
    I8,
    isLast,
    (b, least, end) => {
      const n = Math.ceil(end) - Math.ceil(least);
      if (!(n > 0)) throw new KernelError('H5_VALUE', `there is no whole number from ${least} below ${end}`);
      if (Math.ceil(least) < lowest || Math.ceil(end) > beyond)
        throw new KernelError(
          'H5_VALUE',
          `from ${least} below ${end} are numbers that ${type.dtype} does not hold`,
        );
      return Math.ceil(least) + b.below(n);
    },
  );
}

/** Whole numbers from `low` (1, if only one is given) up to and including `high`. @example random.random_integers(6, { size: 10 }); */
export function random_integers(
  low: number,
  high?: number | RandomOptions,
  options?: RandomOptions,
): number | ArrayResult {
  const settings = (typeof high === 'object' ? high : options) ?? {};
  const [from, to] = typeof high === 'number' ? [low, high] : [1, low];
  return randint(from, to + 1, settings);
}

/** So many random bytes. @example random.bytes(16); */
export function bytes(length: number): Uint8Array {
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new KernelError('H5_VALUE', `there are no ${length} bytes: give a whole number from 0`);
  }
  const result = new Uint8Array(length);
  let word = 0;
  for (let i = 0; i < length; i++) {
    if (i % 4 === 0) word = bits.word();
    result[i] = word & 255;
    word >>>= 8;
  }
  return result;
}

/** Options of `choice`. */
export interface ChoiceOptions extends RandomOptions {
  /** Whether an element may come twice: so, unless it is false. */
  readonly replace?: boolean | undefined;
  /** How likely each is; together 1. */
  readonly p?: ArrayInput | undefined;
}

/**
 * Elements of a list, or of the numbers from 0 up to, not including, a number.
 *
 * @throws {KernelError} H5_VALUE when there are too few, or the probabilities are none.
 * @example
 * random.choice(['a', 'b', 'c'], { size: 2, replace: false });
 */
export function choice(of: ArrayInput, options: ChoiceOptions = {}): unknown {
  const { size, replace = true, p } = options;
  const source = typeof of === 'number' ? undefined : sourceOf(of);
  const n = source ? source.shape[0] : (of as number);
  if (source && source.shape.length !== 1) throw new KernelError('H5_AXIS', 'choice takes a list: one axis');
  if (n === undefined || !Number.isSafeInteger(n) || n < 0 || (n === 0 && size === undefined)) {
    throw new KernelError('H5_VALUE', `there is nothing to choose of ${n} elements`);
  }
  const shape = size === undefined ? [] : shapeOf(size);
  const count = sizeOf(shape);
  if (!replace && count > n)
    throw new KernelError('H5_VALUE', `${count} different ones are not among ${n}: let them come twice`);
  const chosen = new Float64Array(count);
  if (p !== undefined) chooseBy(p, n, replace, chosen);
  else if (replace) for (let i = 0; i < count; i++) chosen[i] = bits.below(n);
  else {
    // As many steps of shuffling as are needed.
    const order = Float64Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < count; i++) {
      const other = i + bits.below(n - i);
      chosen[i] = order[other];
      order[other] = order[i];
    }
  }
  const indices = new NDArray(chosen, shape, F8);
  if (source) return take(of, indices, isDestination(options) ? { out: options } : {});
  const target = placeFor(shape, options.dtype === undefined ? I8 : typeOfName(options.dtype), options);
  for (const part of partsOf(shape, Math.max(1, Math.floor(blockBytes(2) / 8)))) {
    const data = contiguous(part.shape, operandOf(sourceOf(indices), part.start, part.shape));
    store(target, part, data, F8);
  }
  return shape.length === 0 ? chosen[0] : target.value;
}

function chooseBy(p: ArrayInput, n: number, replace: boolean, chosen: Float64Array): void {
  const given = readAll(sourceOf(p));
  const weights = (convert(given.type, given.data, F8) as Float64Array).slice();
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (weights.length !== n || weights.some((weight) => !(weight >= 0)) || Math.abs(total - 1) > 1e-8) {
    throw new KernelError('H5_VALUE', `p is a probability for each of ${n} elements: from 0, together 1`);
  }
  if (!replace && weights.filter((weight) => weight > 0).length < chosen.length) {
    throw new KernelError('H5_VALUE', `fewer than ${chosen.length} elements have a probability`);
  }
  const sums = new Float64Array(n);
  const add = () => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum += weights[i];
      sums[i] = sum;
    }
  };
  add();
  for (let i = 0; i < chosen.length; i++) {
    const at = bits.double() * sums[n - 1];
    let [low, high] = [0, n - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] <= at) low = middle + 1;
      else high = middle;
    }
    chosen[i] = low;
    if (!replace) {
      weights[low] = 0;
      add();
    }
  }
}

/** A new order of `n`. */
function orderOf(n: number): Float64Array {
  const order = Float64Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const other = bits.below(i + 1);
    const value = order[i];
    order[i] = order[other];
    order[other] = value;
  }
  return order;
}

/**
 * The elements along the first axis in another order, or the numbers from 0 up to, not including, a number. What is given stays as it is.
 *
 * @example
 * random.permutation(5);
 */
export function permutation(of: ArrayInput, options: CreationOptions = {}): ArrayResult {
  if (typeof of === 'number') {
    if (!Number.isSafeInteger(of)) throw new KernelError('H5_VALUE', `${of} is no whole number`);
    // Below 0 there are none, as in a range.
    const n = Math.max(0, of);
    const order = convert(F8, orderOf(n), I8);
    const target = placeFor([n], I8, options);
    store(target, { start: [0], shape: [n] }, order, I8);
    return target.value as ArrayResult;
  }
  const { shape } = sourceOf(of);
  if (shape.length === 0) throw new KernelError('H5_AXIS', 'what has no axes has no order');
  return take(of, orderOf(shape[0]), { axis: 0, ...(isDestination(options) && { out: options }) });
}

/**
 * Puts the elements along the first axis in another order, where they stand: in memory or on disk.
 *
 * @example
 * random.shuffle(array);
 */
export function shuffle(of: ArrayInput): void {
  const target: Target = existing(of);
  const { shape, type } = target;
  if (shape.length === 0) throw new KernelError('H5_AXIS', 'what has no axes has no order');
  if (Array.isArray(of))
    throw new KernelError('H5_VALUE', 'a plain list is not shuffled: give an array, or use permutation');
  const source: Source = { ...target, value: undefined };
  const row = [1, ...shape.slice(1)];
  const rest = row.slice(1).map(() => 0);
  if (sizeOf(shape) * type.size <= blockBytes(1)) {
    const shuffled = readAll(sourceOf(take(of, orderOf(shape[0]), { axis: 0 })));
    store(target, { start: shape.map(() => 0), shape }, shuffled.data, type);
    return;
  }
  const read = (i: number): Data =>
    contiguous(row, operandOf(source, [i, ...rest], row), type.width).slice() as Data;
  for (let i = shape[0] - 1; i > 0; i--) {
    const other = bits.below(i + 1);
    if (other === i) continue;
    const [a, b] = [read(i), read(other)];
    store(target, { start: [i, ...rest], shape: row }, b, type);
    store(target, { start: [other, ...rest], shape: row }, a, type);
  }
}

/** Draws rows of `k` numbers. */
function drawRows(
  k: number,
  type: ElementType,
  options: RandomOptions,
  one: (to: Float64Array, at: number) => void,
): ArrayResult {
  const { size = [] } = options;
  const shape = [...shapeOf(size), k];
  const target = placeFor(shape, options.dtype === undefined ? type : typeOfName(options.dtype), options);
  const rows = Math.max(1, Math.floor(blockBytes(4) / (8 * k)));
  for (const part of partsOf(shape.slice(0, -1), rows)) {
    const n = sizeOf(part.shape);
    const data = new Float64Array(n * k);
    for (let i = 0; i < n; i++) one(data, i * k);
    store(target, { start: [...part.start, 0], shape: [...part.shape, k] }, data, F8);
  }
  return target.value as ArrayResult;
}

function listOf(input: ArrayInput): Float64Array {
  const array = fromValues(readAll(sourceOf(input)));
  return convert(array.type, array.data, F8) as Float64Array;
}

/**
 * Shares that make 1 together. @example random.dirichlet([1, 2, 3], { size: 4 });
 *
 * @throws {KernelError} H5_VALUE unless all of `alpha` are above 0.
 */
export function dirichlet(alpha: ArrayInput, options: RandomOptions = {}): ArrayResult {
  const list = listOf(alpha);
  if (list.length === 0 || list.some((a) => !(a > 0))) {
    throw new KernelError('H5_VALUE', 'alpha of dirichlet has to be above 0, each of them');
  }
  return drawRows(list.length, F8, options, (to, at) => {
    let total = 0;
    while (total === 0) {
      for (let i = 0; i < list.length; i++) {
        to[at + i] = d.gamma(bits, list[i]);
        total += to[at + i];
      }
    }
    for (let i = 0; i < list.length; i++) to[at + i] /= total;
  });
}

/**
 * How often each of some outcomes comes in `n` trials. @example random.multinomial(20, [0.5, 0.3, 0.2], { size: 4 });
 *
 * @throws {KernelError} H5_VALUE unless the probabilities are from 0 to 1, those before the last one together at most 1: the last is
 * what is left, as in numpy.
 */
export function multinomial(n: number, pvals: ArrayInput, options: RandomOptions = {}): ArrayResult {
  const list = listOf(pvals);
  const known = list.slice(0, -1).reduce((sum, p) => sum + p, 0);
  if (
    !Number.isSafeInteger(n) ||
    n < 0 ||
    list.length === 0 ||
    list.some((p) => !(p >= 0 && p <= 1)) ||
    known > 1 + 1e-12
  ) {
    throw new KernelError(
      'H5_VALUE',
      'multinomial takes a whole number of trials, and probabilities that are together at most 1',
    );
  }
  return drawRows(list.length, I8, options, (to, at) => {
    let left = n;
    let share = 1;
    for (let i = 0; i < list.length - 1; i++) {
      const drawn = left === 0 ? 0 : d.binomial(bits, left, Math.min(1, share > 0 ? list[i] / share : 0));
      to[at + i] = drawn;
      left -= drawn;
      share -= list[i];
    }
    to[at + list.length - 1] = left;
  });
}

/**
 * Normal numbers that depend on each other, of means and a matrix of covariances.
 *
 * @throws {KernelError} H5_VALUE when the matrix is not symmetric, or no covariance.
 * @example
 * random.multivariate_normal([0, 1], [[2, 1], [1, 2]], { size: 4 });
 */
export function multivariate_normal(
  mean: ArrayInput,
  cov: ArrayInput,
  options: RandomOptions = {},
): ArrayResult {
  const center = listOf(mean);
  const k = center.length;
  const { shape } = sourceOf(cov);
  if (shape.length !== 2 || shape[0] !== k || shape[1] !== k) {
    throw new KernelError(
      'H5_SHAPE',
      `cov has the shape (${shape.join(', ')}): of ${k} means it is (${k}, ${k})`,
    );
  }
  const root = rootOf(listOf(cov), k);
  const normals = new Float64Array(k);
  return drawRows(k, F8, options, (to, at) => {
    for (let i = 0; i < k; i++) normals[i] = d.normal(bits);
    for (let i = 0; i < k; i++) {
      let sum = center[i];
      for (let j = 0; j <= i; j++) sum += root[i * k + j] * normals[j];
      to[at + i] = sum;
    }
  });
}

/** The lower triangle that a covariance is the square of, after Cholesky. */
function rootOf(matrix: Float64Array, k: number): Float64Array {
  const root = new Float64Array(k * k);
  const scale = Math.max(0, ...Array.from({ length: k }, (_, i) => matrix[i * k + i]));
  const refuse = (): never => {
    throw new KernelError('H5_VALUE', 'cov is no covariance: symmetric, and nowhere negative');
  };
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      if (Math.abs(matrix[i * k + j] - matrix[j * k + i]) > 1e-8 * Math.max(1, scale)) refuse();
      let sum = matrix[i * k + j];
      for (let l = 0; l < j; l++) sum -= root[i * k + l] * root[j * k + l];
      if (i === j) {
        if (!(sum >= -1e-8 * scale)) refuse();
        root[i * k + i] = Math.sqrt(Math.max(0, sum));
      } else if (root[j * k + j] > 1e-9 * Math.sqrt(scale)) root[i * k + j] = sum / root[j * k + j];
      else if (Math.abs(sum) > 1e-8 * scale) refuse();
    }
  }
  return root;
}
