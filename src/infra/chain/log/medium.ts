/** Where a chain's own log lies: bytes that are durable once `append` returns. */
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
      let written = 0
      while (written < bytes.length) written += writeSync(file, bytes, written)
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

/** Keeps its bytes in memory, for tests and for runs that keep nothing. */
export const makeMemoryMedium = (initial: Uint8Array = new Uint8Array()): LogMedium => {
  let parts: Array<Uint8Array> = [initial]
  const whole = (): Uint8Array => {
    const joined = Uint8Array.from(Buffer.concat(parts))
    parts = [joined]
    return joined
  }
  return {
    place: "memory",
    read: whole,
    append: (bytes) => {
      parts.push(bytes)
    },
    truncate: (length) => {
      parts = [whole().slice(0, length)]
    },
    close: () => undefined
  }
}
