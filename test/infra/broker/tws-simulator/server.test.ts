/** The TWS simulator on loopback sockets: stepped over its control channel, and what it says where it cannot start. */
import { connect, type Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { defaultRules } from "../../../../src/infra/broker/simulated/market.ts"
import { steppedOptions } from "../../../../src/infra/broker/tws-simulator/office.ts"
import { startTwsServer } from "../../../../src/infra/broker/tws-simulator/server.ts"
import { sessionMarket } from "../../../../src/infra/broker/tws-simulator/sessionMarket.ts"
import { FrameReader, frameOf, openingBytes } from "../../../../src/infra/broker/tws-wire/frames.ts"
import { makeMemoryMedium } from "../../../../src/infra/log/medium.ts"
import { minute, sessionOf } from "./twsWorld.ts"

const quotes = [1, 2, 3].map((at) => ({
  instrument: 0,
  bid: 748 + at,
  ask: 748.5 + at,
  timeMs: minute(at)
}))

const serve = (port = 0) =>
  startTwsServer({
    market: sessionMarket(sessionOf(quotes), []),
    medium: makeMemoryMedium(),
    rules: defaultRules,
    options: steppedOptions,
    port,
    controlPort: 0,
    speed: 1
  })

const open = (port: number) =>
  Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const socket = connect(port, "127.0.0.1", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** Says something and waits until what came of it fits. */
const say = (socket: Socket, bytes: Uint8Array | string, fits: (chunk: Buffer) => boolean) =>
  Effect.callback<void>((resume) => {
    const listen = (chunk: Buffer): void => {
      if (!fits(chunk)) return
      socket.removeListener("data", listen)
      resume(Effect.void)
    }
    socket.on("data", listen)
    socket.write(bytes)
  })

describe("TWS simulator on sockets", () => {
  it.live(
    "moves its clock by the control channel alone; an echo on the wire follows all ticks of a step",
    () =>
      Effect.gen(function* () {
        const { port, controlPort } = yield* serve()
        const [wire, control] = [yield* open(port), yield* open(controlPort!)]
        const reader = new FrameReader({ opens: false, bytesMax: 1 << 20 })
        const heard: Array<ReadonlyArray<string>> = []
        wire.on("data", (bytes: Buffer) => {
          reader.push(bytes)
          for (let next = reader.nextFields(); next !== undefined; next = reader.nextFields()) {
            heard.push(next)
          }
        })
        const last = (id: string) => () => heard.at(-1)?.[0] === id
        yield* say(wire, openingBytes(100, 176), () => heard.length === 1)
        yield* say(wire, frameOf([71, 2, 1, ""]), () => heard.length === 7)
        const contract = [0, "GOOG", "STK", "", "", "", "", "SMART", "", "USD", "", ""]
        const asked = Buffer.concat([
          frameOf([1, 11, 4, ...contract, 0, "", 0, 0, ""]),
          frameOf([49, 1])
        ])
        yield* say(wire, asked, last("49"))
        const told: Array<unknown> = []
        for (const at of [1, 2, 3, 4]) {
          heard.length = 0
          let answer = ""
          yield* say(control, `{"advanceToMs": ${minute(at)}}\n`, (chunk) => {
            answer += chunk.toString()
            return answer.endsWith("\n")
          })
          told.push(JSON.parse(answer))
          yield* say(wire, frameOf([49, 1]), last("49"))
          const bids = heard.filter(([id, , , type]) => id === "1" && type === "1")
          assert.deepStrictEqual(
            [bids.map((fields) => fields[4]), heard.at(-1)?.[2]],
            [at < 4 ? [String(748 + at)] : [], String(minute(at) / 1_000)]
          )
        }
        assert.deepStrictEqual(
          told,
          [1, 2, 3, 4].map((at) => ({
            atMs: minute(at),
            nextDueMs: at < 3 ? minute(at + 1) : null
          }))
        )
      }).pipe(Effect.scoped)
  )

  it.live("says which port is in use", () =>
    Effect.gen(function* () {
      const { port } = yield* serve()
      const failure = yield* Effect.flip(serve(port))
      assert.strictEqual(
        failure.message,
        `the TWS simulator stopped: port ${port} of 127.0.0.1 is in use`
      )
    }).pipe(Effect.scoped)
  )

  it.live("ends a connection whose bytes are foreign, and serves others on", () =>
    Effect.gen(function* () {
      const { port } = yield* serve()
      const foreign = yield* open(port)
      yield* Effect.callback<void>((resume) => {
        foreign.on("close", () => resume(Effect.void))
        foreign.on("error", () => {})
        foreign.write("GET / HTTP/1.1\r\n\r\n")
      })
      const wire = yield* open(port)
      yield* say(wire, openingBytes(100, 176), (chunk) => chunk.includes("176"))
    }).pipe(Effect.scoped)
  )
})
