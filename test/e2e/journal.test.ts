import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeHome } from "./home.ts"

const traded = Effect.fnUntraced(function* (...changes: ReadonlyArray<object>) {
  const home = yield* makeHome
  const config = home.config(Object.assign({}, ...changes))
  const { code, err } = yield* home.commandWith(config, "run", "--json", "--speed", "max")
  assert.strictEqual(code, 0, err)
  const asked = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
    const ended = yield* home.commandWith(config, ...args)
    assert.strictEqual(ended.code, 0, ended.err)
    return JSON.parse(ended.out)
  })
  return { home, config, asked }
})

describe("journal", () => {
  it.live("builds the same chain from an exported file of either form, which replays", () =>
    Effect.gen(function* () {
      const { home, asked } = yield* traded()
      for (const [at, ending] of ["jsonl", "parquet"].entries()) {
        const file = join(home.folder, `day.${ending}`)
        const runId = `run-000${at + 2}`
        const out = yield* asked("journal", "export", "--run", "run-0001", "--out", file, "--json")
        const back = yield* asked("journal", "import", file, "--json")
        assert.deepStrictEqual(back, { runId, records: out.records, headHash: out.headHash })
        const checked = yield* asked("journal", "verify", "--run", runId, "--json")
        assert.deepInclude(checked, { records: out.records, headHash: out.headHash, epochs: 1 })
      }
      const { journals } = yield* asked("journal", "ls", "--json")
      const { headHash, lastSeq } = journals[0]
      for (const each of journals) assert.deepInclude(each, { headHash, lastSeq })
      const replayed = yield* asked("replay", "--verify", "--run", "run-0003", "--json")
      assert.isTrue(replayed.identical)
    }).pipe(Effect.scoped)
  )

  it.live("refuses a changed, a cut and a swapped dump by its line, and leaves no run", () =>
    Effect.gen(function* () {
      const { home, config, asked } = yield* traded()
      const file = join(home.folder, "day.jsonl")
      yield* asked("journal", "export", "--out", file, "--json")
      const lines = readFileSync(file, "utf8").trimEnd().split("\n")
      const bad = join(home.folder, "bad.jsonl")
      const refused = Effect.fnUntraced(function* (changed: ReadonlyArray<string>) {
        writeFileSync(bad, `${changed.join("\n")}\n`)
        const ended = yield* home.commandWith(config, "journal", "import", bad)
        assert.strictEqual(ended.code, 2)
        assert.isFalse(existsSync(home.path("runs/run-0002")))
        return ended.err.replace(bad, "FILE")
      })
      const at = lines.findIndex((line) => line.includes('"type":"DepositFunds"'))
      const other = lines.with(at, lines[at]!.replace("250000000000", "250000000001"))
      assert.match(yield* refused(other), new RegExp(`FILE:${at + 1}: record .* was changed`))
      assert.match(yield* refused(lines.slice(0, 500)), /FILE:500: it ends after 499 records/)
      const swapped = lines.with(300, lines[301]!).with(301, lines[300]!)
      assert.match(yield* refused(swapped), /FILE:301: record 300 stands where 299 is next/)
      const doubled = [...lines.slice(0, 400), ...lines.slice(399)]
      assert.match(yield* refused(doubled), /FILE:401: record 398 stands where 399 is next/)
      const header = lines[0]!.replace(
        /"headHash":"[0-9a-f]{8}(?=[0-9a-f]{56}"}$)/,
        '"headHash":"00000000'
      )
      const last = new RegExp(`FILE:${lines.length}: its records come to the chain head`)
      assert.match(yield* refused(lines.with(0, header)), last)
      assert.match(yield* refused(lines.slice(1)), /FILE:1: it is not a dump of a journal/)
    }).pipe(Effect.scoped)
  )

  it.live("names the journal whose bytes are damaged", () =>
    Effect.gen(function* () {
      const { home, config, asked } = yield* traded()
      const file = home.path("runs/run-0001/journal/main/0000000000000000.segment")
      const bytes = readFileSync(file)
      bytes[5_000]! ^= 1
      writeFileSync(file, bytes)
      const ended = yield* home.commandWith(config, "journal", "verify")
      assert.strictEqual(ended.code, 1)
      assert.match(ended.err, /is damaged after record \d+: the checksum of record \d+/)
      const [listed] = (yield* asked("journal", "ls", "--json")).journals
      assert.match(listed.problem, /is damaged after record/)
    }).pipe(Effect.scoped)
  )

  it.live("says where a journal begins whose old records went, and replays from there", () =>
    Effect.gen(function* () {
      const storage = { retain: "snapshots", snapshotRecords: 3_000, segmentBytesMax: 65_536 }
      const { home, config, asked } = yield* traded({
        storage: { ...storage, commitRecordsMax: 200 }
      })
      const [listed] = (yield* asked("journal", "ls", "--json")).journals
      assert.isAbove(listed.firstSeq, 3_000)
      const replayed = yield* asked("replay", "--verify", "--json")
      assert.isTrue(replayed.identical)
      assert.isAtLeast(replayed.from, listed.firstSeq)
      const text = yield* home.commandWith(config, "replay", "--verify")
      assert.match(
        text.out,
        new RegExp(`records before ${listed.firstSeq} were removed \\(storage\\.retain\\)`)
      )
      const report = yield* asked("audit", "report", "--json")
      assert.strictEqual(report.summary.stateHash, replayed.stateHash)
      const file = join(home.folder, "day.jsonl")
      yield* asked("journal", "export", "--out", file, "--json")
      const ended = yield* home.commandWith(config, "journal", "import", file)
      assert.match(ended.err, /had been removed \(storage\.retain\)/)
    }).pipe(Effect.scoped)
  )
})
