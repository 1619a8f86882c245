/** The TWS simulator's engine behind a socket on a free port, with a market that the test quotes by hand. */
import { createServer, type Server, type Socket } from "node:net"
import { Effect, type Scope } from "effect"
import type { BoardQuote } from "../../../../src/domain/market/quoteBoard.ts"
import { defaultRules } from "../../../../src/infra/broker/simulated/market.ts"
import { steppedOptions } from "../../../../src/infra/broker/tws-simulator/office.ts"
import { openTwsEngine } from "../../../../src/infra/broker/tws-simulator/openEngine.ts"
import type { TwsEngine } from "../../../../src/infra/broker/tws-simulator/TwsEngine.ts"
import type { TwsMarket } from "../../../../src/infra/broker/tws-simulator/twsMarket.ts"
import { type LogMedium, makeMemoryMedium } from "../../../../src/infra/log/medium.ts"
import { market, openMs, type Shown, usd } from "../world.ts"

export class LoopbackTws {
  engine!: TwsEngine
  port = 0
  readonly medium: LogMedium = makeMemoryMedium()
  readonly #sockets = new Map<number, Socket>()
  readonly #quotes: Array<BoardQuote> = []
  #server: Server | undefined
  #connections = 0
  #quoteSeq = 0

  readonly market: TwsMarket = {
    ...market,
    underlying: "GOOG",
    underlyingKind: "STK",
    longName: "GOOG of a test",
    riskFreeRate: 0.005,
    dividendYield: 0,
    startMs: openMs,
    endMs: Number.POSITIVE_INFINITY,
    begin: (quoteSeq) => {
      this.#quoteSeq = quoteSeq
    },
    follow: () => {},
    nextDueMs: () => this.#quotes[0]?.timeMs ?? Number.POSITIVE_INFINITY,
    next: () => ({ quote: this.#quotes.shift()!, quoteSeq: ++this.#quoteSeq }),
    quoteNow: () => undefined,
    volatilityOf: () => undefined,
    bars: () => [],
    volumeAt: () => 0,
    previousClose: undefined
  }

  /** Shows a quote at its time, by default a minute after the open. */
  quote({ instrument, bid, ask, bidSize = 100, askSize = 100, timeMs = openMs + 60_000 }: Shown) {
    const atMs = Math.max(timeMs, this.engine.nowMs)
    const prices = { bidMicros: usd(bid), askMicros: usd(ask) }
    this.#quotes.push({ instrument, ...prices, bidSize, askSize, timeMs: atMs })
    this.engine.advanceTo(atMs)
  }

  /** The gateway's process dies: every socket with it. */
  hangUp(): void {
    for (const socket of this.#sockets.values()) socket.destroy()
  }

  /** Returns once no client is connected. */
  readonly deserted: Effect.Effect<void> = Effect.suspend(() =>
    this.#sockets.size === 0
      ? Effect.void
      : Effect.andThen(
          Effect.callback<void>((resume) => {
            for (const socket of this.#sockets.values()) {
              socket.once("close", () => setImmediate(() => resume(Effect.void)))
            }
          }),
          this.deserted
        )
  )

  listen(listening: () => void): void {
    this.#server = createServer((socket) => {
      const id = ++this.#connections
      this.#sockets.set(id, socket)
      socket.setNoDelay(true)
      socket.on("error", () => {})
      socket.on("data", (bytes) => this.engine.receive(id, bytes as Uint8Array))
      socket.on("close", () => {
        this.#sockets.delete(id)
        this.engine.closed(id)
      })
      this.engine.open(id)
    })
    this.#server.listen(0, "127.0.0.1", () => {
      const address = this.#server?.address()
      this.port = typeof address === "object" && address !== null ? address.port : 0
      listening()
    })
  }

  readonly sink = {
    write: (id: number, bytes: Uint8Array) => {
      this.#sockets.get(id)?.write(bytes)
    },
    close: (id: number) => {
      this.#sockets.get(id)?.end()
    }
  }

  close(): void {
    this.hangUp()
    this.#server?.close()
  }
}

/** Served until the scope ends. */
export const openLoopbackTws: Effect.Effect<LoopbackTws, unknown, Scope.Scope> =
  Effect.acquireRelease(
    Effect.gen(function* () {
      const tws = new LoopbackTws()
      const { engine } = yield* openTwsEngine({
        market: tws.market,
        medium: tws.medium,
        rules: defaultRules,
        options: steppedOptions,
        sink: tws.sink
      })
      tws.engine = engine
      yield* Effect.callback<void>((resume) => tws.listen(() => resume(Effect.void)))
      return tws
    }),
    (tws) => Effect.sync(() => tws.close())
  )
