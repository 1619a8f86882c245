/** A market whose clock jumps for a while. */
import type { QuoteSource } from "../../actors/ports/Gateway.ts"
import type { QuotePayload } from "../../actors/ports/records/market.ts"
import type { InputDraft } from "../../domain/journal/record.ts"
import type { Strikes } from "../Strikes.ts"

export const faultyMarket = (sound: QuoteSource, strikes: Strikes): QuoteSource => {
  const jumpMs = (): number => strikes.during("ClockJump", sound.nextDueMs())?.byMs ?? 0
  return {
    nextDueMs: () => {
      const dueMs = sound.nextDueMs()
      return dueMs === Number.POSITIVE_INFINITY ? dueMs : Math.max(strikes.nowMs, dueMs + jumpMs())
    },
    next: () => {
      const byMs = jumpMs()
      const input = sound.next()
      return byMs === 0 || input.type !== "Quote" ? input : jumped(input, byMs)
    },
    resumeAfter: (sourceSeq) => sound.resumeAfter(sourceSeq)
  }
}

const jumped = (input: InputDraft, byMs: number): InputDraft => {
  const quote = input.payload as QuotePayload
  return { ...input, payload: { ...quote, timeMs: quote.timeMs + byMs } }
}
