/**
 * Bytes that no client of TWS sends: 30,000 cases at the decoder and 2,000 connections at the engine, from one seed. What
 * comes of them is a message or a `WireFault`, and the connection's end; never another throw, never an order.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { uniformAt } from "../../../../src/domain/chance.ts"
import {
  clientFrameBytesMax,
  FrameReader,
  frameOf,
  openingBytes,
  readOffer
} from "../../../../src/infra/broker/tws-wire/frames.ts"
import { readRequest } from "../../../../src/infra/broker/tws-wire/requests.ts"
import { WireFault } from "../../../../src/infra/broker/tws-wire/wireFault.ts"
import { openTwsWorld, placeOrderFields } from "../tws-simulator/twsWorld.ts"

const seed = 20_260_701
const call = { conId: 123_456, secType: "OPT" }
const bag = { conId: 0, secType: "BAG", legs: [{ conId: 5, action: "BUY" }] }
const contract = [0, "GOOG", "OPT", "20151224", "745", "C", "100", "SMART", "", "USD", "", ""]

/** One good message of each kind, as fields. */
const goodMessages: ReadonlyArray<ReadonlyArray<string | number>> = [
  placeOrderFields(5, { lmtPrice: "1.00" }, call, 176),
  placeOrderFields(6, { orderType: "MKT", algoStrategy: "Adaptive" }, call, 176),
  placeOrderFields(7, { lmtPrice: "-1.00" }, bag, 176),
  [71, 2, 7, ""],
  [1, 11, 40, ...contract, 0, "100,101", 0, 0, ""],
  [2, 2, 40],
  [4, 1, 5, ""],
  [5, 1],
  [6, 2, 1, ""],
  [7, 3, 1, 0, "", "", "", "", "", ""],
  [9, 8, 1, ...contract, 0, "", "", ""],
  [20, 2, ...contract, 0, "", "1 min", "1 D", 1, "TRADES", 1, 0, ""],
  [58, 1],
  [61, 1],
  [62, 1, 3, "All", "NetLiquidation"],
  [76, 2, 4, "", "", 1],
  [78, 5, "GOOG", "", "STK", 1],
  [81, 6, "GO"],
  [92, 7, "", ""],
  [94, 8, "", "", 1],
  [99, 1],
  [97, 9, ...contract, "Last", 0, 0]
]

class Chance {
  readonly #case: number
  #draw = 0

  constructor(at: number) {
    this.#case = at
  }

  below(limit: number): number {
    return Math.floor(uniformAt(seed, this.#case, this.#draw++) * limit)
  }

  pick<A>(values: ReadonlyArray<A>): A {
    return values[this.below(values.length)]!
  }
}

const oddTexts = [
  "",
  "-1",
  "x",
  "1e999",
  "NaN",
  "9".repeat(30),
  "\u{1f9ea}",
  "2147483647",
  "0x10",
  " "
]

/** A good message with fields lost, doubled, swapped for odd ones, or its id for another. */
const mangledFields = (chance: Chance): ReadonlyArray<string | number> => {
  const fields = [...chance.pick(goodMessages)]
  const blows = 1 + chance.below(4)
  for (let i = 0; i < blows; i++) {
    const at = chance.below(fields.length)
    const blow = chance.below(5)
    if (blow === 0) fields.splice(at, 1)
    else if (blow === 1) fields.splice(at, 0, chance.pick(oddTexts))
    else if (blow === 2) fields[at] = chance.pick(oddTexts)
    else if (blow === 3) fields.splice(Math.max(1, at))
    else fields[0] = chance.below(120)
  }
  return fields.length === 0 ? [""] : fields
}

/** The same as a frame with bytes turned, cut off, or a length that lies. */
const mangledFrame = (chance: Chance): Uint8Array => {
  const frame = Uint8Array.from(frameOf(mangledFields(chance)))
  const blow = chance.below(4)
  if (blow === 0) return frame.subarray(0, chance.below(frame.length + 1))
  if (blow === 1) frame[chance.below(frame.length)] = chance.below(256)
  if (blow === 2) frame[chance.below(4)] = chance.below(256)
  return frame
}

const outcomeOf = (run: () => unknown): "taken" | "fault" => {
  try {
    run()
    return "taken"
  } catch (cause) {
    if (!(cause instanceof WireFault)) throw cause
    return "fault"
  }
}

describe("TWS decoder under hostile bytes", () => {
  it("takes or refuses 20,000 mangled messages, and refuses most", () => {
    const counts = { taken: 0, fault: 0 }
    for (let at = 0; at < 20_000; at++) {
      const chance = new Chance(at)
      const fields = mangledFields(chance).map(String)
      const version = 157 + chance.below(20)
      counts[outcomeOf(() => readRequest(fields, version))]++
    }
    assert.isAbove(counts.fault, 8_000)
    assert.isAbove(counts.taken, 500)
  })

  it("takes or refuses 10,000 streams of random bytes, cut anywhere, at the opening too", () => {
    let faults = 0
    for (let at = 0; at < 10_000; at++) {
      const chance = new Chance(100_000 + at)
      const reader = new FrameReader({ opens: chance.below(2) === 0, bytesMax: 4_096 })
      const outcome = outcomeOf(() => {
        for (let piece = 0; piece < 4; piece++) {
          const kind = chance.below(3)
          if (kind === 0) reader.push(mangledFrame(chance))
          if (kind === 1) reader.push(openingBytes(chance.below(300), chance.below(300)))
          if (kind === 2) {
            const length = chance.below(40)
            reader.push(Uint8Array.from({ length }, () => chance.below(256)))
          }
          for (let text = reader.nextText(); text !== undefined; text = reader.nextText()) {
            readOffer(text)
          }
        }
      })
      if (outcome === "fault") faults++
    }
    assert.isAbove(faults, 5_000)
  })

  it("names what is wrong", () => {
    const fault = (run: () => unknown): string => {
      try {
        run()
      } catch (cause) {
        if (cause instanceof WireFault) return cause.message
      }
      return "none"
    }
    const framed = (...bytes: ReadonlyArray<number>) => {
      const reader = new FrameReader({ opens: false, bytesMax: clientFrameBytesMax })
      reader.push(Uint8Array.from(bytes))
      return reader.nextFields()
    }
    assert.match(
      fault(() => framed(255, 255, 255, 255)),
      /frame: its length is 4294967295 bytes, 1048576/
    )
    assert.match(
      fault(() => framed(0, 0, 0, 0)),
      /its length is 0/
    )
    assert.match(
      fault(() => framed(0, 0, 0, 2, 65, 65)),
      /its last field does not end/
    )
    assert.match(
      fault(() => framed(0, 0, 0, 2, 255, 0)),
      /not UTF-8/
    )
    assert.match(
      fault(() => readRequest(["2", "2"], 176)),
      /message 2: field 2 is missing/
    )
    assert.match(
      fault(() => readRequest(["2", "2", "5", "6"], 176)),
      /message 2: 1 fields are left over/
    )
    assert.match(
      fault(() => readRequest(["2", "2", "five"], 176)),
      /field 2 is "five", a whole number is needed/
    )
    assert.match(
      fault(() => readRequest(["212"], 176)),
      /there is no message "212"/
    )
    assert.match(
      fault(() => readOffer("v1-2")),
      /the versions offered are "v1-2"/
    )
  })

  it("takes one good message of each kind, to its last field", () => {
    for (const message of goodMessages) {
      const fields = message.map(String)
      assert.notStrictEqual(readRequest(fields, 176)._tag, undefined)
      if (fields[0] !== "97") assert.throws(() => readRequest([...fields, ""], 176), WireFault)
    }
  })
})

describe("TWS engine under hostile bytes", () => {
  it.effect(
    "ends 2,000 hostile connections or lives with them, and no order comes of half a frame",
    () =>
      Effect.gen(function* () {
        const world = yield* openTwsWorld()
        world.step(1)
        let closed = 0
        for (let at = 0; at < 2_000; at++) {
          const chance = new Chance(200_000 + at)
          const client = world.connect(157 + chance.below(20))
          if (chance.below(4) > 0) client.send(71, 2, at, "")
          for (let piece = 0; piece < 3; piece++) {
            world.engine.receive(client.id, mangledFrame(chance))
          }
          if (client.line.closed !== undefined) closed++
          world.engine.closed(client.id)
        }
        assert.isAbove(closed, 700)
        const sane = world.client(1)
        sane.send(49, 1)
        assert.strictEqual(sane.all(49).length, 1)
        sane.send(7, 3, 1, 0, "", "", "", "", "", "")
        assert.deepStrictEqual(sane.all(11), [])
      })
  )

  it.effect("says 320 and closes where the field count is wrong, and keeps what others have", () =>
    Effect.gen(function* () {
      const world = yield* openTwsWorld()
      world.step(1)
      const [good, bad] = [world.client(1), world.client(2)]
      bad.send(4, 1)
      assert.deepStrictEqual(bad.codes(-1), [320])
      assert.match(bad.line.closed!, /message 4: field 2 is missing/)
      bad.send(49, 1)
      assert.strictEqual(bad.all(49).length, 0)
      good.send(49, 1)
      assert.strictEqual(good.all(49).length, 1)
    })
  )
})
