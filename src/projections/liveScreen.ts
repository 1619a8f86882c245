/**
 * The live view as one terminal screen: a string of ANSI that draws over the last one.
 *
 * No flicker: the cursor goes home, each line clears its own rest, the end clears what stood below;
 * nothing is blanked first. No line reaches the last column (a terminal would wrap there) and the
 * last one ends without a line break.
 */
import { formatNewYork } from "../domain/market/newYorkTime.ts"
import { formatUsdCents, formatUsdSigned } from "../domain/market/usd.ts"
import { percent } from "./describe.ts"
import { type LiveView, type PositionView, regimeText, sideText } from "./liveView.ts"
import { cutTo, printable, tableLines } from "./table.ts"

export interface ScreenSize {
  readonly columns: number
  readonly rows: number
}

const escape = "\u001b["
const styles = { plain: "", strong: "1", good: "32", bad: "31", banner: "7" } as const
type Style = keyof typeof styles

interface Line {
  readonly text: string
  readonly style: Style
}

/**
 * Before the first screen: hides the cursor and clears. After the last: shows it again, below what
 * stands there.
 */
export const enterScreen = `${escape}?25l${escape}2J${escape}H`
export const leaveScreen = `${escape}0m${escape}?25h\n`

/** `banner` says SIMULATED, PAPER or LIVE. Sizes below 20 columns and 6 rows are drawn as that. */
export const liveScreen = (view: LiveView, size: ScreenSize, banner: string): string => {
  const columns = Math.max(20, size.columns)
  const rows = Math.max(6, size.rows)
  const lines = layOut(view, banner, rows)
  const drawn = lines.map(({ text, style }) => {
    const shown = cutTo(printable(text), columns - 1)
    const code = styles[style]
    return `${code === "" ? shown : `${escape}${code}m${shown}${escape}0m`}${escape}K`
  })
  return `${escape}H${drawn.join("\r\n")}${escape}J`
}

const layOut = (view: LiveView, banner: string, rows: number): ReadonlyArray<Line> => {
  const head = [{ text: banner, style: "banner" as const }, ...headLines(view)].slice(0, rows)
  const room = rows - head.length
  // The heading of the decisions, one decision, and an empty line before them.
  const positions = positionLines(view.positions, Math.floor(room / 2)).slice(
    0,
    Math.max(0, room - 3)
  )
  const decisionRoom = room - positions.length - 2
  if (decisionRoom < 1) return [...head, ...positions]
  return [
    ...head,
    ...positions,
    plain(""),
    { text: "Last decisions", style: "strong" },
    ...view.decisions.slice(-decisionRoom).map((text) => plain(`  ${text}`))
  ]
}

const bad = (text: string): Line => ({ text, style: "bad" })
const plain = (text: string): Line => ({ text, style: "plain" })

const headLines = (view: LiveView): ReadonlyArray<Line> => {
  const { realizedMicros, openMicros, unmarked } = view.profit
  const total = realizedMicros + openMicros
  const { stock, vault, supervision } = view
  const down = supervision.stillDown
  const unmarkedText = unmarked > 0 ? `, ${unmarked} never quoted` : ""
  return [
    {
      text:
        `${view.session}  ${view.timeMs === 0 ? "" : formatNewYork(view.timeMs)} New York  ` +
        `${marketText(view)}  ${speedText(view)}`,
      style: "strong"
    },
    plain(`${view.underlying.padEnd(9)} ${sideText(stock.bid)} x ${sideText(stock.ask)}`),
    {
      text:
        `P&L       ${formatUsdSigned(total)} USD: realized ` +
        `${formatUsdSigned(realizedMicros)}, open ${formatUsdSigned(openMicros)}${unmarkedText}`,
      style: total > 0n ? "good" : total < 0n ? "bad" : "plain"
    },
    plain(
      `Vault     free ${formatUsdCents(vault.freeMicros)}, reserved ` +
        `${formatUsdCents(vault.reservedMicros)}, settling ${formatUsdCents(vault.settlingMicros)}`
    ),
    plain(`Regime    ${regimeText(view.regime)}${forecastText(view)}`),
    {
      text:
        `Actors    ${supervision.restarts} restarts, ${supervision.quarantines.length} ` +
        `quarantined` +
        (down.length > 0 ? `, DOWN: ${down.join(", ")}` : ", all up"),
      style: down.length > 0 ? "bad" : "plain"
    },
    ...(view.halted === "" ? [] : [bad(`HALTED    ${view.halted}`)]),
    ...(view.away === "" ? [] : [bad(`BROKER    AWAY: ${view.away}`)]),
    ...(view.unexplained.size === 0
      ? []
      : [bad(`ACCOUNT   unexplained: ${[...view.unexplained.values()].join("; ")}`)])
  ]
}

const marketText = ({ day, timeMs }: LiveView): string => {
  if (day === undefined) return "before the open"
  if (day.status === "Closed") return "closed"
  const minutes = Math.ceil((day.closeMs - timeMs) / 60_000)
  return `open, ${Math.max(0, minutes)} min to the close`
}

const speedText = ({ speed }: LiveView): string =>
  speed === "max" ? "as fast as it goes" : `${speed} x real time`

const forecastText = ({ regime }: LiveView): string =>
  regime === undefined ? "" : `, 5-day volatility ${percent(regime.forecastVolatility5d)}`

/** An empty line, a heading, and about `most` lines: holdings, then how many more there are. */
const positionLines = (
  positions: ReadonlyArray<PositionView>,
  most: number
): ReadonlyArray<Line> => {
  if (positions.length === 0) return [plain(""), { text: "No open positions", style: "strong" }]
  const rows = positions
    .slice(0, Math.max(1, most - 3))
    .map(({ name, quantity, mark, ageMs, unrealizedMicros, tradeId }) => [
      name,
      String(quantity),
      sideText(mark),
      mark === undefined ? "no quote" : `${Math.round(ageMs / 1000)} s`,
      unrealizedMicros === undefined ? "" : formatUsdSigned(unrealizedMicros),
      tradeId
    ])
  const table = tableLines(
    [["Position", "qty", "mark", "age", "open P&L", "trade"], ...rows],
    ["left", "right", "right", "right", "right", "left"]
  )
  const more = positions.length - rows.length
  return [
    plain(""),
    { text: table[0]!, style: "strong" },
    ...table.slice(1).map(plain),
    ...(more > 0 ? [plain(`... and ${more} more`)] : [])
  ]
}
