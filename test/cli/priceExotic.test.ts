import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { referenceRows } from "../domain/pricing/referenceTables.ts"
import { root } from "../e2e/desk.ts"
import { inProcess } from "../e2e/inProcess.ts"
import { readRows, temporaryFolder, writeLines } from "./tables.ts"

const reference = (name: string): string => join(root, "data/reference", name)

const exotic = (
  type: string,
  method: string,
  input: string,
  output: string,
  ...more: Array<string>
) =>
  inProcess(
    ...["price", "exotic", "--type", type, "--method", method, "--in", input, "--out", output],
    ...more
  )

describe("price exotic", () => {
  it.effect("by formula is within 1e-8 of every table that has an exact value", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const out = join(folder, "out.csv")
      const cases: ReadonlyArray<readonly [string, string, string, ...Array<string>]> = [
        ["barrier", "barrier.csv", "price"],
        ["asian", "asian.csv", "geometric_discrete", "--average", "geometric"],
        ["forward-start", "cliquet_quantlib.csv", "price"],
        ["cliquet", "cliquet_quantlib.csv", "price"]
      ]
      for (const [type, file, column, ...flags] of cases) {
        const ended = yield* exotic(type, "analytic", reference(file), out, ...flags)
        assert.strictEqual(ended.code, 0, ended.err)
        const table = referenceRows(file)
        const rows = readRows(out)
        assert.strictEqual(rows.length, table.length)
        for (const [index, row] of rows.entries()) {
          assert.closeTo(Number(row.value), table[index]!.number(column), 1e-8, `${file} ${row.id}`)
          assert.deepStrictEqual([row.standardError, row.error], ["0", ""])
        }
      }
    }).pipe(Effect.scoped)
  )

  it.effect(
    "by simulation is within three standard errors, the same on any number of threads",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const lines = readFileSync(reference("asian.csv"), "utf8").split("\n").slice(0, 7)
        const input = writeLines(join(folder, "in.csv"), lines)
        const outs = ["1", "2"].map((threads) => [threads, join(folder, `${threads}.csv`)] as const)
        for (const [threads, out] of outs) {
          const flags = ["--threads", threads, "--seed", "7", "--paths", "8192"]
          assert.strictEqual((yield* exotic("asian", "mc", input, out, ...flags)).code, 0)
        }
        const [one, two] = outs.map(([, out]) => readFileSync(out, "utf8"))
        assert.strictEqual(one, two)
        const table = referenceRows("asian.csv")
        for (const [index, row] of readRows(outs[0]![1]).entries()) {
          const expected = table[index]!.number("arithmetic_discrete_rqmc")
          const error = Math.hypot(Number(row.standardError), table[index]!.number("arithmetic_se"))
          assert.isAbove(Number(row.standardError), 0)
          assert.isAtMost(Math.abs(Number(row.value) - expected), 3 * error, `row ${row.id}`)
        }
      }).pipe(Effect.scoped)
  )

  it.effect(
    "says why a row has no value, and ends with exit code 2 without the type's columns",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const out = join(folder, "out.csv")
        const analytic = yield* exotic("accumulator", "analytic", reference("accumulator.csv"), out)
        assert.strictEqual(analytic.code, 0)
        for (const row of readRows(out)) {
          assert.deepStrictEqual([row.value, row.standardError], ["", ""])
          assert.match(row.error!, /^Accumulator has no closed form/)
        }
        const wrong = yield* exotic("asian", "mc", reference("barrier.csv"), out)
        assert.strictEqual(wrong.code, 2)
        assert.include(wrong.err, "lacks n_fixings, step_days; --type asian needs type, S, K")
        const paths = yield* exotic("asian", "mc", reference("asian.csv"), out, "--paths", "5000")
        assert.strictEqual(paths.code, 2)
        assert.include(paths.err, "5000; a power of two from 4096 to 67108864 is allowed")
      }).pipe(Effect.scoped)
  )
})
