/** A bare write of a commit's size to the end of a file, and its fdatasync: what no commit can beat. */
import * as fs from "node:fs"
import { join } from "node:path"

/** Bytes of a commit of three quotes: a batch header and their frames. */
const commitBytes = 88 + 3 * 104

export interface BareSync {
  /** Milliseconds of one write and sync. */
  readonly once: () => number
  readonly close: () => void
}

export const openBareSync = (folder: string): BareSync => {
  const bytes = Buffer.alloc(commitBytes, 7)
  const descriptor = fs.openSync(join(folder, "bare"), "w")
  return {
    once: () => {
      const began = performance.now()
      fs.writeSync(descriptor, bytes)
      fs.fdatasyncSync(descriptor)
      return performance.now() - began
    },
    close: () => fs.closeSync(descriptor)
  }
}
