import { cpSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { recordTypes } from "../../src/actors/runtime/Book.ts"
import { makeRecordCodec } from "../../src/domain/journal/codec.ts"
import type { JournalRecord } from "../../src/domain/journal/record.ts"
import { makeFileJournal } from "../../src/infra/journal/file/FileJournal.ts"
import { decodeSettings } from "../../src/supervisors/settings.ts"
import { deskPlan } from "../../src/supervisors/tradingDesk.ts"
import { type Home, makeHome } from "./home.ts"

/** Opens the journal in a run's folder, as the product does. */
const journalOf = (folder: string, directory = "journal") => {
  const file = join(folder, "config.json")
  const value: unknown = JSON.parse(readFileSync(file, "utf8"))
  const settings = Result.getOrThrow(decodeSettings([{ file, value }]))
  const around = { modelId: settings.ai.models[settings.session]!, build: "test", gateways: [] }
  const plan = deskPlan(settings, { ...around, runtime: { node: "test", v8: "test" } })
  const codec = makeRecordCodec(recordTypes(plan))
  return makeFileJournal(codec, { directory: join(folder, directory), book: settings.book })
}

/** Writes the journal anew, whole and with right checks, but for what `forge` does to a record. */
const forgeJournal = (folder: string, forge: (record: JournalRecord) => JournalRecord) =>
  Effect.gen(function* () {
    const reader = yield* journalOf(folder).openReader
    const writer = yield* journalOf(folder, "forged").openWriter
    for (const record of reader.read(0)) writer.append(forge(record))
    yield* writer.commit
  }).pipe(
    Effect.scoped,
    Effect.andThen(
      Effect.sync(() => {
        const segment = "main/0000000000000000.segment"
        cpSync(join(folder, "forged", segment), join(folder, "journal", segment))
      })
    )
  )

const firstOf = (folder: string, type: string) =>
  Effect.gen(function* () {
    const reader = yield* journalOf(folder).openReader
    for (const record of reader.read(0)) if (record.type === type) return record
    return assert.fail(`no ${type} in the journal`)
  })

const finishedRun = Effect.fnUntraced(function* () {
  const home: Home = yield* makeHome
  const { code, err } = yield* home.command("run", "--json", "--speed", "max")
  assert.strictEqual(code, 0, err)
  return { home, folder: home.path("runs/run-0001") }
})

describe("replay --verify", () => {
  it.effect(
    "names the decision that was altered, by whom, what is expected and what is found",
    () =>
      Effect.gen(function* () {
        const { home, folder } = yield* finishedRun()
        const good = yield* home.command("replay", "--verify")
        assert.strictEqual(good.code, 0, good.err)
        assert.match(good.out, /^run-0001: identical\n/)

        const proposed = yield* firstOf(folder, "TradeProposed")
        yield* forgeJournal(folder, (record) =>
          record.seq === proposed.seq
            ? { ...record, payload: { ...(record.payload as object), quantity: 4_999 } }
            : record
        )
        const { code, err } = yield* home.run("replay", "--verify")
        assert.strictEqual(code, 1)
        assert.include(err, `record ${proposed.seq} by strategy differs`)
        assert.match(err, /^ {2}expected {2}strategy TradeProposed .*"quantity":4999/m)
        assert.match(err, /^ {2}found {5}strategy TradeProposed /m)
        const json = yield* home.command("replay", "--verify", "--json")
        assert.strictEqual(json.code, 1)
        const { identical, difference } = JSON.parse(json.out)
        assert.isFalse(identical)
        assert.deepInclude(difference, { seq: proposed.seq, actor: "strategy" })
      })
  )

  it.effect("finds an altered input by the hashes that the run ended with", () =>
    Effect.gen(function* () {
      const { home, folder } = yield* finishedRun()
      const quote = yield* firstOf(folder, "Quote")
      const payload = quote.payload as { readonly bidSize: number }
      yield* forgeJournal(folder, (record) =>
        record.seq === quote.seq
          ? { ...record, payload: { ...payload, bidSize: payload.bidSize + 1 } }
          : record
      )
      const { code, err } = yield* home.command("replay", "--verify")
      assert.strictEqual(code, 1)
      assert.match(err, /differs\n {2}expected {2}[^\n]+\n {2}found {5}/)
    })
  )

  it.effect("stops at a damaged byte with a sentence, and changes nothing on disk", () =>
    Effect.gen(function* () {
      const { home, folder } = yield* finishedRun()
      const file = join(folder, "journal/main/0000000000000000.segment")
      const bytes = readFileSync(file)
      bytes[bytes.indexOf("main-strategy-") + 3]! ^= 1
      writeFileSync(file, bytes)
      for (const command of [
        ["replay", "--verify"],
        ["audit", "list"]
      ]) {
        const { code, err } = yield* home.command(...command)
        assert.strictEqual(code, 1)
        assert.match(err, /^optionsib: the journal at .* is damaged after record \d+: [^\n]+\n$/)
      }
      assert.isTrue(readFileSync(file).equals(bytes))
    })
  )
})
