import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  type ChildExit,
  childExited,
  defaultFlags,
  emptyHistory
} from "../../src/supervisors/restartPolicy.ts"
import { start, startSimple } from "../../src/supervisors/Supervisor.ts"
import { type ExitName, otpMatrix } from "./otpMatrix.ts"
import { listed, makeProbe } from "./probe.ts"

const exits: Record<ExitName, ChildExit> = {
  normal: { _tag: "Normal" },
  shutdown: { _tag: "Shutdown" },
  "{shutdown, reason}": { _tag: "Shutdown", reason: "done" },
  defect: { _tag: "Defect", reason: "broken" }
}

describe("OTP matrix", () => {
  it("names every combination once", () => {
    const names = otpMatrix.map((row) => `${row.strategy} ${row.restart} ${row.exit}`)
    assert.strictEqual(new Set(names).size, 4 * 3 * 4)
  })
})

describe("restart policy, OTP matrix", () => {
  for (const { strategy, restart, exit, log, after } of otpMatrix) {
    it(`${strategy}, ${restart}, ${exit}: ${log || "nothing"}, then ${after}`, () => {
      const sibling = strategy === "simple_one_for_one" ? restart : "permanent"
      const view = (id: string) => ({
        id,
        restart: id === "b" ? restart : sibling,
        significant: false,
        status: id === "b" ? ("down" as const) : ("running" as const)
      })
      const { decision } = childExited(
        {
          flags: { ...defaultFlags, strategy },
          children: ["a", "b", "c"].map(view),
          history: emptyHistory,
          nowMs: 0,
          random: () => assert.fail("no chance without backoff")
        },
        "b",
        exits[exit]
      )
      if (decision._tag === "Restart") {
        const steps = [
          ...decision.stop.map((id) => `-${id}`),
          ...decision.start.map((id) => `+${id}`)
        ]
        assert.strictEqual(steps.join(" "), log)
        assert.strictEqual(decision.delayMs, 0)
        assert.deepStrictEqual(decision.remove, [])
        assert.strictEqual(after, "a b c")
      } else {
        assert.strictEqual(decision._tag, "StayDown")
        assert.strictEqual(log, "")
        const kept = decision._tag === "StayDown" && decision.remove.length === 0
        assert.strictEqual(after, kept ? "a (b) c" : "a c")
      }
    })
  }
})

describe("Supervisor, OTP matrix", () => {
  for (const { strategy, restart, exit, log, after } of otpMatrix) {
    it.effect(`${strategy}, ${restart}, ${exit}: ${log || "nothing"}, then ${after}`, () =>
      Effect.gen(function* () {
        const probe = makeProbe()
        const { report } = probe
        if (strategy === "simple_one_for_one") {
          const supervisor = yield* startSimple({
            name: "copies",
            report,
            child: { id: "copy", restart, shutdown: 5_000, type: "worker", significant: false },
            start: probe.start
          })
          for (const argument of ["a", "b", "c"]) yield* supervisor.startChild(argument)
          assert.strictEqual(probe.takeLog(), "+a +b +c")
          yield* probe.end("b", exit)
          assert.strictEqual(probe.takeLog(), log)
          const ids = listed(yield* supervisor.whichChildren)
          const named = ids.replace("copy-1", "a").replace("copy-2", "b").replace("copy-3", "c")
          assert.strictEqual(named, after)
          return
        }
        const supervisor = yield* start({
          name: "siblings",
          strategy,
          report,
          children: [probe.child("a"), probe.child("b", { restart }), probe.child("c")]
        })
        assert.strictEqual(probe.takeLog(), "+a +b +c")
        yield* probe.end("b", exit)
        assert.strictEqual(probe.takeLog(), log)
        assert.strictEqual(listed(yield* supervisor.whichChildren), after)
      })
    )
  }
})
