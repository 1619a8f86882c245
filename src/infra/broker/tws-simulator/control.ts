/** The control channel: one line of JSON asks, one answers. docs/tws-simulator.md tells the protocol. */
import { Option, Result, Schema } from "effect"
import { decodeFault } from "./faults.ts"
import type { TwsEngine } from "./TwsEngine.ts"

const Line = Schema.fromJsonString(
  Schema.Union([
    Schema.Struct({ advanceToMs: Schema.Finite }),
    Schema.Struct({ status: Schema.Literal(true) }),
    Schema.Struct({ fault: Schema.Unknown })
  ])
)
const decodeLine = Schema.decodeUnknownOption(Line)

export const answerControl = (engine: TwsEngine, line: string): object => {
  const asked = Option.getOrUndefined(decodeLine(line))
  if (asked === undefined) {
    return { error: `no request: ${JSON.stringify(line.slice(0, 60))}; see docs/tws-simulator.md` }
  }
  if ("fault" in asked) {
    const fault = decodeFault(asked.fault)
    if (Result.isFailure(fault)) return { error: fault.failure }
    engine.inject(fault.success)
    return standing(engine)
  }
  if ("advanceToMs" in asked) {
    engine.advanceTo(asked.advanceToMs)
    return standing(engine)
  }
  const { name, startMs, endMs } = engine.market
  return { ...standing(engine), session: name, startMs, endMs: finite(endMs) }
}

const finite = (ms: number): number | null => (Number.isFinite(ms) ? ms : null)

const standing = (engine: TwsEngine) => ({
  atMs: engine.nowMs,
  nextDueMs: finite(engine.nextDueMs())
})
