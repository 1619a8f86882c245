/** The gateway's log: the same words make the same reports, a torn tail never happened, damage stops. */
import { crc32 } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { openIbLog } from "../../../../src/infra/broker/ib/ibLog.ts"
import { IbOrders } from "../../../../src/infra/broker/ib/ibOrders.ts"
import type { IbWord } from "../../../../src/infra/broker/ib/ibWords.ts"
import { type LogMedium, makeMemoryMedium } from "../../../../src/infra/log/medium.ts"
import { order, told } from "../world.ts"
import { noonMs } from "./ibDesk.ts"

const whose = { account: "DU1", clientId: 7 }
const request = order({ limit: 4.2, orderQty: 2 })
const { clOrdID } = request
const at = { atMs: noonMs }
const executed = (execId: string) => ({
  ...{ _tag: "Executed" as const, clOrdID, execId, permId: 900, instrument: 1, symbol: "C745" },
  ...{ side: "Buy" as const, quantity: 1, priceMicros: 4_100_000, timeMs: noonMs, ...at }
})
const words: ReadonlyArray<IbWord> = [
  { _tag: "Placed", request, orderId: 5, ...at },
  { _tag: "Acknowledged", clOrdID, permId: 900, ...at },
  executed("a.1.01"),
  { _tag: "Charged", execId: "a.1.01", commissionMicros: 652_175n, ...at },
  executed("a.2.01"),
  { _tag: "Ended", clOrdID, as: "Canceled", venueCumQty: 2, text: "", ...at },
  { _tag: "Charged", execId: "a.2.01", commissionMicros: 1n, ...at }
]

const written = (): LogMedium => {
  const medium = makeMemoryMedium()
  const log = Result.getOrThrow(openIbLog(medium, whose))
  for (const word of words) log.append(word)
  return medium
}

const folded = (kept: ReadonlyArray<IbWord>) => {
  const orders = new IbOrders()
  for (const word of kept) orders.take(word)
  return orders.reports
}

describe("IB gateway's log", () => {
  it("makes the same reports of the same words, an end after the fills before it", () => {
    const log = Result.getOrThrow(openIbLog(written(), whose))
    assert.deepStrictEqual(log.words, words)
    assert.deepStrictEqual(folded(log.words), folded(words))
    assert.deepStrictEqual(told(folded(words)), ["New", "Trade 1@4.1", "Trade 1@4.1"])
  })

  it("cuts a last word that is not whole, wherever it was torn", () => {
    const whole = written().read()
    const start = whole.lastIndexOf(10, whole.length - 2) + 1
    for (let end = start; end < whole.length; end += 7) {
      const medium = makeMemoryMedium()
      medium.append(whole.slice(0, end))
      const log = Result.getOrThrow(openIbLog(medium, whose))
      assert.strictEqual(log.words.length, words.length - 1)
      assert.strictEqual(log.cutBytes, end - start)
    }
  })

  /** The same log as a build before corrections wrote it. */
  const older = (kept: ReadonlyArray<IbWord>): LogMedium => {
    const medium = makeMemoryMedium()
    const log = Result.getOrThrow(openIbLog(medium, whose))
    for (const word of kept) log.append(word)
    const [, ...rest] = new TextDecoder().decode(medium.read()).split("\n")
    const header = '{"format":"optionsib ib gateway","version":1,"account":"DU1","clientId":7}'
    const first = `${crc32(header).toString(16).padStart(8, "0")} ${header}`
    const before = makeMemoryMedium()
    before.append(new TextEncoder().encode([first, ...rest].join("\n")))
    return before
  }
  const correction = { ...executed("a.1.02"), priceMicros: 4_050_000 }

  it("goes on with a log of an older build, and tells corrections its own way from there", () => {
    const medium = older(words)
    const log = Result.getOrThrow(openIbLog(medium, whose))
    assert.deepStrictEqual(folded(log.words), folded(words))
    log.append(correction)
    const again = Result.getOrThrow(openIbLog(medium, whose))
    assert.deepStrictEqual(told(folded(again.words)).slice(-1), ["TradeCorrect"])
    assert.strictEqual(again.words.length, words.length + 2)
  })

  it("refuses a log whose corrections an older build told in other numbers, with a sentence", () => {
    const refused = openIbLog(older([...words, correction]), whose)
    assert(Result.isFailure(refused))
    assert.match(refused.failure.message, /reports of other numbers: end this run with that build/)
  })

  it("stops at damage before the end, and at a log of another account", () => {
    const bytes = written().read().slice()
    bytes[200]! ^= 1
    const damaged = makeMemoryMedium()
    damaged.append(bytes)
    const stopped = openIbLog(damaged, whose)
    assert(Result.isFailure(stopped))
    assert.match(stopped.failure.message, /the checksum of line \d is wrong/)
    const other = openIbLog(written(), { account: "DU2", clientId: 7 })
    assert(Result.isFailure(other))
    assert.match(other.failure.message, /it is of account DU1 and client id 7/)
  })
})
