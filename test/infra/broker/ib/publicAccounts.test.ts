/**
 * Failures that users of other platforms reported in public about what an account holds, each as a test of ours. The
 * numbers are issues of NautilusTrader (N) and Lean (L); docs/reliability.md has the table.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { BrokerReport } from "../../../../src/actors/ports/Broker.ts"
import type { IbBroker } from "../../../../src/infra/broker/ib/ibBroker.ts"
import { order, told } from "../world.ts"
import { aMoment, deskOptions, linkOptions, noonMs, openDesk, reconnected } from "./ibDesk.ts"
import { commission, execution, orderIdOf, status } from "./sayings.ts"
import { asks, openScriptedTws, type ScriptedTws, type Visit } from "./scriptedTws.ts"

const heard = ({ port }: IbBroker): ReadonlyArray<BrokerReport> => {
  const reports: Array<BrokerReport> = []
  while (port.speaker.nextDueMs() < Number.POSITIVE_INFINITY) reports.push(port.speaker.next())
  return reports
}

const call = ["GOOG", "OPT", "20151224", 745, "C", 100, "", "USD", "GOOG C745", "GOOG"] as const
const bond = ["US-T", "BOND", "", 0, "", "", "", "USD", "US-T 4 3/8", "US-T"] as const

const holding = (tws: ScriptedTws, say: (visit: Visit) => void) => {
  tws.script = (message, visit) => {
    if (message[0] !== asks.positions) return undefined
    say(visit)
    visit.say(62, 1)
    return true
  }
}

describe("Public failures about what is held", () => {
  it.effect("N 4707: what another account holds beside ours is nobody's difference", () =>
    Effect.gen(function* () {
      const { tws, port } = yield* openScriptedTws
      holding(tws, (visit) => {
        visit.say(61, 3, "DU2", 11, ...call, 9, 410)
        visit.say(61, 3, "DU2", 77, ...bond, 5, 100)
      })
      const desk = yield* openDesk(deskOptions(linkOptions(port)))
      assert.deepStrictEqual(heard(desk), [])
      holding(tws, (visit) => {
        visit.say(61, 3, "DU2", 11, ...call, 9, 410)
        visit.say(61, 3, "DU1", 11, ...call, -3, 410)
      })
      tws.last.socket.destroy()
      yield* reconnected(desk)
      const [report, ...more] = heard(desk)
      assert(report?.type === "Unexplained")
      assert.deepInclude(report.payload, { expected: "0", found: "-3" })
      assert.deepStrictEqual(more, [])
    })
  )

  it.effect(
    "L 7518, 2916: a holding of a kind that we cannot trade stops nothing and is shown",
    () =>
      Effect.gen(function* () {
        const { tws, port } = yield* openScriptedTws
        holding(tws, (visit) => visit.say(61, 3, "DU1", 77, ...bond, 5, 100))
        const desk = yield* openDesk(deskOptions(linkOptions(port)))
        const [report, ...more] = heard(desk)
        assert(report?.type === "Unexplained")
        assert.deepInclude(report.payload, { expected: "0", found: "5" })
        assert.deepStrictEqual(more, [])
        tws.script = (message, visit) => {
          if (message[0] !== asks.placeOrder) return undefined
          status(visit, orderIdOf(message), "Submitted", 0, 1, 900)
          return true
        }
        assert.deepStrictEqual(told(yield* desk.port.submit(order({ limit: 4 }), noonMs)), ["New"])
      })
  )

  it.effect("N 3715: holdings that the broker does not tell are never taken for none", () =>
    Effect.gen(function* () {
      const { tws, port } = yield* openScriptedTws
      const desk = yield* openDesk(deskOptions(linkOptions(port)))
      tws.script = (message, visit) => {
        if (message[0] !== asks.placeOrder) return undefined
        const id = orderIdOf(message)
        status(visit, id, "Submitted", 0, 1, 900)
        execution(visit, { orderId: id, execId: "e1.01", permId: 900 })
        commission(visit, "e1.01")
        status(visit, id, "Filled", 1, 0, 900)
        return true
      }
      const reports = yield* desk.port.submit(order({ limit: 4.2 }), noonMs)
      assert.deepStrictEqual(told(reports), ["New", "Trade 1@4.1"])
      // From here on the question for positions has no answer.
      tws.script = (message) => message[0] === asks.positions
      tws.last.socket.destroy()
      while (desk.link.state._tag === "Up") yield* aMoment
      yield* TestClock.adjust(100)
      yield* tws.until(() => tws.last.asked(asks.positions).length > 0)
      yield* TestClock.adjust(5_000)
      const differences = heard(desk).filter(({ type }) => type === "Unexplained")
      assert.deepStrictEqual(differences, [])
    })
  )
})
