import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import {
  type DumpHeader,
  type DumpRow,
  type FoundRow,
  JournalDumps
} from "../../../src/actors/ports/JournalDumps.ts"
import { layer } from "../../../src/infra/journal/dump/dumpFiles.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "dump-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const headerOf = (records: number): DumpHeader => ({
  optionsib: "journal",
  format: 1,
  run: {
    runId: "run-0001",
    book: "main",
    session: "s",
    seed: 1,
    journal: "file",
    build: "0",
    configHash: "c",
    contentHash: "d",
    startedAt: "2026-01-01T00:00:00.000Z",
    finished: true
  },
  config: { any: [1, "two"] },
  summary: null,
  firstSeq: 0,
  records,
  headHash: "ab"
})

const text = Schema.String.check(Schema.makeFilter((each: string) => each.isWellFormed()))
const whole = Schema.Int.check(Schema.isBetween({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER }))
const AnyRow = Schema.Struct({
  seq: whole,
  epoch: whole,
  actor: text,
  type: text,
  version: whole,
  cause: whole,
  correlation: text,
  logicalTimeMs: whole,
  sourceSeq: whole,
  payload: Schema.Struct({ word: text, list: Schema.Array(whole), none: Schema.Null }),
  crc: Schema.Literals(["00000000", "0a1b2c3d", "ffffffff"])
})

const written = (file: string, rows: ReadonlyArray<DumpRow>, piece = 7) =>
  Effect.scoped(
    Effect.gen(function* () {
      const sink = yield* (yield* JournalDumps).create(file, headerOf(rows.length))
      for (let at = 0; at < rows.length; at += piece) yield* sink.write(rows.slice(at, at + piece))
      yield* sink.finish
    })
  )

const read = (file: string) =>
  Effect.scoped(
    Effect.gen(function* () {
      const source = yield* (yield* JournalDumps).open(file)
      const rows: Array<FoundRow> = []
      for (let batch = yield* source.next; batch !== undefined; batch = yield* source.next) {
        rows.push(...batch)
      }
      return { header: source.header, rows }
    })
  )

const refusal = (file: string) =>
  Effect.map(Effect.flip(read(file)), (error) => error.message.replace(file, "FILE"))

const row = (seq: number): DumpRow => ({
  seq,
  epoch: 1,
  actor: "market",
  type: "Quote",
  version: 1,
  cause: -1,
  correlation: "",
  logicalTimeMs: 1_450_967_400_000 + seq,
  sourceSeq: seq + 1,
  payload: `{"n":${seq}}`,
  crc: "00000000"
})

for (const ending of ["jsonl", "parquet"]) {
  describe(`A journal's dump, .${ending}`, () => {
    it.effect.prop(
      "brings back every field of every row, in order",
      { rows: Schema.Array(AnyRow).check(Schema.isMaxLength(40)) },
      ({ rows }) =>
        Effect.gen(function* () {
          const file = join(yield* folder, `some.${ending}`)
          const out = rows.map((each) => ({ ...each, payload: JSON.stringify(each.payload) }))
          yield* written(file, out)
          const found = yield* read(file)
          assert.deepStrictEqual(found.header, headerOf(rows.length))
          assert.deepStrictEqual(
            found.rows.map(({ fields }) => fields),
            [...rows]
          )
        }).pipe(Effect.scoped, Effect.provide(layer)),
      { arbitrary: { runs: 30 } }
    )

    it.effect("leaves nothing of what was not finished, and what was there as it was", () =>
      Effect.gen(function* () {
        const place = yield* folder
        const file = join(place, `some.${ending}`)
        writeFileSync(file, "before")
        yield* Effect.scoped(
          Effect.gen(function* () {
            const sink = yield* (yield* JournalDumps).create(file, headerOf(1))
            yield* sink.write([row(0)])
          })
        )
        assert.deepStrictEqual(readdirSync(place), [`some.${ending}`])
        assert.strictEqual(readFileSync(file, "utf8"), "before")
      }).pipe(Effect.scoped, Effect.provide(layer))
    )

    it.effect("reads rows over many pieces of the file", () =>
      Effect.gen(function* () {
        const file = join(yield* folder, `some.${ending}`)
        const rows = Array.from({ length: 20_000 }, (_, seq) => row(seq))
        yield* written(file, rows, 4_096)
        const found = yield* read(file)
        assert.strictEqual(found.rows.length, rows.length)
        assert.deepStrictEqual(found.rows.at(-1)?.fields, {
          ...rows.at(-1),
          payload: { n: rows.length - 1 }
        })
      }).pipe(Effect.scoped, Effect.provide(layer))
    )

    it.effect("refuses a file of something else", () =>
      Effect.gen(function* () {
        const file = join(yield* folder, `some.${ending}`)
        for (const content of ["", "PAR1PAR1", '{"a":1}\n', "\u0000\u0001\n\n"]) {
          writeFileSync(file, content)
          assert.match(yield* refusal(file), /^FILE(:1)?: (it is not a dump|not readable)/)
        }
      }).pipe(Effect.scoped, Effect.provide(layer))
    )
  })
}

describe("A journal's dump", () => {
  it.effect("names the line that is no JSON", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "some.jsonl")
      yield* written(file, [row(0), row(1), row(2)])
      const lines = readFileSync(file, "utf8").split("\n")
      lines[2] = lines[2]!.slice(0, 20)
      writeFileSync(file, lines.join("\n"))
      assert.strictEqual(yield* refusal(file), "FILE:3: the line is not a JSON object")
    }).pipe(Effect.scoped, Effect.provide(layer))
  )

  it.effect("wants a name that says the format", () =>
    Effect.gen(function* () {
      assert.match(yield* refusal("/tmp/some.csv"), /must end in \.jsonl or \.parquet/)
    }).pipe(Effect.provide(layer))
  )
})
