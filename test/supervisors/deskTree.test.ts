import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { defaultSupervision, deskTree, SupervisionConfig } from "../../src/supervisors/deskTree.ts"
import { makeTreePolicy, type SupervisorNode } from "../../src/supervisors/treePolicy.ts"

const decode = Schema.decodeUnknownResult(SupervisionConfig)

/** The default limits as plain JSON, changed at one place of the money chain's backoff. */
const withMoneyBackoff = (change: Record<string, unknown>) => {
  const { money, ...rest } = defaultSupervision
  return { ...rest, money: { ...money, backoff: { ...money.backoff, ...change } } }
}

const supervisors = (node: SupervisorNode): ReadonlyArray<SupervisorNode> => [
  node,
  ...node.children.flatMap((child) => (child._tag === "Supervisor" ? supervisors(child) : []))
]

describe("desk tree", () => {
  it("has the strategy and the answer to exhaustion that each part of the desk needs", () => {
    assert.deepStrictEqual(
      supervisors(deskTree()).map(({ exhausted, id, strategy }) => [id, strategy, exhausted]),
      [
        ["desk", "one_for_all", "escalate"],
        ["market", "one_for_one", "escalate"],
        ["money", "rest_for_one", "escalate"],
        ["cognition", "one_for_one", "stay_down"],
        ["strategies", "one_for_one", "escalate"],
        ["strategy-supervisor", "one_for_one", "stay_down"],
        ["watch", "one_for_one", "escalate"]
      ]
    )
  })

  it("takes its limits from the configuration", () => {
    const config = { ...defaultSupervision, watch: { ...defaultSupervision.watch, intensity: 0 } }
    const policy = makeTreePolicy(deskTree(config), 1)
    const directive = policy.crashed("health", 0)
    assert.strictEqual(directive._tag, "RestartLater")
    assert.deepStrictEqual("group" in directive && directive.group, policy.order)
  })

  it("runs without any strategy", () => {
    const { order } = makeTreePolicy(deskTree(defaultSupervision, []), 1)
    assert.notInclude(order, "strategy")
  })
})

describe("supervision limits", () => {
  it("decode as they are", () => {
    assert.deepStrictEqual(decode(defaultSupervision), Result.succeed(defaultSupervision))
  })

  const refused: ReadonlyArray<readonly [Record<string, unknown>, RegExp]> = [
    [{ minMs: 0 }, /\["money"\]\["backoff"\]\["minMs"\]/],
    [{ factor: 0.5 }, /\["money"\]\["backoff"\]\["factor"\]/],
    [{ randomShare: 2 }, /\["money"\]\["backoff"\]\["randomShare"\]/],
    [{ immediateRestarts: 1.5 }, /\["money"\]\["backoff"\]\["immediateRestarts"\]/],
    [{ maxMs: 100 }, /maxMs 100 is below minMs 250[\s\S]*\["money"\]\["backoff"\]/]
  ]
  for (const [change, message] of refused) {
    it(`refuse ${JSON.stringify(change)} and name the place`, () => {
      const result = decode(withMoneyBackoff(change))
      assert.isTrue(Result.isFailure(result))
      if (Result.isFailure(result)) assert.match(String(result.failure), message)
    })
  }
})
