/** A session on the straight host. */
import { Effect } from "effect"
import type { Book } from "./Book.ts"
import type { FaultHook } from "./handle.ts"
import type { Host } from "./SessionRun.ts"
import { StraightHost } from "./StraightHost.ts"

export const straightHost = (book: Book, fault?: FaultHook): Host => {
  const host = new StraightHost(book.kernel.sequencer, (cell) => book.rebuild(cell), fault)
  return {
    turn: (input, nowMs) => Effect.sync(() => host.turn(input, nowMs)),
    quotes: (clock, most) =>
      Effect.sync(() => {
        for (let i = 0; i < most && clock.quoteReady(); i++) {
          const dueMs = Math.max(clock.quoteDueMs(), book.kernel.ledger.timeMs)
          if (!host.market(clock.takeQuote(), dueMs)) return
        }
      })
  }
}
