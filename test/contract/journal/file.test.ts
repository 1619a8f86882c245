import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { type Disk, DiskFailure, type DiskLock } from "../../../src/infra/journal/file/disk.ts"
import { makeFileJournal } from "../../../src/infra/journal/file/FileJournal.ts"
import { nodeDisk } from "../../../src/infra/journal/file/nodeDisk.ts"
import { SimulatedDisk } from "../../../src/infra/journal/file/simulatedDisk.ts"
import { codec } from "./records.ts"
import { journalContract } from "./suite.ts"

const book = "alpha"
const snapshotPath = (directory: string, seq: number) =>
  join(directory, book, "snapshots", `${String(seq).padStart(16, "0")}.snapshot`)

/** Small segments, so that every test crosses several files. */
const segmentBytesMax = 4096

journalContract({
  name: "file (simulated disk)",
  make: Effect.sync(() => {
    const disk = new SimulatedDisk()
    return {
      journal: makeFileJournal(codec, { directory: "/data", book, segmentBytesMax, disk }),
      crash: Effect.sync(() => disk.crash()),
      damageSnapshot: (seq: number) =>
        Effect.sync(() => {
          const path = snapshotPath("/data", seq)
          disk.plant(path, damaged(disk.content(path)))
        })
    }
  })
})

journalContract({
  name: "file (node disk)",
  make: Effect.gen(function* () {
    const directory = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "journal-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true }))
    )
    const mortal = new MortalDisk()
    return {
      journal: makeFileJournal(codec, { directory, book, segmentBytesMax, disk: mortal.disk }),
      crash: Effect.sync(() => mortal.die()),
      damageSnapshot: (seq: number) =>
        Effect.sync(() => {
          const path = snapshotPath(directory, seq)
          writeFileSync(path, damaged(readFileSync(path)))
        })
    }
  })
})

const damaged = (bytes: Uint8Array): Uint8Array => {
  const other = Uint8Array.from(bytes)
  other[other.length - 3]! ^= 1
  return other
}

/** The machine's disk for a process that can die in place: its locks go and its open files no longer write. */
class MortalDisk {
  #life = 0
  #locks: Array<DiskLock> = []

  die(): void {
    this.#life++
    for (const lock of this.#locks) lock.release()
    this.#locks = []
  }

  readonly disk: Disk = {
    ...nodeDisk,
    lock: (path) =>
      Effect.map(nodeDisk.lock(path), (lock) => {
        if (lock === "held") return lock
        const once = { ...lock, release: () => void (lock.isHeld() && lock.release()) }
        this.#locks.push(once)
        return once
      }),
    openForWriting: (path) =>
      Effect.map(nodeDisk.openForWriting(path), (file) => {
        const life = this.#life
        const dead = Effect.fail(new DiskFailure({ path, why: "the process is dead" }))
        return {
          path,
          size: () => file.size(),
          readAt: (target, position) => file.readAt(target, position),
          writeAt: (bytes, position) =>
            Effect.suspend(() => (life === this.#life ? file.writeAt(bytes, position) : dead)),
          truncate: (size) =>
            Effect.suspend(() => (life === this.#life ? file.truncate(size) : dead)),
          sync: Effect.suspend(() => (life === this.#life ? file.sync : dead)),
          close: () => file.close()
        }
      })
  }
}
