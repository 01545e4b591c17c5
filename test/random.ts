/** Whole numbers from 0 on, below the one that is given. */
export type Random = (below: number) => number;

/** Numbers that look random and are the same in each run (mulberry32). */
export function seeded(seed: number): Random {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
