/**
 * What tracing costs the GOOG session on the straight host: the time in it that folding the journal into traces takes,
 * and the session's speed with its traces sent to a collector (a process that answers and forgets). Both times of the
 * first are of the same run, so that a busy machine lengthens both. Run: node bench/tracing.ts
 */
import { spawn } from "node:child_process"
import { Effect, type Scope } from "effect"
import { Quote } from "../src/actors/ports/records/market.ts"
import type { JournalRecord } from "../src/domain/journal/record.ts"
import { makeSpanExporter } from "../src/infra/telemetry/otlpSpans.ts"
import { makeSpanQueue } from "../src/infra/telemetry/spanQueue.ts"
import { TraceFold } from "../src/projections/traces/TraceFold.ts"
import { googStage, memoryJournal, runDesk, settingsWith } from "./desk.ts"
import { type Measure, median, type Row, rounds, runAlone } from "./figure.ts"

const kinds = ["off", "timed", "sent"] as const
/** Records folded at a time where the fold is timed: few enough to be in the cache still, as they are in a run. */
const timedBatch = 256
type Kind = (typeof kinds)[number]

const source = { version: "bench", runId: "bench", book: "main", session: "goog", mode: "bench" }

const forgetful = `
const server = require("node:http").createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"))
})
server.listen(0, "127.0.0.1", () => console.log(server.address().port))
`

/** Its URL; the process goes with the scope. */
const collector: Effect.Effect<string, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.promise(
      () =>
        new Promise<{ readonly port: string; readonly stop: () => void }>((resolve, reject) => {
          const child = spawn(process.execPath, ["-e", forgetful], {
            stdio: ["ignore", "pipe", "inherit"]
          })
          child.on("error", reject)
          child.stdout.once("data", (text: Buffer) =>
            resolve({ port: text.toString().trim(), stop: () => child.kill() })
          )
        })
    ),
    ({ stop }) => Effect.sync(stop)
  ),
  ({ port }) => `http://127.0.0.1:${port}`
)

const measure: Measure = (progress) =>
  Effect.gen(function* () {
    progress("loads the session")
    const stage = yield* googStage
    const settings = settingsWith()
    const exporter = yield* makeSpanExporter(yield* collector, source)
    let spans = 0
    const times = { fold: [] as number[], session: [] as number[] }
    const run = (kind: Kind) =>
      Effect.gen(function* () {
        const fold = new TraceFold()
        const queue = yield* makeSpanQueue(exporter)
        let batch: Array<JournalRecord> = []
        let foldMs = 0
        const timed = (): void => {
          const began = performance.now()
          for (const record of batch) fold.apply(record)
          foldMs += performance.now() - began
          batch = []
        }
        const result = yield* runDesk({
          stage,
          settings,
          journal: memoryJournal(settings),
          host: "straight",
          ...(kind === "timed" && {
            observe: (record) => {
              if (batch.push(record) === timedBatch) timed()
            }
          }),
          ...(kind === "sent" && {
            observe: (record) => {
              fold.apply(record)
              if (record.type !== Quote.type) queue.offer(fold.take())
            }
          })
        })
        if (kind === "timed") {
          timed()
          times.fold.push(foldMs)
          times.session.push(result.seconds * 1_000 - foldMs)
        }
        yield* queue.drain
        spans = Math.max(spans, queue.counts().sent)
        return result.quotes / result.cpuSeconds
      }).pipe(Effect.scoped)
    const rates: Record<Kind, Array<number>> = { off: [], timed: [], sent: [] }
    for (const round of rounds(16, 5, 25)) {
      // Each kind comes first in its turn: what runs later finds a warmer machine.
      for (const at of kinds.keys()) {
        const kind = kinds[(at + round) % kinds.length]!
        const rate = yield* run(kind)
        progress(`${kind}: ${Math.round(rate)} quotes per CPU second`)
        if (round > 0) rates[kind].push(rate)
      }
    }
    const folded: Row = {
      what: "folding a session into traces",
      unit: "ms",
      value: median(times.fold),
      samples: times.fold.length,
      peer: { name: "the rest of the same session", value: median(times.session) }
    }
    const sent: Row = {
      what: `straight host, ${spans} spans sent, per CPU second`,
      unit: "quotes/s",
      // Of runs side by side: the machine is another one a minute later.
      value: median(rates.off) * median(rates.sent.map((rate, at) => rate / rates.off[at]!)),
      samples: rates.sent.length,
      peer: { name: "the same without", value: median(rates.off) }
    }
    return [folded, sent]
  }).pipe(Effect.scoped, Effect.orDie, Effect.runPromise)

await runAlone(measure)
