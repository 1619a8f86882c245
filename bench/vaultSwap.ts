/**
 * From a confirmed fill to its settled swap: the settle request, built, signed three times, run by the program and written down
 * durably, until its answer. Embedded over a file, and through JSON-RPC to a cluster of one node in this process; beside the
 * promised 100 ms. A public cluster adds its own slot time of about 400 ms. Run: node bench/vaultSwap.ts
 */
import { join } from "node:path"
import { Effect } from "effect"
import type { ChainShape } from "../src/actors/ports/Chain.ts"
import { openFileLiteSvmChain } from "../src/infra/chain/litesvm/liteSvmChain.ts"
import { programBytes, startRpcDesk } from "../test/contract/chain/facade/rpcDesk.ts"
import { openBareSync } from "./bareSync.ts"
import { temporaryFolder } from "./desk.ts"
import { type Measure, percentileRows, runAlone } from "./figure.ts"

const swaps = 600
const warmUp = 100
const promisedMs = 100
const limits = {
  tradeMicrosMax: 1_000_000_000n,
  outstandingMicrosMax: 1_000_000_000_000n,
  adjustMicrosMax: 1_000_000n,
  reservationMsMax: 3_600_000,
  freezeMsMax: 86_400_000,
  tradeMsMax: 5_184_000_000,
  timelockMs: 0
}

/** Each trade settles once, as a fill of the whole order does. */
const settleTimes = Effect.fnUntraced(function* (chain: ChainShape, beside: () => void) {
  const submit = (key: string, instruction: Parameters<ChainShape["submit"]>[0]["instruction"]) =>
    chain.submit({ key, instruction, nowMs: 1_000 })
  yield* submit("deposit", { _tag: "Deposit", depositId: "d", amountMicros: 1_000_000_000_000n })
  const times: Array<number> = []
  for (let at = 0; at < warmUp + swaps; at++) {
    const tradeId = `main-strategy-${at}`
    const maxAmountMicros = 1_000_000n
    yield* submit(`reserve ${at}`, {
      _tag: "Reserve",
      tradeId,
      maxAmountMicros,
      expiryMs: 900_000
    })
    beside()
    const began = performance.now()
    const { outcome } = yield* submit(`settle ${at}`, {
      _tag: "Settle",
      tradeId,
      n: 1,
      cumulativeMicros: maxAmountMicros
    })
    times.push(performance.now() - began)
    if (outcome._tag !== "Applied") throw new Error(`settle ${at} was ${JSON.stringify(outcome)}`)
  }
  return times.slice(warmUp)
})

const measure: Measure = (progress) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    progress(`${swaps} swaps over a file`)
    const bare = openBareSync(folder)
    const syncs: Array<number> = []
    const embedded = yield* openFileLiteSvmChain(join(folder, "vault.log"), {
      seed: 1,
      book: "bench",
      limits,
      program: programBytes
    })
    const ours = yield* settleTimes(embedded, () => syncs.push(bare.once()))
    bare.close()
    progress(`${swaps} swaps over JSON-RPC`)
    const { open } = yield* startRpcDesk(limits, {}, () => 1_000)
    const remote = yield* settleTimes(yield* open, () => {})
    const promised = { name: "promised", values: [promisedMs] }
    return [
      ...percentileRows("fill to settled swap, embedded", "ms", ours, promised),
      ...percentileRows("of it one write and fdatasync, for scale", "ms", syncs.slice(warmUp)),
      ...percentileRows("fill to settled swap, JSON-RPC on one node", "ms", remote, promised)
    ]
  }).pipe(Effect.scoped, Effect.orDie, Effect.runPromise)

await runAlone(measure)
