/**
 * Tick to order: from the admission of the input whose turn decides an order to its `OrderIntent` record, and on to the intent
 * durable and handed to the broker's gateway, with the journal on file. Run: node bench/tickToOrder.ts
 *
 * The exchange's simulated latency is 0 here, so that an intent leaves as soon as it is durable.
 */
import { Effect } from "effect"
import type { RequestGateway } from "../src/actors/ports/Gateway.ts"
import { OrderIntent } from "../src/actors/ports/records/broker.ts"
import { isInput, type JournalRecord } from "../src/domain/journal/record.ts"
import { openBareSync } from "./bareSync.ts"
import { fileJournal, googStage, runDesk, settingsWith, temporaryFolder } from "./desk.ts"
import { type Measure, percentileRows, rounds, runAlone } from "./figure.ts"

/** Hedges at small deltas, to have more orders to time: some 50 a session. */
const busier = { hedging: { bandShares: 2, insideShare: 0, collarBasisPoints: 3 } }

const measure: Measure = (progress) =>
  Effect.gen(function* () {
    progress("loads the session")
    const stage = yield* googStage
    const settings = settingsWith(busier)
    const folder = yield* temporaryFolder
    const bare = openBareSync(folder)
    const times = { decided: [] as Array<number>, sent: [] as Array<number> }
    const bareTimes: Array<number> = []
    for (const session of rounds(9, 3, 8)) {
      let admittedMs = 0
      const admissionOf = new Map<number, number>()
      const observe = (record: JournalRecord): void => {
        if (isInput(record)) {
          admittedMs = performance.now()
        } else if (record.type === OrderIntent.type) {
          admissionOf.set(record.seq, admittedMs)
          if (session > 0) times.decided.push((performance.now() - admittedMs) * 1000)
        }
      }
      const timed = (gateway: RequestGateway): RequestGateway =>
        gateway.requests.includes(OrderIntent.type)
          ? {
              ...gateway,
              latencyMs: 0,
              perform: (request, nowMs) =>
                Effect.suspend(() => {
                  const fromMs = admissionOf.get(request.seq)
                  if (fromMs !== undefined && session > 0) {
                    times.sent.push((performance.now() - fromMs) * 1000)
                  }
                  return gateway.perform(request, nowMs)
                })
            }
          : gateway
      const before = times.sent.length
      yield* Effect.scoped(
        Effect.gen(function* () {
          const journal = fileJournal(settings, yield* temporaryFolder)
          yield* runDesk({ stage, settings, journal, host: "straight", observe, gateway: timed })
        })
      )
      for (let at = 0; at < 100; at++) bareTimes.push(bare.once() * 1000)
      progress(`session ${session}: ${times.sent.length - before} orders timed`)
    }
    bare.close()
    const peer = { name: "bare write + fdatasync", values: bareTimes }
    return [
      ...percentileRows("tick to order decided", "us", times.decided, peer),
      ...percentileRows("tick to order durable and with the gateway", "us", times.sent, peer)
    ]
  }).pipe(Effect.scoped, Effect.orDie, Effect.runPromise)

await runAlone(measure)
