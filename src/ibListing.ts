/** What a desk at Interactive Brokers looks at: the stock, and of its chain what the market data lines are enough for. */
import { Effect } from "effect"
import { type Instrument, makeInstruments, type OptionContract } from "./domain/market/contract.ts"
import { chooseLines } from "./domain/market/lineChoice.ts"
import { listChain } from "./infra/broker/ib/ibChain.ts"
import { IbContracts, resolveContracts } from "./infra/broker/ib/ibContracts.ts"
import type { IbLink } from "./infra/broker/ib/ibLink.ts"
import { spotMicrosOf } from "./infra/broker/ib/ibSpot.ts"
import type { Settings } from "./supervisors/settings.ts"

export interface NearWishes {
  readonly settings: Settings
  readonly symbol: string
  /** "YYYY-MM-DD". */
  readonly today: string
  /** What has expired by then is left out, epoch ms. */
  readonly nowMs: number
}

const expirationsMax = 3

/** Lists near the money and fills `into` with the contracts. */
export const listNear = Effect.fn("desk.listNear")(function* (
  link: IbLink,
  into: IbContracts,
  { settings, symbol, today, nowMs }: NearWishes
) {
  const { brokers, strategies } = settings
  const { marketDataLinesMax, expirationDaysMax } = brokers.ib
  const spotMicros = yield* spotMicrosOf(link, symbol)
  const wishes = {
    symbol,
    exerciseStyle: "American",
    nowMs,
    daysMax: expirationDaysMax,
    strikeShareMax: 1,
    spotMicros
  } as const
  const listed = yield* listChain(link, wishes, new IbContracts())
  const chosen = chooseLines(listed.flatMap(contractOf), {
    linesMax: marketDataLinesMax - 1,
    spotMicros,
    today,
    daysMin: Math.ceil((strategies.volatility.tradingDaysMin * 7) / 5),
    daysMax: expirationDaysMax,
    expirationsMax
  })
  const instruments = makeInstruments(symbol, chosen)
  yield* resolveContracts(link, instruments, into)
  return instruments
})

const contractOf = (instrument: Instrument): ReadonlyArray<OptionContract> =>
  instrument.kind === "Option" ? [instrument.contract] : []
