/** A desk at Interactive Brokers from its start: what it waits for, what it says meanwhile, what it tells the journal. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Console, Effect, Fiber, Result } from "effect"
import { Yaml } from "effect/encoding"
import { TestClock } from "effect/testing"
import { VenueStatus, type VenueStatusPayload } from "../src/actors/ports/records/market.ts"
import { openDeskIb } from "../src/deskIb.ts"
import type { InputDraft } from "../src/domain/journal/record.ts"
import { openIbLive } from "../src/ibLiveWorld.ts"
import { listed } from "../src/infra/broker/ib/ibContracts.ts"
import type { IbSettings } from "../src/supervisors/ibSettings.ts"
import { decodeSettings } from "../src/supervisors/settings.ts"
import { aMoment, instruments, noonMs } from "./infra/broker/ib/ibDesk.ts"
import { execution } from "./infra/broker/ib/sayings.ts"
import {
  asks,
  openScriptedTws,
  type ScriptedTws,
  type Visit
} from "./infra/broker/ib/scriptedTws.ts"

const file = "config/main.yaml"
const main: unknown = Yaml.parse(readFileSync(join(import.meta.dirname, "..", file), "utf8"))

const settingsOf = (ib: Partial<IbSettings>) =>
  Result.getOrThrow(
    decodeSettings([
      { file, value: main },
      { file: "test", value: { mode: "paper", brokers: { use: "ib", ib } } }
    ])
  )

/** Refuses the client id while `isTaken`; otherwise what it is given, then the sound answers. */
const gatekeeper = (tws: ScriptedTws, others: ScriptedTws["script"] = () => undefined) => {
  const door = { isTaken: false }
  tws.script = (message, visit) => {
    if (message[0] !== asks.startApi || !door.isTaken) return others(message, visit)
    visit.clientId = message[2]!
    visit.say(4, 2, -1, 326, "Unable to connect as the client id is already in use.", "")
    visit.socket.end()
    return true
  }
  return door
}

/** Time passes in small steps, and sockets get their turns. */
const pass = (ms: number) =>
  Effect.gen(function* () {
    for (let gone = 0; gone < ms; gone += 50) {
      yield* TestClock.adjust(50)
      for (let turn = 0; turn < 8; turn++) yield* aMoment
    }
  })

const leaseProblem = () => ""

describe("The start of a desk at Interactive Brokers", () => {
  it.effect(
    "waits with its own client id while that is in use, alerts, sends nothing, goes on",
    () =>
      Effect.gen(function* () {
        const { tws, port } = yield* openScriptedTws
        const door = gatekeeper(tws)
        door.isTaken = true
        const said: Array<string> = []
        const heard = { ...console, error: (text: string) => said.push(text) }
        const settings = settingsOf({ port, connectMsMax: 1_000, takeoverWaitMsMax: 5_000 })
        const list = listed(instruments)
        const opening = yield* openDeskIb({ settings, folder: undefined, list, leaseProblem }).pipe(
          Effect.provideService(Console.Console, heard as unknown as Console.Console),
          Effect.forkChild
        )
        yield* tws.until(() => tws.visits.length === 1)
        yield* pass(4_800)
        assert.isUndefined(opening.pollUnsafe())
        assert.isEmpty(said)
        yield* pass(60_000)
        assert.isUndefined(opening.pollUnsafe())
        assert.lengthOf(said, 1)
        assert.match(
          said[0]!,
          /ALERT: client id 7 .* still in use by another connection after 5000 ms: nothing is sent/
        )
        const refused = tws.visits.length
        assert.isAbove(refused, 5)
        for (const visit of tws.visits) {
          assert.deepStrictEqual(
            visit.heard.map(([id]) => id),
            [asks.startApi]
          )
          assert.strictEqual(visit.clientId, "7")
        }
        door.isTaken = false
        yield* pass(settings.brokers.ib.retryMaxMs)
        const { connection } = yield* Fiber.join(opening)
        assert.strictEqual(connection.orders.link.state._tag, "Up")
        assert.lengthOf(tws.visits, refused + 1)
        assert.lengthOf(said, 1)
      })
  )

  it.effect("is refused in time where the client id is free and nothing else comes", () =>
    Effect.gen(function* () {
      const { tws, port } = yield* openScriptedTws
      tws.script = () => true
      const settings = settingsOf({ port, connectMsMax: 1_000, handshakeMs: 300 })
      const list = listed(instruments)
      const opening = yield* Effect.forkChild(
        Effect.flip(openDeskIb({ settings, folder: undefined, list, leaseProblem }))
      )
      yield* tws.until(() => tws.visits.length === 1)
      yield* pass(1_500)
      const { message } = yield* Fiber.join(opening)
      assert.match(message, /^no connection in 1000 ms: .* did not let us in within 300 ms/)
    })
  )
})

/** A stock with a price and without options or history. */
const stockAlone: ScriptedTws["script"] = ([id, ...rest], visit) => {
  switch (id) {
    case asks.marketData: {
      const requestId = rest[1]!
      tick(visit, requestId, 4, 748)
      tick(visit, requestId, 1, 747.9)
      tick(visit, requestId, 2, 748.1)
      return true
    }
    case asks.secDefOptParams:
      visit.say(76, rest[0]!)
      return true
    case asks.history:
      visit.say(4, 2, rest[0]!, 162, "no data", "")
      return true
  }
  return undefined
}

const tick = (visit: Visit, requestId: string, type: number, price: number) =>
  visit.say(1, 6, requestId, type, price, 5, 0)

const day = { date: "2015-12-24", openMs: noonMs - 1, closeMs: noonMs + 9e7, earlyClose: false }

const live = (port: number, ib: Partial<IbSettings>) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(noonMs)
    const settings = settingsOf({ port, hours: "always", symbol: "GOOG", ...ib })
    const parts = { settings, day, contentHash: "", listing: undefined, folder: undefined }
    const opening = yield* Effect.forkChild(openIbLive({ ...parts, leaseProblem }))
    while (opening.pollUnsafe() === undefined) yield* aMoment
    const { broker, world } = yield* Fiber.join(opening)
    const inputs: Array<InputDraft> = []
    /** As a session lets it: what came by then is taken. */
    const run = (ms: number) =>
      Effect.gen(function* () {
        for (let gone = 0; gone < ms; gone += 50) {
          yield* pass(50)
          const advancing = yield* Effect.forkChild(
            world.outside!.advance(0, Number.POSITIVE_INFINITY)
          )
          yield* TestClock.adjust(5)
          yield* Fiber.join(advancing)
          while (world.market.nextDueMs() !== Number.POSITIVE_INFINITY) {
            inputs.push(world.market.next())
          }
        }
      })
    const told = (): ReadonlyArray<VenueStatusPayload> =>
      inputs
        .filter(({ type }) => type === VenueStatus.type)
        .map(({ payload }) => payload as VenueStatusPayload)
    const unexplained = (): ReadonlyArray<string> => {
      const said: Array<string> = []
      while (broker.speaker.nextDueMs() !== Number.POSITIVE_INFINITY) {
        said.push(broker.speaker.next().type)
      }
      return said
    }
    return { run, told, unexplained }
  })

describe("A desk at Interactive Brokers on the wall clock", () => {
  it.effect("tells of a connection that stays away beyond its bound, and of its return", () =>
    Effect.gen(function* () {
      const { tws, port } = yield* openScriptedTws
      const door = gatekeeper(tws, stockAlone)
      const bounds = { outageMsMax: 2_000, takeoverWaitMsMax: 4_000, retryMaxMs: 500 }
      const desk = yield* live(port, bounds)
      yield* desk.run(200)
      const well = { connection: "Up", marketData: "Alive", reason: "" } as const
      assert.deepStrictEqual(desk.told(), [well])

      // A loss within the bound is the link's own business.
      tws.last.socket.destroy()
      yield* desk.run(1_500)
      assert.lengthOf(desk.told(), 1)

      door.isTaken = true
      tws.last.socket.destroy()
      yield* desk.run(3_500)
      assert.lengthOf(desk.told(), 1)
      yield* desk.run(1_000)
      assert.lengthOf(desk.told(), 2)
      assert.strictEqual(desk.told()[1]!.connection, "Lost")
      assert.match(desk.told()[1]!.reason, /^no connection for 4000 ms: .*client id 7 is in use/)
      yield* desk.run(5_000)
      assert.lengthOf(desk.told(), 2)
      door.isTaken = false
      yield* desk.run(1_500)
      assert.deepStrictEqual(desk.told().slice(2), [well])

      tws.last.say(4, 2, -1, 1100, "Connectivity between IB and TWS has been lost.", "")
      yield* desk.run(2_500)
      assert.match(desk.told()[3]!.reason, /^no connection for 2000 ms: it lost .* \(1100\)/)
    })
  )

  it.effect("finds what others trade in its account within its named bound", () =>
    Effect.gen(function* () {
      const { tws, port } = yield* openScriptedTws
      let isForeign = false
      gatekeeper(tws, (message, visit) => {
        if (message[0] === asks.executions && isForeign) {
          const requestId = message[2]!
          const bought = { orderId: 4, execId: "f.1.01", conId: 1, secType: "STK", client: 99 }
          execution(visit, { ...bought, permId: 4, requestId })
        }
        if (message[0] === asks.positions && isForeign) {
          const stock = [1, "GOOG", "STK", "", 0, "", "", "SMART", "USD", "GOOG", "GOOG"]
          visit.say(61, 3, "DU1", ...stock, 1, 748)
        }
        return stockAlone(message, visit)
      })
      const desk = yield* live(port, { reconcileMs: 2_000 })
      yield* desk.run(4_500)
      assert.isEmpty(desk.unexplained())
      isForeign = true
      yield* desk.run(2_100)
      assert.deepStrictEqual(desk.unexplained(), ["Unexplained"])
      yield* desk.run(4_500)
      assert.isEmpty(desk.unexplained())
    })
  )

  it.effect("tells of prices that stay silent whatever is done, and of their return", () =>
    Effect.gen(function* () {
      const { tws, port } = yield* openScriptedTws
      let isDead = false
      gatekeeper(tws, (message, visit) =>
        message[0] === asks.marketData && isDead ? true : stockAlone(message, visit)
      )
      const desk = yield* live(port, { silenceMsMax: 1_000 })
      yield* desk.run(200)
      isDead = true
      // Lines anew, then the connection anew: nothing is told before both were in vain.
      yield* desk.run(2_500)
      assert.lengthOf(tws.visits, 2)
      assert.lengthOf(desk.told(), 1)
      yield* desk.run(3_000)
      const [, silent] = desk.told()
      assert.deepInclude(silent, { connection: "Up", marketData: "Silent" })
      assert.match(silent!.reason, /^no market data for 1000 ms while the market is open, again/)
      isDead = false
      yield* desk.run(4_000)
      assert.deepStrictEqual(
        desk.told().map(({ marketData }) => marketData),
        ["Alive", "Silent", "Alive"]
      )
    })
  )
})
