/**
 * CRC-32C (Castagnoli) of a range of bytes.
 *
 * A call into native code costs some 260 ns before the first byte, so short ranges, which frames of quotes are, go
 * through slicing-by-8 tables here (about 1 ns per byte) and only long ones to `@node-rs/crc32`. A test holds the two equal.
 * Source of the method: Kounavis and Berry, "A Systematic Approach to Building High Performance Software-based CRC
 * Generators", 2005.
 */
import { crc32c as nativeCrc32c } from "@node-rs/crc32"

const reflectedPolynomial = 0x82f63b78
const nativeFromBytes = 512

/** `view` is over `bytes`. */
export const crc32c = (bytes: Uint8Array, view: DataView, start: number, end: number): number =>
  end - start >= nativeFromBytes
    ? nativeCrc32c(bytes.subarray(start, end))
    : tableCrc32c(view, start, end)

/** Eight tables of 256, the k-th for a byte that k more bytes follow. */
const tables = new Int32Array(8 * 256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ reflectedPolynomial : crc >>> 1
  tables[byte] = crc
}
for (let at = 256; at < tables.length; at++) {
  const before = tables[at - 256]!
  tables[at] = (before >>> 8) ^ tables[before & 0xff]!
}

export const tableCrc32c = (view: DataView, start: number, end: number): number => {
  let crc = -1
  let at = start
  for (const last = end - 8; at <= last; at += 8) {
    const low = crc ^ view.getInt32(at, true)
    const high = view.getInt32(at + 4, true)
    crc =
      tables[1792 + (low & 0xff)]! ^
      tables[1536 + ((low >>> 8) & 0xff)]! ^
      tables[1280 + ((low >>> 16) & 0xff)]! ^
      tables[1024 + (low >>> 24)]! ^
      tables[768 + (high & 0xff)]! ^
      tables[512 + ((high >>> 8) & 0xff)]! ^
      tables[256 + ((high >>> 16) & 0xff)]! ^
      tables[high >>> 24]!
  }
  for (; at < end; at++) crc = tables[(crc ^ view.getUint8(at)) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}
