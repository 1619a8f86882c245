/**
 * What tracing costs the GOOG session on the straight host: folding the journal into traces, and sending them to a
 * collector (a process that answers and forgets). Per second of processor time, which other processes change little.
 * Run: node bench/tracing.ts
 */
import { spawn } from "node:child_process"
import { Effect, type Scope } from "effect"
import { makeSpanExporter } from "../src/infra/telemetry/otlpSpans.ts"
import { makeSpanQueue } from "../src/infra/telemetry/spanQueue.ts"
import { TraceFold } from "../src/projections/traces/TraceFold.ts"
import { googStage, memoryJournal, runDesk, settingsWith } from "./desk.ts"
import { type Measure, median, type Row, rounds, runAlone } from "./figure.ts"

const kinds = ["off", "folded", "sent"] as const
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
    const run = (kind: Kind) =>
      Effect.gen(function* () {
        const fold = new TraceFold()
        const queue = yield* makeSpanQueue(exporter)
        const result = yield* runDesk({
          stage,
          settings,
          journal: memoryJournal(settings),
          host: "straight",
          ...(kind !== "off" && {
            observe: (record) => {
              fold.apply(record)
              if (kind === "sent") queue.offer(fold.take())
            }
          })
        })
        yield* queue.drain
        spans = Math.max(spans, queue.counts().sent)
        return result.quotes / result.cpuSeconds
      }).pipe(Effect.scoped)
    const rates: Record<Kind, Array<number>> = { off: [], folded: [], sent: [] }
    for (const round of rounds(16, 5, 25)) {
      // Each kind comes first in its turn: what runs later finds a warmer machine.
      for (const at of kinds.keys()) {
        const kind = kinds[(at + round) % kinds.length]!
        const rate = yield* run(kind)
        progress(`${kind}: ${Math.round(rate)} quotes per CPU second`)
        if (round > 0) rates[kind].push(rate)
      }
    }
    const row = (what: string, kind: Kind): Row => ({
      what: `straight host, ${what}`,
      unit: "quotes/s",
      value: median(rates[kind]),
      samples: rates[kind].length,
      peer: { name: "the same without, per CPU second", value: median(rates.off) }
    })
    return [row("traces folded", "folded"), row(`${spans} spans sent over OTLP`, "sent")]
  }).pipe(Effect.scoped, Effect.orDie, Effect.runPromise)

await runAlone(measure)
