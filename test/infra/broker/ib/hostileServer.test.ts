/** Whatever bytes a server sends: a typed fault and the end of the connection, never a crash, never a fill that was not. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { IbContracts } from "../../../../src/infra/broker/ib/ibContracts.ts"
import { IbHearing } from "../../../../src/infra/broker/ib/ibHearing.ts"
import { IbOrders } from "../../../../src/infra/broker/ib/ibOrders.ts"
import { allDefences, IbWire, type IbWireFault } from "../../../../src/infra/broker/ib/ibWire.ts"
import { order } from "../world.ts"
import {
  clientId,
  deskOptions,
  instruments,
  linkOptions,
  noonMs,
  openDesk,
  untilDown
} from "./ibDesk.ts"
import { openScriptedTws } from "./scriptedTws.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** 32-bit numbers from a seed. */
const numbersOf = (seed: number) => {
  let state = seed | 1
  return (below: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

type Fields = Array<string>

const frameOf = (fields: Fields): Buffer => {
  const body = Buffer.from(fields.map((field) => `${field}\0`).join(""))
  const header = Buffer.alloc(4)
  header.writeUInt32BE(body.length)
  return Buffer.concat([header, body])
}

const texts = (fields: ReadonlyArray<string | number>): Fields => fields.map(String)

/** Sound messages about order 5, which is ours, for one C745. */
const sound: ReadonlyArray<Fields> = [
  texts([3, 5, "Submitted", 0, 1, 0, 900, 0, 0, clientId, "", 0]),
  texts([
    ...[
      11,
      -1,
      5,
      11,
      "GOOG",
      "OPT",
      "20151224",
      745,
      "C",
      100,
      "SMART",
      "USD",
      "x",
      "GOOG",
      "e.1.01"
    ],
    ...[
      "20151224 15:31:00 UTC",
      "DU1",
      "SMART",
      "BOT",
      1,
      4.1,
      900,
      clientId,
      0,
      1,
      4.1,
      "",
      "",
      0,
      "",
      1
    ]
  ]),
  texts([59, 1, "e.1.01", 0.65, "USD", 0, 0, ""]),
  texts([4, 2, 5, 399, "a warning", ""]),
  texts([
    61,
    3,
    "DU1",
    11,
    "GOOG",
    "OPT",
    "20151224",
    745,
    "C",
    100,
    "",
    "USD",
    "x",
    "GOOG",
    1,
    410
  ]),
  texts([1, 6, 77, 1, 4.1, 10, 0]),
  texts([21, 77, 13, 0, 0.2, 0.5, 4.1, 0, 0.01, 0.1, -0.05, 748]),
  texts([49, 1, 1_450_971_000])
]

const nonsense = [
  "",
  "x",
  "-1",
  "NaN",
  "Infinity",
  "1e400",
  "9".repeat(30),
  "\u{1F4A5}",
  "0x10",
  "-0"
]

/** One frame made wrong: a field less, a field more, nonsense in a field, cut, a wrong length, or noise. */
const spoiled = (pick: (below: number) => number): Buffer => {
  const fields = [...sound[pick(sound.length)]!]
  const at = pick(fields.length)
  switch (pick(7)) {
    case 0:
      return frameOf(fields.toSpliced(at, 1))
    case 1:
      return frameOf(fields.toSpliced(at, 0, nonsense[pick(nonsense.length)]!))
    case 2:
      return frameOf(fields.with(at, nonsense[pick(nonsense.length)]!))
    case 3: {
      const whole = frameOf(fields)
      return whole.subarray(0, pick(whole.length))
    }
    case 4: {
      const whole = frameOf(fields)
      whole.writeInt32BE([-4, -1, 0, 1, 0x7fff_ffff, 0x0100_0000, 3][pick(7)]!)
      return whole
    }
    case 5:
      return frameOf([String(pick(300)), ...fields.slice(1)])
    default:
      return Buffer.from(Array.from({ length: 1 + pick(60) }, () => pick(256)))
  }
}

const play = (seed: number) => {
  const pick = numbersOf(seed)
  const orders = new IbOrders()
  const contracts = new IbContracts()
  const listed = instruments[1]!
  contracts.add({ instrument: 1, listed, conId: 11, minTickMicros: 50_000, contract: {} })
  const request = order({ limit: 4.2 })
  orders.take({ _tag: "Placed", request, orderId: 5, atMs: noonMs })
  const faults: Array<IbWireFault> = []
  const wire = new IbWire({
    ...{ host: "127.0.0.1", port: 1, clientId, defences: allDefences, maySend: () => undefined }
  })
  const nowMs = () => noonMs
  const record = (word: Parameters<IbOrders["take"]>[0]) => void orders.take(word)
  const account = () => "DU1"
  new IbHearing({ orders, contracts, clientId, account, nowMs, record }).attach(wire)
  wire.onClosed((fault) => faults.push(fault))
  const { socket } = (
    wire.api as unknown as { controller: { socket: { onData: (b: Buffer) => void } } }
  ).controller
  const bytes = Buffer.concat([
    frameOf(["176", "20151224 15:30:00 UTC"]),
    frameOf(["15", "1", "DU1"]),
    frameOf(["9", "1", "6"]),
    ...Array.from({ length: 1 + pick(8) }, () =>
      pick(4) > 0 ? frameOf(sound[pick(sound.length)]!) : spoiled(pick)
    )
  ])
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + pick(40)
    socket.onData(bytes.subarray(at, at + length))
    at += length
  }
  return { wire, faults, orders }
}

describe("A hostile server", () => {
  it.prop(
    "never crashes the gateway and never makes it tell of a fill that was not",
    [between(1, 0x7fff_ffff)],
    ([seed]) => {
      const { wire, faults, orders } = play(seed)
      assert.isAtMost(faults.length, 1)
      assert.strictEqual(wire.isOpen, faults.length === 0)
      for (const { _tag } of faults) {
        assert.include(["IbWireCorrupt", "IbRefused", "IbUnreachable", "IbConnectionLost"], _tag)
      }
      const trades = orders.reports.filter(
        (report) => report.type === "ExecutionReport" && report.payload.execType === "Trade"
      )
      for (const trade of trades) {
        assert(trade.type === "ExecutionReport")
        assert.deepInclude(trade.payload, { lastQty: 1, lastNetMicros: 4_100_000 })
        assert.isAtMost(trade.payload.cumQty, 2)
      }
    },
    { arbitrary: { runs: 3_000 } }
  )

  it("tells of no fill for nothing: seed 244122760 wrote its price as -0", () => {
    const { orders } = play(244_122_760)
    assert.isFalse(
      orders.reports.some(({ payload }) => "lastQty" in payload && payload.lastQty > 0)
    )
  })

  it("is met with sound and with spoiled bytes: some sessions end, some fills are told", () => {
    const played = Array.from({ length: 200 }, (_, at) => play(1_000_003 * (at + 1)))
    const ended = played.filter(({ faults }) => faults.length > 0).length
    const traded = played.filter(({ orders }) => orders.reports.length > 1).length
    assert.isAbove(ended, 50)
    assert.isAbove(played.length - ended, 10)
    assert.isAbove(traded, 10)
  })

  it.effect("is left and tried again", () =>
    Effect.gen(function* () {
      const { tws, port } = yield* openScriptedTws
      const desk = yield* openDesk(deskOptions(linkOptions(port)))
      const hostile = ["\xff\xff\xff\xfc", "GET / HTTP/1.1\r\n\r\n", "\0\0\0\0", "\0\0\0\x05hello"]
      for (const bytes of hostile) {
        tws.last.socket.write(Buffer.from(bytes, "latin1"))
        yield* untilDown(desk)
        assert(desk.link.state._tag === "Down")
        assert.match(desk.link.state.why, /what is not the protocol/)
        yield* TestClock.adjust(1_000)
        yield* desk.link.untilUp
      }
      assert.strictEqual(tws.visits.length, 1 + hostile.length)
    })
  )

  it.effect("that speaks another version, or another protocol, is refused in one sentence", () =>
    Effect.gen(function* () {
      for (const [version, why] of [
        ["100", /protocol version was 100, 157 to 200 are allowed/],
        ["x", /protocol version was NaN/]
      ] as const) {
        const { tws, port } = yield* openScriptedTws
        tws.version = version
        const states: Array<string> = []
        const options = deskOptions(linkOptions(port), {
          onState: (state) => {
            if (state._tag === "Down") states.push(state.why)
          }
        })
        const opening = yield* Effect.forkChild(openDesk(options))
        yield* tws.until(() => states.length > 0)
        while (states.length === 0) yield* Effect.yieldNow
        assert.match(states[0]!, why)
        assert.strictEqual(opening.pollUnsafe(), undefined)
      }
    })
  )

  it.effect("that manages a live account is not traded on by a paper desk, nor the reverse", () =>
    Effect.gen(function* () {
      for (const [account, live, wanted, why] of [
        [
          "U1",
          false,
          "",
          /account U1 at 127.0.0.1:\d+ is a live account: brokers.ib.live is false/
        ],
        ["DU1", true, "", /live trading is switched on and account DU1 .* is a paper account/],
        ["DU1", false, "DU2", /brokers.ib.account is DU2; 127.0.0.1:\d+ manages DU1/],
        ["DU1,DU2", false, "", /must name one of the accounts at .*: DU1, DU2/]
      ] as const) {
        const { tws, port } = yield* openScriptedTws
        tws.account = account
        const failed = yield* Effect.flip(
          openDesk(deskOptions(linkOptions(port, { live, account: wanted })))
        )
        assert.match(failed.message, why)
        assert.notInclude(failed.message, "\n")
      }
    })
  )
})
