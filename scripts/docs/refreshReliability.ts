/**
 * Fills the tables of docs/reliability.md: `node scripts/docs/refreshReliability.ts [SEEDS | lists]`; `lists` runs nothing.
 *
 * The figures come from `simulate --json` over so many seeds of "anything" (100 unless told) and a tenth of them of each
 * other scenario; the running desk's from `chaos run` on files and on a Kafka that is started for it (left out, and said,
 * where its jars are missing); the other tables from the lists that the tests run.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus, tmpdir } from "node:os"
import { join } from "node:path"
import type { ResilienceFacts } from "../../src/projections/resilience.ts"
import { scenarios } from "../../src/simulation/faultPlan.ts"
import { bugs } from "../../test/simulation/planted/bugs.ts"
import { apart, byPlan, elsewhere } from "../../test/simulation/publicFailures.ts"
import { KafkaCluster } from "../servers/kafkaCluster.ts"
import { kafkaJars, Missing } from "../servers/kafkaJars.ts"
import {
  apartTable,
  bugTable,
  coverageTable,
  failureTable,
  figureTable,
  lifeTable,
  recoveryTable,
  type Told,
  withPart
} from "./reliabilityTables.ts"

const root = join(import.meta.dirname, "../..")
const file = join(root, "docs/reliability.md")
const isListsAlone = process.argv[2] === "lists"
const seeds = Number(isListsAlone ? 1 : (process.argv[2] ?? 100))
if (!Number.isInteger(seeds) || seeds < 1) throw new Error("SEEDS is a number of seeds from 1")

/** What a command says as its line of JSON. */
const commanded = (words: ReadonlyArray<string>): unknown => {
  const result = spawnSync(process.execPath, ["src/main.ts", ...words], {
    cwd: root,
    encoding: "utf8"
  })
  const line = result.stdout.split("\n").find((each) => each.startsWith("{"))
  if (line === undefined) throw new Error(`${words.join(" ")}: ${result.stderr}`)
  process.stderr.write(`${words.join(" ")}\n`)
  return JSON.parse(line)
}

const simulate = (scenario: string, count: number): Told =>
  commanded([...["simulate", "--seeds", `1..${count}`, "--scenario", scenario, "--json"]]) as Told

const killed = (journal: string, folder: string): ResilienceFacts =>
  commanded([
    ...["chaos", "run", "process-kills", "--json", "--data-dir", folder, "--journal", journal]
  ]) as ResilienceFacts

/** The desk killed on files and on a Kafka of its own. */
const livesOn = async (folder: string) => {
  const onFile = { journal: "file", facts: killed("file", join(folder, "on-file")) }
  try {
    kafkaJars()
  } catch (thrown) {
    if (!(thrown instanceof Missing)) throw thrown
    process.stderr.write(`without Kafka: ${thrown.message}\n`)
    return [onFile]
  }
  const cluster = await KafkaCluster.create(join(folder, "kafka"), 1, 0)
  try {
    cluster.startAll()
    await cluster.ready()
    const place = `kafka://${cluster.brokers[0]}/chaos`
    return [onFile, { journal: "Kafka, one node", facts: killed(place, join(folder, "on-kafka")) }]
  } finally {
    await cluster.stop()
  }
}

const measured = async (): Promise<Readonly<Record<string, string>>> => {
  const told = scenarios.map(({ name }) =>
    simulate(name, name === "anything" ? seeds : Math.max(1, Math.round(seeds / 10)))
  )
  const folder = mkdtempSync(join(tmpdir(), "reliability-"))
  const lives = await livesOn(folder).finally(() => rmSync(folder, { recursive: true }))
  const anything = told.find(({ scenario }) => scenario === "anything")!
  const machine = `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} threads, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`
  return {
    figures: `By \`node scripts/docs/refreshReliability.ts ${seeds}\` on ${machine}. Each row is \`node dist/main.js simulate --seeds 1..SEEDS --scenario SCENARIO\`.\n\n${figureTable(told)}`,
    coverage: coverageTable(anything),
    recovery: recoveryTable(anything),
    lives: lifeTable(lives)
  }
}

const parts: Readonly<Record<string, string>> = {
  ...(isListsAlone ? {} : await measured()),
  bugs: bugTable(bugs),
  failures: failureTable(byPlan, elsewhere),
  apart: apartTable(apart)
}
let text = readFileSync(file, "utf8")
for (const [name, part] of Object.entries(parts)) text = withPart(text, name, part)
writeFileSync(file, text)
