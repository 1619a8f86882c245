/** A journal whose disk fails by plan, and whose machine stops in the middle of a commit. */
import { Effect } from "effect"
import { type Journal, JournalUnavailable, type JournalWriter } from "../../actors/ports/Journal.ts"
import { uniformAt } from "../../domain/chance.ts"
import type { SimulatedDisk, Survival } from "../../infra/journal/file/simulatedDisk.ts"
import type { FaultOf, Unsynced } from "../faults.ts"
import { Killed } from "../Killed.ts"
import type { Strikes } from "../Strikes.ts"

type Port = Journal["Service"]
type Kill = FaultOf<"ProcessKill">

/** One life's journal over a disk that outlives it. `seed` draws what of an unsynced write is left. */
export const faultyJournal = (
  sound: Port,
  disk: SimulatedDisk,
  strikes: Strikes,
  seed: number
): Port => {
  let commits = 0

  const stopping = (write: Effect.Effect<void, never>, kill: Kill) =>
    Effect.andThen(
      write,
      Effect.sync(() => {
        disk.failingSyncs = 0
        disk.crash(survival(kill.unsynced, disk, seed, commits))
        throw new Killed(`killed in commit ${commits}`)
      })
    )

  const commit = (writer: JournalWriter): JournalWriter["commit"] =>
    Effect.suspend(() => {
      commits++
      disk.syncMs = strikes.during("SlowDisk")?.syncMs ?? 0
      disk.capacityBytes =
        strikes.during("DiskFull") === undefined ? Number.POSITIVE_INFINITY : usedBytes(disk)
      const kill = strikes.take("ProcessKill", ({ point }) => point === "in commit")
      if (kill !== undefined) {
        disk.failingSyncs = 1
        return stopping(Effect.ignore(writer.commit), kill)
      }
      const unknown = strikes.take("AppendUnknown")
      if (unknown !== undefined) {
        const lost = new JournalUnavailable({ place: "simulated", why: "the answer was lost" })
        return unknown.applied
          ? Effect.andThen(writer.commit, Effect.fail(lost))
          : Effect.fail(lost)
      }
      const after = strikes.take("ProcessKill", ({ point }) => point === "after commit")
      if (after === undefined) return writer.commit
      return Effect.andThen(
        writer.commit,
        Effect.sync(() => {
          disk.crash(survival(after.unsynced, disk, seed, commits))
          throw new Killed(`killed after commit ${commits}`)
        })
      )
    })

  return {
    ...sound,
    openWriter: Effect.map(sound.openWriter, (writer) => ({
      opened: writer.opened,
      append: (record) => writer.append(record),
      pending: () => writer.pending(),
      durableThrough: () => writer.durableThrough(),
      commit: commit(writer),
      truncatePending: (seq) => writer.truncatePending(seq),
      read: (from) => writer.read(from),
      headers: (from) => writer.headers(from),
      head: () => writer.head(),
      link: () => writer.link(),
      firstSeq: () => writer.firstSeq(),
      forget: (before) => writer.forget(before),
      renew: writer.renew,
      heldSinceMs: () => writer.heldSinceMs(),
      interruption: () => writer.interruption()
    }))
  }
}

/** What a machine that stopped leaves of its unsynced writes. */
export const survival = (
  unsynced: Unsynced,
  disk: SimulatedDisk,
  seed: number,
  draw: number
): Survival => {
  switch (unsynced) {
    case "lost":
      return { _tag: "None" }
    case "all":
      return { _tag: "All" }
    case "first part": {
      const bytes = disk.paths().reduce((sum, path) => sum + disk.unsyncedBytes(path), 0)
      return { _tag: "Prefix", bytes: Math.floor(uniformAt(seed, 11, draw) * (bytes + 1)) }
    }
    case "some sectors": {
      let sector = 0
      return { _tag: "Sectors", random: () => uniformAt(seed, 12, draw, sector++) }
    }
  }
}

const usedBytes = (disk: SimulatedDisk): number =>
  disk.paths().reduce((sum, path) => sum + disk.content(path).length, 0)
