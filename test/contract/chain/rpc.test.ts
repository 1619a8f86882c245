import { assert, describe, it } from "@effect/vitest"
import type { Connection } from "@solana/web3.js"
import { Effect, Exit, Fiber } from "effect"
import type { Instruction } from "../../../src/domain/vault/instruction.ts"
import { openRpcChain } from "../../../src/infra/chain/rpc/rpcChain.ts"
import { makeMemoryMedium } from "../../../src/infra/log/medium.ts"
import { chainContract, limits } from "./chainContract.ts"
import { startRpcDesk } from "./facade/rpcDesk.ts"

const programLimits = { ...limits, timelockMs: 0 }
const start = () => startRpcDesk(programLimits)

chainContract(
  "a cluster through web3.js",
  Effect.flatMap(
    Effect.suspend(() => start()),
    ({ open }) => open
  )
)

const deposit: Instruction = { _tag: "Deposit", depositId: "d1", amountMicros: 1_000n }
const asked = { key: "deposit", instruction: deposit, nowMs: 1 }

describe("A cluster that fails", () => {
  it.effect("an answer that is lost is asked for by its signature, not sent as another one", () =>
    Effect.gen(function* () {
      const { facade, open } = yield* start()
      const chain = yield* open
      const before = facade.landed()
      facade.next("lose")
      const answer = yield* chain.submit(asked)
      assert.strictEqual(answer.outcome._tag, "Applied")
      assert.strictEqual(facade.landed() - before, 1)
      assert.strictEqual((yield* chain.balances).freeMicros, 1_000n)
    })
  )

  it.effect("a transaction that never lands is signed anew only once it cannot land any more", () =>
    signsAnewOnlyAfterExpiry((connection) => connection)
  )

  it.effect("(planted defect) one that takes silence for expiry is found out", () =>
    Effect.gen(function* () {
      const hasty = (connection: Connection): Connection =>
        new Proxy(connection, {
          get: (target, name) =>
            name === "getBlockHeight"
              ? async () => Number.MAX_SAFE_INTEGER
              : Reflect.get(target, name, target)
        })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(signsAnewOnlyAfterExpiry(hasty))))
    })
  )

  it.effect("a process that died between sending and answering finds what became of it", () =>
    Effect.gen(function* () {
      const { facade, medium, parts } = yield* startRpcDesk(programLimits, { patienceMs: 150 })
      const first = yield* openRpcChain(medium, parts)
      const before = facade.landed()
      facade.next("hold")
      for (let i = 0; i < 20; i++) facade.next("drop")
      assert.strictEqual((yield* Effect.flip(first.submit(asked)))._tag, "ChainUnavailable")
      facade.release()
      const again = yield* openRpcChain(makeMemoryMedium(medium.read()), {
        ...parts,
        terms: { ...parts.terms, patienceMs: 20_000 }
      })
      const answer = yield* again.submit(asked)
      assert.deepInclude(answer, { number: 1, outcome: { _tag: "Applied", movedMicros: 1_000n } })
      assert.strictEqual(facade.landed() - before, 1)
    })
  )

  it.effect("with its log gone, the chain's own entries give the first answers again", () =>
    Effect.gen(function* () {
      const { facade, open, parts } = yield* start()
      const chain = yield* open
      const life: ReadonlyArray<readonly [string, Instruction]> = [
        ["deposit", deposit],
        ["reserve", { _tag: "Reserve", tradeId: "A", maxAmountMicros: 400n, expiryMs: 1_000 }],
        ["settle", { _tag: "Settle", tradeId: "A", n: 1, cumulativeMicros: 100n }],
        ["cancel", { _tag: "Cancel", tradeId: "A" }]
      ]
      const first = []
      for (const [key, instruction] of life) {
        first.push(yield* chain.submit({ key, instruction, nowMs: 1 }))
      }
      const bare = yield* openRpcChain(makeMemoryMedium(), parts)
      for (const [index, [key, instruction]] of life.entries()) {
        assert.deepStrictEqual(yield* bare.submit({ key, instruction, nowMs: 1 }), first[index])
      }
      assert.isAbove(facade.landed(), 0)
      assert.strictEqual((yield* bare.balances).freeMicros, 900n)
    })
  )

  it.effect("web3.js's own subscription, over the websocket, sees what the desk sent", () =>
    Effect.gen(function* () {
      const { facade, open, parts } = yield* start()
      const { connection } = parts
      yield* (yield* open).submit(asked)
      const signature = facade.sent.at(-1)!
      const told = yield* Effect.promise(
        () =>
          new Promise<unknown>((done) => {
            connection.onSignature(signature, ({ err }) => done(err), "confirmed")
          })
      )
      assert.isNull(told)
      const { _rpcWebSocket: socket } = connection as unknown as {
        readonly _rpcWebSocket: {
          readonly setAutoReconnect: (reconnect: boolean) => void
          readonly close: (code: number) => void
        }
      }
      socket.setAutoReconnect(false)
      socket.close(1000)
    })
  )

  it.effect("a priority fee changes nothing but the fee", () =>
    Effect.gen(function* () {
      const { open } = yield* startRpcDesk(programLimits, { priorityFeeMicroLamports: 1_000 })
      const answer = yield* (yield* open).submit(asked)
      assert.deepInclude(answer, { number: 1, outcome: { _tag: "Applied", movedMicros: 1_000n } })
    })
  )
})

/** A law: while the first transaction could still land, it is the only one that is ever sent. */
const signsAnewOnlyAfterExpiry = (through: (connection: Connection) => Connection) =>
  Effect.gen(function* () {
    const { facade, medium, parts } = yield* start()
    const chain = yield* openRpcChain(medium, {
      ...parts,
      connection: through(parts.connection)
    })
    const before = facade.sent.length
    const landed = facade.landed()
    for (let i = 0; i < 4; i++) facade.next("drop")
    const asking = yield* Effect.forkChild(chain.submit(asked))
    for (let sent = before + 1; sent <= before + 4; sent++) {
      while (facade.sent.length < sent) yield* Effect.promise(() => pause())
      // Other people's blocks: whoever signs anew now has another blockhash, and another transaction.
      facade.advance(1)
    }
    assert.strictEqual(new Set(facade.sent.slice(before)).size, 1)
    facade.advance(151)
    assert.strictEqual((yield* Fiber.join(asking)).outcome._tag, "Applied")
    assert.strictEqual(new Set(facade.sent.slice(before)).size, 2)
    assert.strictEqual(facade.landed() - landed, 1)
    assert.strictEqual((yield* chain.balances).freeMicros, 1_000n)
  }).pipe(Effect.scoped)

const pause = (): Promise<void> => new Promise((done) => setImmediate(done))
