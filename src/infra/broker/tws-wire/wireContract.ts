/** Contracts as the TWS wire describes them. */
import type { FieldReader } from "./fields.ts"
import type { Field } from "./frames.ts"

/** Empty texts and 0 are "not told". `expiry`: YYYYMMDD or YYYYMM. `strike`: USD. `right`: C, P or "". */
export interface WireContract {
  readonly conId: number
  readonly symbol: string
  readonly secType: string
  readonly expiry: string
  readonly strike: number
  readonly right: string
  readonly multiplier: string
  readonly exchange: string
  readonly primaryExchange: string
  readonly currency: string
  readonly localSymbol: string
  readonly tradingClass: string
}

/** `action`: BUY or SELL, when the combination is bought. */
export interface ComboLeg {
  readonly conId: number
  readonly ratio: number
  readonly action: string
  readonly exchange: string
}

/** Most legs that any combination has. */
export const comboLegsMax = 32

/** The twelve fields of a contract in requests. */
export const readContract = (fields: FieldReader): WireContract => {
  const conId = fields.int()
  const symbol = fields.text().trim()
  const secType = fields.text().toUpperCase()
  const expiry = fields.text()
  const strike = fields.number()
  const right = rightOf(fields.text())
  const multiplier = fields.text()
  const exchange = fields.text().toUpperCase()
  const primaryExchange = fields.text().toUpperCase()
  const currency = fields.text().toUpperCase()
  const localSymbol = fields.text()
  const tradingClass = fields.text()
  const named = { conId, symbol, secType, expiry, strike, right, multiplier }
  return { ...named, exchange, primaryExchange, currency, localSymbol, tradingClass }
}

const rightOf = (text: string): string => {
  const right = text.toUpperCase()
  if (right === "CALL") return "C"
  if (right === "PUT") return "P"
  return right === "?" || right === "0" ? "" : right
}

/** The eleven fields of a contract in orders, executions and positions. */
export const contractFields = (contract: WireContract): ReadonlyArray<Field> => [
  contract.conId,
  contract.symbol,
  contract.secType,
  contract.expiry,
  contract.strike,
  contract.right,
  contract.multiplier,
  contract.exchange,
  contract.currency,
  contract.localSymbol,
  contract.tradingClass
]

/** The legs of a combination whose prices are asked for: four fields each. */
export const readMarketLegs = (fields: FieldReader): ReadonlyArray<ComboLeg> =>
  Array.from({ length: fields.count(comboLegsMax) }, () => ({
    conId: fields.int(),
    ratio: fields.int(),
    action: fields.text().toUpperCase(),
    exchange: fields.text().toUpperCase()
  }))
