/**
 * What the file journal asks of a disk: the seam at which faults are injected.
 *
 * A write is durable when a later `sync` of its file has succeeded, and a file's name when a later `syncDirectory` has;
 * until then a crash may keep, lose or tear it. Reads see every write of this process at once.
 */
import { type Effect, Schema } from "effect"

/** The disk refused: full, gone, forbidden. `why` says it in words. */
export class DiskFailure extends Schema.TaggedError<DiskFailure>()("DiskFailure", {
  path: Schema.String,
  why: Schema.String
}) {
  override get message() {
    return `${this.path}: ${this.why}`
  }
}

export interface DiskFile {
  readonly path: string
  /** In bytes. Throws `DiskFailure`. */
  readonly size: () => number
  /** Fills `target` from `position` on and returns how many bytes there were. Throws `DiskFailure`. */
  readonly readAt: (target: Uint8Array, position: number) => number
  /** Writes all of `bytes`; after a failure any part of them may be there. `bytes` must not change meanwhile. */
  readonly writeAt: (bytes: Uint8Array, position: number) => Effect.Effect<void, DiskFailure>
  readonly truncate: (size: number) => Effect.Effect<void, DiskFailure>
  readonly sync: Effect.Effect<void, DiskFailure>
  readonly close: () => void
}

export interface Disk {
  /** Makes the folder and its parents, durably. */
  readonly ensureDirectory: (path: string) => Effect.Effect<void, DiskFailure>
  /** Names in a folder, sorted; none where it does not exist. Throws `DiskFailure`. */
  readonly list: (path: string) => ReadonlyArray<string>
  /** Opens for reading and writing; makes an empty file where there is none. */
  readonly openForWriting: (path: string) => Effect.Effect<DiskFile, DiskFailure>
  /** Opens an existing file. Throws `DiskFailure`. */
  readonly openForReading: (path: string) => DiskFile
  readonly rename: (from: string, to: string) => Effect.Effect<void, DiskFailure>
  readonly remove: (path: string) => Effect.Effect<void, DiskFailure>
  readonly syncDirectory: (path: string) => Effect.Effect<void, DiskFailure>
  /** Takes an exclusive lock that ends with the process at the latest, or tells that another holds it. */
  readonly lock: (path: string) => Effect.Effect<DiskLock | "held", DiskFailure>
}

export interface DiskLock {
  /** False once it was released or taken over. */
  readonly isHeld: () => boolean
  readonly release: () => void
}

/** The whole content of a file. Throws `DiskFailure`. */
export const readWhole = (disk: Disk, path: string): Uint8Array => {
  const file = disk.openForReading(path)
  const bytes = new Uint8Array(file.size())
  const length = file.readAt(bytes, 0)
  file.close()
  return bytes.subarray(0, length)
}
