/**
 * Jenkins' lookup3 hash, `hashlittle` with an initial value of 0: the checksum of all metadata in HDF5
 * (H5_checksum_lookup3 in the reference library; http://burtleburtle.net/bob/c/lookup3.c, public domain).
 * `start` and `end` are positions in `view`; the result is an unsigned 32-bit number. Nothing is allocated: there is
 * a call for each object of a file.
 */
export function lookup3(view: DataView, start: number, end: number): number {
  const length = end - start;
  let a = (0xdeadbeef + length) | 0;
  let b = a;
  let c = a;
  let p = start;

  // All but the last block (1 to 12 bytes), which is mixed by a different function.
  for (let left = length; left > 12; left -= 12, p += 12) {
    a = (a + view.getInt32(p, true)) | 0;
    b = (b + view.getInt32(p + 4, true)) | 0;
    c = (c + view.getInt32(p + 8, true)) | 0;
    a = (a - c) | 0;
    a ^= (c << 4) | (c >>> 28);
    c = (c + b) | 0;
    b = (b - a) | 0;
    b ^= (a << 6) | (a >>> 26);
    a = (a + c) | 0;
    c = (c - b) | 0;
    c ^= (b << 8) | (b >>> 24);
    b = (b + a) | 0;
    a = (a - c) | 0;
    a ^= (c << 16) | (c >>> 16);
    c = (c + b) | 0;
    b = (b - a) | 0;
    b ^= (a << 19) | (a >>> 13);
    a = (a + c) | 0;
    c = (c - b) | 0;
    c ^= (b << 4) | (b >>> 28);
    b = (b + a) | 0;
  }
  if (p === end) return c >>> 0;

  // The last block, zero-filled to 12 bytes.
  let word = 0;
  for (let i = end - 1; i >= p; i--) {
    word = (word << 8) | view.getUint8(i);
    if (i === p + 8) c = (c + word) | 0;
    else if (i === p + 4) b = (b + word) | 0;
    else if (i === p) a = (a + word) | 0;
    else continue;
    word = 0;
  }

  c = ((c ^ b) - ((b << 14) | (b >>> 18))) | 0;
  a = ((a ^ c) - ((c << 11) | (c >>> 21))) | 0;
  b = ((b ^ a) - ((a << 25) | (a >>> 7))) | 0;
  c = ((c ^ b) - ((b << 16) | (b >>> 16))) | 0;
  a = ((a ^ c) - ((c << 4) | (c >>> 28))) | 0;
  b = ((b ^ a) - ((a << 14) | (a >>> 18))) | 0;
  c = ((c ^ b) - ((b << 24) | (b >>> 8))) | 0;
  return c >>> 0;
}
