/** Books over three real processes, with the exchange and the vault in processes of their own, on a real Kafka. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  type Desk,
  optionsib,
  type Summary,
  start,
  temporaryFolder,
  writeConfig
} from "../../e2e/desk.ts"
import { newTopic, withKafka } from "./kafkaServer.ts"

const kafka = withKafka(1)

/** Servers, settings and an empty topic. */
const stage = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const config = writeConfig(join(folder, "config.json"), {
    storage: { commitRecordsMax: 512, snapshotRecords: 20_000, leaseMs: 4_000 }
  })
  const place = `kafka://${kafka().cluster.brokers.join(",")}/${newTopic()}`
  const serverDir = join(folder, "servers")
  const server = (command: string) =>
    Effect.gen(function* () {
      const desk = yield* start(command, "--config", config, "--data-dir", serverDir)
      yield* desk.printed(/listens on \S+:\d+\n/)
      return { desk, address: /listens on (\S+:\d+)\n/.exec(desk.out)![1]! }
    })
  const exchange = yield* server("exchange-server")
  const vault = yield* server("vault-server")
  const outside = ["--exchange", exchange.address, "--vault", vault.address]
  const member = (name: string, books: string, ...more: ReadonlyArray<string>) =>
    start(
      ...["run", "--group", "desks", "--books", books, "--speed", "500", "--journal", place],
      ...["--config", config, "--data-dir", join(folder, name), ...outside, ...more]
    )
  /** The same books in one process, with nothing going wrong. */
  const undisturbed = (books: string) =>
    Effect.map(
      optionsib(
        ...["run", "--books", books, "--speed", "max", "--json"],
        ...["--config", config, "--data-dir", join(folder, "undisturbed")]
      ),
      ({ out, err }) => {
        assert.strictEqual(err, "")
        return (JSON.parse(out) as { readonly books: Record<string, Summary> }).books
      }
    )
  const replay = (book: string) =>
    Effect.map(
      optionsib(
        ...["replay", "--verify", "--json", "--journal", place, "--book", book],
        ...["--config", config, "--data-dir", join(folder, "elsewhere")]
      ),
      ({ code, out, err }) => {
        assert.strictEqual(code, 0, err)
        return JSON.parse(out) as { readonly identical: boolean; readonly stateHash: string }
      }
    )
  return { exchange: exchange.desk, serverDir, member, undisturbed, replay }
})

/** Every order identity in the exchange's logs, by account. */
const ordersOf = (serverDir: string): ReadonlyArray<ReadonlyArray<string>> =>
  readdirSync(join(serverDir, "exchange")).map((account) =>
    readFileSync(join(serverDir, "exchange", account, "exchange.log"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line.slice(9)).order?.clOrdID)
      .filter((id) => id !== undefined)
  )

const noneTwice = (serverDir: string) => {
  for (const orders of ordersOf(serverDir)) {
    assert.isAbove(orders.length, 0)
    assert.strictEqual(new Set(orders).size, orders.length)
  }
}

const until = (what: string, is: () => boolean, msMax = 120_000) =>
  Effect.promise(async () => {
    const end = performance.now() + msMax
    while (!is()) {
      if (performance.now() > end) throw new Error(`waited ${msMax} ms for: ${what}`)
      await wait(20)
    }
  })

const has = (desks: ReadonlyArray<Desk>, text: RegExp) => desks.some(({ out }) => text.test(out))

const report = (desks: ReadonlyArray<Desk>): string =>
  desks.map(({ out, err }, at) => `--- process ${at + 1}\n${out}${err}`).join("\n")

describe("Books over processes", () => {
  it.live("go on in the others when the process that has one is killed", () =>
    Effect.gen(function* () {
      const { serverDir, member, undisturbed, replay } = yield* stage
      const names = ["A", "B", "C"]
      const books = names.join(",")
      const whole = yield* undisturbed(books)
      const desks = [
        yield* member("one", books),
        yield* member("two", books),
        yield* member("three", books)
      ]
      const ownerOf = (book: string) =>
        desks.find(({ out, isRunning }) => isRunning && out.includes(`${book}: run-`))
      yield* until("an owner for each book", () => names.every((book) => ownerOf(book)))
      // Some of the session, its first trade perhaps, is behind them.
      yield* Effect.promise(() => wait(9_000))
      const victim = ownerOf("B")!
      victim.signal("SIGKILL")
      const killedMs = performance.now()
      const others = desks.filter((desk) => desk !== victim)
      const goesOn = /^B: goes on after (\d+) records/m
      yield* until("B to go on elsewhere", () => has(others, goesOn))
      const tookMs = Math.round(performance.now() - killedMs)
      console.log(`takeover after SIGKILL: ${tookMs} ms to the replayed book`)
      for (const desk of others) {
        const ended = yield* desk.ended
        assert.strictEqual(ended.code, 0, report(desks))
      }
      for (const book of names) {
        const found = yield* replay(book)
        assert.isTrue(found.identical)
        assert.strictEqual(found.stateHash, whole[book]!.stateHash, report(desks))
      }
      noneTwice(serverDir)
    }).pipe(Effect.scoped)
  )

  it.live("are fenced where they were paused before a send, and their lease stops the order", () =>
    Effect.gen(function* () {
      const { exchange, serverDir, member, undisturbed, replay } = yield* stage
      const whole = yield* undisturbed("D")
      const first = yield* member("one", "D", "--chaos", "pause:send@09:30")
      yield* until("the pause before the first order", () => first.isStopped)
      const before = ordersOf(serverDir).flat()
      const second = yield* member("two", "D")
      const pausedMs = performance.now()
      yield* until("D to go on elsewhere", () => has([second], /^D: goes on after/m))
      const tookMs = Math.round(performance.now() - pausedMs)
      console.log(`takeover of a paused process: ${tookMs} ms from the other's start`)
      yield* until("the order that was in doubt", () => ordersOf(serverDir).flat().length > 0)
      assert.deepStrictEqual(before, [])
      const said = first.out.length
      first.signal("SIGCONT")
      const lost = () => /^D: lost here: .*/m.exec(first.out.slice(said))?.[0]
      yield* until("the first to notice", () => lost() !== undefined)
      assert.match(lost()!, /is open in another process/)
      // Nothing of it even came to the exchange, which would have refused it.
      assert.notMatch(exchange.out, /refused/)
      for (const desk of [second, first]) {
        const ended = yield* desk.ended
        assert.strictEqual(ended.code, 0, report([first, second]))
      }
      assert.strictEqual((yield* replay("D")).stateHash, whole.D!.stateHash)
      noneTwice(serverDir)
    }).pipe(Effect.scoped)
  )
})
