// What is more than an operator or a function of Math, for one or two numbers: as C, or Python, has it.

/** Above this, every double is whole. */
const WHOLE = 4503599627370496;

/** The nearest whole number, of two as near the even one. */
export function rint(x: number): number {
  if (!(Math.abs(x) < WHOLE)) return x;
  // The sum has no room for a fraction: the processor rounds it.
  return x > 0 ? x + WHOLE - WHOLE : x < 0 ? -(WHOLE - x - WHOLE) : x;
}

export function exp2(x: number): number {
  return 2 ** x;
}

/** As C's pow: 1 to the power of anything is 1, and so is -1 to that of an infinity. */
export function power(x: number, y: number): number {
  if (x === 1 || (x === -1 && (y === Infinity || y === -Infinity))) return 1;
  if (y === 2) return x * x;
  return x ** y;
}

/** Integers of up to 32 bits, modulo 2^32. The exponent is not negative. */
export function powerInt(x: number, y: number): number {
  let result = 1;
  let base = x | 0;
  for (let rest = y; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = Math.imul(result, base);
    base = Math.imul(base, base);
  }
  return result;
}

/** The same modulo 2^64. */
export function powerBig(x: bigint, y: bigint): bigint {
  let result = 1n;
  let base = BigInt.asUintN(64, x);
  for (let rest = y; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = BigInt.asUintN(64, result * base);
    base = BigInt.asUintN(64, base * base);
  }
  return result;
}

/** The remainder with the sign of the divisor, as Python has it. */
export function mod(x: number, y: number): number {
  const rest = x % y;
  if (rest === 0) return y < 0 ? -0 : 0;
  return rest < 0 !== y < 0 && !Number.isNaN(rest) && !Number.isNaN(y) ? rest + y : rest;
}

/** The largest whole number that is not above the quotient. */
export function floorDivide(x: number, y: number): number {
  if (y === 0) return x / y;
  const rest = x % y;
  let quotient = (x - rest) / y;
  if (rest !== 0 && rest < 0 !== y < 0) quotient -= 1;
  if (quotient === 0) return x / y < 0 || Object.is(x / y, -0) ? -0 : 0;
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

export function floorDivideBig(x: bigint, y: bigint): bigint {
  if (y === 0n) return 0n;
  const quotient = x / y;
  return x % y !== 0n && x < 0n !== y < 0n ? quotient - 1n : quotient;
}

export function modBig(x: bigint, y: bigint): bigint {
  if (y === 0n) return 0n;
  const rest = x % y;
  return rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest;
}
