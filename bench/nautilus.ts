/** nautilus_trader as a peer: installed once from PyPI into the user's cache folder, fed with the same quotes. */
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { SessionQuotes } from "../src/domain/market/sessionQuotes.ts"
import { lastLine, peersFolder, run } from "./command.ts"
import type { Progress } from "./figure.ts"

interface Rates {
  /** Quote ticks per second, one per run. */
  readonly wall: ReadonlyArray<number>
  readonly cpu: ReadonlyArray<number>
}

export type NautilusRates =
  | {
      readonly name: string
      /** All quotes as if of one instrument: its fastest case. */
      readonly one: Rates
      /** Each quote at its own of the chain's instruments. */
      readonly chain: Rates
    }
  | { readonly why: string }

const environment = join(peersFolder, "bench-venv")
const python = join(environment, "bin", "python")

/** Pythons that its wheels are made for, newest first. */
const pythons = ["python3.14", "python3.13", "python3.12", "python3.11", "python3"]
const installMsMax = 60_000
const runMsMax = 40_000

/** Quote ticks per second of `runs` backtests of the session, by wall and processor time, or why there are none. */
export const nautilusRates = async (
  session: SessionQuotes,
  runs: number,
  progress: Progress
): Promise<NautilusRates> => {
  if (!(await installed(progress))) return { why: "nautilus_trader: not installed" }
  const folder = fs.mkdtempSync(join(tmpdir(), "optionsib-bench-"))
  try {
    const file = join(folder, "quotes")
    fs.writeFileSync(file, columnsOf(session))
    progress("nautilus_trader: runs its backtest on the same quotes")
    const script = join(import.meta.dirname, "nautilus_backtest.py")
    const ran = await run(python, [script, file, `${session.rowCount}`, `${runs}`], runMsMax)
    if (ran.code !== 0) return { why: `nautilus_trader: its run failed: ${lastLine(ran.errors)}` }
    const { version, one, chain } = JSON.parse(lastLine(ran.output)) as {
      readonly version: string
      readonly one: Rates
      readonly chain: Rates
    }
    return { name: `nautilus_trader ${version}`, one, chain }
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

const installed = async (progress: Progress): Promise<boolean> => {
  if (await imports()) return true
  fs.mkdirSync(peersFolder, { recursive: true })
  for (const name of pythons) {
    progress(`nautilus_trader: installs it with ${name} into ${environment}`)
    const made = await run(name, ["-m", "venv", "--clear", environment], installMsMax)
    if (made.code !== 0) continue
    const got = await run(
      python,
      ["-m", "pip", "install", "-q", "--only-binary", ":all:", "nautilus_trader"],
      installMsMax
    )
    if (got.code === 0 && (await imports())) return true
  }
  return false
}

const imports = async (): Promise<boolean> =>
  fs.existsSync(python) &&
  (await run(python, ["-c", "import nautilus_trader"], installMsMax)).code === 0

const columnsOf = (session: SessionQuotes): Uint8Array => {
  const { timeMs, instrument, bidMicros, askMicros, bidSize, askSize, rowCount } = session
  const columns = new Float64Array(6 * rowCount)
  const all = [timeMs, instrument, bidMicros, askMicros, bidSize, askSize]
  for (const [at, column] of all.entries()) columns.set(column.subarray(0, rowCount), at * rowCount)
  return new Uint8Array(columns.buffer)
}
