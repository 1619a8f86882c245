/** The option chain of an underlying as IB lists it: expirations and strikes first, then contract details of those wanted. */
import { EventName } from "@stoqey/ib"
import { Effect } from "effect"
import { expirationCloseMs } from "../../../domain/market/calendar.ts"
import {
  type ExerciseStyle,
  formatOsi,
  type Instrument,
  makeInstruments,
  type OptionContract
} from "../../../domain/market/contract.ts"
import {
  contractDetails,
  dateOfIb,
  type IbContracts,
  optionsOf,
  optionTermsOf,
  resolveContracts,
  stockContract
} from "./ibContracts.ts"
import { type IbQueryFault, IbQuestionRefused } from "./ibFaults.ts"
import type { IbLink } from "./ibLink.ts"

export interface ChainWishes {
  readonly symbol: string
  readonly exerciseStyle: ExerciseStyle
  readonly nowMs: number
  /** Expirations within so many days. */
  readonly daysMax: number
  /** Strikes within this share of `spotMicros` on either side; 0.2 is 20 %. */
  readonly strikeShareMax: number
  /** 0 where it is not known: then every strike is listed. */
  readonly spotMicros: number
}

const dayMs = 86_400_000

/** Lists the instruments in our order and fills `into` with their contracts. */
export const listChain = Effect.fn("ib.listChain")(function* (
  link: IbLink,
  wishes: ChainWishes,
  into: IbContracts
): Effect.fn.Return<ReadonlyArray<Instrument>, IbQueryFault> {
  const { symbol, spotMicros, strikeShareMax } = wishes
  const [stock] = yield* contractDetails(link, stockContract(symbol))
  const conId = stock?.contract.conId
  if (conId === undefined) {
    const why = `there is no stock ${symbol}`
    return yield* new IbQuestionRefused({ question: "reqContractDetails", code: 200, why })
  }
  const expirations = (yield* expirationsOf(link, symbol, conId)).filter((date) =>
    isWithin(date, wishes)
  )
  const contracts = new Map<string, OptionContract>()
  for (const expiration of expirations) {
    for (const details of yield* contractDetails(link, optionsOf(symbol, expiration))) {
      const terms = optionTermsOf(details)
      if (terms === undefined || terms.expiration !== expiration) continue
      const { strikeMicros, optionType, multiplier } = terms
      const distance = spotMicros > 0 ? Math.abs(strikeMicros / spotMicros - 1) : 0
      if (distance > strikeShareMax) continue
      const contract: OptionContract = {
        underlying: symbol,
        optionType,
        strikeMicros,
        expiration,
        exerciseStyle: wishes.exerciseStyle,
        multiplier
      }
      contracts.set(formatOsi(contract), contract)
    }
  }
  const instruments = makeInstruments(symbol, [...contracts.values()])
  yield* resolveContracts(link, instruments, into)
  return instruments
})

const isWithin = (date: string, { nowMs, daysMax }: ChainWishes): boolean => {
  const closeMs = expirationCloseMs(date)
  return closeMs !== undefined && closeMs > nowMs && closeMs - nowMs <= daysMax * dayMs
}

/** Ascending dates over all exchanges. */
const expirationsOf = (
  link: IbLink,
  symbol: string,
  conId: number
): Effect.Effect<ReadonlyArray<string>, IbQueryFault> =>
  link.ask<ReadonlyArray<string>>("reqSecDefOptParams", (wire, requestId, answered) => {
    const found = new Set<string>()
    const offs = [
      wire.on(
        EventName.securityDefinitionOptionParameter,
        (
          id: number,
          _exchange: string,
          _conId: number,
          _class: string,
          _multiplier: string,
          dates: ReadonlyArray<string>
        ) => {
          if (id !== requestId) return
          for (const each of dates) {
            const date = dateOfIb(each)
            if (date !== undefined) found.add(date)
          }
        }
      ),
      wire.on(EventName.securityDefinitionOptionParameterEnd, (id: number) => {
        if (id === requestId) answered([...found].toSorted())
      })
    ]
    wire.send((api) => api.reqSecDefOptParams(requestId, symbol, "", "STK", conId))
    return offs
  })
