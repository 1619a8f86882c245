/** Writes text as a gzip file whose bytes depend on the text alone. */
import { createHash } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { constants, gzipSync } from "node:zlib"

export interface WrittenFile {
  /** Lines after the header. */
  readonly rows: number
  readonly sha256: string
  readonly bytes: number
}

export const writeGzip = (path: string, text: string): WrittenFile => {
  const bytes = gzipSync(Buffer.from(text, "latin1"), { level: constants.Z_BEST_COMPRESSION })
  // Header bytes 4-7 are the time of writing, byte 9 the operating system: both left unknown.
  bytes.fill(0, 4, 8)
  bytes[9] = 255
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  return {
    rows: text.trimEnd().split("\n").length - 1,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    bytes: bytes.length
  }
}
