/**
 * The session's instruments and IB's contract ids, both ways, with what an order needs of each: price increment and terms.
 * Resolved from contract details; an instrument that IB does not know has no entry and cannot be traded.
 */
import {
  type Contract,
  type ContractDetails,
  EventName,
  type OptionType,
  type SecType
} from "@stoqey/ib"
import { Effect } from "effect"
import { parseDate } from "../../../domain/market/civilDate.ts"
import type { Instrument } from "../../../domain/market/contract.ts"
import type { IbQueryFault } from "./ibFaults.ts"
import type { IbLink } from "./ibLink.ts"
import { microsOfUsd, usdOfMicros } from "./ibNumbers.ts"

export interface IbContract {
  readonly instrument: number
  readonly listed: Instrument
  readonly conId: number
  /** Least price increment, micro-USD. */
  readonly minTickMicros: number
  /** What names it in a request. */
  readonly contract: Contract
}

/** The library's enum values, which it does not export as plain words. */
const stock = "STK" as SecType
const option = "OPT" as SecType
export const bag = "BAG" as SecType

export class IbContracts {
  readonly #byInstrument = new Map<number, IbContract>()
  readonly #byConId = new Map<number, IbContract>()

  add(contract: IbContract): void {
    this.#byInstrument.set(contract.instrument, contract)
    this.#byConId.set(contract.conId, contract)
  }

  of(instrument: number): IbContract | undefined {
    return this.#byInstrument.get(instrument)
  }

  /** The listing's id; -1 where it is not listed. */
  instrumentOf(conId: number | undefined): number {
    return (conId === undefined ? undefined : this.#byConId.get(conId)?.instrument) ?? -1
  }

  /** By ascending instrument. */
  get all(): ReadonlyArray<IbContract> {
    return [...this.#byInstrument.values()].toSorted((a, b) => a.instrument - b.instrument)
  }

  get size(): number {
    return this.#byInstrument.size
  }
}

/** "2015-12-24" as IB writes it. */
const ibDate = (date: string): string => date.replaceAll("-", "")

/** An IB date as ours; undefined where it is none. */
export const dateOfIb = (text: string | undefined): string | undefined => {
  const match = /^(\d{4})(\d{2})(\d{2})/.exec(text ?? "")
  if (match === null) return undefined
  const date = `${match[1]}-${match[2]}-${match[3]}`
  return parseDate(date) === undefined ? undefined : date
}

/** Everything that fits a description; empty where there is nothing (error 200). */
export const contractDetails = (
  link: IbLink,
  contract: Contract
): Effect.Effect<ReadonlyArray<ContractDetails>, IbQueryFault> => {
  const { symbol, secType, lastTradeDateOrContractMonth = "" } = contract
  const question = `reqContractDetails of ${symbol} ${secType} ${lastTradeDateOrContractMonth}`
  return link
    .ask<ReadonlyArray<ContractDetails>>(question.trim(), (wire, requestId, answered) => {
      const found: Array<ContractDetails> = []
      const offs = [
        wire.on(EventName.contractDetails, (id: number, details: ContractDetails) => {
          if (id === requestId) found.push(details)
        }),
        wire.on(EventName.contractDetailsEnd, (id: number) => {
          if (id === requestId) answered(found)
        })
      ]
      wire.send((api) => api.reqContractDetails(requestId, contract))
      return offs
    })
    .pipe(
      Effect.catch((fault) =>
        fault._tag === "IbQuestionRefused" && fault.code === 200
          ? Effect.succeed([])
          : Effect.fail(fault)
      )
    )
}

export const stockContract = (symbol: string): Contract => ({
  symbol,
  secType: stock,
  exchange: "SMART",
  currency: "USD"
})

export const optionsOf = (underlying: string, expiration: string): Contract => ({
  symbol: underlying,
  secType: option,
  exchange: "SMART",
  currency: "USD",
  lastTradeDateOrContractMonth: ibDate(expiration)
})

/** What of contract details counts: ids and increments that are numbers, terms that are ours. */
export interface OptionTerms {
  readonly conId: number
  readonly minTickMicros: number
  readonly expiration: string
  readonly strikeMicros: number
  readonly optionType: "Call" | "Put"
  readonly multiplier: number
}

/** Undefined where the details are of no option that can be listed here. */
export const optionTermsOf = (details: ContractDetails): OptionTerms | undefined => {
  const { conId, strike, right, multiplier, lastTradeDateOrContractMonth } = details.contract
  const expiration = dateOfIb(details.realExpirationDate) ?? dateOfIb(lastTradeDateOrContractMonth)
  const strikeMicros = microsOfUsd(strike)
  const minTickMicros = microsOfUsd(details.minTick)
  if (conId === undefined || !(conId > 0) || expiration === undefined) return undefined
  if (strikeMicros === undefined || strikeMicros <= 0) return undefined
  if (minTickMicros === undefined || minTickMicros <= 0) return undefined
  const letter = String(right ?? "")[0]
  if (letter !== "C" && letter !== "P") return undefined
  return {
    conId,
    minTickMicros,
    expiration,
    strikeMicros,
    optionType: letter === "C" ? "Call" : "Put",
    multiplier: Number(multiplier) || 100
  }
}

const keyOf = (terms: Pick<OptionTerms, "expiration" | "strikeMicros" | "optionType">): string =>
  `${terms.expiration} ${terms.strikeMicros} ${terms.optionType}`

/** A listing that is known already, as `IbBrokerOptions.list`. */
export const listed =
  (instruments: ReadonlyArray<Instrument>) =>
  (link: IbLink, into: IbContracts): Effect.Effect<ReadonlyArray<Instrument>, IbQueryFault> =>
    Effect.as(resolveContracts(link, instruments, into), instruments)

/** Looks the instruments up: one question for the stock and one per expiration. */
export const resolveContracts = Effect.fn("ib.resolveContracts")(function* (
  link: IbLink,
  instruments: ReadonlyArray<Instrument>,
  into: IbContracts
): Effect.fn.Return<void, IbQueryFault> {
  const expirations = new Map<string, string>()
  for (const each of instruments) {
    if (each.kind === "Option") expirations.set(each.contract.expiration, each.contract.underlying)
    else yield* resolveStock(link, each, into)
  }
  for (const [expiration, underlying] of expirations) {
    const details = yield* contractDetails(link, optionsOf(underlying, expiration))
    const known = new Map<string, OptionTerms>()
    for (const each of details) {
      const terms = optionTermsOf(each)
      if (terms !== undefined) known.set(keyOf(terms), terms)
    }
    for (const listed of instruments) {
      if (listed.kind !== "Option" || listed.contract.expiration !== expiration) continue
      const terms = known.get(keyOf(listed.contract))
      if (terms === undefined || terms.multiplier !== listed.contract.multiplier) continue
      into.add(entryOf(listed, terms))
    }
  }
})

const entryOf = (
  listed: Extract<Instrument, { kind: "Option" }>,
  { conId, minTickMicros }: OptionTerms
): IbContract => ({
  instrument: listed.id,
  listed,
  conId,
  minTickMicros,
  contract: {
    conId,
    symbol: listed.contract.underlying,
    secType: option,
    exchange: "SMART",
    currency: "USD",
    lastTradeDateOrContractMonth: ibDate(listed.contract.expiration),
    strike: usdOfMicros(listed.contract.strikeMicros),
    right: (listed.contract.optionType === "Call" ? "C" : "P") as OptionType,
    multiplier: listed.contract.multiplier
  }
})

const resolveStock = Effect.fnUntraced(function* (
  link: IbLink,
  listed: Extract<Instrument, { kind: "Stock" }>,
  into: IbContracts
): Effect.fn.Return<void, IbQueryFault> {
  const [details] = yield* contractDetails(link, stockContract(listed.symbol))
  const conId = details?.contract.conId
  const minTickMicros = microsOfUsd(details?.minTick)
  if (conId === undefined || !(conId > 0)) return
  into.add({
    instrument: listed.id,
    listed,
    conId,
    minTickMicros: minTickMicros === undefined || minTickMicros <= 0 ? 10_000 : minTickMicros,
    contract: { ...stockContract(listed.symbol), conId }
  })
})
