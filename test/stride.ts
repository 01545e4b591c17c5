/**
 * Tests that change each byte of a file in turn try all of them in CI (where H5PICKLE_CASES is set), else every fifth: the
 * fields of a structure are of 1, 2, 4 and 8 bytes, so that each part of them comes up.
 */
export const STRIDE: number = process.env.H5PICKLE_CASES === undefined ? 5 : 1;

/** For the names of such tests. */
export const everyByte: string = STRIDE === 1 ? 'every byte' : `every ${STRIDE}th byte`;
