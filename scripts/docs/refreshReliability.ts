/**
 * Fills the tables of docs/reliability.md: `node scripts/docs/refreshReliability.ts [SEEDS]`.
 *
 * The figures come from `simulate --json` over so many seeds of "anything" (100 unless told) and a tenth of them of each
 * other scenario; the other tables from the lists that the tests run.
 */
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus } from "node:os"
import { join } from "node:path"
import { scenarios } from "../../src/simulation/faultPlan.ts"
import { bugs } from "../../test/simulation/planted/bugs.ts"
import { byPlan, elsewhere } from "../../test/simulation/publicFailures.ts"
import {
  bugTable,
  coverageTable,
  failureTable,
  figureTable,
  recoveryTable,
  type Told,
  withPart
} from "./reliabilityTables.ts"

const root = join(import.meta.dirname, "../..")
const file = join(root, "docs/reliability.md")
const seeds = Number(process.argv[2] ?? 100)
if (!Number.isInteger(seeds) || seeds < 1) throw new Error("SEEDS is a number of seeds from 1")

const simulate = (scenario: string, count: number): Told => {
  const words = ["simulate", "--seeds", `1..${count}`, "--scenario", scenario, "--json"]
  const result = spawnSync(process.execPath, ["src/main.ts", ...words], {
    cwd: root,
    encoding: "utf8"
  })
  const line = result.stdout.split("\n").find((each) => each.startsWith("{"))
  if (line === undefined) throw new Error(`${words.join(" ")}: ${result.stderr}`)
  process.stderr.write(`${scenario}: ${count} seeds\n`)
  return JSON.parse(line) as Told
}

const told = scenarios.map(({ name }) =>
  simulate(name, name === "anything" ? seeds : Math.max(1, Math.round(seeds / 10)))
)
const anything = told.find(({ scenario }) => scenario === "anything")!
const machine = `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} threads, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`

const parts: Readonly<Record<string, string>> = {
  figures: `By \`node scripts/docs/refreshReliability.ts ${seeds}\` on ${machine}. Each row is \`node dist/main.js simulate --seeds 1..SEEDS --scenario SCENARIO\`.\n\n${figureTable(told)}`,
  coverage: coverageTable(anything),
  recovery: recoveryTable(anything),
  bugs: bugTable(bugs),
  failures: failureTable(byPlan, elsewhere)
}
let text = readFileSync(file, "utf8")
for (const [name, part] of Object.entries(parts)) text = withPart(text, name, part)
writeFileSync(file, text)
