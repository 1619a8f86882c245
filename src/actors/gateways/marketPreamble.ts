/** What a market tells before its first day: the listing, and the daily history. */
import type { EventDraft, PayloadOf } from "../../domain/journal/record.ts"
import type { Instrument } from "../../domain/market/contract.ts"
import type { SessionQuotes } from "../../domain/market/sessionQuotes.ts"
import {
  DailyHistoryLoaded,
  InstrumentsListed,
  type ListedInstrument
} from "../ports/records/market.ts"

export interface MarketPreamble {
  readonly session: Pick<SessionQuotes, "name" | "underlying" | "instruments"> & {
    readonly report: Pick<SessionQuotes["report"], "rows" | "badRows" | "notTradable">
  }
  readonly contentHash: string
  readonly history: ReadonlyArray<PayloadOf<typeof DailyHistoryLoaded>>
}

export const preambleOf = (options: MarketPreamble): ReadonlyArray<EventDraft> => {
  const { session, contentHash, history } = options
  const listed = InstrumentsListed.make({
    session: session.name,
    underlying: session.underlying,
    contentHash,
    rows: session.report.rows,
    badRows: session.report.badRows,
    notTradableRows: session.report.notTradable,
    instruments: session.instruments.map(listedInstrument)
  })
  return [listed, ...history.map((each) => DailyHistoryLoaded.make(each))]
}

const listedInstrument = (each: Instrument): ListedInstrument =>
  each.kind === "Stock"
    ? {
        instrument: each.id,
        kind: "Stock",
        symbol: each.symbol,
        expiration: "",
        strikeMicros: 0,
        optionType: "None",
        exerciseStyle: "None",
        multiplier: 1
      }
    : {
        instrument: each.id,
        kind: "Option",
        symbol: each.symbol,
        expiration: each.contract.expiration,
        strikeMicros: each.contract.strikeMicros,
        optionType: each.contract.optionType,
        exerciseStyle: each.contract.exerciseStyle,
        multiplier: each.contract.multiplier
      }
