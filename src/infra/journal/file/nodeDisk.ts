/**
 * The machine's own disk, by node:fs.
 *
 * Small writes go to the page cache in place; large ones and every sync run on the thread pool. The lock is an exclusive
 * transaction on an SQLite file: the kernel drops it when the process dies, however it dies, and keeps it while it is stopped.
 */
import * as fs from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import { type Disk, DiskFailure, type DiskFile, type DiskLock } from "./disk.ts"

const inPlaceBytesMax = 65_536
const sqliteBusy = 5

export const nodeDisk: Disk = {
  ensureDirectory: (path) =>
    attempt(path, () => {
      const made = fs.mkdirSync(path, { recursive: true })
      if (made === undefined) return
      for (let at = path; at.length >= made.length; at = dirname(at)) syncFolder(dirname(at))
    }),
  list: (path) => (fs.existsSync(path) ? attemptSync(path, () => fs.readdirSync(path).sort()) : []),
  openForWriting: (path) =>
    attempt(path, () => {
      const flags = fs.constants.O_RDWR | fs.constants.O_CREAT
      return new NodeFile(path, fs.openSync(path, flags, 0o644))
    }),
  openForReading: (path) => attemptSync(path, () => new NodeFile(path, fs.openSync(path, "r"))),
  rename: (from, to) => attempt(to, () => fs.renameSync(from, to)),
  remove: (path) => attempt(path, () => fs.rmSync(path)),
  syncDirectory: (path) => attempt(path, () => syncFolder(path)),
  lock: (path) => attempt(path, () => lock(path))
}

class NodeFile implements DiskFile {
  readonly path: string
  readonly sync: Effect.Effect<void, DiskFailure>
  readonly #descriptor: number

  constructor(path: string, descriptor: number) {
    this.path = path
    this.#descriptor = descriptor
    this.sync = Effect.callback((resume) =>
      fs.fdatasync(descriptor, (error) =>
        resume(error === null ? Effect.void : Effect.fail(failure(path, error)))
      )
    )
  }

  size(): number {
    return attemptSync(this.path, () => fs.fstatSync(this.#descriptor).size)
  }

  readAt(target: Uint8Array, position: number): number {
    return attemptSync(this.path, () => {
      let done = 0
      while (done < target.length) {
        const left = target.length - done
        const read = fs.readSync(this.#descriptor, target, done, left, position + done)
        if (read === 0) break
        done += read
      }
      return done
    })
  }

  writeAt(bytes: Uint8Array, position: number): Effect.Effect<void, DiskFailure> {
    return bytes.length <= inPlaceBytesMax
      ? attempt(this.path, () => {
          for (let done = 0; done < bytes.length; ) {
            const left = bytes.length - done
            done += fs.writeSync(this.#descriptor, bytes, done, left, position + done)
          }
        })
      : Effect.callback((resume) => this.#writeOnPool(bytes, 0, position, resume))
  }

  truncate(size: number): Effect.Effect<void, DiskFailure> {
    return attempt(this.path, () => fs.ftruncateSync(this.#descriptor, size))
  }

  close(): void {
    fs.closeSync(this.#descriptor)
  }

  #writeOnPool(
    bytes: Uint8Array,
    done: number,
    position: number,
    resume: (effect: Effect.Effect<void, DiskFailure>) => void
  ): void {
    fs.write(
      this.#descriptor,
      bytes,
      done,
      bytes.length - done,
      position + done,
      (error, written) => {
        if (error !== null) return resume(Effect.fail(failure(this.path, error)))
        if (done + written >= bytes.length) return resume(Effect.void)
        this.#writeOnPool(bytes, done + written, position, resume)
      }
    )
  }
}

const lock = (path: string): DiskLock | "held" => {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec("BEGIN EXCLUSIVE")
  } catch (error) {
    database.close()
    if ((error as { readonly errcode?: number }).errcode === sqliteBusy) return "held"
    throw error
  }
  return { isHeld: () => database.isOpen, release: () => database.close() }
}

const syncFolder = (path: string): void => {
  const descriptor = fs.openSync(path, "r")
  try {
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

const attempt = <A>(path: string, run: () => A): Effect.Effect<A, DiskFailure> =>
  Effect.try({ try: run, catch: (error) => failure(path, error) })

const attemptSync = <A>(path: string, run: () => A): A => {
  try {
    return run()
  } catch (error) {
    throw failure(path, error)
  }
}

const failure = (path: string, error: unknown): DiskFailure => {
  const { code, message } = error as NodeJS.ErrnoException
  const why =
    code === "ENOSPC"
      ? "the disk is full"
      : code === "EDQUOT"
        ? "the disk quota is used up"
        : code === "EACCES" || code === "EPERM" || code === "EROFS"
          ? "writing there is not permitted"
          : message
  return new DiskFailure({ path, why })
}
