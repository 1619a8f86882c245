/**
 * What every figure is made of: rows of medians, each beside its peer of the same run, and how a figure file runs alone.
 *
 * A figure runs in a process of its own (`node bench/NAME.ts`), so that no figure warms or clutters another.
 */

export type Unit = "records/s" | "quotes/s" | "orders/s" | "ms" | "us" | "ns" | "s" | "MB"

/** What a value is held against. `value` undefined: it could not be measured, and `name` says why. */
export interface Peer {
  readonly name: string
  readonly value: number | undefined
}

export interface Row {
  readonly what: string
  readonly unit: Unit
  /** A median over `samples`, or the percentile that `what` names. */
  readonly value: number
  readonly samples: number
  readonly peer?: Peer
}

export type Progress = (text: string) => void

export type Measure = (progress: Progress) => Promise<ReadonlyArray<Row>>

/** Ours over the peer's: rates are better above 1, times below. Undefined without a peer's value. */
export const ratioOf = ({ value, peer }: Row): number | undefined =>
  peer?.value === undefined ? undefined : value / peer.value

/** `share` in [0, 1): the value below which that share of the sorted values lies. Throws where there are none. */
export const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const found = values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]
  if (found === undefined) throw new Error("no value was measured")
  return found
}

export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)

/**
 * Round numbers from 0: at most `most`, fewer where `seconds` are over, but never under `least`, so that a busy machine
 * bounds the figure and not its worth. Round 0 is for warming the code up.
 */
export function* rounds(most: number, least: number, seconds: number): Generator<number> {
  const began = performance.now()
  for (let round = 0; round < most; round++) {
    if (round >= least && performance.now() - began > seconds * 1000) return
    yield round
  }
}

/** The p50 and p99 rows of one set of times, beside the same percentiles of a peer's. */
export const percentileRows = (
  what: string,
  unit: Unit,
  values: ReadonlyArray<number>,
  peer?: { readonly name: string; readonly values: ReadonlyArray<number> }
): ReadonlyArray<Row> =>
  ([0.5, 0.99] as const).map((share) => ({
    what: `${what}, p${share * 100}`,
    unit,
    value: quantile(values, share),
    samples: values.length,
    ...(peer !== undefined && {
      peer: { name: peer.name, value: quantile(peer.values, share) }
    })
  }))

/** One line of text per row. */
export const rowText = (row: Row): string => {
  const { what, unit, value, peer } = row
  const ratio = ratioOf(row)
  const ours = `  ${what.padEnd(54)} ${valueText(value, unit).padStart(18)}`
  if (peer === undefined) return ours
  return ratio === undefined
    ? `${ours}   ${peer.name}`
    : `${ours}   ${ratioText(ratio).padStart(8)} x ${peer.name} (${valueText(peer.value!, unit)})`
}

const ratioText = (ratio: number): string =>
  ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(3)

const valueText = (value: number, unit: Unit): string => {
  const digits = value >= 1000 ? 0 : value >= 100 ? 1 : value >= 1 ? 2 : 3
  const text = value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits
  })
  return `${text} ${unit}`
}

/** Runs one figure by itself: progress on stderr; rows on stdout, as one JSON array with `--json`. */
export const runAlone = async (measure: Measure): Promise<void> => {
  const rows = await measure((text) => process.stderr.write(`  ... ${text}\n`))
  if (process.argv.includes("--json")) console.log(JSON.stringify(rows))
  else for (const row of rows) console.log(rowText(row))
}
