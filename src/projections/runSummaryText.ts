/**
 * The summary at a run's end, for people: aligned tables to the cent, and the commands to look
 * further.
 */
import { formatUsdCents, formatUsdSigned } from "../domain/market/usd.ts"
import type { RunSummary } from "./runSummary.ts"
import type { RunIdentity } from "./runSummaryJson.ts"
import { type Align, printable, tableLines } from "./table.ts"
import { ranked, sumOf } from "./tally.ts"
import { type Cause, causes, feesOf, realizedOf, type Trade } from "./tradeFold.ts"
import { timeText } from "./tradeRow.ts"

const causeNames: Readonly<Record<Cause, string>> = {
  market: "entries and exits",
  expiry: "expiry",
  exercise: "exercise",
  assignment: "assignment",
  hedges: "hedges",
  commissions: "commissions"
}

/**
 * `options` are appended to the commands, e.g. " --data-dir /tmp/desk". Ends without a line break.
 */
export const summaryText = (summary: RunSummary, identity: RunIdentity, options = ""): string =>
  [
    ...headLines(summary, identity),
    "",
    ...profitLines(summary),
    "",
    ...tradeLines(summary),
    ...section(whyLines(summary)),
    ...section(refusalLines(summary)),
    ...section(idleLines(summary)),
    "",
    ...vaultLines(summary),
    ...supervisionLines(summary),
    ...differenceLines(summary),
    `Chain head   ${identity.headHash}`,
    `State hash   ${identity.stateHash}`,
    "",
    "Look further",
    ...furtherLines(summary, options)
  ]
    .map(printable)
    .join("\n")

const section = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", ...lines]

const headLines = (summary: RunSummary, { runId }: RunIdentity): ReadonlyArray<string> => {
  const { records, inputs, events, quotes, proposals, orders, fills, refusals } = summary
  const corrections = summary.types.get("TradeCorrected") ?? 0
  const corrected = corrections === 0 ? "" : ` (${counted(corrections, "correction")})`
  const refused = summary.proposed.filter(({ state }) => state === "Refused").length
  return [
    `Run ${runId}, book ${summary.book}, session ${summary.session}`,
    `  ${grouped(records)} records: ${grouped(inputs)} inputs (${grouped(quotes)} quotes), ` +
      `${grouped(events)} events`,
    `  ${counted(proposals, "proposal")}, ${refused} refused, ${counted(orders, "order")}, ` +
      `${counted(fills, "execution")}${corrected}, ${sumOf(refusals.unfilled)} unfilled`
  ]
}

const profitLines = (summary: RunSummary): ReadonlyArray<string> => {
  const profit = summary.profitByCause
  const open = summary.openProfit
  const isOpen = summary.positions.some(({ lots }) => lots.size > 0)
  const rows = [
    ...causes.map((cause) => [causeNames[cause], formatUsdSigned(profit[cause])]),
    ["realized", formatUsdSigned(summary.realizedMicros)],
    ...(isOpen ? [["open, at last known quotes", formatUsdSigned(open.micros)]] : [])
  ]
  const unmarked =
    open.unmarked > 0
      ? [`  ${counted(open.unmarked, "trade")} never quoted on the side that would close it`]
      : []
  return ["Profit and loss, USD", ...tableLines(rows, ["left", "right"], "  "), ...unmarked]
}

const tradeAligns: ReadonlyArray<Align> = [
  "left",
  "left",
  "left",
  "right",
  "left",
  "left",
  "left",
  "right",
  "right",
  "right"
]

const tradeLines = (summary: RunSummary): ReadonlyArray<string> => {
  const { positions } = summary
  if (positions.length === 0) return ["Trades: none"]
  const heading = [
    "trade",
    "kind",
    "legs",
    "qty",
    "state",
    "opened",
    "closed",
    "P&L",
    "fees",
    "open"
  ]
  const rows = positions.map((trade) => [
    trade.tradeId,
    trade.kind,
    summary.listing.legsText(trade.legs),
    trade.filledQty === trade.quantity
      ? String(trade.quantity)
      : `${trade.filledQty}/${trade.quantity}`,
    trade.state,
    timeText(trade.openedAtMs).slice(5),
    timeText(trade.closedAtMs).slice(5),
    formatUsdSigned(realizedOf(trade)),
    formatUsdCents(feesOf(trade)),
    openText(summary, trade)
  ])
  return ["Trades (times in New York)", ...tableLines([heading, ...rows], tradeAligns, "  ")]
}

const openText = (summary: RunSummary, trade: Trade): string => {
  if (trade.lots.size === 0) return ""
  const unrealized = summary.unrealizedMicros(trade)
  return unrealized === undefined ? "no quote" : formatUsdSigned(unrealized)
}

/** Why nothing was traded; empty where something was. */
const whyLines = (summary: RunSummary): ReadonlyArray<string> => {
  if (summary.positions.length > 0) return []
  const { types, proposals, orders } = summary
  const count = (type: string) => types.get(type) ?? 0
  const facts = [
    `features computed ${count("FeaturesComputed")} times, regime classified ` +
      `${count("RegimeClassified")} times`,
    ...(count("InferenceFailed") > 0 ? [`the model failed ${count("InferenceFailed")} times`] : []),
    ...(count("HaltTrading") > 0 ? [`trading was halted ${count("HaltTrading")} times`] : []),
    ...(count("CertificatePresented") === 0 ? ["no certificate was presented"] : [])
  ]
  const outcome =
    proposals === 0
      ? "no strategy proposed anything"
      : orders === 0
        ? `none of ${counted(proposals, "proposal")} became an order: see the refusals`
        : `none of ${counted(orders, "order")} filled`
  return [`Why there was no trade: ${outcome}`, ...facts.map((fact) => `  ${fact}`)]
}

/** Without a refusal: orders that never filled, looks that led to no proposal. */
const idleLines = ({ refusals }: RunSummary): ReadonlyArray<string> => {
  const rows = [
    ...ranked(refusals.unfilled).map(([why, n]) => ["order without a fill", why, String(n)]),
    ...ranked(refusals.idle).map(([why, n]) => ["strategy proposed nothing", why, String(n)])
  ]
  if (rows.length === 0) return []
  return ["Came to nothing", ...tableLines(rows, ["left", "left", "right"], "  ")]
}

const refusalLines = ({ refusals }: RunSummary): ReadonlyArray<string> => {
  const rows = [...refusals.byLayer].flatMap(([layer, words]) =>
    ranked(words).map(([word, n]) => [layer, word, String(n)])
  )
  if (rows.length === 0) return ["Refusals: none"]
  return ["Refusals by layer and reason", ...tableLines(rows, ["left", "left", "right"], "  ")]
}

const vaultLines = ({ vault }: RunSummary): ReadonlyArray<string> => [
  `Vault        free ${formatUsdCents(vault.freeMicros)}, reserved ` +
    `${formatUsdCents(vault.reservedMicros)}, ` +
    `settling ${formatUsdCents(vault.settlingMicros)}; deposited ` +
    `${formatUsdCents(vault.depositedMicros)}`
]

const supervisionLines = ({ supervision }: RunSummary): ReadonlyArray<string> => {
  const { restarts, downs, quarantines, openings, stillDown, failures } = supervision
  const failed = ranked(failures).map(([actor, n]) => `${actor} ${n}`)
  const parts = [
    counted(restarts, "restart"),
    counted(downs, "down"),
    `${quarantines.length} quarantined`,
    ...(failed.length > 0 ? [`failures: ${failed.join(", ")}`] : []),
    ...(openings > 1 ? [`resumed ${openings - 1} times`] : [])
  ]
  return [
    `Supervision  ${parts.join(", ")}`,
    ...(stillDown.length > 0 ? [`  STILL DOWN: ${stillDown.join(", ")}`] : []),
    ...quarantines.map(({ actor, seq, reason }) => `  ${actor} skips record ${seq}: ${reason}`)
  ]
}

const differenceLines = (summary: RunSummary): ReadonlyArray<string> => [
  ...summary.differences.map(
    ({ what, between, expected, found }) =>
      `DIFFERENCE   ${what} (${between}): expected ${expected}, found ${found}`
  ),
  ...summary.vaultDisagreements.map(
    (trade) =>
      `DIFFERENCE   ${trade.tradeId}: the vault says ` +
      `${formatUsdSigned(trade.vaultRealizedMicros ?? 0n)}, ` +
      `its fills say ${formatUsdSigned(realizedOf(trade))}`
  )
]

const furtherLines = (summary: RunSummary, options: string): ReadonlyArray<string> => {
  const shown = summary.positions.find(({ kind }) => kind === "Open") ?? summary.proposed[0]
  return [
    ...(shown === undefined ? [] : [`  node dist/main.js audit trade ${shown.tradeId}${options}`]),
    `  node dist/main.js audit report${options}`,
    `  node dist/main.js replay --verify${options}`
  ]
}

const counted = (count: number, noun: string): string =>
  `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`

const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ",")
