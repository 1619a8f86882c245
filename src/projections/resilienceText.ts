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
    "Away, and back after (actors: session ms; process: wall ms)",
    ...tableLines(
      [["", "times", "mean", "worst"], ...[...facts.actors, facts.process].map(row)],
      ["left", "right", "right", "right"],
      "  "
    ),
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
