/** A journal whose disk fails by plan, and whose machine stops in the middle of a commit. */
import { Effect } from "effect"
import {
  BookLocked,
  type Journal,
  JournalUnavailable,
  type JournalWriter
} from "../../actors/ports/Journal.ts"
import { uniformAt } from "../../domain/chance.ts"
import type { FaultOf, Unsynced } from "../../domain/chaos/faults.ts"
import type { SimulatedDisk, Survival } from "../../infra/journal/file/simulatedDisk.ts"
import { Killed } from "../Killed.ts"
import type { MeetsRival } from "../Rivalry.ts"
import type { Strikes } from "../Strikes.ts"
import { delayed } from "./latency.ts"

type Port = Journal["Service"]
type Kill = FaultOf<"ProcessKill">

/** What of a machine a fault can reach. */
export interface Machine {
  /** From here on nothing more can be written, or everything again. */
  readonly setFull: (isFull: boolean) => void
  /** What each sync takes, ms. */
  readonly setSyncMs: (syncMs: number) => void
  /** The next sync fails, and what it was to make durable is as it was written. */
  readonly failNextSync: () => void
  /** The machine stops and starts again. */
  readonly crash: (unsynced: Unsynced, draw: number) => void
}

export const simulatedMachine = (disk: SimulatedDisk, seed: number): Machine => ({
  setFull: (isFull) => {
    disk.capacityBytes = isFull ? usedBytes(disk) : Number.POSITIVE_INFINITY
  },
  setSyncMs: (syncMs) => {
    disk.syncMs = syncMs
  },
  failNextSync: () => {
    disk.failingSyncs = 1
  },
  crash: (unsynced, draw) => {
    disk.failingSyncs = 0
    disk.crash(survival(unsynced, disk, seed, draw))
  }
})

/** One life's journal on a machine that outlives it. */
export const faultyJournal = (
  sound: Port,
  machine: Machine,
  strikes: Strikes,
  meets?: MeetsRival
): Port => {
  let commits = 0

  const stopping = (write: Effect.Effect<void, never>, kill: Kill) =>
    Effect.andThen(
      write,
      Effect.sync(() => {
        machine.crash(kill.unsynced, commits)
        throw new Killed(`killed in commit ${commits}`)
      })
    )

  const commit = (writer: JournalWriter): JournalWriter["commit"] =>
    Effect.suspend(() => {
      commits++
      machine.setSyncMs(strikes.during("SlowDisk")?.syncMs ?? 0)
      machine.setFull(strikes.during("DiskFull") !== undefined)
      const rival = meets && strikes.take("Rival", ({ point }) => point === "in commit")
      if (rival !== undefined) return Effect.andThen(meets!(rival), writer.commit)
      if (strikes.take("Fenced") !== undefined) {
        return Effect.fail(new BookLocked({ place: "simulated", book: "simulated" }))
      }
      const kill = strikes.take("ProcessKill", ({ point }) => point === "in commit")
      if (kill !== undefined) {
        machine.failNextSync()
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
          machine.crash(after.unsynced, commits)
          throw new Killed(`killed after commit ${commits}`)
        })
      )
    })

  return {
    ...sound,
    openWriter: Effect.map(sound.openWriter, (writer) =>
      changedWriter(writer, {
        commit: Effect.andThen(delayed(strikes, "journal"), commit(writer))
      })
    )
  }
}

/** The writer with these members instead. */
export const changedWriter = (
  writer: JournalWriter,
  over: Partial<JournalWriter>
): JournalWriter => ({
  opened: writer.opened,
  append: (record) => writer.append(record),
  pending: () => writer.pending(),
  durableThrough: () => writer.durableThrough(),
  commit: writer.commit,
  truncatePending: (seq) => writer.truncatePending(seq),
  read: (from) => writer.read(from),
  headers: (from) => writer.headers(from),
  head: () => writer.head(),
  link: () => writer.link(),
  firstSeq: () => writer.firstSeq(),
  forget: (before) => writer.forget(before),
  renew: writer.renew,
  heldSinceMs: () => writer.heldSinceMs(),
  interruption: () => writer.interruption(),
  ...over
})

/** What a machine that stopped leaves of its unsynced writes. */
const survival = (
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
