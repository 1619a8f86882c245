/**
 * The session's market with the simulated exchange behind it: the exchange sees each quote as it is taken.
 *
 * After a resume it is shown the session again from its start: it knows from its own log which quotes have had their
 * effect, and needs the others' prices.
 */
import type { QuoteSource } from "../../../actors/ports/Gateway.ts"
import type { BoardQuote } from "../../../domain/market/quoteBoard.ts"
import type { SimulatedExchange } from "./SimulatedExchange.ts"

export const makeWatchedMarket = (
  market: QuoteSource,
  exchange: Pick<SimulatedExchange, "watch">
): QuoteSource => {
  const next = () => {
    const input = market.next()
    if (input.type === "Quote") exchange.watch(input.payload as BoardQuote, input.sourceSeq)
    return input
  }
  return {
    nextDueMs: () => market.nextDueMs(),
    next,
    resumeAfter: (sourceSeq) => {
      market.resumeAfter(0)
      let shown = 0
      while (shown < sourceSeq && market.nextDueMs() < Number.POSITIVE_INFINITY) {
        shown = next().sourceSeq
      }
    }
  }
}
