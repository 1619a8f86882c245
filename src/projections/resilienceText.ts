/** The resilience report for a terminal. */
import { clockText } from "../domain/chaos/faults.ts"
import type { RecoveryRow, ResilienceFacts } from "./resilience.ts"
import { isBroken } from "./resilience.ts"
import { tableLines } from "./table.ts"

export const resilienceText = (facts: ResilienceFacts): string =>
  [
    `Chaos ${facts.scenario}: ${facts.about}`,
    `session ${facts.session}, run ${facts.runId}, seed ${facts.seed}, ${clockText(facts.sessionMs)} of session time`,
    "",
    `Faults: ${facts.struck.length} of ${facts.planned.length} kinds and times struck`,
    ...facts.planned.map(
      (fault) => `  ${facts.struck.includes(fault) ? "struck " : "missed "} ${fault}`
    ),
    "",
    "Away, and back after, session ms",
    ...recoveryLines(facts.actors),
    "",
    "The process from its death on, wall ms: the one thing that two runs of a plan do not share",
    ...recoveryLines([facts.wall.toRecord, facts.wall.toDecision]),
    "",
    `Refused while something was wrong: ${counted(facts.refusedMeanwhile)}`,
    `Refused in all:                    ${counted(facts.refused)}`,
    `${facts.orders} orders, ${facts.fills} fills, ${facts.restarts} crashes of actors, ${facts.lives} lives of the process`,
    "",
    isBroken(facts) ? "A promise was broken" : "Every promise held",
    ...tableLines(
      facts.invariants.map(({ name, checks, broken }) => [
        broken === "" ? "held" : "BROKEN",
        name,
        String(checks),
        broken
      ]),
      ["left", "left", "right", "left"],
      "  "
    ),
    "",
    `chain head ${facts.head}`
  ].join("\n")

const recoveryLines = (rows: ReadonlyArray<RecoveryRow>): ReadonlyArray<string> =>
  tableLines(
    [["", "times", "mean", "worst"], ...rows.map(row)],
    ["left", "right", "right", "right"],
    "  "
  )

const row = ({ who, times, meanMs, worstMs }: RecoveryRow): ReadonlyArray<string> => [
  who,
  String(times),
  meanMs.toFixed(1),
  worstMs.toFixed(1)
]

const counted = (counts: Readonly<Record<string, number>>): string => {
  const entries = Object.entries(counts)
  return entries.length === 0
    ? "nothing"
    : entries.map(([reason, count]) => `${reason} ${count}`).join(", ")
}
