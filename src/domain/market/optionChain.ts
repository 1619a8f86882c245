/**
 * The listed chain of one underlying, arranged by expiration and strike, so that a neighbour is an index away.
 */
import { Schema } from "effect"
import { expirationCloseMs } from "./calendar.ts"

/** What the chain needs to know of a listed instrument. */
export interface ChainInstrument {
  readonly instrument: number
  readonly kind: "Stock" | "Option"
  readonly expiration: string
  readonly strikeMicros: number
  readonly optionType: "Call" | "Put" | "None"
  readonly multiplier: number
}

/** Strikes ascending; `calls[i]` and `puts[i]` are instrument ids at `strikesMicros[i]`, -1 where not listed. */
export interface ExpirationChain {
  readonly expiration: string
  /** The last moment it trades, epoch ms: the close of the last trading day on or before it. */
  readonly lastTradeMs: number
  readonly multiplier: number
  readonly strikesMicros: Float64Array
  readonly calls: Int32Array
  readonly puts: Int32Array
}

/** An instrument's place in the chain; undefined for the stock. */
export interface ChainPlace {
  readonly expirationIndex: number
  readonly strikeIndex: number
  readonly isCall: boolean
}

/** `rows`: instrument, expiration index, strike, 1 for a call, multiplier of each option, by instrument id. */
export const OptionChainSnapshot = Schema.Struct({
  instrumentCount: Schema.Int,
  stock: Schema.Int,
  expirations: Schema.Array(Schema.String),
  rows: Schema.Array(Schema.Int)
})
export type OptionChainSnapshot = typeof OptionChainSnapshot.Type

const numbersPerRow = 5

export class OptionChain {
  readonly instrumentCount: number
  /** Id of the underlying stock; -1 where none is listed. */
  readonly stock: number
  /** In order of expiration. */
  readonly expirations: ReadonlyArray<ExpirationChain>
  readonly #places: ReadonlyArray<ChainPlace | undefined>
  readonly #snapshot: OptionChainSnapshot

  private constructor(snapshot: OptionChainSnapshot) {
    this.#snapshot = snapshot
    this.instrumentCount = snapshot.instrumentCount
    this.stock = snapshot.stock
    this.expirations = snapshot.expirations.map((expiration, index) =>
      expirationChain(expiration, index, snapshot.rows)
    )
    const places = new Array<ChainPlace | undefined>(snapshot.instrumentCount).fill(undefined)
    this.expirations.forEach(({ calls, puts }, expirationIndex) => {
      calls.forEach((call, strikeIndex) => {
        if (call >= 0) places[call] = { expirationIndex, strikeIndex, isCall: true }
      })
      puts.forEach((put, strikeIndex) => {
        if (put >= 0) places[put] = { expirationIndex, strikeIndex, isCall: false }
      })
    })
    this.#places = places
  }

  static readonly empty = new OptionChain({
    instrumentCount: 0,
    stock: -1,
    expirations: [],
    rows: []
  })

  static of(instruments: ReadonlyArray<ChainInstrument>): OptionChain {
    const options = instruments.filter((each) => each.kind === "Option")
    const expirations = [...new Set(options.map((each) => each.expiration))].sort()
    const indexOf = new Map(expirations.map((expiration, index) => [expiration, index]))
    const rows: Array<number> = []
    for (const each of [...options].sort((a, b) => a.instrument - b.instrument)) {
      const isCall = each.optionType === "Call" ? 1 : 0
      rows.push(
        each.instrument,
        indexOf.get(each.expiration)!,
        each.strikeMicros,
        isCall,
        each.multiplier
      )
    }
    return new OptionChain({
      instrumentCount: instruments.reduce((most, each) => Math.max(most, each.instrument + 1), 0),
      stock: instruments.find((each) => each.kind === "Stock")?.instrument ?? -1,
      expirations,
      rows
    })
  }

  place(instrument: number): ChainPlace | undefined {
    return this.#places[instrument]
  }

  snapshot(): OptionChainSnapshot {
    return this.#snapshot
  }

  static restore(snapshot: OptionChainSnapshot): OptionChain {
    return snapshot.instrumentCount === 0 ? OptionChain.empty : new OptionChain(snapshot)
  }
}

const expirationChain = (
  expiration: string,
  index: number,
  rows: ReadonlyArray<number>
): ExpirationChain => {
  const strikes = new Set<number>()
  let multiplier = 0
  for (let row = 0; row < rows.length; row += numbersPerRow) {
    if (rows[row + 1] !== index) continue
    strikes.add(rows[row + 2]!)
    multiplier = rows[row + 4]!
  }
  const strikesMicros = Float64Array.from(strikes).sort()
  const calls = new Int32Array(strikesMicros.length).fill(-1)
  const puts = new Int32Array(strikesMicros.length).fill(-1)
  const at = new Map(Array.from(strikesMicros, (strike, strikeIndex) => [strike, strikeIndex]))
  for (let row = 0; row < rows.length; row += numbersPerRow) {
    if (rows[row + 1] !== index) continue
    const side = rows[row + 3] === 1 ? calls : puts
    side[at.get(rows[row + 2]!)!] = rows[row]!
  }
  const lastTradeMs = expirationCloseMs(expiration) ?? 0
  return { expiration, lastTradeMs, multiplier, strikesMicros, calls, puts }
}
