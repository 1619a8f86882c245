/** The tables of docs/reliability.md that come from lists in the code or from a simulation's report. */
import type { ResilienceFacts } from "../../src/projections/resilience.ts"
import type { RecoveryFigures } from "../../src/projections/simulationReport.ts"
import type { Bug } from "../../test/simulation/planted/bug.ts"
import type { ByPlan, Elsewhere } from "../../test/simulation/publicFailures.ts"

/** What `simulate --json` prints, as far as it is read here. */
export interface Told {
  readonly scenario: string
  readonly wallMs: number
  readonly virtualMs: number
  readonly runs: number
  readonly broken: number
  readonly lives: number
  readonly restarts: number
  readonly records: number
  readonly orders: number
  readonly fills: number
  readonly coverage: ReadonlyArray<{
    readonly fault: string
    readonly runs: number
    readonly checks: Readonly<Record<string, number>>
  }>
  readonly promises: ReadonlyArray<{ readonly name: string; readonly checks: number }>
  readonly recovery: ReadonlyArray<RecoveryFigures>
}

type Cells = ReadonlyArray<string | number>

const table = (head: Cells, rows: ReadonlyArray<Cells>): string =>
  [head, head.map(() => "---"), ...rows]
    .map(
      (cells) =>
        `| ${cells.map((cell) => (typeof cell === "number" ? count(cell) : cell)).join(" | ")} |`
    )
    .join("\n")

const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",")

export const bugTable = (bugs: ReadonlyArray<Bug>): string =>
  table(
    ["Layer", "Planted bug", "Scenario", "Within seeds"],
    bugs.map(({ layer, defect, scenario, seeds }) => [layer, defect, scenario, seeds])
  )

export const failureTable = (
  byPlan: ReadonlyArray<ByPlan>,
  elsewhere: ReadonlyArray<Elsewhere>
): string =>
  table(
    ["Reported", "Failure", "Here", "Test"],
    [
      ...byPlan.map(({ issues, failure, here }) => [
        issues,
        failure,
        here,
        "`test/simulation/publicFailures.test.ts`"
      ]),
      ...elsewhere.map(({ issues, failure, here, file }) => [issues, failure, here, `\`${file}\``])
    ]
  )

export const apartTable = (
  apart: ReadonlyArray<{ readonly issues: string; readonly why: string }>
): string =>
  table(
    ["Reported", "Why not"],
    apart.map(({ issues, why }) => [issues, why])
  )

export const figureTable = (told: ReadonlyArray<Told>): string =>
  table(
    [
      ...["Scenario", "Seeds", "Broken", "Lives of the process", "Restarts of actors"],
      ...["Records", "Orders", "Fills", "Seeds a minute", "Times faster than real time"]
    ],
    told.map((each) => [
      ...[each.scenario, each.runs, each.broken, each.lives, each.restarts],
      ...[each.records, each.orders, each.fills],
      ...[Math.round((each.runs / each.wallMs) * 60_000), Math.round(each.virtualMs / each.wallMs)]
    ])
  )

/** Checks of each promise in the runs in which a fault struck. */
export const coverageTable = ({ coverage, promises }: Told): string => {
  const numbered = promises.filter(({ name }) => /^5\.\d/.test(name)).map(({ name }) => name)
  const sum = (checks: Readonly<Record<string, number>>, start: string): number =>
    Object.entries(checks)
      .filter(([name]) => name.startsWith(start))
      .reduce((total, [, times]) => total + times, 0)
  return table(
    [
      "Fault",
      "Runs",
      ...numbered.map((name) => name.slice(0, 3)),
      "Actors' own",
      "Limits",
      "Intake"
    ],
    coverage.map(({ fault, runs, checks }) => [
      ...[fault, runs, ...numbered.map((name) => checks[name] ?? 0)],
      ...["actor ", "limit ", "intake "].map((start) => sum(checks, start))
    ])
  )
}

/** File and Kafka beside each other. */
export const recoveryTable = ({ recovery }: Told): string => {
  const of = (who: string, kind: string): Cells => {
    const found = recovery.find((row) => row.who === who && row.journal === kind)
    return found === undefined
      ? ["", "", ""]
      : [found.times, found.meanMs.toFixed(1), Math.round(found.worstMs)]
  }
  const names = [...new Set(recovery.map(({ who }) => who))].sort()
  return table(
    ["Who", ...["File", "Kafka"].flatMap((kind) => [`${kind}: times`, "mean ms", "worst ms"])],
    names.map((who) => [who, ...of(who, "file"), ...of(who, "kafka")])
  )
}

/** Of `chaos run`: wall times of the process on a running desk. */
export const lifeTable = (
  facts: ReadonlyArray<{ readonly journal: string; readonly facts: ResilienceFacts }>
): string =>
  table(
    ["Book", "From its death", "Times", "Mean ms", "Worst ms"],
    facts.flatMap(({ journal, facts: { wall } }) =>
      [
        ["to its first record", wall.toRecord] as const,
        ["to its first decision", wall.toDecision] as const
      ].map(([what, { times, meanMs, worstMs }]) => [
        ...[journal, what, times, meanMs.toFixed(0), Math.round(worstMs)]
      ])
    )
  )

/** The text with what stands between `<!-- NAME -->` and `<!-- /NAME -->` replaced. */
export const withPart = (text: string, name: string, part: string): string => {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`there is no ${begin} ... ${end}`)
  return `${text.slice(0, from)}${begin}\n${part}\n${text.slice(to)}`
}
