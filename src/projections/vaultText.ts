/** A vault as a chain holds it, for people and machines: USDT, not micro units. */

import type { VaultReading } from "../actors/ports/Chain.ts"
import { formatNewYork } from "../domain/market/newYorkTime.ts"
import { formatUsd, formatUsdCents } from "../domain/market/usd.ts"
import { principalMicros, type TradeAccount, unsettledMicros } from "../domain/vault/vaultState.ts"
import { tableLines } from "./table.ts"

export interface ShownVault {
  /** "run-0001, book main". */
  readonly of: string
  readonly chain: string
  readonly addresses: Readonly<Record<string, string>>
  readonly reading: VaultReading
}

export const vaultText = ({ addresses, chain, of, reading }: ShownVault): string => {
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["free", usdt(reading.freeMicros)],
    ["reserved", usdt(reading.reservedMicros)],
    ["held by the program", usdt(reading.heldMicros)],
    ["in trades (position tokens)", usdt(reading.settlingMicros)],
    ["with the counterparty, net", usdt(reading.counterpartyMicros)],
    ["deposited", usdt(reading.depositedMicros)],
    ["withdrawn", usdt(reading.withdrawnMicros)]
  ]
  const { anchor, frozenUntilMs } = reading
  return [
    `Vault of ${of}`,
    `  ${chain}`,
    ...tableLines([["USDT", ""], ...rows], ["left", "right"], "  "),
    `  frozen       ${frozenUntilMs === 0 ? "no" : `until ${formatNewYork(frozenUntilMs)} New York`}`,
    `  anchored     ${anchor === undefined ? "nothing yet" : `record ${anchor.seq}, head ${anchor.headHash}`}`,
    "  addresses",
    ...tableLines(Object.entries(addresses), ["left", "left"], "    ")
  ].join("\n")
}

export const vaultJson = ({ addresses, chain, of, reading }: ShownVault): object => ({
  of,
  chain,
  freeUsdt: formatUsd(reading.freeMicros),
  reservedUsdt: formatUsd(reading.reservedMicros),
  heldUsdt: formatUsd(reading.heldMicros),
  inTradesUsdt: formatUsd(reading.settlingMicros),
  counterpartyUsdt: formatUsd(reading.counterpartyMicros),
  depositedUsdt: formatUsd(reading.depositedMicros),
  withdrawnUsdt: formatUsd(reading.withdrawnMicros),
  frozenUntilMs: reading.frozenUntilMs,
  anchor: reading.anchor ?? null,
  addresses
})

export const vaultTradesText = (trades: ReadonlyArray<TradeAccount>): string =>
  trades.length === 0
    ? "the vault has no trades"
    : tableLines(
        [
          ["trade", "reserved", "settled", "in trade", "returned", "adjusted", "state"],
          ...trades.map((trade) => [
            trade.tradeId,
            usdt(unsettledMicros(trade)),
            usdt(trade.settledMicros),
            usdt(principalMicros(trade)),
            usdt(trade.proceedsMicros),
            usdt(trade.adjustedMicros),
            stateOf(trade)
          ])
        ],
        ["left", "right", "right", "right", "right", "right", "left"],
        ""
      ).join("\n")

export const vaultTradesJson = (trades: ReadonlyArray<TradeAccount>): object => ({
  trades: trades.map((trade) => ({
    tradeId: trade.tradeId,
    reservedUsdt: formatUsd(unsettledMicros(trade)),
    settledUsdt: formatUsd(trade.settledMicros),
    inTradeUsdt: formatUsd(principalMicros(trade)),
    returnedUsdt: formatUsd(trade.proceedsMicros),
    adjustedUsdt: formatUsd(trade.adjustedMicros),
    state: stateOf(trade)
  }))
})

const usdt = (micros: bigint): string => formatUsdCents(micros)

const stateOf = (trade: TradeAccount): string => {
  if (trade.writtenOff) return "written off"
  if (trade.closed) return "closed"
  if (trade.overdue) return "overdue"
  if (trade.settledMicros > 0n) return "open"
  return trade.canceled ? "freed" : "reserved"
}
