/** Bugs of the gateway to Interactive Brokers, found over the wire to the TWS simulator. */
import { Effect } from "effect"
import type { BrokerReport, BrokerSpeaker } from "../../../src/actors/ports/Broker.ts"
import type { Parts } from "../../../src/simulation/life.ts"
import type { Bug } from "./bug.ts"

type Port = Parameters<NonNullable<Parts["broker"]>>[0]

export const wireBugs: ReadonlyArray<Bug> = [
  {
    layer: "broker gateway",
    defect: "over the wire, the legs of a fill are read twice as large",
    breaks: ["5.4 nothing is invented", "5.7 conservation", "the desk comes to its end"],
    scenario: "wire",
    seeds: 6,
    parts: () => ({
      broker: (sound) => ({ ...sound, speaker: doubling(sound.speaker) })
    })
  },
  {
    layer: "broker gateway",
    defect: "over the wire, an order without an answer is sent again under a new reference",
    breaks: ["5.1 durable gate", "5.2 one order per intent"],
    scenario: "wire",
    seeds: 20,
    parts: () => ({ broker: resending })
  },
  {
    layer: "broker gateway",
    defect: "over the wire, nobody looks at the clock immediately before an order is written",
    breaks: ["5.2 one order per intent"],
    scenario: "wire",
    seeds: 20,
    parts: () => ({ defences: { sendCheck: false } })
  },
  {
    layer: "broker gateway",
    defect: "over the wire, each connection has another client id",
    breaks: ["5.2 one order per intent", "5.4 nothing is invented", "5.7 conservation"],
    scenario: "wire",
    seeds: 30,
    parts: () => ({ defences: { fixedClientId: false } })
  }
]

const doubling = (sound: BrokerSpeaker): BrokerSpeaker => ({
  source: sound.source,
  nextDueMs: () => sound.nextDueMs(),
  next: () => doubled(sound.next()),
  resumeAfter: (sourceSeq) => sound.resumeAfter(sourceSeq)
})

const doubled = (report: BrokerReport): BrokerReport => {
  const payload = report.payload as {
    readonly execType?: string
    readonly legs?: ReadonlyArray<{ readonly lastQty: number }>
  }
  if (payload.execType !== "Trade" || payload.legs === undefined) return report
  const legs = payload.legs.map((leg) => ({ ...leg, lastQty: 2 * leg.lastQty }))
  return Object.assign({}, report, { payload: { ...payload, legs } })
}

/** Takes an answer that does not come for an order that did not arrive. */
const resending = (sound: Port): Port => ({
  ...sound,
  submit: (order, nowMs, sendBeforeMs) =>
    Effect.catch(sound.submit(order, nowMs, sendBeforeMs), () => {
      const again = { ...order, clOrdID: `${order.clOrdID}-2` }
      return Effect.andThen(Effect.sleep("1 second"), sound.submit(again, nowMs, sendBeforeMs))
    })
})
