import { lookup3 } from '../../src/hdf5/checksum.js';

/**
 * Sets the checksums of the superblock and of all object headers of a file of ours right again, so that a change
 * to its bytes reaches what is behind them.
 */
export function fixChecksums(file: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(file);
  const view = new DataView(bytes.buffer);
  view.setUint32(44, lookup3(view, 0, 44), true);
  for (let at = 48; at + 16 < bytes.length; at += 8) {
    if (view.getUint32(at) !== 0x4f484452) continue; // OHDR
    let start = at;
    let end = at + 10 + view.getUint32(at + 6, true);
    // Chunks of one header follow each other; the last message of each but the last says how long the next one is.
    while (end + 4 <= bytes.length) {
      view.setUint32(end, lookup3(view, start, end), true);
      const next = end + 4;
      if (next + 4 > bytes.length || view.getUint32(next) !== 0x4f43484b) break; // OCHK
      start = next;
      end = next + view.getUint32(next - 4 - 8, true) - 4;
    }
  }
  return bytes;
}
