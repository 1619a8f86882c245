import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { priceRowColumns } from "../../src/domain/pricing/priceRow.ts"
import { referenceRows } from "../domain/pricing/referenceTables.ts"
import { commandOf, startCommand } from "../e2e/desk.ts"
import { inProcess } from "../e2e/inProcess.ts"
import { optionHeader, optionLine, readRows, temporaryFolder, writeLines } from "./tables.ts"

const priced = (input: string, output: string, ...flags: ReadonlyArray<string>) =>
  inProcess("price", "--in", input, "--out", output, "--json", ...flags)

const tableName = { dualDelta: "dual_delta", dualGamma: "dual_gamma", price: "price_exact" }
const referenceColumn = (name: string): string =>
  name in tableName ? tableName[name as keyof typeof tableName] : name

describe("price", () => {
  it.effect(
    "adds the contract's columns, exact against the European table, to CSV and Parquet",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const table = referenceRows("bsm.csv")
        const lines = table.map((row) => optionLine(row, "european", { vol: row.text("vol") }))
        const input = writeLines(join(folder, "in.csv"), [optionHeader, ...lines])
        const ended = yield* priced(input, join(folder, "out.csv"))
        const { seconds: _, ...summary } = JSON.parse(ended.out)
        const out = join(folder, "out.csv")
        const counts = { rows: table.length, priced: table.length, failed: 0, errors: [] }
        assert.deepStrictEqual(summary, { in: input, out, ...counts })
        const header = readFileSync(out, "utf8").split("\n")[0]!
        assert.strictEqual(header, ["id,S,K,T,r,q,right,style,vol", ...priceRowColumns].join(","))
        const rows = readRows(out)
        for (const [index, row] of table.entries()) {
          // Of extreme rows the table's own digits decide; test/domain/pricing holds those to their bounds.
          if (row.text("category") !== "normal") continue
          for (const name of priceRowColumns) {
            if (name === "error" || name === "impliedVolatility") continue
            const expected = row.number(referenceColumn(name))
            const found = Number(rows[index]![name])
            const allowed = Math.max(1e-14, 1e-12 * Math.abs(expected))
            assert.isAtMost(Math.abs(found - expected), allowed, `${name} of row ${row.text("id")}`)
          }
        }
        const parquet = join(folder, "out.parquet")
        assert.strictEqual((yield* priced(input, parquet)).code, 0)
        const again = join(folder, "again.csv")
        assert.strictEqual((yield* priced(parquet, again)).code, 0)
        assert.deepStrictEqual(
          readRows(again).map((row) => [row.id, Number(row.S), row.right, row.ultima, row.error]),
          rows.map((row) => [row.id, Number(row.S), row.right, row.ultima, row.error])
        )
      }).pipe(Effect.scoped)
  )

  it.effect(
    "reads another writer's Parquet: pyarrow's, with its encodings and three row groups",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        // Made by pyarrow 26.0.1 of the table's first rows: dictionaries, nulls, pages of version 2, Zstandard.
        const fixture = join(import.meta.dirname, "fixtures/pyarrow.parquet")
        const out = join(folder, "out.csv")
        const { rows, priced: found } = JSON.parse((yield* priced(fixture, out)).out)
        assert.deepStrictEqual([rows, found], [40, 40])
        const table = referenceRows("bsm.csv").filter((row) => row.text("category") === "normal")
        for (const [index, row] of readRows(out).entries()) {
          const expected = table[index]!
          assert.strictEqual(Number(row.id), expected.number("id"))
          assert.strictEqual(Number(row.S), expected.number("S"))
          assert.strictEqual(row.venue, index % 3 === 0 ? "" : "CBOE")
          assert.closeTo(Number(row.price), expected.number("price_exact"), 1e-9)
          assert.closeTo(Number(row.vega), expected.number("vega"), 1e-8)
        }
      }).pipe(Effect.scoped)
  )

  it.effect("gives back the volatility of every European price that determines one", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const table = referenceRows("bsm.csv").filter(
        (row) => row.number("iv_ulp_sensitivity") < 1e-9
      )
      assert.isAbove(table.length, 900)
      const lines = table.map((row) =>
        optionLine(row, "european", { price: row.text("price_f64") })
      )
      const input = writeLines(join(folder, "in.csv"), [optionHeader, ...lines])
      yield* priced(input, join(folder, "out.csv"))
      for (const [index, row] of readRows(join(folder, "out.csv")).entries()) {
        assert.strictEqual(row.error, "", `row ${row.id}`)
        const expected = table[index]!.number("iv_of_price_f64")
        assert.closeTo(Number(row.impliedVolatility), expected, 1e-9, `row ${row.id}`)
        assert.strictEqual(Number(row.price), table[index]!.number("price_f64"))
      }
    }).pipe(Effect.scoped)
  )

  it.effect("is within 1e-6 of the American table exactly, within 1e-4 of 100 fast", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const table = referenceRows("american.csv")
      const line = (row: (typeof table)[number]) =>
        optionLine(row, "american", { vol: row.text("vol") })
      const output = join(folder, "out.csv")
      const compared = Effect.fnUntraced(function* (
        rows: typeof table,
        flags: ReadonlyArray<string>,
        allowed: number
      ) {
        const input = writeLines(join(folder, "in.csv"), [optionHeader, ...rows.map(line)])
        yield* priced(input, output, ...flags)
        for (const [index, row] of readRows(output).entries()) {
          const expected = rows[index]!.number("price_andersen_lake")
          const bound = allowed * Math.max(1, rows[index]!.number("K") / 100)
          assert.closeTo(Number(row.price), expected, bound, `row ${row.id}`)
        }
      })
      yield* compared(table.slice(0, 40), [], 1e-6)
      yield* compared(table, ["--accuracy", "fast"], 1e-4)
    }).pipe(Effect.scoped)
  )

  it.effect("says in the error column what is wrong with a row, and prices the others", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const good = "1,100,100,1,0.05,0,C,european,0.2,"
      const bad: ReadonlyArray<readonly [string, string]> = [
        ["2,abc,100,1,0.05,0,C,european,0.2,", '"S is ""abc""; allowed: a number"'],
        ["3,0x10,100,1,0.05,0,C,european,0.2,", '"S is ""0x10""; allowed: a number"'],
        ["4,1e999,100,1,0.05,0,C,european,0.2,", "S is Infinity; allowed: a finite number above 0"],
        ["5,,100,1,0.05,0,C,european,0.2,", "S is empty; allowed: a number"],
        ["6,100,100,1,0.05,0,X,european,0.2,", '"right is ""X""; allowed: C or P"'],
        ["7,100,100,1,0.05,0,C,asian,0.2,", '"style is ""asian""; allowed: european or american"'],
        [
          "8,100,100,1,0.05,0,C,european,,",
          "vol and price are both missing; one of them is needed"
        ],
        ["9,100,100,1", "the row has 4 fields; the header has 10"],
        [`10,"${"\u0000".repeat(99)}",100,1,0,0,C,european,0.2,`, "S is "]
      ]
      const lines = [optionHeader, good, ...bad.map(([line]) => line), good]
      const input = writeLines(join(folder, "in.csv"), lines)
      const ended = yield* priced(input, join(folder, "out.csv"))
      assert.strictEqual(ended.code, 0)
      const { rows, priced: good2, failed, errors } = JSON.parse(ended.out)
      assert.deepStrictEqual([rows, good2, failed], [11, 2, 9])
      assert.deepStrictEqual(errors[0], { row: 2, error: 'S is "abc"; allowed: a number' })
      const out = readFileSync(join(folder, "out.csv"), "utf8").trimEnd().split("\n")
      assert.strictEqual(out.length, 12)
      assert.strictEqual(out[1], out[11])
      for (const [index, [, error]] of bad.entries()) assert.include(out[index + 2], error)
    }).pipe(Effect.scoped)
  )

  it.effect("ends with exit code 2 and one sentence where a file is not what was asked for", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const at = (name: string): string => join(folder, name)
      writeFileSync(at("empty.csv"), "")
      writeFileSync(at("noise.parquet"), "PAR1 this is no table of contents PAR1")
      writeLines(at("short.csv"), ["S,K,T,r,q,right", "1,2,3,4,5,C"])
      writeLines(at("twice.csv"), ["S,S,K,T,r,q,right,style,vol", "1,1,2,3,4,5,C,european,1"])
      writeLines(at("quote.csv"), [`${optionHeader}`, '1,100,"100,1,0,0,C,european,0.2,'])
      writeLines(at("good.csv"), [optionHeader, "1,100,100,1,0.05,0,C,european,0.2,"])
      const out = at("out.csv")
      const cases: ReadonlyArray<readonly [string, string, string]> = [
        [at("none.csv"), out, "none.csv: there is no such file"],
        [folder, out, "must end in .csv or .parquet"],
        [at("empty.csv"), out, "it is empty; the first line must name the columns"],
        [at("noise.parquet"), out, "noise.parquet: not readable as Parquet"],
        [at("short.csv"), out, "lacks style, vol or price; needed are S, K, T, r, q, right, style"],
        [at("twice.csv"), out, "has the column S twice"],
        [at("quote.csv"), out, "line 2 opens a quote that is never closed"],
        [at("good.csv"), at("out.txt"), "must end in .csv or .parquet"],
        [at("good.csv"), join(folder, "nowhere/out.csv"), "there is no such file or folder"]
      ]
      for (const [input, output, sentence] of cases) {
        const { code, err, out: told } = yield* priced(input, output)
        assert.strictEqual(code, 2, err)
        assert.include(err, sentence)
        assert.strictEqual(err.trimEnd().split("\n").length, 1)
        assert.strictEqual(told, "")
      }
      const left = readdirSync(folder).filter((name) => /out|partial/.test(name))
      assert.deepStrictEqual(left, [])
    }).pipe(Effect.scoped)
  )

  it.live("leaves nothing behind when it is stopped", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const line = "1,100,105,2,0.05,0.02,P,american,0.3,"
      const lines = [optionHeader, ...Array.from({ length: 20_000 }, () => line)]
      const input = writeLines(join(folder, "in.csv"), lines)
      const args = ["price", "--in", input, "--out", join(folder, "out.csv")]
      const desk = yield* startCommand(...split(commandOf(...args)))
      while (!readdirSync(folder).some((name) => name.endsWith(".partial"))) {
        yield* Effect.sleep("20 millis")
      }
      while (!desk.err.includes("rows priced")) yield* Effect.sleep("20 millis")
      desk.signal("SIGTERM")
      const { code, err } = yield* desk.ended
      assert.strictEqual(code, 143)
      assert.match(err, /stopped after \d+ rows; .*out\.csv was not written/)
      assert.isFalse(existsSync(join(folder, "out.csv")))
      assert.deepStrictEqual(readdirSync(folder), ["in.csv"])
    }).pipe(Effect.scoped)
  )
})

const split = ([command, ...args]: readonly [string, ...Array<string>]) => [command, args] as const
