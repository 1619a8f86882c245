/**
 * The first 34 minutes of the real GOOG session, near the money, under a strategy that trades more readily than the
 * certified one: orders, fills, cancels, hedges and closings all happen in it.
 */
import { Effect } from "effect"
import { sliceSession } from "../../src/domain/market/sliceSession.ts"
import { certified, nearTheMoney, tradesReadily } from "../../src/simulation/stage.ts"
import { runningStrategies } from "../../src/supervisors/tradingDesk.ts"
import { loadStage, type Stage, settingsWith } from "./deskSimulation.ts"

const minutes = 34

export const smallSettings = settingsWith(tradesReadily)

export const smallStage = Effect.fnUntraced(function* () {
  const stage = yield* loadStage(tradesReadily.session)
  const { session } = stage
  const untilMs = session.days[0]!.openMs + minutes * 60_000
  const small: Stage = {
    ...stage,
    session: sliceSession(session, { keep: nearTheMoney, untilMs }),
    certificates: runningStrategies(smallSettings).map(certified)
  }
  return small
})
