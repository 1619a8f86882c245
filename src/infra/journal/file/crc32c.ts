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

export const crc32c = (bytes: Uint8Array, start: number, end: number): number =>
  end - start >= nativeFromBytes
    ? nativeCrc32c(bytes.subarray(start, end))
    : tableCrc32c(bytes, start, end)

const tables = Array.from({ length: 8 }, () => new Int32Array(256))
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array
]
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ reflectedPolynomial : crc >>> 1
  t0[byte] = crc
}
for (let k = 1; k < 8; k++) {
  for (let byte = 0; byte < 256; byte++) {
    const before = tables[k - 1]![byte]!
    tables[k]![byte] = (before >>> 8) ^ t0[before & 0xff]!
  }
}

export const tableCrc32c = (bytes: Uint8Array, start: number, end: number): number => {
  let crc = -1
  let at = start
  for (const last = end - 8; at <= last; at += 8) {
    const low =
      crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    crc =
      t7[low & 0xff]! ^
      t6[(low >>> 8) & 0xff]! ^
      t5[(low >>> 16) & 0xff]! ^
      t4[low >>> 24]! ^
      t3[bytes[at + 4]!]! ^
      t2[bytes[at + 5]!]! ^
      t1[bytes[at + 6]!]! ^
      t0[bytes[at + 7]!]!
  }
  for (; at < end; at++) crc = t0[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}
