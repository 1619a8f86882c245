import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { makeChainGateway } from "../../../src/actors/gateways/chainGateway.ts"
import { ChainUnavailable } from "../../../src/actors/ports/Chain.ts"
import {
  AnchorRequested,
  BalancesRequested,
  DepositRequested,
  FreezeRequested,
  ReserveRequested,
  SettleRequested,
  ThawRequested,
  vaultTypes,
  WithdrawRequested
} from "../../../src/actors/ports/records/vault.ts"
import type { EventDraft, JournalRecord } from "../../../src/domain/journal/record.ts"
import { openVaultLedger } from "../../../src/infra/chain/ledger/VaultLedger.ts"
import { makeMemoryMedium } from "../../../src/infra/log/medium.ts"
import { limits } from "../../contract/chain/chainContract.ts"

const recordOf = (draft: EventDraft): JournalRecord => ({
  ...draft,
  seq: 3,
  epoch: 1,
  actor: "vault",
  version: 1,
  cause: 2,
  logicalTimeMs: 1,
  sourceSeq: 0
})
const deposit = recordOf(DepositRequested.make({ depositId: "d", amountMicros: 1_000n }))
const reserve = (attempt: number) =>
  recordOf(
    ReserveRequested.make({ tradeId: "A", attempt, maxAmountMicros: 400n, expiryMs: 900 }, "A")
  )

describe("Chain gateway", () => {
  it.effect("answers with the confirmation, the balances, and the chain's own number", () =>
    Effect.gen(function* () {
      const chain = yield* openVaultLedger(makeMemoryMedium(), limits)
      const gateway = makeChainGateway(chain, { latencyMs: 7 })
      yield* gateway.perform(deposit, 1)
      assert.deepStrictEqual(yield* gateway.perform(reserve(1), 8), [
        {
          type: "Reserved",
          payload: {
            tradeId: "A",
            maxAmountMicros: 400n,
            freeMicros: 600n,
            reservedMicros: 400n,
            settlingMicros: 0n
          },
          correlation: "A",
          source: "chain",
          sourceSeq: 2
        }
      ])
    })
  )

  it.effect(
    "gives the very same answer again, whether performed or recovered, after a restart too",
    () =>
      Effect.gen(function* () {
        const medium = makeMemoryMedium()
        const first = makeChainGateway(yield* openVaultLedger(medium, limits), { latencyMs: 7 })
        yield* first.perform(deposit, 1)
        const answer = yield* first.perform(reserve(1), 8)
        const second = makeChainGateway(yield* openVaultLedger(medium, limits), { latencyMs: 7 })
        assert.deepStrictEqual(yield* second.recover(reserve(1), 500), answer)
        assert.deepStrictEqual(yield* second.perform(reserve(1), 600), answer)
      })
  )

  it.effect("performs at recovery what the chain never took", () =>
    Effect.gen(function* () {
      const chain = yield* openVaultLedger(makeMemoryMedium(), limits)
      const gateway = makeChainGateway(chain, { latencyMs: 7 })
      const [answer] = yield* gateway.recover(deposit, 5)
      assert.deepInclude(answer, { type: "Deposited", sourceSeq: 1 })
    })
  )

  it.effect("answers a rejection by name, and judges a new attempt anew", () =>
    Effect.gen(function* () {
      const chain = yield* openVaultLedger(makeMemoryMedium(), limits)
      const gateway = makeChainGateway(chain, { latencyMs: 7 })
      const [refusal] = yield* gateway.perform(reserve(1), 1)
      assert.deepInclude(refusal?.payload as object, {
        tradeId: "A",
        n: 0,
        instruction: "ReserveRequested",
        code: "InsufficientFree"
      })
      yield* gateway.perform(deposit, 2)
      assert.deepStrictEqual((yield* gateway.perform(reserve(1), 3))[0], refusal)
      assert.strictEqual((yield* gateway.perform(reserve(2), 4))[0]?.type, "Reserved")
    })
  )

  it.effect("dies where the chain cannot be reached: that is no rejection", () =>
    Effect.gen(function* () {
      const chain = yield* openVaultLedger(makeMemoryMedium(), limits)
      const why = new ChainUnavailable({ place: "x", why: "gone" })
      const gateway = makeChainGateway(
        { ...chain, submit: () => Effect.fail(why) },
        { latencyMs: 7 }
      )
      const exit = yield* Effect.exit(gateway.perform(deposit, 1))
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
    })
  )

  it.effect("meets each request with its answer under one key", () =>
    Effect.gen(function* () {
      const chain = yield* openVaultLedger(makeMemoryMedium(), limits)
      const gateway = makeChainGateway(chain, { latencyMs: 7 })
      const settle = recordOf(
        SettleRequested.make({ tradeId: "A", n: 1, attempt: 1, cumulativeMicros: 9n }, "A")
      )
      for (const request of [deposit, reserve(1), settle]) {
        const [answer] = yield* gateway.perform(request, 1)
        assert.strictEqual(
          gateway.answeredKey(answer!.type, answer!.payload),
          gateway.requestKey(request)
        )
      }
      const named = new Set(vaultTypes.map(({ type }) => type))
      for (const type of gateway.requests) assert.isTrue(named.has(type as never), type)
    })
  )

  it.effect("anchors the head of the moment; asked again, the head of the first time", () =>
    Effect.gen(function* () {
      const medium = makeMemoryMedium()
      const gateway = makeChainGateway(yield* openVaultLedger(medium, limits), { latencyMs: 7 })
      gateway.opened?.(() => ({ seq: 41, hash: "aa" }))
      const anchor = recordOf(AnchorRequested.make({ n: 1, reason: "close" }))
      const first = yield* gateway.perform(anchor, 1)
      assert.deepStrictEqual(first[0]?.payload, { n: 1, seq: 41, headHash: "aa" })
      const again = makeChainGateway(yield* openVaultLedger(medium, limits), { latencyMs: 7 })
      again.opened?.(() => ({ seq: 57, hash: "bb" }))
      assert.deepStrictEqual(yield* again.recover(anchor, 9), first)
      assert.strictEqual(again.answeredKey("Anchored", first[0]?.payload), again.requestKey(anchor))
    })
  )

  it.effect("reads what the accounts hold, under no number of the chain's", () =>
    Effect.gen(function* () {
      const chain = yield* openVaultLedger(makeMemoryMedium(), limits)
      const gateway = makeChainGateway(chain, { latencyMs: 7 })
      yield* gateway.perform(deposit, 1)
      const [read] = yield* gateway.perform(recordOf(BalancesRequested.make({ n: 3 })), 1)
      assert.deepInclude(read, { type: "BalancesReported", sourceSeq: 0 })
      assert.deepInclude(read?.payload as object, { n: 3, freeMicros: 1_000n, heldMicros: 1_000n })
    })
  )

  it.effect("carries withdrawals, freezes and thaws, and answers under their requests' keys", () =>
    Effect.gen(function* () {
      const chain = yield* openVaultLedger(makeMemoryMedium(), limits)
      const gateway = makeChainGateway(chain, { latencyMs: 7 })
      yield* gateway.perform(deposit, 1)
      const asked = [
        recordOf(WithdrawRequested.make({ withdrawalId: "w", amountMicros: 1n })),
        recordOf(FreezeRequested.make({ freezeId: "f1", untilMs: 60 })),
        recordOf(WithdrawRequested.make({ withdrawalId: "w2", amountMicros: 1n })),
        recordOf(ThawRequested.make({ freezeId: "f2" }))
      ]
      const types = []
      for (const request of asked) {
        const [answer] = yield* gateway.perform(request, 1)
        types.push(answer!.type)
        assert.strictEqual(
          gateway.answeredKey(answer!.type, answer!.payload),
          gateway.requestKey(request)
        )
      }
      assert.deepStrictEqual(types, ["Withdrawn", "VaultFrozen", "ChainRejected", "VaultThawed"])
    })
  )
})
