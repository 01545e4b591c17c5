/** Whether this machine keeps numbers as HDF5 does by default, so that memory can be viewed as file bytes. */
export const LITTLE_ENDIAN =
  /* @__PURE__ */ new Uint8Array(/* @__PURE__ */ new Uint16Array([1]).buffer)[0] === 1;

/** The bytes of numbers in little-endian order: a view where the machine allows it, else a copy. */
export function littleEndianBytes(
  numbers: ArrayBufferView & { readonly BYTES_PER_ELEMENT?: number },
): Uint8Array {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const size = numbers.BYTES_PER_ELEMENT ?? 1;
  return LITTLE_ENDIAN || size === 1 ? bytes : swapped(bytes, size);
}

/** A copy with the bytes of each number of `size` bytes in reverse order. */
export function swapped(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i += size) {
    for (let j = 0; j < size; j++) result[i + j] = bytes[i + size - 1 - j] as number;
  }
  return result;
}

/** A view of the same bytes. */
export function viewOf<T extends ArrayBufferLike>(bytes: Uint8Array<T>): DataView<T> {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A number of 8 bytes, as far as a number in JavaScript goes. */
export function getU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x100000000;
}

export function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 0x100000000), true);
}
