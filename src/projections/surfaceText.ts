/** A surface report for a terminal. */
import type { QuoteArbitrage, SurfaceArbitrage } from "../domain/market/surface/arbitrage.ts"
import type { SmileReport, SurfaceReport } from "./surfaceReport.ts"
import { tableLines } from "./table.ts"

export const percent = (share: number, digits = 2): string => `${(100 * share).toFixed(digits)} %`

const arbitrageShownMax = 20

export const surfaceText = (report: SurfaceReport): string =>
  [
    headline(report),
    "",
    "Forwards from put-call parity; the dividend yield is what the forward implies at the session's rate,",
    "the implied rate what the quotes' own slope gives",
    ...forwardLines(report),
    "",
    `Smiles: ${report.style} quotes, total variance as raw SVI at ln(K/F)`,
    ...sviLines(report),
    "",
    "Level, skew and term structure (volatilities; 25-delta by forward delta)",
    ...measureLines(report),
    "",
    "Residuals (fit less mid, in widths of each quote's bid to ask)",
    ...residualLines(report),
    "",
    ...arbitrageLines(report),
    ...report.refused.map(
      ({ expiration, reason }) => `left out: ${expiration} (${reasons[reason]})`
    )
  ].join("\n")

export const reasons = {
  Expired: "it has expired",
  TooFewForParity: "fewer than three strikes have all four quotes",
  TooFewPoints: "fewer than five quotes have a volatility"
} as const

export const headline = ({
  underlying,
  at,
  spot,
  riskFreeRate,
  options,
  smiles
}: SurfaceReport): string =>
  `${underlying} at ${at} New York: spot ${spot.bid.toFixed(2)} to ${spot.ask.toFixed(2)}, rate ${percent(riskFreeRate, 3)}, ` +
  `${options.quoted} of ${options.listed} options quoted on both sides, ${smiles.length} expirations fitted`

const forwardLines = ({ smiles }: SurfaceReport) =>
  tableLines(
    [
      [
        "expiration",
        "days",
        "forward",
        "error",
        "dividend yield",
        "implied rate",
        "error",
        "strikes"
      ],
      ...smiles.map(({ expiration, timeToExpirationYears, implied }) => [
        expiration,
        (365 * timeToExpirationYears).toFixed(1),
        implied.forward.toFixed(3),
        implied.standardError.toFixed(3),
        percent(implied.dividendYield),
        percent(implied.impliedRate),
        percent(implied.impliedRateError),
        `${implied.strikesTrusted}/${implied.strikesUsed}`
      ])
    ],
    ["left", "right", "right", "right", "right", "right", "right", "right"],
    "  "
  )

const sviLines = ({ smiles }: SurfaceReport) =>
  tableLines(
    [
      ["expiration", "model", "a", "b", "rho", "m", "sigma"],
      ...smiles.map(({ expiration, model, svi }) => [
        expiration,
        model.toUpperCase(),
        ...[svi.a, svi.b, svi.rho, svi.m, svi.sigma].map((value) => value.toFixed(6))
      ])
    ],
    ["left", "left", "right", "right", "right", "right", "right"],
    "  "
  )

const measureLines = ({ smiles, terms }: SurfaceReport) =>
  tableLines(
    [
      [
        "expiration",
        "at forward",
        "skew per ln K",
        "risk reversal",
        "butterfly",
        "forward vol to it"
      ],
      ...smiles.map(({ expiration, measures }, index) => [
        expiration,
        percent(measures.atmVolatility),
        measures.atmSkewPerLogStrike.toFixed(4),
        percent(measures.riskReversal25),
        percent(measures.butterfly25),
        index === 0 ? "" : percent(terms[index - 1]!.forwardVolatility)
      ])
    ],
    ["left", "right", "right", "right", "right", "right"],
    "  "
  )

const residualLines = ({ smiles, residuals }: SurfaceReport) =>
  tableLines(
    [
      ["expiration", "quotes", "inside bid-ask", "rms", "95 % within", "worst at"],
      ...smiles.map((smile) => {
        const worst = worstQuote(smile)
        return [smile.expiration, ...residualCells(smile.residuals), worst]
      }),
      ["all", ...residualCells(residuals), ""]
    ],
    ["left", "right", "right", "right", "right", "left"],
    "  "
  )

const residualCells = (residuals: SurfaceReport["residuals"]): ReadonlyArray<string> => [
  String(residuals.quotes),
  percent(residuals.insideShare, 1),
  residuals.rmsWidths.toFixed(2),
  residuals.widths95.toFixed(2)
]

const worstQuote = ({ quotes }: SmileReport): string => {
  const worst = quotes.reduce<SmileReport["quotes"][number] | undefined>(
    (most, quote) =>
      most === undefined || Math.abs(quote.residualWidths) > Math.abs(most.residualWidths)
        ? quote
        : most,
    undefined
  )
  return worst === undefined
    ? ""
    : `${worst.strike} ${worst.right.toLowerCase()}: ${worst.residualWidths.toFixed(2)}`
}

const arbitrageLines = ({ quoteArbitrage, fitArbitrage }: SurfaceReport): ReadonlyArray<string> => [
  quoteArbitrage.length === 0
    ? "arbitrage in the quotes: none (verticals, butterflies, calendars at bid and ask)"
    : `arbitrage in the quotes: ${quoteArbitrage.length} trades at bid and ask`,
  ...quoteArbitrage.slice(0, arbitrageShownMax).map((each) => `  ${quoteArbitrageText(each)}`),
  ...(quoteArbitrage.length > arbitrageShownMax ? ["  ... (all of them with --json)"] : []),
  fitArbitrage.length === 0
    ? "arbitrage in the fit: none (butterfly and calendar, past the quotes on both sides)"
    : `arbitrage in the fit: ${fitArbitrage.map(fitArbitrageText).join("; ")}`
]

export const quoteArbitrageText = (each: QuoteArbitrage): string =>
  `${each._tag.toLowerCase()} ${each.right.toLowerCase()}s ${each.expiration} at ${each.strikes.join(", ")}: ${each.profit.toFixed(2)} a share`

export const fitArbitrageText = (each: SurfaceArbitrage): string =>
  `${each._tag.toLowerCase()} ${each.expiration} at ln(K/F) ${each.k.toFixed(3)}`
