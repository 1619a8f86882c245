/** What a run shows: its banner, its live view, its summary. Fed with every record as it is appended. */
import { Console, Effect, Terminal } from "effect"
import type { Book } from "../actors/runtime/Book.ts"
import type { JournalRecord } from "../domain/journal/record.ts"
import { enterScreen, leaveScreen, liveScreen } from "../projections/liveScreen.ts"
import { LiveView } from "../projections/liveView.ts"
import { RunSummary } from "../projections/runSummary.ts"
import { type RunSummaryJson, summaryJson } from "../projections/runSummaryJson.ts"
import { summaryText } from "../projections/runSummaryText.ts"
import { isOnWallClock } from "../supervisors/ibSettings.ts"
import type { Settings } from "../supervisors/settings.ts"
import type { OpenRun } from "./Launcher.ts"

const banners = {
  simulated: "SIMULATED  exchange, chain and fills are simulations; no order leaves this machine",
  paper: "PAPER  orders go to a paper account",
  live: "LIVE  orders are real"
} as const

export class RunReport {
  readonly #opened: OpenRun
  readonly #settings: Settings
  readonly #summary = new RunSummary()
  readonly #view: LiveView
  readonly #working = new Set<string>()

  constructor(opened: OpenRun, settings: Settings) {
    this.#opened = opened
    this.#settings = settings
    this.#view = new LiveView({ speed: isOnWallClock(settings) ? 1 : settings.run.speed })
  }

  apply(record: JournalRecord): void {
    this.#summary.apply(record)
    this.#view.apply(record)
    if (record.type === "OrderIntent") this.#working.add(clOrdIDOf(record))
    else if (record.type === "OrderClosed") this.#working.delete(clOrdIDOf(record))
  }

  /** Orders sent and not yet closed. */
  workingOrders(): number {
    return this.#working.size
  }

  banner(): string {
    const { run, resumed, notices } = this.#opened
    const { book, seed, mode, run: pace } = this.#settings
    const isWall = isOnWallClock(this.#settings)
    const paced = pace.speed === "max" ? "as fast as it goes" : `${pace.speed} times real time`
    const speed = isWall ? "on the wall clock" : paced
    return [
      banners[mode],
      `${run.runId}${resumed ? " goes on" : ""}: session ${run.session}, book ${book}, seed ${seed}, ${speed}`,
      ...notices
    ].join("\n")
  }

  /** The whole screen anew on a terminal; new decisions as plain lines elsewhere. */
  readonly show = Effect.gen({ self: this }, function* () {
    const terminal = yield* Terminal.Terminal
    const columns = yield* terminal.columns
    if (columns > 0) {
      const size = { columns, rows: yield* terminal.rows }
      const banner = banners[this.#settings.mode]
      return yield* Effect.ignore(terminal.display(liveScreen(this.#view, size, banner)))
    }
    const lines = this.#view.takeLines()
    if (lines.length > 0) yield* Console.log(lines.join("\n"))
  })

  /** Takes the terminal for the screen, and gives it back with the scope. Nothing where there is none. */
  readonly takeTerminal = Effect.gen({ self: this }, function* () {
    const terminal = yield* Terminal.Terminal
    if ((yield* terminal.columns) === 0) return
    yield* Effect.ignore(terminal.display(enterScreen))
    yield* Effect.addFinalizer(() => Effect.ignore(terminal.display(leaveScreen)))
  })

  summary(book: Book): { readonly json: RunSummaryJson; readonly text: string } {
    const identity = {
      runId: this.#opened.run.runId,
      headHash: book.journal.head().hash,
      stateHash: book.stateHash()
    }
    const { dataDir } = this.#settings.storage
    return {
      json: summaryJson(this.#summary, identity),
      text: summaryText(this.#summary, identity, ` --data-dir ${dataDir}`)
    }
  }
}

const clOrdIDOf = (record: JournalRecord): string =>
  (record.payload as { readonly clOrdID: string }).clOrdID
