/**
 * Quotes per second of the GOOG session through the whole desk on the straight host, journal in memory and on file, and of
 * nautilus_trader's backtest fed with the same quotes. Run: node bench/straightHost.ts
 */
import { Effect } from "effect"
import { fileJournal, googStage, memoryJournal, runDesk, settingsWith, temporaryFolder } from "./desk.ts"
import { type Measure, median, type Row, runAlone } from "./figure.ts"
import { nautilusRates } from "./nautilus.ts"

const runs = 7

const measure: Measure = (progress) =>
  Effect.gen(function* () {
    progress("loads the session")
    const stage = yield* googStage
    const settings = settingsWith()
    const rates = { memory: [] as Array<number>, file: [] as Array<number> }
    for (let run = 0; run <= runs; run++) {
      for (const kind of ["memory", "file"] as const) {
        const { quotes, seconds } = yield* Effect.scoped(
          Effect.gen(function* () {
            const journal =
              kind === "memory"
                ? memoryJournal(settings)
                : fileJournal(settings, yield* temporaryFolder)
            return yield* runDesk({ stage, settings, journal, host: "straight" })
          })
        )
        // The first run of each warms the code up.
        if (run > 0) rates[kind].push(quotes / seconds)
        progress(`${kind} journal: ${Math.round(quotes / seconds)} quotes/s`)
      }
    }
    const nautilus = yield* Effect.promise(() => nautilusRates(stage.session, 3, progress))
    const peer =
      "rates" in nautilus
        ? { name: nautilus.name, value: median(nautilus.rates) }
        : { name: nautilus.why, value: undefined }
    const row = (kind: "memory" | "file"): Row => ({
      what: `straight host, ${kind} journal`,
      unit: "quotes/s",
      value: median(rates[kind]),
      samples: rates[kind].length,
      peer
    })
    return [row("memory"), row("file")]
  }).pipe(Effect.scoped, Effect.orDie, Effect.runPromise)

await runAlone(measure)
