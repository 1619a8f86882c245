/** `npm run bench`: every figure in a process of its own, one after the other, each beside its peer of the same run. */
import { spawn } from "node:child_process"
import { cpus, loadavg } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { type Row, ratioOf, rowText } from "./figure.ts"

interface FigureFile {
  readonly name: string
  readonly title: string
}

const figures: ReadonlyArray<FigureFile> = [
  { name: "journal", title: "journal appends against a raw sequential write of the same bytes" },
  { name: "commits", title: "commit latency against a bare write and fdatasync" },
  { name: "straightHost", title: "the GOOG session on the straight host, whole desk" },
  { name: "tracing", title: "the same with every trade traced" },
  { name: "liveHost", title: "the GOOG session on the live host, whole desk" },
  { name: "tickToOrder", title: "from an input's admission to the order, file journal" },
  { name: "recovery", title: "recovery of 1 million records" },
  { name: "vaultSwap", title: "from a fill to its settled swap, embedded and over JSON-RPC" },
  { name: "crashes", title: "from an actor's crash to its first handled message" }
]

/** No figure takes nearly so long; one that hangs ends the bench. */
const figureMsMax = 90_000

const help = `npm run bench -- [--only NAME[,NAME]] [--json]

Measures this machine and prints medians, each as a ratio to a named peer measured in the same run:
ours over the peer's, so rates are better above 1 and times below.

  --only NAMES  of ${figures.map(({ name }) => name).join(", ")}
  --json        one object on stdout: {node, cpu, loadBefore, loadAfter, seconds, figures}
  --help

Progress goes to stderr. The whole takes about two minutes on two idle cores. nautilus_trader (PyPI) and
Pekko (Maven) are installed once into ~/.cache/optionsib; where they cannot be, their ratios say "not installed".`

const flags = () =>
  parseArgs({
    options: {
      only: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false }
    }
  }).values

const run = async (): Promise<number> => {
  const values = flags()
  if (values.help) {
    console.log(help)
    return 0
  }
  const names = values.only?.split(",")
  const unknown = names?.find((name) => figures.every((figure) => figure.name !== name))
  if (unknown !== undefined) {
    console.error(
      `--only: there is no figure ${unknown}; there is ${figures.map((each) => each.name).join(", ")}`
    )
    return 2
  }
  const chosen = figures.filter(({ name }) => names?.includes(name) ?? true)
  const began = performance.now()
  const loadBefore = loadavg()[0]!
  const machine = { node: process.version, cpu: `${cpus().length} x ${cpus()[0]?.model}` }
  if (!values.json) {
    console.log(`node ${machine.node}, ${machine.cpu}, load ${loadBefore.toFixed(2)} before`)
  }
  const results: Array<FigureFile & { readonly rows: ReadonlyArray<Row> }> = []
  let failed = 0
  for (const figure of chosen) {
    process.stderr.write(`${figure.name}\n`)
    const figureBegan = performance.now()
    const rows = await measured(figure)
    process.stderr.write(`  ${((performance.now() - figureBegan) / 1000).toFixed(0)} s\n`)
    if (rows === undefined) failed++
    else results.push({ ...figure, rows })
    if (values.json || rows === undefined) continue
    console.log(`\n${figure.title}`)
    for (const row of rows) console.log(rowText(row))
  }
  const seconds = (performance.now() - began) / 1000
  if (values.json) {
    const withRatios = results.map((result) => ({
      ...result,
      rows: result.rows.map((row) => ({ ...row, ratio: ratioOf(row) ?? null }))
    }))
    const loads = { loadBefore, loadAfter: loadavg()[0]! }
    console.log(JSON.stringify({ ...machine, ...loads, seconds, figures: withRatios }))
  } else {
    console.log(`\n${seconds.toFixed(0)} s, load ${loadavg()[0]!.toFixed(2)} after`)
  }
  return failed === 0 ? 0 : 1
}

/** The figure's rows; undefined, told on stderr, where its process failed. */
const measured = ({ name }: FigureFile): Promise<ReadonlyArray<Row> | undefined> =>
  new Promise((resolve) => {
    const file = join(import.meta.dirname, `${name}.ts`)
    const child = spawn(process.execPath, [...process.execArgv, file, "--json"], {
      stdio: ["ignore", "pipe", "inherit"],
      timeout: figureMsMax
    })
    let output = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(JSON.parse(output) as ReadonlyArray<Row>)
      console.error(`bench/${name}.ts ended with ${signal ?? `exit code ${code}`}: no figure`)
      resolve(undefined)
    })
  })

process.exitCode = await run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  return 2
})
