import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { CsvRecords, csvCell, recordLengthMax } from "../../../src/infra/tables/csvRecords.ts"

const read = (...pieces: ReadonlyArray<string>) => {
  const records = new CsvRecords()
  const found: Array<ReadonlyArray<string>> = []
  const take = (): void => {
    for (let each = records.next(); each !== undefined; each = records.next()) found.push(each)
  }
  for (const piece of pieces) {
    records.push(piece)
    take()
  }
  records.end()
  take()
  return { found, fault: records.fault }
}

const Cell = Schema.String.check(Schema.isMaxLength(12))
const Table = Schema.Array(Schema.Tuple([Cell, Cell, Cell]))

describe("CSV records", () => {
  it.prop(
    "come back as they were written, whatever the cells hold and wherever the text is cut",
    { table: Table, cut: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 7 })) },
    ({ table, cut }) => {
      const text = table.map((row) => `${row.map(csvCell).join(",")}\n`).join("")
      const pieces = Array.from({ length: Math.ceil(text.length / cut) }, (_, i) =>
        text.slice(i * cut, (i + 1) * cut)
      )
      assert.deepStrictEqual(read(...pieces), {
        found: table.map((row) => [...row]),
        fault: undefined
      })
    }
  )

  it("end in LF, CR LF or the file, and blank lines are none", () => {
    const { found } = read('a,b\r\n\r\n1,"x"\r\n\n', "2,y")
    assert.deepStrictEqual(found, [
      ["a", "b"],
      ["1", "x"],
      ["2", "y"]
    ])
  })

  it("stop at a quote that is never closed, naming its line", () => {
    const { found, fault } = read('a\n"b\nc"\n"d\ne')
    assert.deepStrictEqual(found, [["a"], ["b\nc"]])
    assert.strictEqual(fault, "line 4 opens a quote that is never closed")
  })

  it("stop at a record that no table has, before it fills the memory", () => {
    assert.strictEqual(
      read("a\n", "x".repeat(recordLengthMax + 1)).fault,
      "line 2 is longer than 1 MiB"
    )
    assert.strictEqual(
      read("a\n", `"${"x\n".repeat(recordLengthMax)}`).fault,
      "line 2 is longer than 1 MiB"
    )
  })
})
