/** Where the vault's log lies: bytes that are durable once `append` returns. */
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync
} from "node:fs"
import { join } from "node:path"

/** All calls are synchronous and throw where the medium fails. */
export interface LedgerMedium {
  /** For messages: a path, or "memory". */
  readonly place: string
  readonly read: () => Uint8Array
  /** Durable when it returns. */
  readonly append: (bytes: Uint8Array) => void
  readonly truncate: (length: number) => void
  readonly close: () => void
}

const vaultLogName = "vault.log"

export const openFileMedium = (directory: string): LedgerMedium => {
  mkdirSync(directory, { recursive: true })
  const place = join(directory, vaultLogName)
  const file = openSync(place, "a+", 0o600)
  // The name itself must survive a power cut, not only the bytes.
  const folder = openSync(directory, "r")
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

/** Keeps its bytes in memory, for tests and for runs that keep nothing. */
export const makeMemoryMedium = (initial: Uint8Array = new Uint8Array()): LedgerMedium => {
  let content = initial
  return {
    place: "memory",
    read: () => content,
    append: (bytes) => {
      const longer = new Uint8Array(content.length + bytes.length)
      longer.set(content)
      longer.set(bytes, content.length)
      content = longer
    },
    truncate: (length) => {
      content = content.slice(0, length)
    },
    close: () => undefined
  }
}
