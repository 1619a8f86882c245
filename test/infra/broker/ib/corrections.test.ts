/** Late commissions and corrected executions, from the wire's words to the chain, in whatever order they come. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import type { TradeCorrected } from "../../../../src/actors/ports/records/broker.ts"
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
