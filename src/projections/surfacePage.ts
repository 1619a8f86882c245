/** A surface report as one HTML page that needs nothing else: no script, no font, no request. */
import { smileChart, termChart } from "./surfaceChart.ts"
import type { SmileReport, SurfaceReport } from "./surfaceReport.ts"
import { fitArbitrageText, headline, percent, quoteArbitrageText, reasons } from "./surfaceText.ts"

export const surfacePage = (report: SurfaceReport): string => {
  const title = escaped(`${report.underlying} volatility surface, ${report.at}`)
  const { residuals } = report
  const told = `The fit lies inside bid and ask of ${percent(residuals.insideShare, 1)} of ${residuals.quotes} quotes; it is ${residuals.rmsWidths.toFixed(2)} quote widths off in the root mean square.`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
<p>${escaped(headline(report))}.</p>
<p>${told} ${arbitrageSentence(report)}</p>
<p class="key"><span class="put">puts</span> and <span class="call">calls</span>: bid to ask in
volatility, the middle dotted · <span class="line">fitted smile</span> · dashed: the forward</p>
<main>
<figure><figcaption><b>Term structure</b> at the forward; bars: forward volatility</figcaption>${report.smiles.length === 0 ? "" : termChart(report)}</figure>
${report.smiles.map(smileFigure).join("\n")}
</main>
<h2>Numbers</h2>
<div class="wide">${numbersTable(report)}</div>
${arbitrageList(report)}
${report.refused.map(({ expiration, reason }) => `<p>${escaped(expiration)} is left out: ${reasons[reason]}.</p>`).join("\n")}
<footer>Dividend yield: implied by put-call parity at the session's rate. SVI: total variance
a + b (ρ (k − m) + √((k − m)² + σ²)) at k = ln(K/F). Residuals: fit less mid in widths of each quote's bid to ask.</footer>
</body>
</html>
`
}

const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")

const smileFigure = (smile: SmileReport): string =>
  `<figure><figcaption><b>${escaped(smile.expiration)}</b> ${(365 * smile.timeToExpirationYears).toFixed(0)} days · ${smile.model.toUpperCase()} · ${percent(smile.measures.atmVolatility, 1)} at ${smile.implied.forward.toFixed(2)} · ${percent(smile.residuals.insideShare, 0)} inside</figcaption>${smileChart(smile)}</figure>`

const columns = [
  "expiration",
  "days",
  "forward",
  "±",
  "dividend yield",
  "implied rate",
  "±",
  "at forward",
  "skew",
  "25Δ reversal",
  "25Δ butterfly",
  "a",
  "b",
  "ρ",
  "m",
  "σ",
  "quotes",
  "inside",
  "rms widths"
]

const numbersTable = ({ smiles }: SurfaceReport): string => {
  const rows = smiles.map((smile) => {
    const { implied, measures, svi, residuals } = smile
    return [
      escaped(smile.expiration),
      (365 * smile.timeToExpirationYears).toFixed(1),
      implied.forward.toFixed(2),
      implied.standardError.toFixed(2),
      percent(implied.dividendYield),
      percent(implied.impliedRate),
      percent(implied.impliedRateError),
      percent(measures.atmVolatility),
      measures.atmSkewPerLogStrike.toFixed(3),
      percent(measures.riskReversal25),
      percent(measures.butterfly25),
      ...[svi.a, svi.b, svi.rho, svi.m, svi.sigma].map((value) => value.toFixed(5)),
      String(residuals.quotes),
      percent(residuals.insideShare, 0),
      residuals.rmsWidths.toFixed(2)
    ]
  })
  const head = `<tr>${columns.map((name) => `<th>${name}</th>`).join("")}</tr>`
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`)
  return `<table><thead>${head}</thead><tbody>${body.join("")}</tbody></table>`
}

const arbitrageSentence = ({ quoteArbitrage, fitArbitrage }: SurfaceReport): string => {
  const inQuotes =
    quoteArbitrage.length === 0
      ? "The quotes hold no arbitrage at bid and ask"
      : `The quotes hold ${quoteArbitrage.length} arbitrage trades at bid and ask`
  return `${inQuotes}; the fit holds ${fitArbitrage.length === 0 ? "none" : fitArbitrage.length}.`
}

const arbitrageList = ({ quoteArbitrage, fitArbitrage }: SurfaceReport): string => {
  const found = [
    ...quoteArbitrage.map((each) => `quotes: ${quoteArbitrageText(each)}`),
    ...fitArbitrage.map((each) => `fit: ${fitArbitrageText(each)}`)
  ]
  if (found.length === 0) return ""
  return `<h2>Arbitrage</h2><ul>${found.map((each) => `<li>${escaped(each)}</li>`).join("")}</ul>`
}

const style = `
:root{--ink:#1b2027;--soft:#69727d;--paper:#fff;--grid:#e6e9ed;--fit:#0b62c4;--put:#c2410c;--call:#15803d}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#98a2ae;--paper:#14171b;--grid:#2a3037;--fit:#6db3ff;--put:#fb923c;--call:#4ade80}}
body{margin:2rem auto;padding:0 1.25rem;max-width:1320px;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.4rem;margin:0 0 .5rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.25rem 0}
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,380px),1fr));gap:1.25rem;margin-top:1.25rem}
figure{margin:0}figcaption{font-size:.85rem;color:var(--soft)}figcaption b{color:var(--ink)}
svg{width:100%;height:auto;display:block;overflow:hidden}svg svg{width:auto}
svg text{font-size:10px;fill:var(--soft)}
.grid{stroke:var(--grid);stroke-width:1}.forward{stroke:var(--soft);stroke-dasharray:3 3}
.fit{fill:none;stroke:var(--fit);stroke-width:1.6}.level{fill:var(--fit)}.step{stroke:var(--put);stroke-width:2}
.put line{stroke:var(--put)}.call line{stroke:var(--call)}.put circle{fill:var(--put)}.call circle{fill:var(--call)}
.put line,.call line{stroke-width:1.4;opacity:.55}
.key{font-size:.85rem;color:var(--soft)}.key .put{color:var(--put)}.key .call{color:var(--call)}.key .line{color:var(--fit)}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.8rem;font-variant-numeric:tabular-nums;white-space:nowrap}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid var(--grid)}th{color:var(--soft);font-weight:600}
th:first-child,td:first-child{text-align:left}footer{margin-top:2rem;font-size:.8rem;color:var(--soft)}
`
