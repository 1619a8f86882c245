/** Three quarters of an hour of the real GOOG session, near the money: everything of the desk happens in it. */
import { Effect } from "effect"
import type { Instrument } from "../../src/domain/market/contract.ts"
import { microsPerUsd } from "../../src/domain/market/price.ts"
import { loadStage, type Stage, sliceSession } from "./deskSimulation.ts"

const sessionName = "goog-2015-12-24"
const minutes = 45
const spotMicros = 748 * microsPerUsd

/** Share of the spot that a strike may be away, by expiration: one of them expires in the session. */
const widths: Readonly<Record<string, number>> = {
  "2015-12-24": 0.01,
  "2016-01-08": 0.05,
  "2016-01-15": 0.06,
  "2016-01-22": 0.06
}

const keep = (instrument: Instrument): boolean => {
  if (instrument.kind === "Stock") return true
  const { expiration, strikeMicros } = instrument.contract
  return Math.abs(strikeMicros / spotMicros - 1) < (widths[expiration] ?? 0)
}

export const smallStage = Effect.fnUntraced(function* () {
  const stage = yield* loadStage(sessionName)
  const { session } = stage
  const untilMs = session.days[0]!.openMs + minutes * 60_000
  const small: Stage = { ...stage, session: sliceSession(session, keep, untilMs) }
  return small
})
