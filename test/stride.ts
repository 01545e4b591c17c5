/**
 * Tests that change each byte of a file in turn try all of them in CI (where H5PICKLE_CASES is set), else every eleventh: the
 * fields of a structure are of 1, 2, 4 and 8 bytes, so that each part of them comes up.
 */
export const STRIDE: number = process.env.H5PICKLE_CASES === undefined ? 11 : 1;

/** For the names of such tests. */
export const everyByte: string = STRIDE === 1 ? 'every byte' : `every ${STRIDE}th byte`;

/** How many cases there are of what takes its time: all of them in CI, else a quarter. */
export const runs = (all: number): number => (STRIDE === 1 ? all : Math.ceil(all / 4));
