/** Late commissions and corrected executions, from the wire's words to the chain, in whatever order they come. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { TradeCorrected } from "../../../../src/actors/ports/records/broker.ts"
import { ResolveDifference } from "../../../../src/actors/ports/records/reconcile.ts"
import { uniformAt } from "../../../../src/domain/chance.ts"
import type { EventDraft, PayloadOf } from "../../../../src/domain/journal/record.ts"
import { revisionOf } from "../../../../src/infra/broker/ib/ibNumbers.ts"
import type { IbWord, WordOf } from "../../../../src/infra/broker/ib/ibWords.ts"
import { usd } from "../../../actors/capitalDesk.ts"
import { CorrectedDesk, type Planted } from "./correctedDesk.ts"

const Seed = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))
const units = 4
const deposited = 10_000n * usd
const openLegs = [
  { instrument: 7, side: "Buy", ratio: 1 },
  { instrument: 9, side: "Sell", ratio: 1 }
] as const
const closeLegs = [
  { instrument: 7, side: "Sell", ratio: 1 },
  { instrument: 9, side: "Buy", ratio: 1 }
] as const

/** Draws of one life, one after the other. */
const chance = (seed: number) => {
  let draws = 0
  const upTo = (most: number): number => Math.floor(uniformAt(seed, draws++) * (most + 1))
  const shuffled = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
    items
      .map((item) => [uniformAt(seed, draws++), item] as const)
      .toSorted(([a], [b]) => a - b)
      .map(([, item]) => item)
  return { upTo, shuffled }
}
type Chance = ReturnType<typeof chance>

type Leg = (typeof openLegs | typeof closeLegs)[number]

const executed = (
  clOrdID: string,
  execId: string,
  { instrument, side }: Leg,
  quantity: number,
  priceMicros: number
): WordOf<"Executed"> => ({
  ...{ _tag: "Executed", clOrdID, execId, permId: 1, instrument, symbol: `i${instrument}`, side },
  ...{ quantity, priceMicros, timeMs: 1, atMs: 0 }
})

const charged = (execId: string, micros: number): WordOf<"Charged"> => ({
  ...{ _tag: "Charged", execId, commissionMicros: BigInt(micros), atMs: 0 }
})

/** All that the venue will ever say of an order's executions: up to three revisions of each piece of each leg. */
const sayings = ({ upTo }: Chance, clOrdID: string, legs: ReadonlyArray<Leg>) =>
  legs.flatMap((leg, at) => {
    const first = upTo(units)
    return [first, units - first]
      .filter((quantity) => quantity > 0)
      .map((quantity, piece) => {
        const base = `${clOrdID}.${at}${piece}`
        const revisions = 1 + upTo(2)
        return Array.from({ length: revisions }, (_, more) => {
          const execId = `${base}.0${more + 1}`
          const price = (leg.instrument === 7 ? 3_000_000 : 1_000_000) + upTo(20) * 10_000
          return [executed(clOrdID, execId, leg, quantity, price), charged(execId, upTo(900_000))]
        })
      })
  })

/** What the words come to by plain look-ups: of each execution its last revision, of each commission the same. */
const naive = (words: ReadonlyArray<IbWord>) => {
  const last = new Map<string, { revision: number; cash: bigint }>()
  const fees = new Map<string, { revision: number; micros: bigint }>()
  for (const word of words) {
    if (word._tag !== "Executed" && word._tag !== "Charged") continue
    const { base, revision } = revisionOf(word.execId)
    if (word._tag === "Charged") {
      if ((fees.get(base)?.revision ?? 0) <= revision) {
        fees.set(base, { revision, micros: word.commissionMicros })
      }
    } else if ((last.get(base)?.revision ?? 0) < revision) {
      const worth = BigInt(word.quantity * 100) * BigInt(word.priceMicros)
      last.set(base, { revision, cash: word.side === "Buy" ? -worth : worth })
    }
  }
  const sum = (values: Iterable<bigint>) => [...values].reduce((all, each) => all + each, 0n)
  return (
    sum([...last.values()].map(({ cash }) => cash)) -
    sum([...fees.values()].map(({ micros }) => micros))
  )
}

/** Opens and closes a vertical while every word that need not come in time comes at any time. */
const live = (seed: number, planted: Planted = {}): CorrectedDesk => {
  const draw = chance(seed)
  const desk = new CorrectedDesk(planted)
  const said: Array<IbWord> = []
  let later: ReadonlyArray<IbWord> = []
  const say = (word: IbWord): void => {
    said.push(word)
    desk.say(word)
    // The same again, a restart of the gateway, an answer of the chain.
    if (draw.upTo(9) === 0) desk.say(word)
    if (draw.upTo(9) === 0) desk.restart()
    if (draw.upTo(2) === 0) desk.answer()
  }
  const fill = (clOrdID: string, legs: ReadonlyArray<Leg>): void => {
    const now: Array<IbWord> = []
    const rest: Array<IbWord> = [...later]
    for (const revisions of sayings(draw, clOrdID, legs)) {
      // Any revision may be the first that is heard, with or without its commission.
      const first = draw.upTo(revisions.length - 1)
      for (const [at, [execution, commission]] of revisions.entries()) {
        ;(at === first ? now : rest).push(execution!)
        ;(at === first && draw.upTo(1) === 0 ? now : rest).push(commission!)
      }
      now.push({
        _tag: "ChargeOverdue",
        execId: `${revisionOf(revisions[0]![0]!.execId).base}.01`,
        atMs: 0
      })
    }
    const mixed = draw.shuffled(rest)
    const cut = draw.upTo(mixed.length)
    later = mixed.slice(cut)
    const overdue = now.filter(({ _tag }) => _tag === "ChargeOverdue")
    const others = now.filter(({ _tag }) => _tag !== "ChargeOverdue")
    for (const word of draw.shuffled([...others, ...mixed.slice(0, cut)])) say(word)
    for (const word of overdue) desk.say(word)
  }
  const opening = desk.order("A", { quantity: units, legs: openLegs })
  fill(opening, openLegs)
  const closing = { kind: "Close", closes: "A", collateralMicros: 0n, quantity: units } as const
  fill(desk.order("B", { ...closing, legs: closeLegs }), closeLegs)
  for (const word of later) say(word)
  desk.settle()
  assert.strictEqual(desk.toldMicros, naive(said), "the executor's cash and commissions")
  assert.strictEqual(desk.capital.balances().freeMicros, deposited + naive(said), "the vault")
  assert.deepStrictEqual(desk.differences(), [])
  assert.deepStrictEqual(desk.unexplained, [])
  assert.deepStrictEqual([...desk.executor.state.blocked], [])
  for (const trades of [desk.executor.state.trades, desk.hedger.state.trades]) {
    assert.strictEqual(trades.size, 0)
  }
  return desk
}

describe("Corrected executions and late commissions", () => {
  it.prop(
    "come to the last revision of each, at the executor, the vault and the chain, in any order",
    { seed: Seed },
    ({ seed }) => {
      live(seed)
    }
  )

  it("are tried before, between and after settlement, closing and completion", () => {
    const kinds = new Map<string, number>()
    for (let seed = 1; seed <= 60; seed++) {
      const { capital } = live(seed)
      for (const { type } of capital.journal) kinds.set(type, (kinds.get(type) ?? 0) + 1)
    }
    assert.isAbove(kinds.get("TradeCorrected") ?? 0, 60)
    assert.isAbove(kinds.get("Adjusted") ?? 0, 20)
    assert.isAbove(kinds.get("TradeCompleted") ?? 0, 60, "it is told again when it changes")
  })
})

const vertical = { 1: openLegs.slice(0, 1), 2: openLegs } as const

/** What the account holds by the last revision of each execution. */
const held = (words: ReadonlyArray<IbWord>) => {
  const last = new Map<string, { revision: number; instrument: number; quantity: number }>()
  for (const word of words) {
    if (word._tag !== "Executed") continue
    const { base, revision } = revisionOf(word.execId)
    if ((last.get(base)?.revision ?? 0) >= revision) continue
    const quantity = word.side === "Buy" ? word.quantity : -word.quantity
    last.set(base, { revision, instrument: word.instrument, quantity })
  }
  const sum = new Map<number, number>()
  for (const { instrument, quantity } of last.values()) {
    sum.set(instrument, (sum.get(instrument) ?? 0) + quantity)
  }
  return sum
}

/** An order of a single contract or of a vertical, whose executions become larger and smaller while it is held. */
const resize = (seed: number, legCount: 1 | 2): CorrectedDesk => {
  const draw = chance(seed)
  const desk = new CorrectedDesk()
  const legs = vertical[legCount]
  const said: Array<IbWord> = []
  const say = (word: IbWord): void => {
    said.push(word)
    desk.say(word)
    if (draw.upTo(9) === 0) desk.restart()
    if (draw.upTo(2) === 0) desk.answer()
  }
  const clOrdID = desk.order("A", { quantity: 12, legs, collateralMicros: 6_000n * usd })
  const words = [0, 1, 2].map((piece) => {
    // Legs of a combination are corrected each on its own, in the end alike.
    const sizes = [1 + draw.upTo(3), 1 + draw.upTo(3), 1 + draw.upTo(3)]
    return legs.map((leg, at) =>
      sizes.map((size, more): ReadonlyArray<IbWord> => {
        const execId = `${clOrdID}.${piece}${at}.0${more + 1}`
        const price = (leg.instrument === 7 ? 3_000_000 : 1_000_000) + draw.upTo(20) * 10_000
        const commission = charged(execId, draw.upTo(900_000))
        return [executed(clOrdID, execId, leg, size, price), commission]
      })
    )
  })
  const revisions = (at: number) => words.flatMap((legsOf) => legsOf.flatMap((each) => each[at]!))
  for (const word of draw.shuffled(revisions(0))) say(word)
  const isOver = draw.upTo(1) === 0
  const venueCumQty = desk.orders.orders.get(clOrdID)!.life.cumQty
  if (isOver) say({ ...{ _tag: "Ended", clOrdID, as: "Canceled", venueCumQty }, text: "", atMs: 0 })
  for (const word of draw.shuffled([...revisions(1), ...revisions(2)])) say(word)
  if (!isOver) {
    const { cumQty } = desk.orders.orders.get(clOrdID)!.life
    say({ _tag: "Ended", clOrdID, as: "Canceled", venueCumQty: cumQty, text: "", atMs: 0 })
  }
  desk.settle()
  const { life } = desk.orders.orders.get(clOrdID)!
  const { order } = desk.executor.state.orders.get(clOrdID)
  assert.deepStrictEqual(
    [order.cumQty, order.leavesQty, order.orderQty],
    [life.cumQty, 0, 12],
    "executor and gateway count the same units"
  )
  const account = [...held(said)].toSorted(([a], [b]) => a - b)
  for (const { trades } of [desk.executor.state, desk.hedger.state]) {
    assert.deepStrictEqual(
      [...trades.get("A").holdings].toSorted(([a], [b]) => a - b),
      account
    )
  }
  assert.deepStrictEqual(desk.differences(), [])
  assert.deepStrictEqual(desk.unexplained, [])
  const closing = legs.map(({ instrument, side }) => ({
    ...{ instrument, ratio: 1 },
    side: side === "Buy" ? ("Sell" as const) : ("Buy" as const)
  }))
  const quantity = order.cumQty
  const close = { kind: "Close", closes: "A", collateralMicros: 0n, quantity } as const
  const closeID = desk.order("B", { ...close, legs: closing })
  for (const [at, leg] of closing.entries()) {
    const execId = `${closeID}.${at}.01`
    say(charged(execId, 500_000))
    say({ ...executed(closeID, execId, leg as Leg, quantity, 2_000_000) })
  }
  desk.settle()
  assert.strictEqual(desk.toldMicros, naive(said))
  assert.strictEqual(desk.capital.balances().freeMicros, deposited + naive(said))
  assert.deepStrictEqual(desk.differences(), [])
  return desk
}

describe("Corrected quantities", () => {
  it.prop(
    "move positions and money of the trade while it is held, of one leg and of two",
    { seed: Seed },
    ({ seed }) => {
      resize(seed, seed % 2 === 0 ? 1 : 2)
    }
  )

  const filled = (quantity: number) => {
    const desk = new CorrectedDesk()
    const legs = openLegs.slice(0, 1)
    const clOrdID = desk.order("A", { quantity, legs })
    desk.say(charged("a.01", 650_000))
    desk.say(executed(clOrdID, "a.01", openLegs[0], quantity, 2_000_000))
    desk.settle()
    return { desk, clOrdID }
  }

  it("are unexplained and block where more would be filled than was ordered", () => {
    const { desk, clOrdID } = filled(3)
    const before = desk.toldMicros
    desk.say(executed(clOrdID, "a.02", openLegs[0], 4, 2_000_000))
    assert.deepStrictEqual(desk.unexplained, [`execution a of order ${clOrdID}`])
    assert.strictEqual(desk.toldMicros, before)
    assert.strictEqual(desk.executor.state.blocked.get(7), "correction a/2: it is unexplained")
    assert.strictEqual(desk.executor.state.trades.get("A").holdings.get(7), 3)
    assert.include(
      desk.differences().map(({ what }) => what),
      "position of instrument 7"
    )
    // The venue takes it back, and the operator looks: all is as it was.
    desk.say(executed(clOrdID, "a.03", openLegs[0], 3, 2_000_000))
    desk.executor.tell(
      ResolveDifference.make({ differenceId: "correction a/2", reason: "taken back" })
    )
    assert.deepStrictEqual([...desk.executor.state.blocked], [])
    assert.deepStrictEqual(desk.differences(), [])
  })

  it("are unexplained where the position was closed since, and its price still corrects", () => {
    const { desk, clOrdID } = filled(2)
    const close = { kind: "Close", closes: "A", collateralMicros: 0n, quantity: 2 } as const
    const closeID = desk.order("B", { ...close, legs: closeLegs.slice(0, 1) })
    desk.say(charged("b.01", 650_000))
    desk.say(executed(closeID, "b.01", closeLegs[0], 2, 2_100_000))
    desk.settle()
    const before = desk.toldMicros
    desk.say(executed(clOrdID, "a.02", openLegs[0], 1, 2_000_000))
    assert.deepStrictEqual(desk.unexplained, [`execution a of order ${clOrdID}`])
    desk.say(executed(clOrdID, "a.03", openLegs[0], 2, 2_050_000))
    desk.settle()
    assert.strictEqual(desk.toldMicros, before - 2n * 5_000_000n)
    assert.deepStrictEqual(desk.differences(), [])
  })

  it("and prices beyond the chain's bound are refused there, and shown with what it said", () => {
    const { desk, clOrdID } = filled(4)
    const close = { kind: "Close", closes: "A", collateralMicros: 0n, quantity: 4 } as const
    const closeID = desk.order("B", { ...close, legs: closeLegs.slice(0, 1) })
    desk.say(charged("b.01", 650_000))
    desk.say(executed(closeID, "b.01", closeLegs[0], 4, 2_000_000))
    desk.settle()
    const before = desk.capital.balances().freeMicros
    desk.say(executed(clOrdID, "a.02", openLegs[0], 4, 5_000_000))
    desk.settle()
    assert.strictEqual(desk.capital.balances().freeMicros, before)
    const shown = desk.auditor.emitted.filter(({ type }) => type === "DifferenceFound")
    assert.deepStrictEqual(shown[0]?.payload, {
      differences: [
        {
          what: "AdjustRequested 1 of A",
          between: "journal-vault",
          expected: "confirmed",
          found:
            "AdjustBoundExceeded: adjustments of -1200000000 micro-USDT exceed 1000000000 either way"
        }
      ]
    })
    assert.include(
      desk.differences().map(({ what }) => what),
      "counterparty balance of closed trade A"
    )
  })

  it("that leave no whole unit take the fill back, and its capital comes back whole", () => {
    const desk = new CorrectedDesk()
    const legs = [openLegs[0], { ...openLegs[1], ratio: 2 }]
    const clOrdID = desk.order("A", { quantity: 1, legs })
    desk.say(charged("d0.01", 650_000))
    desk.say(executed(clOrdID, "d0.01", openLegs[0], 1, 3_000_000))
    desk.say(charged("d1.01", 650_000))
    desk.say(executed(clOrdID, "d1.01", openLegs[1], 2, 1_000_000))
    desk.settle()
    assert.isBelow(Number(desk.capital.balances().freeMicros), Number(deposited))
    desk.say(executed(clOrdID, "d1.02", openLegs[1], 1, 1_000_000))
    desk.settle()
    const types = desk.orders.reports.flatMap(({ type, payload }) =>
      type === "ExecutionReport" ? [payload.execType] : []
    )
    assert.deepStrictEqual(types, ["New", "Trade", "TradeCancel"])
    assert.strictEqual(desk.executor.state.trades.size, 0)
    assert.strictEqual(desk.toldMicros, 0n)
    assert.strictEqual(desk.capital.balances().freeMicros, deposited)
    assert.deepStrictEqual(desk.differences(), [])
    // The account holds the legs: they are waited for, then shown.
    assert.isAbove(desk.orders.orders.get(clOrdID)!.unevenSinceMs, 0)
  })

  it("leave a combination's odd leg unexplained only once it has been waited for", () => {
    const desk = new CorrectedDesk()
    const clOrdID = desk.order("A", { quantity: 2, legs: openLegs })
    for (const [at, leg] of openLegs.entries()) {
      desk.say(charged(`c${at}.01`, 650_000))
      desk.say(executed(clOrdID, `c${at}.01`, leg, 2, 2_000_000))
    }
    desk.say(executed(clOrdID, "c0.02", openLegs[0], 1, 2_000_000))
    const order = desk.orders.orders.get(clOrdID)!
    assert.isAbove(order.unevenSinceMs, 0)
    assert.strictEqual(order.life.cumQty, 1)
    assert.deepStrictEqual(desk.unexplained, [])
    desk.say(executed(clOrdID, "c1.02", openLegs[1], 1, 2_000_000))
    assert.strictEqual(order.unevenSinceMs, 0)
    desk.settle()
    assert.deepStrictEqual(desk.differences(), [])
  })
})

const corrected = (
  event: EventDraft,
  over: (payload: PayloadOf<typeof TradeCorrected>) => object
) => {
  if (event.type !== "TradeCorrected") return event
  const payload = event.payload as PayloadOf<typeof TradeCorrected>
  return { ...event, payload: { ...payload, ...over(payload) } }
}

const bugs: ReadonlyArray<{ readonly defect: string; readonly planted: () => Planted }> = [
  {
    defect: "a correction is counted twice",
    planted: () => ({
      decided: (event) =>
        corrected(event, ({ cashMicros, commissionMicros }) => ({
          cashMicros: 2n * cashMicros,
          commissionMicros: 2n * commissionMicros
        }))
    })
  },
  {
    defect: "the vault adjusts by the whole commission, not by the difference",
    planted: () => ({
      decided: (event) =>
        corrected(event, ({ commissionMicros, replaced }) => ({
          commissionMicros: replaced.commissionMicros + commissionMicros
        }))
    })
  },
  {
    defect: "a later revision replaces what was told first, not what was booked last",
    planted: () => ({
      decided: (event) =>
        corrected(event, (payload) => ({
          cashMicros: payload.revision > 2 ? 0n : payload.cashMicros
        }))
    })
  },
  {
    defect: "the gateway tells a correction of a price with the price before it",
    planted: () => ({
      reported: (report) =>
        report.type === "ExecutionReport" && report.payload.correction !== undefined
          ? { ...report, payload: { ...report.payload, legs: report.payload.correction.legs } }
          : report
    })
  }
]

describe("A planted bug of corrections", () => {
  for (const { defect, planted } of bugs) {
    it(`"${defect}" is caught within 40 seeds`, () => {
      const caught = Array.from({ length: 40 }, (_, at) => at + 1).find((seed) => {
        live(seed)
        try {
          live(seed, planted())
          return false
        } catch (fault) {
          assert.match(String(fault), /executor's cash|the vault|unexplained|deeply equal/)
          return true
        }
      })
      assert.isDefined(caught, `"${defect}" survives`)
    })
  }
})
