import type { RandomBits } from './random-bits.js';

// How numbers of each distribution come of random bits: the methods that numpy's documentation names, or exact ones.

/** The logarithm of the gamma function of a number above zero, to about 14 digits. */
export function logGamma(x: number): number {
  if (x < 7) {
    let shift = 0;
    let at = x;
    while (at < 7) shift += Math.log(at++);
    return logGamma(at) - shift;
  }
  const inverse = 1 / (x * x);
  const series =
    (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse * (1 / 1188))))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.9189385332046728 + series;
}

export function exponential(bits: RandomBits): number {
  return -Math.log1p(-bits.double());
}

/** By the polar method. */
export function normal(bits: RandomBits): number {
  for (;;) {
    const x = 2 * bits.double() - 1;
    const y = 2 * bits.double() - 1;
    const square = x * x + y * y;
    if (square < 1 && square > 0) return x * Math.sqrt((-2 * Math.log(square)) / square);
  }
}

/** By Marsaglia and Tsang; below a shape of 1 by way of the next one. */
export function gamma(bits: RandomBits, shape: number): number {
  if (shape === 0) return 0;
  if (shape < 1) return gamma(bits, shape + 1) * (1 - bits.double()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(bits);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - bits.double();
    if (u < 1 - 0.0331 * x ** 4 || Math.log(u) < 0.5 * x * x + d * (1 - v + Math.log(v))) return d * v;
  }
}

export function beta(bits: RandomBits, a: number, b: number): number {
  if (a <= 1 && b <= 1) {
    // By Jöhnk: gammas of both could be zero.
    for (;;) {
      const u = 1 - bits.double();
      const v = 1 - bits.double();
      const x = u ** (1 / a);
      const y = v ** (1 / b);
      if (x + y > 1) continue;
      if (x + y > 0) return x / (x + y);
      const logX = Math.log(u) / a;
      const logY = Math.log(v) / b;
      const most = Math.max(logX, logY);
      return Math.exp(logX - most - Math.log(Math.exp(logX - most) + Math.exp(logY - most)));
    }
  }
  const x = gamma(bits, a);
  return x / (x + gamma(bits, b));
}

/** Halves the trials by the one in the middle, which is a beta, until few are left. */
export function binomial(bits: RandomBits, trials: number, probability: number): number {
  let n = trials;
  let p = probability;
  let successes = 0;
  while (n > 30 && p > 0 && p < 1) {
    const middle = Math.floor((n + 1) / 2);
    const x = beta(bits, middle, n + 1 - middle);
    if (x <= p) {
      successes += middle;
      n -= middle;
      p = (p - x) / (1 - x);
    } else {
      n = middle - 1;
      p /= x;
    }
  }
  if (p >= 1) return successes + n;
  for (let i = 0; i < n; i++) if (bits.double() < p) successes++;
  return successes;
}

/** By products; from 10 on by Hörmann's transformed rejection. */
export function poisson(bits: RandomBits, mean: number): number {
  if (mean < 10) {
    const limit = Math.exp(-mean);
    let product = bits.double();
    let count = 0;
    while (product > limit) {
      product *= bits.double();
      count++;
    }
    return count;
  }
  const log = Math.log(mean);
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverse = 1.1239 + 1.1328 / (b - 3.4);
  const most = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = bits.double() - 0.5;
    const v = bits.double();
    const side = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / side + b) * u + mean + 0.43);
    if (side >= 0.07 && v <= most) return k;
    if (k < 0 || (side < 0.013 && v > side)) continue;
    if (
      Math.log(v) + Math.log(inverse) - Math.log(a / (side * side) + b) <=
      -mean + k * log - logGamma(k + 1)
    )
      return k;
  }
}

export function geometric(bits: RandomBits, p: number): number {
  if (p === 1) return 1;
  return Math.max(1, Math.ceil(Math.log1p(-bits.double()) / Math.log1p(-p)));
}

export function chisquare(bits: RandomBits, degrees: number): number {
  return 2 * gamma(bits, degrees / 2);
}

export function noncentralChisquare(bits: RandomBits, degrees: number, shift: number): number {
  if (shift === 0) return chisquare(bits, degrees);
  if (degrees > 1) return chisquare(bits, degrees - 1) + (normal(bits) + Math.sqrt(shift)) ** 2;
  return chisquare(bits, degrees + 2 * poisson(bits, shift / 2));
}

export function hypergeometric(bits: RandomBits, good: number, bad: number, sample: number): number {
  const population = good + bad;
  const m = Math.min(sample, population - sample);
  let drawn: number;
  if (m <= 10) {
    drawn = 0;
    for (let i = 0; i < m; i++) if (bits.below(population - i) < good - drawn) drawn++;
  } else drawn = hypergeometricByRatio(bits, good, bad, m);
  // Of what is left in the urn follows what has been drawn.
  return m < sample ? good - drawn : drawn;
}

/** By the ratio of uniforms, after Stadlober. */
function hypergeometricByRatio(bits: RandomBits, good: number, bad: number, m: number): number {
  const population = good + bad;
  const fewer = Math.min(good, bad);
  const more = Math.max(good, bad);
  const share = fewer / population;
  const center = m * share + 0.5;
  const spread = Math.sqrt(((population - m) * m * share * (1 - share)) / (population - 1) + 0.5);
  const width = 1.7155277699214135 * spread + 0.8989161620588988;
  const mode = Math.floor(((m + 1) * (fewer + 1)) / (population + 2));
  const weight = (k: number) =>
    logGamma(k + 1) + logGamma(fewer - k + 1) + logGamma(m - k + 1) + logGamma(more - m + k + 1);
  const top = weight(mode);
  const end = Math.min(Math.min(m, fewer) + 1, Math.floor(center + 16 * spread));
  for (;;) {
    const x = 1 - bits.double();
    const w = center + (width * (bits.double() - 0.5)) / x;
    if (w < 0 || w >= end) continue;
    const k = Math.floor(w);
    const t = top - weight(k);
    if (x * (4 - x) - 3 <= t || (x * (x - t) < 1 && 2 * Math.log(x) <= t)) return good > bad ? m - k : k;
  }
}

/** After Kemp. */
export function logseries(bits: RandomBits, p: number): number {
  const log = Math.log1p(-p);
  for (;;) {
    const v = bits.double();
    if (v >= p) return 1;
    const q = -Math.expm1(log * bits.double());
    if (v <= q * q) {
      const result = Math.floor(1 + Math.log(v) / Math.log(q));
      if (result >= 1 && v > 0) return result;
    } else return v >= q ? 1 : 2;
  }
}

/** After Devroye. */
export function zipf(bits: RandomBits, a: number): number {
  const less = a - 1;
  const b = 2 ** less;
  for (;;) {
    const u = 1 - bits.double();
    const v = bits.double();
    const x = Math.floor(u ** (-1 / less));
    // What no integer of 64 bits holds is drawn again.
    if (x > 9.2e18 || x < 1) continue;
    const t = (1 + 1 / x) ** less;
    if ((v * x * (t - 1)) / (b - 1) <= t / b) return x;
  }
}

/** Angles, after Best and Fisher. */
export function vonmises(bits: RandomBits, mean: number, concentration: number): number {
  let angle: number;
  if (concentration < 1e-8) angle = Math.PI * (2 * bits.double() - 1);
  else {
    const r = 1 + Math.sqrt(1 + 4 * concentration * concentration);
    const rho = (r - Math.sqrt(2 * r)) / (2 * concentration);
    const s = concentration < 1e-5 ? 1 / concentration + concentration : (1 + rho * rho) / (2 * rho);
    let w: number;
    for (;;) {
      const z = Math.cos(Math.PI * bits.double());
      w = (1 + s * z) / (s + z);
      const y = concentration * (s - w);
      const v = 1 - bits.double();
      if (y * (2 - y) - v >= 0 || Math.log(y / v) + 1 - y >= 0) break;
    }
    angle = Math.acos(Math.max(-1, Math.min(1, w)));
    if (bits.double() < 0.5) angle = -angle;
  }
  const shifted = angle + mean;
  const turned = (Math.abs(shifted) + Math.PI) % (2 * Math.PI);
  return shifted < 0 ? -(turned - Math.PI) : turned - Math.PI;
}

/** After Michael, Schucany and Haas. */
export function wald(bits: RandomBits, mean: number, scale: number): number {
  const ratio = mean / (2 * scale);
  const y = mean * normal(bits) ** 2;
  const x = mean + ratio * (y - Math.sqrt(4 * scale * y + y * y));
  return bits.double() <= mean / (mean + x) ? x : (mean * mean) / x;
}

export function triangular(bits: RandomBits, left: number, mode: number, right: number): number {
  const base = right - left;
  const before = mode - left;
  const u = bits.double();
  if (u <= before / base) return left + Math.sqrt(u * base * before);
  return right - Math.sqrt((1 - u) * base * (right - mode));
}
