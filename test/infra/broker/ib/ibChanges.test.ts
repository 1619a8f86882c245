/** Changes of working orders at a server that says exactly what it is told to. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import type { BrokerReport } from "../../../../src/actors/ports/Broker.ts"
import type { IbBroker } from "../../../../src/infra/broker/ib/ibBroker.ts"
import { makeMemoryMedium } from "../../../../src/infra/log/medium.ts"
import { order, told, usd } from "../world.ts"
import { aMoment, deskOptions, linkOptions, noonMs, openDesk, reconnected } from "./ibDesk.ts"
import { commission, execution, openOrder, orderIdOf, status } from "./sayings.ts"
import { asks, openScriptedTws, type ScriptedTws, type Visit } from "./scriptedTws.ts"

const placed = ({ visits }: ScriptedTws) => visits.flatMap((visit) => visit.asked(asks.placeOrder))

/** Where a limit order's price stands in placeOrder's fields is the library's business: any field will do. */
const hasLimit = (limit: number) => (message: ReadonlyArray<string>) =>
  message.includes(String(limit))

const spoken = ({ port }: IbBroker): ReadonlyArray<BrokerReport> => {
  const reports: Array<BrokerReport> = []
  while (port.speaker.nextDueMs() < Number.POSITIVE_INFINITY) reports.push(port.speaker.next())
  return reports
}

interface Server {
  /** The limit that the server's order has; undefined while it has none. */
  limit: number | undefined
  ref: string
}

/** The order as the server holds it. */
const stands = (visit: Visit, { limit, ref }: Server, state = "Submitted") => {
  if (limit === undefined) return
  openOrder(visit, { orderId: "1", ref, permId: 901, limit, state })
  status(visit, "1", state, 0, 1, 901)
}

/** A desk with one resting order at 4.00 at a server whose answers to changes are `onChange`'s. */
const resting = (
  onChange: (visit: Visit, server: Server, tws: ScriptedTws) => void,
  change: Parameters<typeof deskOptions>[1] = {}
) =>
  Effect.gen(function* () {
    const { tws, port } = yield* openScriptedTws
    const medium = makeMemoryMedium()
    const options = deskOptions(linkOptions(port), { medium, ...change })
    const life = yield* Scope.fork(yield* Effect.scope)
    const desk = yield* Effect.provideService(openDesk(options), Scope.Scope, life)
    const request = order({ limit: 4 })
    const server: Server = { limit: undefined, ref: request.clOrdID }
    tws.script = (message, visit) => {
      if (message[0] === asks.openOrders || message[0] === asks.allOpenOrders) {
        stands(visit, server)
        return undefined
      }
      if (message[0] !== asks.placeOrder) return undefined
      if (server.limit === undefined) {
        server.limit = 4
        stands(visit, server)
      } else {
        onChange(visit, server, tws)
      }
      return true
    }
    assert.deepStrictEqual(told(yield* desk.port.submit(request, noonMs)), ["New"])
    const { clOrdID } = request
    const asked = { clOrdID, requestId: "change-1", orderQty: 1, limitNetMicros: usd(4.05) }
    return { tws, desk, server, asked, medium, options, kill: Scope.close(life, Exit.void) }
  })

const taken = (visit: Visit, server: Server) => {
  server.limit = 4.05
  stands(visit, server)
}

const answersOf = (reports: ReadonlyArray<BrokerReport>, requestId: string) =>
  reports.filter(({ payload }) => "requestId" in payload && payload.requestId === requestId)

describe("Changes at Interactive Brokers", () => {
  it.effect(
    "go under the order's own number, once, and are answered by the order's new terms",
    () =>
      Effect.gen(function* () {
        const { tws, desk, asked } = yield* resting(taken)
        const answer = yield* desk.port.replace(asked, noonMs, noonMs + 1)
        assert.deepStrictEqual(told(answer), ["Replaced"])
        assert.deepStrictEqual(yield* desk.port.replace(asked, noonMs, noonMs + 1), answer)
        assert.deepStrictEqual(placed(tws).map(orderIdOf), ["1", "1"])
      })
  )

  for (const [what, held] of [
    ["its time is over", { sendBeforeMs: noonMs, problem: "" }],
    ["the lease is", { sendBeforeMs: noonMs + 1, problem: "the writer's lease ended 5 ms ago" }]
  ] as const) {
    it.effect(`not a byte of one leaves when ${what}, and it may be asked for again`, () =>
      Effect.gen(function* () {
        let problem = ""
        const { tws, desk, asked } = yield* resting(taken, { leaseProblem: () => problem })
        problem = held.problem
        const lapsed = yield* Effect.flip(desk.port.replace(asked, noonMs, held.sendBeforeMs))
        assert.strictEqual(lapsed._tag, "SendLapsed")
        assert.lengthOf(placed(tws), 1)
        assert.isEmpty(spoken(desk))
        problem = ""
        const again = yield* desk.port.replace(asked, noonMs, noonMs + 1)
        assert.deepStrictEqual(told(again), ["Replaced"])
      })
    )
  }

  for (const isMade of [true, false]) {
    it.effect(
      `one whose answer was lost is ${isMade ? "found made" : "refused"} when the open orders ${isMade ? "show" : "do not show"} it`,
      () =>
        Effect.gen(function* () {
          const { tws, desk, server, asked } = yield* resting((visit, its) => {
            if (isMade) its.limit = 4.05
            visit.socket.destroy()
          })
          const failed = yield* Effect.flip(desk.port.replace(asked, noonMs))
          assert.strictEqual(failed._tag, "VenueUnavailable")
          yield* reconnected(desk)
          const [answer, ...more] = answersOf(spoken(desk), asked.requestId)
          assert.isEmpty(more)
          assert.match(
            told([answer!])[0]!,
            isMade ? /^Replaced$/ : /^reject of change .*not changed/
          )
          // Asked for again it is answered alike, and nothing more is written.
          const written = placed(tws).length
          assert.deepStrictEqual(yield* desk.port.replace(asked, noonMs), [answer!])
          assert.lengthOf(placed(tws), written)
          assert.strictEqual(server.limit, isMade ? 4.05 : 4)
        })
    )
  }

  it.effect("one without an answer is unknown while the server does not tell its open orders", () =>
    Effect.gen(function* () {
      const { tws, desk, asked } = yield* resting(() => {})
      const asking = yield* Effect.forkChild(Effect.flip(desk.port.replace(asked, noonMs)))
      yield* tws.until(() => placed(tws).length === 2)
      yield* aMoment
      yield* TestClock.adjust(10_000)
      assert.strictEqual((yield* Fiber.join(asking))._tag, "VenueUnavailable")
      const sound = tws.script
      tws.script = (message, visit) =>
        message[0] === asks.openOrders || message[0] === asks.allOpenOrders
          ? true
          : sound(message, visit)
      const query = yield* Effect.forkChild(desk.port.query(asked.clOrdID, noonMs))
      const before = tws.last.heard.length
      yield* tws.until(() => tws.last.heard.length > before)
      yield* TestClock.adjust(10_000)
      assert.strictEqual((yield* Fiber.join(query))._tag, "Unknown")
      assert.isEmpty(answersOf(spoken(desk), asked.requestId))
    })
  )

  it.effect(
    "one that is made and fills at once is told as both, whichever the server says first",
    () =>
      Effect.gen(function* () {
        const { desk, asked, server } = yield* resting((visit, its) => {
          const { ref } = its
          execution(visit, { orderId: "1", execId: "x.1.01", ref, price: 4.05, permId: 901 })
          commission(visit, "x.1.01")
          its.limit = 4.05
          stands(visit, its, "Filled")
          its.limit = undefined
        })
        const answer = yield* desk.port.replace(asked, noonMs)
        assert.deepStrictEqual([...told(answer)].sort(), ["Replaced", "Trade 1@4.05"])
        assert.isUndefined(server.limit)
      })
  )

  it.effect("a fill wins against one: it counts once, and the change is refused", () =>
    Effect.gen(function* () {
      const { desk, asked } = yield* resting((visit, its) => {
        execution(visit, { orderId: "1", execId: "x.1.01", ref: its.ref, price: 4, permId: 901 })
        commission(visit, "x.1.01")
        visit.say(4, 2, "1", 104, "Cannot modify a filled order.", "")
      })
      const answer = yield* desk.port.replace(asked, noonMs)
      assert.strictEqual(told(answer)[0], "Trade 1@4")
      const [refusal] = answersOf(answer, asked.requestId)
      assert(refusal?.type === "OrderCancelReject")
      assert.match(refusal.payload.reason, /^104: /)
    })
  )

  it.effect("the end of an order answers those that are under way", () =>
    Effect.gen(function* () {
      const { desk, asked } = yield* resting((visit) => status(visit, "1", "Cancelled", 0, 1, 901))
      const answer = yield* desk.port.replace(asked, noonMs)
      assert.deepStrictEqual(told(answer), [
        "Canceled",
        "reject of change too late to change: Canceled"
      ])
    })
  )

  it.effect("one is remembered over the gateway's death, with its number", () =>
    Effect.gen(function* () {
      const { tws, desk, asked, options, kill } = yield* resting(taken)
      const answer = yield* desk.port.replace(asked, noonMs)
      yield* kill
      const next = yield* openDesk(options)
      next.port.speaker.resumeAfter(0)
      assert.deepStrictEqual(told(spoken(next)), ["New", "Replaced"])
      assert.deepStrictEqual(yield* next.port.replace(asked, noonMs), answer)
      assert.lengthOf(placed(tws).filter(hasLimit(4.05)), 1)
    })
  )
})
