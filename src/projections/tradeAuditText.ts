/** `audit trade ID` and `audit trade list` as text. */
import type { DecisionAudit, FeaturesAudit, ModelAudit, QuoteAudit } from "./auditDecision.ts"
import type { AuditNode } from "./auditTree.ts"
import { percent } from "./describe.ts"
import { type Align, printable, tableLines } from "./table.ts"
import type { TradeAudit } from "./tradeAudit.ts"
import type { TradeRow } from "./tradeRow.ts"

/** Ends without a line break. */
export const tradeAuditText = (audit: TradeAudit): string =>
  [
    ...rowLines(audit.position),
    ...(audit.traceId === "" ? [] : [`  trace ${audit.traceId}`]),
    ...audit.closings.flatMap((row) => ["", ...rowLines(row)]),
    "",
    ...audit.decisions.flatMap((decision) => [...decisionLines(decision), ""]),
    `Records by cause (${audit.records}); an answer from outside hangs below its request`,
    ...audit.tree.flatMap((node) => nodeLines(node, "  "))
  ]
    .map(printable)
    .join("\n")

const listAligns: ReadonlyArray<Align> = [
  "left",
  "left",
  "left",
  "left",
  "right",
  "left",
  "right",
  "left"
]

/** One line per proposal; a sentence where there was none. */
export const tradeListText = (rows: ReadonlyArray<TradeRow>): string => {
  if (rows.length === 0) return "no trade was proposed"
  const heading = ["trade", "proposed", "kind", "legs", "filled", "state", "P&L USD", "why not"]
  const body = rows.map((row) => [
    row.tradeId,
    row.proposedAt,
    row.kind,
    row.legs,
    `${row.filled}/${row.quantity}`,
    row.state,
    row.openedAt === "" || row.kind === "Close" ? "" : row.realizedPnl,
    row.reasons.join("; ")
  ])
  return tableLines([heading, ...body], listAligns)
    .map(printable)
    .join("\n")
}

const rowLines = (row: TradeRow): ReadonlyArray<string> => {
  const what = row.closes === "" ? row.kind : `Close of ${row.closes}`
  const times = [
    `proposed ${row.proposedAt}`,
    ...(row.openedAt === "" ? [] : [`first fill ${row.openedAt}`]),
    ...(row.closedAt === "" ? [] : [`closed ${row.closedAt}`])
  ]
  const profit = Object.entries(row.realizedByCause).map(([cause, usd]) => `${cause} ${usd}`)
  return [
    `Trade ${row.tradeId}: ${what} by ${row.strategy}, ${row.legs}, ${row.filled} of ` +
      `${row.quantity}, ${row.state}`,
    `  ${times.join(", ")} (New York)`,
    ...(profit.length === 0
      ? []
      : [`  realized ${row.realizedPnl} USD: ${profit.join(", ")}; fees ${row.fees}`]),
    ...(row.unrealizedPnl === undefined
      ? []
      : [
          `  open, at last known quotes: ` +
            `${row.unrealizedPnl === "" ? "never quoted" : row.unrealizedPnl}`
        ]),
    ...row.reasons.map((reason) => `  because ${reason}`)
  ]
}

const decisionLines = (decision: DecisionAudit): ReadonlyArray<string> => {
  const { tradeId, kind, phase, time, seq, outcome, rationale } = decision
  const numbers = Object.entries(rationale).map(
    ([name, value]) => `${name} ${Number(value.toPrecision(6))}`
  )
  return [
    `Decision on ${kind} ${tradeId}, phase ${phase}, record ${seq} at ${time}: ${outcome}`,
    ...(numbers.length === 0 || phase === 2 ? [] : [`  rationale    ${numbers.join(", ")}`]),
    ...quoteLines(decision.quotes),
    ...featuresLines(decision.features),
    ...modelLines(decision.model),
    decision.certificate === undefined
      ? "  certificate  none was presented"
      : `  certificate  ${decision.certificate.certificateId} (record ` +
        `${decision.certificate.seq}), data through ` +
        `${decision.certificate.dataThrough}, good to ${decision.certificate.expires}, hash ` +
        `${decision.certificate.hash}`,
    ...tableLines(
      decision.verdicts.map(({ layer, yes, seq: at, reasons }) => [
        layer,
        yes ? "yes" : "NO",
        `record ${at}`,
        reasons.join("; ")
      ]),
      ["left", "left", "left", "left"],
      "  "
    ),
    ...decision.refusal.map((reason) => `  refused      ${reason}`)
  ]
}

const quoteLines = (quotes: ReadonlyArray<QuoteAudit>): ReadonlyArray<string> => {
  const rows = quotes.map((quote) => [
    `${quote.side} ${quote.ratio}`,
    quote.name,
    `${quote.bid === "" ? "-" : quote.bid} x${quote.bidSize}`,
    `${quote.ask === "" ? "-" : quote.ask} x${quote.askSize}`,
    quote.ageMs < 0 ? "never" : seconds(quote.ageMs),
    quote.seq < 0 ? "" : `record ${quote.seq}`,
    [known("bid", quote.lastKnownBid), known("ask", quote.lastKnownAsk)].join("")
  ])
  const heading = ["leg", "quotes used", "bid", "ask", "age", "", ""]
  return tableLines(
    [heading, ...rows],
    ["left", "left", "right", "right", "right", "left", "left"],
    "  "
  )
}

const known = (
  side: string,
  last: { readonly price: string; readonly ageMs: number } | undefined
): string => (last === undefined ? "" : `last ${side} ${last.price}, ${seconds(last.ageMs)} old `)

const seconds = (ms: number): string => `${ms / 1000} s`

const featuresLines = (features: FeaturesAudit | undefined): ReadonlyArray<string> => {
  if (features === undefined) return ["  features     none were computed"]
  const { seq, ageMs, spot, realizedVolatility, term } = features
  return [
    `  features     record ${seq}, ${seconds(ageMs)} old: spot ${spot}, realized volatility ` +
      `${percent(realizedVolatility)}`,
    ...term.map(
      ({ expiration, atmVolatility, skew25, forwardMicros }) =>
        `               ${expiration}: at-the-money ${percent(atmVolatility)}, 25-delta skew ` +
        `${percent(skew25)}, ` +
        `forward ${(forwardMicros / 1e6).toFixed(4)}`
    )
  ]
}

const modelLines = (model: ModelAudit | undefined): ReadonlyArray<string> => {
  if (model === undefined) return ["  model        no answer yet"]
  const { modelId, modelHash, runtime, state, forecastVolatility5d, ageMs, asOf } = model
  return [
    `  model        ${modelId}, hash ${modelHash}, on ${runtime}`,
    `               says ${state}, 5-day volatility ${percent(forecastVolatility5d)}, as of ` +
      `${asOf} (${seconds(ageMs)} old)`,
    `               features ${model.featuresSeq}, asked ${model.requestSeq}, answered ` +
      `${model.answerSeq}, classified ${model.regimeSeq}`
  ]
}

const nodeLines = (node: AuditNode, indent: string): ReadonlyArray<string> => [
  `${indent}${node.link === "answers" ? "<- " : ""}${node.seq} ${node.time.slice(11)} ` +
    `${node.author} ${node.type}: ${node.text}`,
  ...node.children.flatMap((child) => nodeLines(child, `${indent}  `))
]
