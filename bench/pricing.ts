/**
 * `node bench/pricing.ts [--json] [--no-peers]`: options per second of processor time, one thread, median of five, with
 * the accuracy on data/reference beside the speed, and other people's code on the same rows in the same run.
 */
import * as fs from "node:fs"
import { cpus, loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { Effect, Result } from "effect"
import { sessionChainAt } from "../src/domain/market/surface/sessionChain.ts"
import { fitSurface } from "../src/domain/market/surface/surface.ts"
import type { AmericanAccuracy } from "../src/domain/pricing/americanOption.ts"
import {
  americanColumns,
  blackScholesColumns,
  impliedVolatilityColumns,
  makeGreekColumns,
  type OptionColumns
} from "../src/domain/pricing/columns.ts"
import { simulate } from "../src/domain/pricing/exotics/estimate.ts"
import { defaultSampling, type SimulationTask } from "../src/domain/pricing/exotics/simulation.ts"
import { loadSession } from "../src/infra/data/SessionFile.ts"
import { packageRoot } from "../src/infra/product.ts"
import { median } from "./figure.ts"
import { cpuRates, measurePeers, type Peers } from "./pricingPeers.ts"

interface OwnRate {
  readonly what: string
  readonly unit: string
  readonly perSecond: number
  /** Of the reference table, in words. */
  readonly accuracy: string
  readonly failing?: number
}

type TableRow = Readonly<Record<string, string>>

const table = (name: string): ReadonlyArray<TableRow> => {
  const text = fs.readFileSync(join(packageRoot, "data/reference", name), "utf8")
  const [head, ...lines] = text.trim().split("\n")
  const columns = head!.split(",")
  return lines.map((line) => {
    const cells = line.split(",")
    return Object.fromEntries(columns.map((column, i) => [column, cells[i]!]))
  })
}

const numbers = (rows: ReadonlyArray<TableRow>, column: string): Float64Array =>
  Float64Array.from(rows, (row) => Number(row[column]))

const optionsOf = (rows: ReadonlyArray<TableRow>): OptionColumns => ({
  isCall: Uint8Array.from(rows, (row) => (row.type === "call" ? 1 : 0)),
  spot: numbers(rows, "S"),
  strike: numbers(rows, "K"),
  timeToExpirationYears: numbers(rows, "T"),
  riskFreeRate: numbers(rows, "r"),
  dividendYield: numbers(rows, "q")
})

/** Rows whose price determines a volatility to better than 1e-9. */
const europeanRows = table("bsm.csv").filter((row) => Number(row.iv_ulp_sensitivity) < 1e-9)
const americanRows = table("american.csv")

const impliedRate = (): OwnRate => {
  const count = europeanRows.length
  const options = optionsOf(europeanRows)
  const price = numbers(europeanRows, "price_f64")
  const expected = numbers(europeanRows, "iv_of_price_f64")
  const volatility = new Float64Array(count)
  const code = new Int8Array(count)
  const rates = cpuRates(count, () =>
    impliedVolatilityColumns(count, options, price, volatility, code)
  )
  const errors = Array.from(expected, (each, i) => Math.abs(each - volatility[i]!))
  return {
    what: "implied volatility",
    unit: "options",
    perSecond: median(rates),
    accuracy: `largest error ${Math.max(...errors).toExponential(1)} of ${count} rows`,
    failing: errors.filter((error) => !(error <= 1e-6)).length
  }
}

const greekRates = (): ReadonlyArray<OwnRate> => {
  const count = europeanRows.length
  const options = optionsOf(europeanRows)
  const volatility = numbers(europeanRows, "vol")
  const out = makeGreekColumns(count)
  const rates = cpuRates(count, () => blackScholesColumns(count, options, volatility, out))
  const worst = { relative: 0 }
  for (const [name, column] of [
    ["delta", "delta"],
    ["gamma", "gamma"],
    ["vegaPerVol", "vega"],
    ["thetaPerYear", "theta"],
    ["rhoPerRate", "rho"],
    ["vannaPerVol", "vanna"],
    ["volgaPerVol2", "volga"],
    ["ultimaPerVol3", "ultima"],
    ["dualGamma", "dual_gamma"]
  ] as const) {
    const expected = numbers(europeanRows, column)
    expected.forEach((each, i) => {
      const error = Math.abs(each - out[name][i]!)
      if (error > 1e-14) worst.relative = Math.max(worst.relative, error / Math.abs(each))
    })
  }
  const perSecond = median(rates)
  const accuracy = `largest relative error ${worst.relative.toExponential(1)} (beyond 1e-14 absolute)`
  return [
    // One pass gives the value and all sixteen: there is no shorter one for five.
    { what: "five greeks", unit: "options", perSecond, accuracy },
    { what: "all greeks", unit: "options", perSecond, accuracy }
  ]
}

const americanRate = (accuracy: AmericanAccuracy): OwnRate => {
  const count = americanRows.length
  const options = optionsOf(americanRows)
  const volatility = numbers(americanRows, "vol")
  const expected = numbers(americanRows, "price_andersen_lake")
  const column = () => new Float64Array(count)
  const out = { price: column(), delta: column(), gamma: column(), thetaPerYear: column() }
  const rates = cpuRates(count, () => americanColumns(accuracy, count, options, volatility, out))
  const errors = Array.from(expected, (each, i) => Math.abs(each - out.price[i]!))
  return {
    what: `American, ${accuracy.toLowerCase()}`,
    unit: "options",
    perSecond: median(rates),
    accuracy: `largest error ${Math.max(...errors).toExponential(1)} of ${count} prices, with delta, gamma, theta`
  }
}

const surfaceRate = (): OwnRate => {
  const folder = join(packageRoot, "data/sessions")
  const session = Effect.runSync(loadSession(folder, "goog-2015-12-24"))
  const chain = sessionChainAt(session, session.days[0]!.openMs + 90 * 60_000)!
  const fitted = () => fitSurface(chain.market, chain.expirations)
  const rates = cpuRates(1, fitted, 0.6)
  const { expirations, arbitrage } = fitted()
  const rms = expirations.map((each) => each.fit.rmsWidths)
  const quotes = expirations.reduce((sum, each) => sum + each.points.length, 0)
  return {
    what: "surface fit, GOOG chain at 11:00",
    unit: "surfaces",
    perSecond: median(rates),
    accuracy: `${expirations.length} smiles, ${quotes} quotes, rms ${median(rms).toFixed(2)} bid-ask widths, ${arbitrage.length} arbitrages`
  }
}

const monteCarloRate = (): OwnRate => {
  const row = table("asian.csv").find((each) => each.n_fixings === "52")!
  const times = Array.from({ length: 52 }, (_, k) => ((k + 1) * Number(row.step_days)) / 365)
  const task: SimulationTask = {
    ...defaultSampling,
    product: {
      _tag: "Asian",
      right: row.type === "call" ? "Call" : "Put",
      average: "Arithmetic",
      strike: Number(row.K),
      fixingTimesYears: times,
      paymentTimeYears: times.at(-1)!
    },
    dynamics: {
      _tag: "BlackScholes",
      spot: Number(row.S),
      riskFreeRate: Number(row.r),
      dividendYield: Number(row.q),
      volatility: Number(row.vol)
    }
  }
  const paths = task.replicates * task.pathsPerReplicate
  const rates = cpuRates(paths, () => void simulate(task), 0.6)
  const { value, standardError } = Result.getOrThrow(simulate(task))
  const away = Math.abs(value - Number(row.arithmetic_discrete_rqmc))
  const error = Math.hypot(standardError, Number(row.arithmetic_se))
  return {
    what: "Monte Carlo, Asian with 52 fixings",
    unit: "paths",
    perSecond: median(rates),
    accuracy: `standard error ${standardError.toExponential(1)} at ${paths} paths, ${(away / error).toFixed(1)} of them off`
  }
}

const writePeerRows = (folder: string): readonly [string, string] => {
  const european = join(folder, "european.csv")
  const american = join(folder, "american.csv")
  const write = (file: string, rows: ReadonlyArray<TableRow>, columns: ReadonlyArray<string>) => {
    const lines = rows.map((row) =>
      [row.type === "call" ? 1 : 0, ...columns.map((column) => row[column])].join(",")
    )
    fs.writeFileSync(file, lines.join("\n"))
  }
  write(european, europeanRows, ["S", "K", "T", "r", "q", "price_f64", "iv_of_price_f64"])
  write(american, americanRows, ["S", "K", "days", "r", "q", "vol", "price_andersen_lake"])
  return [european, american]
}

const rateText = (perSecond: number): string =>
  perSecond >= 1000 ? Math.round(perSecond).toLocaleString("en-US") : perSecond.toPrecision(3)

const printed = (own: ReadonlyArray<OwnRate>, peers: Peers): ReadonlyArray<string> =>
  own.flatMap((rate) => [
    `${rate.what.padEnd(38)} ${rateText(rate.perSecond).padStart(12)} ${rate.unit}/s   ${rate.accuracy}${rate.failing === undefined ? "" : `, ${rate.failing} failing`}`,
    ...peers.rates
      .filter(({ what }) => what === rate.what)
      .map((peer) => {
        const ratio = (rate.perSecond / peer.perSecond).toPrecision(3)
        const failing = peer.failing === undefined ? "" : `, ${peer.failing} failing`
        const worst =
          peer.worst === undefined ? "" : `, largest error ${peer.worst.toExponential(1)}`
        return `    ${ratio.padStart(8)} x ${peer.peer}: ${rateText(peer.perSecond)}/s${worst}${failing}`
      })
  ])

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      "no-peers": { type: "boolean", default: false }
    }
  })
  const tell = (text: string): void => void process.stderr.write(`  ... ${text}\n`)
  const machine = { node: process.version, cpu: `${cpus().length} x ${cpus()[0]?.model}` }
  const loadBefore = loadavg()[0]!
  const own: Array<OwnRate> = []
  for (const measure of [
    () => [impliedRate()],
    greekRates,
    () => [americanRate("Fast")],
    () => [americanRate("Exact")],
    () => [surfaceRate()],
    () => [monteCarloRate()]
  ]) {
    own.push(...measure())
    tell(own.at(-1)!.what)
  }
  const folder = fs.mkdtempSync(join(tmpdir(), "optionsib-bench-"))
  const peers = values["no-peers"]
    ? { rates: [], missing: [] }
    : await measurePeers(...writePeerRows(folder), tell)
  fs.rmSync(folder, { recursive: true })
  const loads = { loadBefore, loadAfter: loadavg()[0]! }
  if (values.json) return console.log(JSON.stringify({ ...machine, ...loads, own, peers }))
  const { node, cpu } = machine
  console.log(
    `node ${node}, ${cpu}, load ${loads.loadBefore.toFixed(1)} to ${loads.loadAfter.toFixed(1)}`
  )
  console.log("per second of processor time, one thread, median of five\n")
  for (const line of printed(own, peers)) console.log(line)
  for (const line of peers.missing) console.log(line)
}

await main()
