/** Where the simulated exchange's log lies: a file, or memory that outlives the exchange but not the process. */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync
} from "node:fs"
import { join } from "node:path"
import type { LogMedium } from "./exchangeLog.ts"

/** `exchange.log` in a directory, made where it is missing. Throws what the file system throws. */
export const openFileMedium = (directory: string): LogMedium => {
  mkdirSync(directory, { recursive: true })
  const place = join(directory, "exchange.log")
  const isNew = !existsSync(place)
  const file = openSync(place, "a+")
  if (isNew) syncDirectory(directory)
  return {
    place,
    read: () => readFileSync(place),
    truncate: (length) => {
      ftruncateSync(file, length)
      fsyncSync(file)
    },
    append: (bytes) => {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
      fdatasyncSync(file)
    },
    close: () => closeSync(file)
  }
}

/** The name of a new file is durable only once its directory is. */
const syncDirectory = (directory: string): void => {
  const handle = openSync(directory, "r")
  fsyncSync(handle)
  closeSync(handle)
}

export const makeMemoryMedium = (): LogMedium => {
  let bytes = new Uint8Array(1 << 12)
  let length = 0
  return {
    place: "memory",
    read: () => bytes.slice(0, length),
    truncate: (to) => {
      length = to
    },
    append: (more) => {
      if (length + more.length > bytes.length) {
        // Doubled, so that a long log is not copied at every line.
        const longer = new Uint8Array(Math.max(2 * bytes.length, length + more.length))
        longer.set(bytes.subarray(0, length))
        bytes = longer
      }
      bytes.set(more, length)
      length += more.length
    },
    close: () => {}
  }
}
