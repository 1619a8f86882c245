import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { openVaultLedger } from "../../../src/infra/chain/ledger/VaultLedger.ts"
import { openRemoteVault } from "../../../src/infra/chain/remote/RemoteVault.ts"
import { serveVault } from "../../../src/infra/chain/remote/vaultServer.ts"
import { makeMemoryMedium } from "../../../src/infra/log/medium.ts"
import { chainContract, limits } from "./chainContract.ts"

const limitsHash = "limits"

const serve = Effect.gen(function* () {
  const lines: Array<string> = []
  const port = yield* serveVault({
    port: 0,
    limitsHash,
    tell: (line) => Effect.sync(() => void lines.push(line)),
    open: () => Effect.orDie(openVaultLedger(makeMemoryMedium(), limits))
  })
  return { port, lines }
})

const connect = (
  port: number,
  over: Partial<{ limitsHash: string; mayLeave: () => string }> = {}
) =>
  openRemoteVault({
    address: { host: "127.0.0.1", port },
    account: "alpha",
    book: "alpha",
    seed: 1,
    limitsHash,
    answerMsMax: 5_000,
    mayLeave: () => "",
    ...over
  }).pipe(Effect.tap(({ greet }) => (over.mayLeave === undefined ? greet : Effect.void)))

chainContract(
  "ledger behind a wire",
  Effect.flatMap(serve, ({ port }) => connect(port))
)

describe("The vault behind a wire", () => {
  const deposit = {
    key: "deposit",
    instruction: { _tag: "Deposit", depositId: "d1", amountMicros: 1_000n } as const,
    nowMs: 1
  }

  it.live("keeps an account over connections, and hears the last that greeted", () =>
    Effect.gen(function* () {
      const { port, lines } = yield* serve
      const first = yield* connect(port)
      const answer = yield* first.submit(deposit)
      const second = yield* connect(port)
      assert.deepStrictEqual(yield* second.submit(deposit), answer)
      assert.strictEqual((yield* second.balances).freeMicros, 1_000n)
      assert.match(lines.at(-1)!, /taken over by a new connection/)
    }).pipe(Effect.scoped)
  )

  it.live("is not sent an instruction whose writer may not send", () =>
    Effect.gen(function* () {
      const { port } = yield* serve
      const refused = yield* Effect.flip(
        Effect.flatMap(connect(port, { mayLeave: () => "the lease is over" }), (chain) =>
          chain.submit(deposit)
        )
      )
      assert.match(refused.message, /the lease is over/)
      assert.strictEqual((yield* (yield* connect(port)).balances).freeMicros, 0n)
    }).pipe(Effect.scoped)
  )

  it.live("refuses a desk that reckons with other limits", () =>
    Effect.gen(function* () {
      const { port } = yield* serve
      const refused = yield* Effect.flip(connect(port, { limitsHash: "others" }))
      assert.match(refused.message, /it holds to other limits/)
    }).pipe(Effect.scoped)
  )
})
