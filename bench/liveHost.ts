/** Quotes per second of the GOOG session through the whole desk on the live host, beside the straight host. Run: node bench/liveHost.ts */
import { Effect } from "effect"
import {
  fileJournal,
  googStage,
  memoryJournal,
  runDesk,
  settingsWith,
  temporaryFolder
} from "./desk.ts"
import { type Measure, median, type Row, rounds, runAlone } from "./figure.ts"

const kinds = ["memory", "file"] as const
const hosts = ["straight", "live"] as const

const measure: Measure = (progress) =>
  Effect.gen(function* () {
    progress("loads the session")
    const stage = yield* googStage
    const settings = settingsWith()
    const rates = new Map<string, Array<number>>()
    for (const run of rounds(7, 4, 10)) {
      for (const kind of kinds) {
        for (const host of hosts) {
          const { quotes, seconds } = yield* Effect.scoped(
            Effect.gen(function* () {
              const journal =
                kind === "memory"
                  ? memoryJournal(settings)
                  : fileJournal(settings, yield* temporaryFolder)
              return yield* runDesk({ stage, settings, journal, host })
            })
          )
          progress(`${host} host, ${kind} journal: ${Math.round(quotes / seconds)} quotes/s`)
          const key = `${host} ${kind}`
          if (run > 0) rates.set(key, [...(rates.get(key) ?? []), quotes / seconds])
        }
      }
    }
    return kinds.map((kind): Row => {
      const live = rates.get(`live ${kind}`)!
      const peer = { name: "straight host", value: median(rates.get(`straight ${kind}`)!) }
      const what = `live host, ${kind} journal`
      return { what, unit: "quotes/s", value: median(live), samples: live.length, peer }
    })
  }).pipe(Effect.scoped, Effect.orDie, Effect.runPromise)

await runAlone(measure)
