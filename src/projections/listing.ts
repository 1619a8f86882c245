/** What the listed instruments are called, and what one contract of each is worth in shares. */
import type { ListedInstrument } from "../actors/ports/records/market.ts"
import { formatPriceMicros } from "../domain/market/price.ts"
import type { OrderLeg } from "../domain/trading/netPrice.ts"

export class Listing {
  readonly underlying: string
  readonly instruments: ReadonlyArray<ListedInstrument>

  constructor(underlying = "", instruments: ReadonlyArray<ListedInstrument> = []) {
    this.underlying = underlying
    this.instruments = instruments
  }

  /** Shares per contract; 1 for the stock and for what is not listed. */
  multiplierOf(instrument: number): number {
    return this.instruments[instrument]?.multiplier ?? 1
  }

  /** "GOOG" or "GOOG 2015-12-31 750C"; "instrument 12" where it is not listed. */
  nameOf(instrument: number): string {
    const listed = this.instruments[instrument]
    if (listed === undefined) return `instrument ${instrument}`
    if (listed.kind === "Stock") return listed.symbol
    return `${this.underlying} ${listed.expiration} ${strikeOf(listed)}`
  }

  /**
   * Legs of one order: "GOOG 2015-12-31 +750C -755C", the expiration again where it changes,
   * "+GOOG" for shares.
   */
  legsText(legs: ReadonlyArray<OrderLeg>): string {
    let expiration = ""
    const words: Array<string> = []
    for (const { instrument, side, ratio } of legs) {
      const listed = this.instruments[instrument]
      const sign = `${side === "Buy" ? "+" : "-"}${ratio === 1 ? "" : `${ratio}x`}`
      if (listed === undefined || listed.kind === "Stock") {
        words.push(`${sign}${listed?.symbol ?? `instrument ${instrument}`}`)
        continue
      }
      if (expiration === "") words.push(this.underlying)
      if (listed.expiration !== expiration) words.push(listed.expiration)
      expiration = listed.expiration
      words.push(`${sign}${strikeOf(listed)}`)
    }
    return words.join(" ")
  }
}

const strikeOf = ({ strikeMicros, optionType }: ListedInstrument): string =>
  `${formatPriceMicros(strikeMicros)}${optionType === "Call" ? "C" : "P"}`
