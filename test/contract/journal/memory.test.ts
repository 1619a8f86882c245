import { Effect } from "effect"
import { makeMemoryJournal } from "../../../src/infra/journal/memory.ts"
import { codec } from "./records.ts"
import { journalContract } from "./suite.ts"

journalContract({
  name: "memory",
  make: Effect.sync(() => {
    const journal = makeMemoryJournal(codec, { book: "alpha" })
    return {
      journal,
      crash: Effect.sync(journal.crash),
      damageSnapshot: (seq: number) => Effect.sync(() => journal.damageSnapshot(seq))
    }
  })
})
