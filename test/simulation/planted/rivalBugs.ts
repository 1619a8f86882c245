/** Bugs of two processes with one book: the older does not notice that it lost it, or the newer does not wait. */
import { Effect } from "effect"
import type { Disk } from "../../../src/infra/journal/file/disk.ts"
import type { Parts } from "../../../src/simulation/life.ts"
import { mutantsOf } from "../../infra/journal/kafka/mutants.ts"
import type { Bug } from "./bug.ts"

/** Of the simulated desk. */
const book = "main"
const once = "5.2 one order per intent"
/** Two writers in one journal: found by whoever reads it next. */
const twoWriters = [
  once,
  "5.1 durable gate",
  "5.3 crash anywhere",
  "5.4 nothing is invented",
  "5.5 replay is proof",
  "5.8 stand-ins know what happened",
  "the desk comes to its end"
]

const bug = (
  layer: Bug["layer"],
  defect: string,
  breaks: ReadonlyArray<string>,
  parts: () => Parts
): Bug => ({ layer, defect, breaks, scenario: "rival", seeds: 30, parts })

/** Gives the lock to whoever asks. */
const unlocked = (sound: Disk): Disk => ({
  ensureDirectory: (path) => sound.ensureDirectory(path),
  list: (path) => sound.list(path),
  openForWriting: (path) => sound.openForWriting(path),
  openForReading: (path) => sound.openForReading(path),
  rename: (from, to) => sound.rename(from, to),
  remove: (path) => sound.remove(path),
  syncDirectory: (path) => sound.syncDirectory(path),
  lock: () => Effect.succeed({ isHeld: () => true, release: () => {} })
})

export const rivalBugs: ReadonlyArray<Bug> = [
  bug("broker gateway", "what leaves does not ask for the writer's lease", [once], () => ({
    mayLeave: () => ""
  })),
  bug("Kafka", "who takes a book over does not wait for the old writer's lease", [once], () => ({
    takeoverWaitMs: 0
  })),
  bug("Kafka", "beside a rival, the adapter ignores who took its book", twoWriters, () => ({
    kafka: (log) => mutantsOf(book)["ignores who took its book"]!(log)
  })),
  bug("journal", "a rival does not ask for the book's lock", twoWriters, () => ({ disk: unlocked }))
]
