/**
 * Other people's pricing code on the same rows: Rust crates, Python packages and an npm package, installed once into
 * the user's cache folder. Each is optional: where it cannot be installed or fails, that is said and the bench goes on.
 */
import * as fs from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { lastLine, peersFolder, run } from "./command.ts"
import { median } from "./figure.ts"

export interface PeerRate {
  readonly peer: string
  readonly what: string
  /** Options per second of processor time; a median of five. */
  readonly perSecond: number
  /** Rows more than 1e-6 off, or without an answer. */
  readonly failing?: number
  /** Largest error of the others. */
  readonly worst?: number
}

export interface Peers {
  readonly rates: ReadonlyArray<PeerRate>
  /** One line for each that could not be measured. */
  readonly missing: ReadonlyArray<string>
}

type Answer = {
  readonly peer: string
  readonly what: string
  readonly rates: ReadonlyArray<number>
  readonly failing?: number
  readonly worst?: number
}

type Answers = {
  readonly found: ReadonlyArray<Answer>
  readonly missing: ReadonlyArray<string>
}

const installMsMax = 240_000
const runMsMax = 60_000

/** `european`, `american`: files of rows, as `bench/pricing.ts` writes them. */
export const measurePeers = async (
  european: string,
  american: string,
  progress: (text: string) => void
): Promise<Peers> => {
  const missing: Array<string> = []
  const rates: Array<PeerRate> = []
  for (const [name, measure] of [
    ["Rust crates", () => rust(european)],
    ["Python packages", () => python(european, american)],
    ["@uqee/black-scholes", () => npm(european)]
  ] as const) {
    progress(`${name}: installs where it is not there yet, and runs`)
    const answers = await measure()
    if (typeof answers === "string") {
      missing.push(`${name}: ${answers}`)
      continue
    }
    missing.push(...answers.missing)
    for (const { rates: samples, ...answer } of answers.found) {
      rates.push({ ...answer, perSecond: median(samples) })
    }
  }
  return { rates, missing }
}

const cargoToml = `[package]
name = "peer"
version = "0.1.0"
edition = "2021"
[dependencies]
implied-vol = "=2.1.0"
blackscholes = "=0.24.0"
[profile.release]
opt-level = 3
lto = true
codegen-units = 1
`

const rust = async (european: string): Promise<Answers | string> => {
  const folder = join(peersFolder, "bench-rust")
  fs.mkdirSync(join(folder, "src"), { recursive: true })
  const source = fs.readFileSync(join(import.meta.dirname, "pricing_peer.rs"), "utf8")
  writeChanged(join(folder, "Cargo.toml"), cargoToml)
  writeChanged(join(folder, "src/main.rs"), source)
  const built = await run("cargo", ["build", "--release", "--quiet"], installMsMax, folder)
  if (built.code !== 0) return `not installed (${lastLine(built.errors)})`
  return answersOf(await run(join(folder, "target/release/peer"), [european], runMsMax))
}

/** An unchanged file keeps its time, so that nothing is built again. */
const writeChanged = (file: string, text: string): void => {
  if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text) fs.writeFileSync(file, text)
}

const python = async (european: string, american: string): Promise<Answers | string> => {
  const folder = join(peersFolder, "bench-pricing-venv")
  const bin = join(folder, "bin/python")
  // py_vollib_vectorized's last release needs what was current then.
  const packages = [
    "QuantLib==1.44",
    "py_vollib_vectorized==0.1.1",
    "py_vollib==1.0.1",
    "py_lets_be_rational==1.0.1",
    "numba<0.61",
    "numpy<2",
    "pandas<2.3",
    "setuptools<81"
  ]
  if (!fs.existsSync(join(folder, ".installed"))) {
    const made = await run("python3", ["-m", "venv", folder], installMsMax)
    if (made.code !== 0) return `not installed (${lastLine(made.errors)})`
    const got = await run(bin, ["-m", "pip", "install", "-q", ...packages], installMsMax)
    if (got.code !== 0) return `not installed (${lastLine(got.errors)})`
    fs.writeFileSync(join(folder, ".installed"), "")
  }
  const script = join(import.meta.dirname, "pricing_peer.py")
  return answersOf(await run(bin, [script, european, american], 2 * runMsMax))
}

const answersOf = (ran: {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}): Answers | string => {
  if (ran.code !== 0) return `its run failed (${lastLine(ran.errors)})`
  return JSON.parse(lastLine(ran.output)) as Answers
}

interface Uqee {
  readonly sigma: (option: {
    readonly price: number
    readonly rate: number
    readonly strike: number
    readonly time: number
    readonly type: "call" | "put"
    readonly underlying: number
  }) => number
}

const npm = async (european: string): Promise<Answers | string> => {
  const folder = join(peersFolder, "bench-npm")
  fs.mkdirSync(folder, { recursive: true })
  const found = join(folder, "node_modules/@uqee/black-scholes")
  if (!fs.existsSync(found)) {
    writeChanged(join(folder, "package.json"), '{"private":true}')
    const got = await run("npm", ["install", "@uqee/black-scholes@1.0.7"], installMsMax, folder)
    if (got.code !== 0) return `not installed (${lastLine(got.errors)})`
  }
  const { BlackScholes } = createRequire(join(folder, "package.json"))("@uqee/black-scholes") as {
    readonly BlackScholes: new (settings: object) => Uqee
  }
  // Its own defaults stop at 1e-3; these are the most exact it has.
  const solver = new BlackScholes({
    priceToSigmaMethod: "newton-raphson",
    priceToSigmaAccuracy: 1e-9,
    priceToSigmaNRIteractions: 100,
    sigmaToPricePrecision: "double"
  })
  const lines = fs.readFileSync(european, "utf8").trim().split("\n")
  const rows = lines.map((line) => line.split(",").map(Number))
  const solve = ([call, s, k, t, r, q, price]: ReadonlyArray<number>): number =>
    solver.sigma({
      price: price!,
      rate: r!,
      strike: k!,
      time: t!,
      type: call === 1 ? "call" : "put",
      // It knows no dividend yield; a spot less its dividends says the same.
      underlying: s! * Math.exp(-q! * t!)
    })
  const errors = rows.map((row) => Math.abs(solve(row) - row[7]!))
  const good = errors.filter((error) => error <= 1e-6)
  const rates = cpuRates(rows.length, () => {
    for (const row of rows) solve(row)
  })
  const counts = { failing: rows.length - good.length, worst: Math.max(0, ...good) }
  const answer = { peer: "npm @uqee/black-scholes", what: "implied volatility", rates, ...counts }
  return { found: [answer], missing: [] }
}

/** Things per second of processor time, five times; each sample takes about `seconds`. */
export const cpuRates = (count: number, work: () => void, seconds = 0.3): ReadonlyArray<number> => {
  const spent = (rounds: number): number => {
    const began = process.cpuUsage()
    for (let round = 0; round < rounds; round++) work()
    const { user, system } = process.cpuUsage(began)
    return (user + system) / 1e6
  }
  // Warm: compiled before it is counted.
  for (let warm = 0; warm < seconds; warm += spent(1)) {}
  let rounds = 1
  while (spent(rounds) < seconds / 4) rounds *= 2
  return Array.from({ length: 5 }, () => (count * 2 * rounds) / spent(2 * rounds))
}
