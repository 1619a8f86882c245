/**
 * A log of lines: the CRC-32 of each in hex, a space, JSON.
 *
 * Invariant: a line that `append` returned for is durable. A damaged last line was never answered for: it is a torn tail
 * and cut. Damage before it stops who reads.
 */
import { crc32 } from "node:zlib"
import type { LogMedium } from "./medium.ts"

export interface LogLines {
  /** JSON of each, without its checksum. */
  readonly lines: ReadonlyArray<string>
  /** Bytes of a torn tail; 0 when the end is clean. */
  readonly tornBytes: number
  /** Number from 1 of the first line that is damaged and not the last one; 0 for none. */
  readonly badLine: number
  /** Cuts the torn tail. */
  readonly cut: () => void
}

/** Reads all of it and changes nothing. */
export const readLines = (medium: LogMedium): LogLines => {
  const bytes = medium.read()
  const lines: Array<string> = []
  let badLine = 0
  let start = 0
  while (start < bytes.length) {
    const end = bytes.indexOf(newline, start)
    const text = end === -1 ? "" : new TextDecoder().decode(bytes.subarray(start, end))
    const json = text.slice(9)
    if (end === -1 || text.slice(0, 8) !== checksum(json)) {
      const isLast = end === -1 || end === bytes.length - 1
      if (!isLast) badLine = lines.length + 1
      break
    }
    lines.push(json)
    start = end + 1
  }
  const tornBytes = badLine > 0 ? 0 : bytes.length - start
  const cut = (): void => {
    if (tornBytes > 0) medium.truncate(start)
  }
  return { lines, tornBytes, badLine, cut }
}

/**
 * Appends lines of JSON. Once the medium failed nobody knows what it holds: what `broken` makes of that is thrown then and
 * at each later call.
 */
export const lineWriter = (
  medium: LogMedium,
  broken: (why: string) => Error
): { readonly append: (json: string) => void; readonly check: () => void } => {
  let fault: Error | undefined
  const check = (): void => {
    if (fault !== undefined) throw fault
  }
  const append = (json: string): void => {
    check()
    try {
      medium.append(new TextEncoder().encode(`${checksum(json)} ${json}\n`))
    } catch (cause) {
      fault = broken(cause instanceof Error ? cause.message : String(cause))
      throw fault
    }
  }
  return { append, check }
}

const newline = 10

const checksum = (json: string): string => crc32(json).toString(16).padStart(8, "0")
