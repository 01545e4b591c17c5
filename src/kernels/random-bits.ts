/** What a generator goes on from. */
export interface RandomState {
  readonly algorithm: 'xoshiro128++';
  /** Four words of 32 bits, not all zero. */
  readonly words: readonly [number, number, number, number];
}

/**
 * Random bits by xoshiro128++ of Blackman and Vigna: four words of state, a period of 2^128 - 1, operations of 32 bits only. Its
 * words come from a seed by splitmix32, so that near seeds have nothing in common.
 *
 * @example
 * const bits = new RandomBits(42);
 * bits.double(); // from 0 up to, not including, 1
 */
export class RandomBits {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  constructor(seed: number | bigint) {
    this.seed(seed);
  }

  /** Begins anew: the same numbers come of the same seed. */
  seed(seed: number | bigint): void {
    const whole = BigInt.asUintN(64, typeof seed === 'bigint' ? seed : BigInt(Math.trunc(seed)));
    let state = Number(whole & 0xffffffffn) | 0;
    const high = Number(whole >> 32n) | 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ high;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1;
  }

  get state(): RandomState {
    return { algorithm: 'xoshiro128++', words: [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0] };
  }

  set state({ words: [a, b, c, d] }: RandomState) {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    this.#d = d | 0;
  }

  /** A number of 32 bits, from 0. */
  word(): number {
    const sum = (this.#a + this.#d) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + this.#a) | 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** A number from 0 up to, not including, 1, of 53 bits. */
  double(): number {
    return ((this.word() >>> 5) * 67108864 + (this.word() >>> 6)) / 9007199254740992;
  }

  /** A whole number from 0 up to, not including, `n`, each as likely. */
  below(n: number): number {
    if (n <= 4294967296) {
      // What would make some more likely than others is thrown away.
      const limit = 4294967296 - (4294967296 % n);
      for (;;) {
        const word = this.word();
        if (word < limit) return word % n;
      }
    }
    const bits = Math.ceil(Math.log2(n));
    for (;;) {
      const value = (this.word() >>> Math.max(0, 64 - bits)) * 4294967296 + this.word();
      if (value < n) return value;
    }
  }

  /** The same of 64 bits. */
  belowBig(n: bigint): bigint {
    const bits = n.toString(2).length;
    for (;;) {
      const value = BigInt.asUintN(bits, (BigInt(this.word()) << 32n) | BigInt(this.word()));
      if (value < n) return value;
    }
  }
}
