/** Where a log of lines lies: bytes that are durable once `append` returns. */
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
import { dirname } from "node:path"

/** All calls are synchronous and throw where the medium fails. */
export interface LogMedium {
  /** For messages: a path, or "memory". */
  readonly place: string
  readonly read: () => Uint8Array
  /** Durable when it returns. */
  readonly append: (bytes: Uint8Array) => void
  readonly truncate: (length: number) => void
  readonly close: () => void
}

/** A file, made with its folders where it is missing. */
export const openFileMedium = (place: string): LogMedium => {
  mkdirSync(dirname(place), { recursive: true })
  const file = openSync(place, "a+", 0o600)
  // The name itself must survive a power cut, not only the bytes.
  const folder = openSync(dirname(place), "r")
  fsyncSync(folder)
  closeSync(folder)
  return {
    place,
    read: () => readFileSync(place),
    append: (bytes) => {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
      fdatasyncSync(file)
    },
    truncate: (length) => {
      ftruncateSync(file, length)
      fsyncSync(file)
    },
    close: () => closeSync(file)
  }
}

/** For those who look while another process writes: cuts nothing, writes nothing. */
export const readFileMedium = (place: string): LogMedium => {
  const refuse = () => {
    throw new Error("it was opened for reading only")
  }
  return {
    place,
    read: () => (existsSync(place) ? readFileSync(place) : new Uint8Array()),
    append: refuse,
    truncate: () => {},
    close: () => {}
  }
}

/** Keeps its bytes in memory: it outlives who writes to it, not the process. */
export const makeMemoryMedium = (initial: Uint8Array = new Uint8Array()): LogMedium => {
  let bytes = Uint8Array.from(initial)
  let length = bytes.length
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
