/**
 * A disk in memory that keeps apart what is written and what is durable, so that a crash can lose the difference.
 *
 * Reads see every write. A crash keeps what was synced and, of each file's unsynced writes and each folder's unsynced
 * names, what its `Survival` says. It can be full, slow, or fail its syncs. Deterministic: chance comes from the caller.
 */
import { dirname } from "node:path"
import { Effect } from "effect"
import { type Disk, DiskFailure, type DiskFile } from "./disk.ts"

/**
 * What of the unsynced writes is left by a crash: all, none, the first bytes of them in the order in which they were
 * written, or each sector or not by a draw from [0, 1) (a sector that is lost where a later one is kept reads as zeros).
 */
export type Survival =
  | { readonly _tag: "All" }
  | { readonly _tag: "None" }
  | { readonly _tag: "Prefix"; readonly bytes: number }
  | { readonly _tag: "Sectors"; readonly random: () => number }

type Change =
  | { readonly position: number; readonly bytes: Uint8Array }
  | { readonly truncatedTo: number }

interface Inode {
  content: Content
  durable: Content
  /** Since the last sync. */
  changes: Array<Change>
}

const sectorBytes = 512

export class SimulatedDisk implements Disk {
  /** Writes that would bring the sum of all files above this fail as on a full disk. */
  capacityBytes = Number.POSITIVE_INFINITY
  /** How many of the next syncs of files fail. */
  failingSyncs = 0
  /** What a sync takes, on the Effect clock. */
  syncMs = 0
  /** Syncs of files so far. */
  syncs = 0
  readonly #names = new Map<string, Inode>()
  readonly #durableNames = new Map<string, Inode>()
  readonly #folders = new Set<string>()
  readonly #locks = new Set<string>()
  #boot = 0

  /** The machine stops and starts: open files and locks are gone, and unsynced data but for what survives. */
  crash(survival: Survival = { _tag: "None" }): void {
    this.#boot++
    this.#locks.clear()
    for (const inode of this.#names.values()) settle(inode, survival)
    if (survival._tag === "All") return
    const keepsName = survival._tag === "Sectors" ? () => survival.random() < 0.5 : () => false
    const names = new Set([...this.#names.keys(), ...this.#durableNames.keys()])
    for (const path of names) {
      const now = this.#names.get(path)
      const durable = this.#durableNames.get(path)
      if (now === durable || (survival._tag === "Prefix" && now !== undefined)) continue
      if (keepsName()) continue
      if (durable === undefined) this.#names.delete(path)
      else this.#names.set(path, durable)
    }
    this.#durableNames.clear()
    for (const [path, inode] of this.#names) this.#durableNames.set(path, inode)
  }

  /** Bytes written to the file and not synced, over all changes. */
  unsyncedBytes(path: string): number {
    const changes = this.#names.get(path)?.changes ?? []
    return changes.reduce((sum, change) => sum + ("bytes" in change ? change.bytes.length : 0), 0)
  }

  /** The file's bytes as a read sees them. */
  content(path: string): Uint8Array {
    return this.#inode(path).content.bytes().slice()
  }

  /** Puts a file there, durable at once, as if it had always been so. */
  plant(path: string, bytes: Uint8Array): void {
    const inode = newInode()
    inode.content.write(bytes, 0)
    inode.durable.write(bytes, 0)
    this.#names.set(path, inode)
    this.#durableNames.set(path, inode)
  }

  paths(): ReadonlyArray<string> {
    return [...this.#names.keys()].sort()
  }

  ensureDirectory(path: string): Effect.Effect<void, DiskFailure> {
    return Effect.sync(() => void this.#folders.add(path))
  }

  list(path: string): ReadonlyArray<string> {
    return this.paths()
      .filter((name) => dirname(name) === path)
      .map((name) => name.slice(path.length + 1))
  }

  openForWriting(path: string): Effect.Effect<DiskFile, DiskFailure> {
    return Effect.sync(() => {
      if (!this.#names.has(path)) this.#names.set(path, newInode())
      return this.#open(path)
    })
  }

  openForReading(path: string): DiskFile {
    return this.#open(path)
  }

  rename(from: string, to: string): Effect.Effect<void, DiskFailure> {
    return this.#attempt(to, () => {
      this.#names.set(to, this.#inode(from))
      this.#names.delete(from)
    })
  }

  remove(path: string): Effect.Effect<void, DiskFailure> {
    return this.#attempt(path, () => {
      this.#inode(path)
      this.#names.delete(path)
    })
  }

  syncDirectory(path: string): Effect.Effect<void, DiskFailure> {
    return this.#attempt(path, () => {
      for (const name of this.#durableNames.keys()) {
        if (dirname(name) === path && !this.#names.has(name)) this.#durableNames.delete(name)
      }
      for (const [name, inode] of this.#names) {
        if (dirname(name) === path) this.#durableNames.set(name, inode)
      }
    })
  }

  lock(path: string) {
    return Effect.sync(() => {
      if (this.#locks.has(path)) return "held" as const
      const boot = this.#boot
      this.#locks.add(path)
      const isHeld = () => boot === this.#boot && this.#locks.has(path)
      return { isHeld, release: () => void (isHeld() && this.#locks.delete(path)) }
    })
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path)
    if (inode === undefined) throw new DiskFailure({ path, why: "there is no such file" })
    return inode
  }

  #open(path: string): DiskFile {
    const inode = this.#inode(path)
    const boot = this.#boot
    const alive = <A>(run: () => A): A => {
      if (boot === this.#boot) return run()
      throw new DiskFailure({ path, why: "the machine was restarted" })
    }
    return {
      path,
      size: () => alive(() => inode.content.length),
      readAt: (target, position) => alive(() => inode.content.read(target, position)),
      writeAt: (bytes, position) =>
        this.#attempt(path, () => alive(() => this.#write(path, inode, bytes, position))),
      truncate: (size) =>
        this.#attempt(path, () =>
          alive(() => {
            inode.content.truncate(size)
            inode.changes.push({ truncatedTo: size })
          })
        ),
      sync: Effect.andThen(
        Effect.suspend(() => (this.syncMs > 0 ? Effect.sleep(this.syncMs) : Effect.void)),
        this.#attempt(path, () => alive(() => this.#sync(path, inode)))
      ),
      close: () => {}
    }
  }

  /** On a full disk the part that fits is written, as a short `write` does. */
  #write(path: string, inode: Inode, bytes: Uint8Array, position: number): void {
    const used = [...this.#names.values()].reduce((sum, { content }) => sum + content.length, 0)
    const added = Math.max(0, position + bytes.length - inode.content.length)
    const missing = Math.max(0, used + added - this.capacityBytes)
    const kept = bytes.slice(0, Math.max(0, bytes.length - missing))
    inode.content.write(kept, position)
    inode.changes.push({ position, bytes: kept })
    if (missing > 0) throw new DiskFailure({ path, why: "the disk is full" })
  }

  #sync(path: string, inode: Inode): void {
    if (this.failingSyncs > 0) {
      this.failingSyncs--
      throw new DiskFailure({ path, why: "i/o error" })
    }
    for (const change of inode.changes) apply(inode.durable, change)
    inode.changes = []
    this.syncs++
  }

  #attempt<A>(path: string, run: () => A): Effect.Effect<A, DiskFailure> {
    return Effect.try({
      try: run,
      catch: (error) =>
        error instanceof DiskFailure ? error : new DiskFailure({ path, why: String(error) })
    })
  }
}

/** Brings an inode to what a crash leaves of it. */
const settle = (inode: Inode, survival: Survival): void => {
  let left = survival._tag === "Prefix" ? survival.bytes : 0
  for (const change of inode.changes) {
    if (survival._tag === "All" || "truncatedTo" in change) {
      if (survival._tag !== "None") apply(inode.durable, change)
    } else if (survival._tag === "Prefix") {
      apply(inode.durable, { ...change, bytes: change.bytes.subarray(0, left) })
      left = Math.max(0, left - change.bytes.length)
    } else if (survival._tag === "Sectors") {
      for (const sector of sectorsOf(change)) {
        if (survival.random() < 0.5) apply(inode.durable, sector)
      }
    }
  }
  inode.changes = []
  inode.content = inode.durable.copy()
}

/** A write in parts that end at the disk's sectors. */
function* sectorsOf(change: { readonly position: number; readonly bytes: Uint8Array }) {
  for (let done = 0; done < change.bytes.length; ) {
    const position = change.position + done
    const length = Math.min(change.bytes.length - done, sectorBytes - (position % sectorBytes))
    yield { position, bytes: change.bytes.subarray(done, done + length) }
    done += length
  }
}

const apply = (content: Content, change: Change): void => {
  if ("truncatedTo" in change) content.truncate(change.truncatedTo)
  else if (change.bytes.length > 0) content.write(change.bytes, change.position)
}

const newInode = (): Inode => ({ content: new Content(), durable: new Content(), changes: [] })

/** A file's bytes; what was never written reads as zeros. */
class Content {
  length = 0
  #bytes = new Uint8Array(4096)

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  copy(): Content {
    const copy = new Content()
    copy.write(this.bytes(), 0)
    return copy
  }

  read(target: Uint8Array, position: number): number {
    const end = Math.min(this.length, position + target.length)
    if (end <= position) return 0
    target.set(this.#bytes.subarray(position, end))
    return end - position
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(end * 2)
      grown.set(this.bytes())
      this.#bytes = grown
    }
    this.#bytes.set(bytes, position)
    this.length = Math.max(this.length, end)
  }

  truncate(size: number): void {
    if (size < this.length) this.#bytes.fill(0, size, this.length)
    this.length = size
  }
}
