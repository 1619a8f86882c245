/** A simulation's report for a terminal. */
import type { SimulationReport } from "./simulationReport.ts"
import { tableLines } from "./table.ts"

/** `wallMs`: what the runs took, for the two rates. */
export const simulationText = (report: SimulationReport, wallMs: number): string => {
  const { runs, broken, lives, restarts, records, orders, fills, virtualMs } = report
  const perMinute = (runs / wallMs) * 60_000
  const faster = virtualMs / wallMs
  return [
    `${runs} runs, ${broken} broken: ${lives} lives of the process, ${restarts} restarts of actors,`,
    `${count(records)} records, ${count(orders)} orders, ${count(fills)} fills`,
    `${perMinute.toFixed(0)} seeds a minute; ${count(Math.round(faster))} times faster than real time`,
    "",
    "Promise, and how often it was looked at",
    ...tableLines(
      report.promises.map(({ name, checks }) => [name, count(checks)]),
      ["left", "right"],
      "  "
    ),
    "",
    "Fault, runs in which it struck, and checks of numbered promises in those runs",
    ...coverageLines(report),
    "",
    "Back after a crash, by where the book is (actors: session ms; process: from its death through a start of 30 s)",
    ...tableLines(
      [
        ["", "book", "times", "mean ms", "worst ms"],
        ...report.recovery.map(({ who, journal, times, meanMs, worstMs }) => [
          ...[who, journal, count(times)],
          ...[meanMs.toFixed(1), count(Math.round(worstMs))]
        ])
      ],
      ["left", "left", "right", "right", "right"],
      "  "
    )
  ].join("\n")
}

const coverageLines = ({ coverage, promises }: SimulationReport): ReadonlyArray<string> => {
  const numbered = promises.filter(({ name }) => /^5\.\d/.test(name)).map(({ name }) => name)
  const head = [
    "",
    "runs",
    ...numbered.map((name) => name.slice(0, 3)),
    "actors",
    "limits",
    "intake"
  ]
  const rows = coverage.map(({ fault, runs, checks }) => {
    const of = (start: string) =>
      Object.entries(checks)
        .filter(([name]) => name.startsWith(start))
        .reduce((sum, [, times]) => sum + times, 0)
    return [
      fault,
      count(runs),
      ...numbered.map((name) => count(checks[name] ?? 0)),
      count(of("actor ")),
      count(of("limit ")),
      count(of("intake "))
    ]
  })
  return tableLines([head, ...rows], ["left", ...head.slice(1).map(() => "right" as const)], "  ")
}

/** Thousands separated by commas, whatever the locale. */
const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",")
