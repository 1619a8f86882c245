/** Drawings of a surface as SVG text: one chart per smile, and the term structure. Pure arithmetic. */
import type { SmileReport, SurfaceReport } from "./surfaceReport.ts"

const width = 400
const height = 250
const plot = { left: 44, right: 388, top: 12, bottom: 216 }

type Scale = { readonly from: number; readonly to: number }

const x = (value: number, { from, to }: Scale): number =>
  plot.left + ((plot.right - plot.left) * (value - from)) / (to - from)

const y = (value: number, { from, to }: Scale): number =>
  plot.bottom - ((plot.bottom - plot.top) * (value - from)) / (to - from)

const n = (value: number): string => value.toFixed(1)

/** Values that read well: 1, 2 or 5 times a power of ten apart, about `count` of them. */
const ticks = ({ from, to }: Scale, count: number): ReadonlyArray<number> => {
  const rough = (to - from) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10)
  const first = Math.ceil(from / step)
  const last = Math.floor(to / step)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step)
}

const tickText = (value: number): string => String(Number(value.toPrecision(6)))

const frame = (
  label: string,
  horizontal: ReadonlyArray<{ readonly at: number; readonly text: string }>,
  vertical: Scale,
  inside: string
): string => {
  const rows = ticks(vertical, 5).map((value) => {
    const at = n(y(value, vertical))
    return `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${at}" y2="${at}"/><text x="${plot.left - 6}" y="${at}" dy="0.35em" text-anchor="end">${tickText(100 * value)}%</text>`
  })
  const columns = horizontal.map(
    ({ at, text }) =>
      `<line class="grid" x1="${n(at)}" x2="${n(at)}" y1="${plot.top}" y2="${plot.bottom}"/><text x="${n(at)}" y="${plot.bottom + 15}" text-anchor="middle">${text}</text>`
  )
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${rows.join("")}${columns.join("")}<svg x="${plot.left}" y="${plot.top}" width="${plot.right - plot.left}" height="${plot.bottom - plot.top}" viewBox="${plot.left} ${plot.top} ${plot.right - plot.left} ${plot.bottom - plot.top}">${inside}</svg></svg>`
}

const curvePoints = 96

/** Quotes as bars from bid to ask in volatility, the fit as a line, the forward dashed. */
export const smileChart = (smile: SmileReport): string => {
  const { quotes, implied, expiration } = smile
  const moneyness = quotes.map((quote) => quote.logMoneyness)
  const across = padded(Math.min(...moneyness), Math.max(...moneyness), 0.04)
  const up = padded(
    Math.min(...quotes.flatMap((each) => [each.midVolatility, each.fittedVolatility])),
    Math.max(...quotes.flatMap((each) => [each.midVolatility, each.fittedVolatility])),
    0.12
  )
  const curve = Array.from({ length: curvePoints + 1 }, (_, i) => {
    const k = across.from + ((across.to - across.from) * i) / curvePoints
    return `${n(x(k, across))},${n(y(volatilityAt(smile, k), up))}`
  })
  const bars = quotes.map((quote) => {
    const at = n(x(quote.logMoneyness, across))
    const half = quote.widthVolatility / 2
    const low = n(y(quote.midVolatility - half, up))
    const high = n(y(quote.midVolatility + half, up))
    const middle = n(y(quote.midVolatility, up))
    const told = `${quote.strike} ${quote.right.toLowerCase()}: mid ${(100 * quote.midVolatility).toFixed(2)} %, fit ${(100 * quote.fittedVolatility).toFixed(2)} %, ${quote.residualWidths.toFixed(2)} widths off`
    return `<g class="${quote.right.toLowerCase()}"><title>${told}</title><line x1="${at}" x2="${at}" y1="${low}" y2="${high}"/><circle cx="${at}" cy="${middle}" r="1.6"/></g>`
  })
  const strikes: Scale = {
    from: implied.forward * Math.exp(across.from),
    to: implied.forward * Math.exp(across.to)
  }
  const horizontal = ticks(strikes, 5)
    .filter((strike) => strike > 0)
    .map((strike) => ({
      at: x(Math.log(strike / implied.forward), across),
      text: tickText(strike)
    }))
  const forward = n(x(0, across))
  const inside = `<line class="forward" x1="${forward}" x2="${forward}" y1="${plot.top}" y2="${plot.bottom}"/>${bars.join("")}<polyline class="fit" points="${curve.join(" ")}"/>`
  return frame(`Implied volatility by strike, ${expiration}`, spaced(horizontal), up, inside)
}

const volatilityAt = ({ svi, timeToExpirationYears }: SmileReport, k: number): number => {
  const d = k - svi.m
  const variance = svi.a + svi.b * (svi.rho * d + Math.sqrt(d * d + svi.sigma * svi.sigma))
  return Math.sqrt(Math.max(0, variance) / timeToExpirationYears)
}

/** Volatility at the forward by the root of time, and between expirations the forward volatility. */
export const termChart = ({ smiles, terms }: SurfaceReport): string => {
  const years = smiles.map((smile) => smile.timeToExpirationYears)
  const levels = smiles.map((smile) => smile.measures.atmVolatility)
  const forwards = terms.map((term) => term.forwardVolatility)
  const across: Scale = { from: 0, to: 1.04 * Math.sqrt(Math.max(...years)) }
  const up = padded(Math.min(...levels, ...forwards), Math.max(...levels, ...forwards), 0.1)
  const at = (year: number): string => n(x(Math.sqrt(year), across))
  const line = smiles.map((_, i) => `${at(years[i]!)},${n(y(levels[i]!, up))}`).join(" ")
  const dots = smiles.map(
    ({ expiration }, i) =>
      `<circle class="level" cx="${at(years[i]!)}" cy="${n(y(levels[i]!, up))}" r="3"><title>${expiration}: ${(100 * levels[i]!).toFixed(2)} %</title></circle>`
  )
  const steps = terms.map((term, i) => {
    const level = n(y(term.forwardVolatility, up))
    return `<line class="step" x1="${at(years[i]!)}" x2="${at(years[i + 1]!)}" y1="${level}" y2="${level}"><title>${term.from} to ${term.to}: ${(100 * term.forwardVolatility).toFixed(2)} %</title></line>`
  })
  const days = [7, 30, 91, 182, 365, 547, 730, 1095, 1826]
  const horizontal = days
    .filter((day) => Math.sqrt(day / 365) < across.to)
    .map((day) => ({ at: x(Math.sqrt(day / 365), across), text: `${day}d` }))
  const inside = `${steps.join("")}<polyline class="fit" points="${line}"/>${dots.join("")}`
  return frame("Volatility at the forward by time", spaced(horizontal), up, inside)
}

const padded = (low: number, high: number, share: number): Scale => {
  const pad = share * (high - low || Math.abs(high) || 1)
  return { from: low - pad, to: high + pad }
}

/** Leaves out labels that would touch the one before. */
const spaced = (
  labels: ReadonlyArray<{ readonly at: number; readonly text: string }>
): ReadonlyArray<{ readonly at: number; readonly text: string }> => {
  let last = Number.NEGATIVE_INFINITY
  return labels.filter(({ at }) => {
    const isFree = at - last > 34
    if (isFree) last = at
    return isFree
  })
}
