/**
 * Quotes per second of the GOOG session through the whole desk on the straight host, journal in memory and on file, and of
 * nautilus_trader's backtest fed with the same quotes; by the wall's clock, and per second of processor time, which other
 * processes on the machine change little. Run: node bench/straightHost.ts
 */
import { Effect } from "effect"
import {
  fileJournal,
  googStage,
  memoryJournal,
  runDesk,
  settingsWith,
  temporaryFolder
} from "./desk.ts"
import { type Measure, median, type Peer, type Row, rounds, runAlone } from "./figure.ts"
import { nautilusRates } from "./nautilus.ts"

const kinds = ["memory", "file"] as const
const nautilusRuns = 3

interface Rates {
  readonly wall: Array<number>
  readonly cpu: Array<number>
}

const measure: Measure = (progress) =>
  Effect.gen(function* () {
    progress("loads the session")
    const stage = yield* googStage
    const settings = settingsWith()
    const rates: Record<(typeof kinds)[number], Rates> = {
      memory: { wall: [], cpu: [] },
      file: { wall: [], cpu: [] }
    }
    for (const round of rounds(10, 4, 10)) {
      for (const kind of kinds) {
        const { cpuSeconds, quotes, seconds } = yield* Effect.scoped(
          Effect.gen(function* () {
            const journal =
              kind === "memory"
                ? memoryJournal(settings)
                : fileJournal(settings, yield* temporaryFolder)
            return yield* runDesk({ stage, settings, journal, host: "straight" })
          })
        )
        progress(`${kind} journal: ${Math.round(quotes / seconds)} quotes/s`)
        if (round === 0) continue
        rates[kind].wall.push(quotes / seconds)
        rates[kind].cpu.push(quotes / cpuSeconds)
      }
    }
    const nautilus = yield* Effect.promise(() =>
      nautilusRates(stage.session, nautilusRuns, progress)
    )
    const peer = (listed: "one" | "chain", clock: "wall" | "cpu"): Peer =>
      "why" in nautilus
        ? { name: nautilus.why, value: undefined }
        : {
            name: `${nautilus.name}, ${listed === "one" ? "one instrument" : "the chain"}`,
            value: median(nautilus[listed][clock])
          }
    const row = (
      kind: (typeof kinds)[number],
      clock: "wall" | "cpu",
      listed: "one" | "chain"
    ): Row => ({
      what: `straight host, ${kind} journal${clock === "cpu" ? ", per CPU second" : ""}`,
      unit: "quotes/s",
      value: median(rates[kind][clock]),
      samples: rates[kind][clock].length,
      peer: peer(listed, clock)
    })
    return [
      row("memory", "wall", "one"),
      row("file", "wall", "one"),
      row("file", "wall", "chain"),
      row("memory", "cpu", "one"),
      row("file", "cpu", "one")
    ]
  }).pipe(Effect.scoped, Effect.orDie, Effect.runPromise)

await runAlone(measure)
