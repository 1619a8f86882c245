/** What one quote costs the simulated exchange: `node bench/simulatedExchange.ts`, the whole GOOG session, median of 9. */
import { Effect } from "effect"
import { openSimulatedBroker } from "../src/infra/broker/simulated/broker.ts"
import { defaultRules } from "../src/infra/broker/simulated/market.ts"
import { loadSession } from "../src/infra/data/SessionFile.ts"
import { makeMemoryMedium } from "../src/infra/log/medium.ts"

const session = Effect.runSync(loadSession("data/sessions", "goog-2015-12-24"))
const { instruments, days, rowCount, assumptions } = session
const market = { name: session.name, instruments, days, closes: assumptions.closes }
const quotes = Array.from({ length: rowCount }, (_, row) => ({
  instrument: session.instrument[row]!,
  bidMicros: session.bidMicros[row]!,
  askMicros: session.askMicros[row]!,
  bidSize: session.bidSize[row]!,
  askSize: session.askSize[row]!,
  timeMs: session.timeMs[row]!
}))

/** Nanoseconds per quote, with `working` resting orders that never fill. */
const measure = (working: number): number => {
  const { exchange } = Effect.runSync(openSimulatedBroker(makeMemoryMedium(), market, defaultRules))
  const warmUp = 5_000
  for (let at = 0; at < warmUp; at++) exchange.watch(quotes[at]!, at + 1)
  for (let at = 0; at < working; at++) {
    const { instrument } = quotes[1_000 + 7 * at]!
    const legs = [{ instrument, side: "Buy", ratio: 1 }] as const
    const request = { tradeId: "bench", legs, orderQty: 1, timeInForce: "Day" } as const
    const resting = { ...request, clOrdID: `bench-${at}`, limitNetMicros: 10_000 }
    exchange.submit(resting, quotes[warmUp]!.timeMs)
  }
  const startNs = process.hrtime.bigint()
  for (let at = warmUp; at < rowCount; at++) exchange.watch(quotes[at]!, at + 1)
  return Number(process.hrtime.bigint() - startNs) / (rowCount - warmUp)
}

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1]!

for (const working of [0, 5]) {
  const runs = Array.from({ length: 9 }, () => measure(working))
  const [middle, best] = [median(runs), Math.min(...runs)]
  console.log(
    `simulated exchange, ${working} working orders: ${middle.toFixed(1)} ns per quote (best ${best.toFixed(1)}), ${rowCount} quotes`
  )
}
