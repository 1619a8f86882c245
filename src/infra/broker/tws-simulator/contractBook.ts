/** The listing as IB knows it: contract ids, look-ups by part of a description, details. */

import { nameHash } from "../../../domain/chance.ts"
import { isTradingDate } from "../../../domain/market/calendar.ts"
import { formatDays } from "../../../domain/market/civilDate.ts"
import type { Instrument } from "../../../domain/market/contract.ts"
import { newYorkTimeOf } from "../../../domain/market/newYorkTime.ts"
import { microsPerUsd } from "../../../domain/market/price.ts"
import type { TickSchedule } from "../../../domain/trading/tick.ts"
import type { ContractDescription, SymbolSample } from "../tws-wire/answers.ts"
import type { WireContract } from "../tws-wire/wireContract.ts"
import type { TwsMarket } from "./twsMarket.ts"

/** Ids that IB really gives these stocks; others get one made of their symbol. */
const knownConIds: Readonly<Record<string, number>> = {
  SPY: 756733,
  QQQ: 320227571,
  GOOG: 208813720,
  TWX: 8921,
  AAPL: 265598,
  MSFT: 272093,
  SPX: 416904
}

export const optionExchanges = ["SMART", "AMEX", "CBOE", "CBOE2", "ISE", "NASDAQOM", "PHLX"]
const stockExchanges = ["SMART", "AMEX", "NYSE", "ARCA", "NASDAQ", "BATS", "IEX"]
const orderTypes =
  "ACTIVETIM,AD,ADJUST,ALERT,ALGO,ALLOC,DAY,GTC,IOC,LMT,MIDPX,MKT,NONALGO,SIZECHK,SMARTSTG,SNAPMID,WHATIF"
const stockRuleId = 26
const optionRuleId = 32

export interface Listed {
  readonly instrument: Instrument
  readonly contract: WireContract
}

export class ContractBook {
  readonly listed: ReadonlyArray<Listed>
  readonly #market: TwsMarket
  readonly #optionTicks: TickSchedule
  readonly #byConId = new Map<number, Listed>()

  constructor(market: TwsMarket, optionTicks: TickSchedule) {
    this.#market = market
    this.#optionTicks = optionTicks
    this.listed = market.instruments.map((instrument) => {
      const listed = { instrument, contract: this.#contractOf(instrument) }
      this.#byConId.set(listed.contract.conId, listed)
      return listed
    })
  }

  get underlying(): Listed {
    return this.listed[0]!
  }

  byConId(conId: number): Listed | undefined {
    return this.#byConId.get(conId)
  }

  of(instrument: number): Listed {
    return this.listed[instrument]!
  }

  /** All that the told parts of a description fit, in the order of listing. */
  find(asked: WireContract): ReadonlyArray<Listed> {
    if (!this.#isExchange(asked)) return []
    if (asked.conId > 0) {
      const known = this.#byConId.get(asked.conId)
      return known === undefined ? [] : [known]
    }
    if (asked.symbol === "" && asked.localSymbol === "") return []
    return this.listed.filter(({ contract }) => fits(asked, contract))
  }

  /** The one contract that is meant, or undefined where there is none or more than one. */
  only(asked: WireContract): Listed | undefined {
    const found = this.find(asked)
    return found.length === 1 ? found[0] : undefined
  }

  describe({ instrument, contract }: Listed, nowMs: number): ContractDescription {
    const isOption = instrument.kind === "Option"
    const { underlying } = this
    const hours = tradingHours(nowMs)
    return {
      contract,
      marketName: contract.tradingClass,
      minTick: this.minTick(instrument),
      orderTypes,
      validExchanges: (isOption ? optionExchanges : stockExchanges).join(","),
      underlyingConId: isOption ? underlying.contract.conId : 0,
      longName: this.#market.longName,
      contractMonth: contract.expiry.slice(0, 6),
      industry: "",
      category: "",
      subcategory: "",
      timeZoneId: "US/Eastern",
      tradingHours: hours,
      liquidHours: hours,
      underlyingSymbol: isOption ? underlying.contract.symbol : "",
      underlyingSecType: isOption ? underlying.contract.secType : "",
      marketRuleIds: (isOption ? optionExchanges : stockExchanges)
        .map(() => (isOption ? optionRuleId : stockRuleId))
        .join(","),
      realExpirationDate: contract.expiry,
      stockType: isOption || this.#market.underlyingKind === "IND" ? "" : "COMMON"
    }
  }

  /** The smallest increment of a contract, USD. */
  minTick(instrument: Instrument): number {
    return instrument.kind === "Option" ? this.#optionTicks.belowMicros / microsPerUsd : 0.01
  }

  /** Price increments of a market rule; undefined where there is none of this id. */
  rule(ruleId: number) {
    if (ruleId === stockRuleId) return [{ from: 0, increment: 0.01 }]
    if (ruleId !== optionRuleId) return undefined
    const { belowMicros, aboveMicros, changeMicros } = this.#optionTicks
    const below = { from: 0, increment: belowMicros / microsPerUsd }
    if (aboveMicros === belowMicros) return [below]
    return [below, { from: changeMicros / microsPerUsd, increment: aboveMicros / microsPerUsd }]
  }

  samples(pattern: string): ReadonlyArray<SymbolSample> {
    const { contract } = this.underlying
    const asked = pattern.trim().toUpperCase()
    const named = this.#market.longName.toUpperCase()
    if (asked === "" || !(contract.symbol.startsWith(asked) || named.includes(asked))) return []
    const { conId, symbol, secType, primaryExchange } = contract
    const derivatives = this.listed.length > 1 ? ["OPT"] : []
    const description = this.#market.longName
    return [{ conId, symbol, secType, primaryExchange, derivatives, description }]
  }

  #isExchange({ exchange, primaryExchange, secType }: WireContract): boolean {
    const known = secType === "OPT" ? optionExchanges : [...stockExchanges, ...optionExchanges]
    const isKnown = (name: string): boolean => name === "" || known.includes(name)
    return isKnown(exchange) && (secType === "OPT" || isKnown(primaryExchange))
  }

  #contractOf(instrument: Instrument): WireContract {
    const { underlying, underlyingKind } = this.#market
    const isIndex = underlyingKind === "IND"
    if (instrument.kind === "Stock") {
      return {
        conId: this.#conId(underlying),
        symbol: underlying,
        secType: underlyingKind,
        expiry: "",
        strike: 0,
        right: "",
        multiplier: "",
        exchange: isIndex ? "CBOE" : "SMART",
        primaryExchange: isIndex ? "CBOE" : "ARCA",
        currency: "USD",
        localSymbol: underlying,
        tradingClass: underlying
      }
    }
    const { contract, symbol } = instrument
    return {
      conId: this.#conId(symbol),
      symbol: underlying,
      secType: "OPT",
      expiry: contract.expiration.replaceAll("-", ""),
      strike: contract.strikeMicros / microsPerUsd,
      right: contract.optionType === "Call" ? "C" : "P",
      multiplier: String(contract.multiplier),
      exchange: "SMART",
      primaryExchange: "",
      currency: "USD",
      localSymbol: symbol,
      tradingClass: underlying
    }
  }

  #conId(symbol: string): number {
    const known = knownConIds[symbol]
    if (known !== undefined) return known
    let conId = 100_000_000 + (nameHash(symbol) % 500_000_000)
    while (this.#byConId.has(conId)) conId++
    return conId
  }
}

const fits = (asked: WireContract, listed: WireContract): boolean =>
  (asked.symbol === "" || asked.symbol.toUpperCase() === listed.symbol) &&
  (asked.secType === "" || asked.secType === listed.secType) &&
  (asked.currency === "" || asked.currency === listed.currency) &&
  (asked.expiry === "" || listed.expiry.startsWith(asked.expiry.slice(0, 8))) &&
  (asked.strike === 0 || asked.strike === listed.strike) &&
  (asked.right === "" || asked.right === listed.right) &&
  (asked.multiplier === "" || Number(asked.multiplier) === Number(listed.multiplier)) &&
  (asked.localSymbol === "" || squeezed(asked.localSymbol) === squeezed(listed.localSymbol)) &&
  (asked.tradingClass === "" || asked.tradingClass === listed.tradingClass)

const squeezed = (symbol: string): string => symbol.replace(/\s+/g, " ")

/** Six days ahead, as TWS writes them. */
const tradingHours = (nowMs: number): string => {
  const { date } = newYorkTimeOf(nowMs)
  return Array.from({ length: 6 }, (_, ahead) => {
    const day = formatDays(date + ahead).replaceAll("-", "")
    return isTradingDate(date + ahead) ? `${day}:0930-${day}:1600` : `${day}:CLOSED`
  }).join(";")
}
