import { assert, describe, it } from "@effect/vitest"
import {
  checkBuyingPower,
  checkDayLoss,
  checkGreeks
} from "../../../src/domain/risk/capitalChecks.ts"
import {
  checkDifference,
  checkHours,
  checkInDoubt,
  checkKillSwitch
} from "../../../src/domain/risk/deskChecks.ts"
import { noGreeks } from "../../../src/domain/risk/greeks.ts"
import {
  checkDuplicate,
  checkOpenTrades,
  checkOrderRate,
  checkSize
} from "../../../src/domain/risk/orderChecks.ts"
import { legsKey, type WorkingOrder } from "../../../src/domain/risk/orderTerms.ts"
import {
  checkCollar,
  checkModelValue,
  checkStaleQuotes
} from "../../../src/domain/risk/priceChecks.ts"
import {
  boardOf,
  closeMs,
  limits,
  marketOf,
  nowMs,
  openMs,
  type Sides,
  termsOf
} from "./riskFixture.ts"

const market = marketOf()
const withQuote = (instrument: number, sides: Sides) =>
  marketOf({ board: boardOf(new Map([[instrument, sides]])) })
const working = (change: Partial<WorkingOrder> = {}): WorkingOrder => ({
  ...termsOf({ tradeId: "B" }),
  approved: true,
  reserved: false,
  filledQty: 0,
  ...change
})

describe("Risk, order size", () => {
  it("allows an order at each limit exactly", () => {
    assert.strictEqual(checkSize(termsOf({ quantity: 10 }), market, limits), undefined)
    const stock = termsOf({ legs: [{ instrument: 0, side: "Buy", ratio: 500 }], quantity: 1 })
    assert.strictEqual(checkSize(stock, market, limits), undefined)
  })

  it("names the units, the leg or the premium that is too large", () => {
    assert.strictEqual(
      checkSize(termsOf({ quantity: 11 }), market, limits),
      "order-size: 11 units, 1 to 10 are allowed"
    )
    assert.match(checkSize(termsOf({ quantity: 0 }), market, limits)!, /^order-size: 0 units/)
    assert.match(checkSize(termsOf({ legs: [] }), market, limits)!, /^order-size: no legs/)
    const ratio = termsOf({ legs: [{ instrument: 1, side: "Buy", ratio: 3 }], quantity: 7 })
    assert.strictEqual(
      checkSize(ratio, market, limits),
      "leg-size: 21 contracts of instrument 1, at most 20"
    )
    const stock = termsOf({ legs: [{ instrument: 0, side: "Sell", ratio: 501 }], quantity: 1 })
    assert.strictEqual(
      checkSize(stock, market, limits),
      "leg-size: 501 shares of instrument 0, at most 500"
    )
    // (2.40 + 0.80) USD x 100 x 2 = 640 USD
    assert.strictEqual(
      checkSize(termsOf(), market, { ...limits, orderPremiumUsdMax: 639 }),
      "order-premium: 640.00 USD of premium, at most 639 USD"
    )
    assert.strictEqual(
      checkSize(termsOf(), market, { ...limits, orderPremiumUsdMax: 640 }),
      undefined
    )
  })
})

describe("Risk, duplicates", () => {
  const none: ReadonlyArray<WorkingOrder> = []

  it("refuses the same legs at work, in whatever order they are listed", () => {
    const turned = working({ legs: [...termsOf().legs].reverse() })
    assert.strictEqual(
      checkDuplicate(termsOf(), [turned], undefined, nowMs, limits),
      "duplicate: B is working on the same"
    )
    const other = working({ legs: [{ instrument: 1, side: "Buy", ratio: 1 }] })
    assert.strictEqual(checkDuplicate(termsOf(), [other], undefined, nowMs, limits), undefined)
    assert.strictEqual(
      checkDuplicate(termsOf(), [working({ approved: false })], undefined, nowMs, limits),
      undefined
    )
  })

  it("refuses the same legs approved within the window, and not at its end", () => {
    assert.strictEqual(
      checkDuplicate(termsOf(), none, nowMs - 9_999, nowMs, limits),
      "duplicate: the same legs were approved 9999 ms ago, at least 10000 ms must pass"
    )
    assert.strictEqual(checkDuplicate(termsOf(), none, nowMs - 10_000, nowMs, limits), undefined)
  })

  it("lets one closing work on a trade at a time, and one hedge", () => {
    const close = termsOf({ kind: "Close", closes: "P" })
    const at = (order: WorkingOrder) => checkDuplicate(close, [order], nowMs, nowMs, limits)
    assert.match(at(working({ kind: "Close", closes: "P" }))!, /^duplicate: B/)
    assert.strictEqual(at(working({ kind: "Close", closes: "Q" })), undefined)
    const hedge = termsOf({ kind: "Hedge", legs: [{ instrument: 0, side: "Buy", ratio: 1 }] })
    assert.match(
      checkDuplicate(hedge, [working({ kind: "Hedge" })], undefined, nowMs, limits)!,
      /^duplicate/
    )
  })

  it("tells legs apart by instrument, side and ratio", () => {
    const key = (instrument: number, side: "Buy" | "Sell", ratio: number) =>
      legsKey([{ instrument, side, ratio }])
    const keys = [key(1, "Buy", 1), key(2, "Buy", 1), key(1, "Sell", 1), key(1, "Buy", 2)]
    assert.strictEqual(new Set(keys).size, 4)
  })
})

describe("Risk, counts and rates", () => {
  it("opens up to the limit of trades and closes beyond it", () => {
    assert.strictEqual(checkOpenTrades(termsOf(), 2, limits), undefined)
    assert.strictEqual(checkOpenTrades(termsOf(), 3, limits), "open-trades: 3 are open, at most 3")
    assert.strictEqual(checkOpenTrades(termsOf({ kind: "Close" }), 3, limits), undefined)
  })

  it("counts the approvals of the window only", () => {
    const at = [-60_000, -59_999, -3, -2, -1].map((ms) => nowMs + ms)
    assert.strictEqual(checkOrderRate(termsOf(), at.slice(2), nowMs, limits), undefined)
    assert.strictEqual(
      checkOrderRate(termsOf(), at, nowMs, limits),
      "order-rate: 4 orders in the last 60000 ms, at most 4"
    )
    assert.strictEqual(checkOrderRate(termsOf({ kind: "Close" }), at, nowMs, limits), undefined)
  })
})

describe("Risk, quotes and prices", () => {
  it("refuses a leg or an underlying that is not quoted, too old, or not listed", () => {
    assert.strictEqual(checkStaleQuotes(termsOf(), market, nowMs + 60_000, limits), undefined)
    assert.strictEqual(
      checkStaleQuotes(termsOf(), market, nowMs + 60_001, limits),
      "stale-quote: instrument 0 is 60001 ms old, at most 60000 ms"
    )
    const odd = termsOf({ legs: [{ instrument: 99, side: "Buy", ratio: 1 }] })
    assert.strictEqual(
      checkStaleQuotes(odd, market, nowMs, limits),
      "unknown-instrument: 99, of which 5 are listed"
    )
    const board = boardOf()
    board.timeMs[3] = 0
    assert.strictEqual(
      checkStaleQuotes(termsOf(), marketOf({ board }), nowMs, limits),
      "stale-quote: instrument 3 has no quote yet"
    )
  })

  it("allows a limit up to the collar beyond mid, and any better one", () => {
    // mid 2.40 - 0.80 = 1.60; at once 2.45 - 0.78 = 1.67; collar 0.01 beyond
    for (const limitNetMicros of [-9_000_000, 1_600_000, 1_680_000]) {
      assert.strictEqual(checkCollar(termsOf({ limitNetMicros }), market, limits), undefined)
    }
    assert.strictEqual(
      checkCollar(termsOf({ limitNetMicros: 1_680_001 }), market, limits),
      "price-collar: limit 1680001 micro-USD a share, at most 1680000 at mid 1600000"
    )
  })

  it("widens the collar by basis points of the legs' prices", () => {
    const loose = { ...limits, collarBasisPoints: 2 }
    // 2 basis points of 2.40 + 0.80 are 640 micro-USD
    const at = (limitNetMicros: number) => checkCollar(termsOf({ limitNetMicros }), market, loose)
    assert.strictEqual(at(1_680_640), undefined)
    assert.match(at(1_680_641)!, /at most 1680640/)
  })

  it("takes a leg without a bid at half its ask, and refuses one without an ask", () => {
    const noBid = withQuote(3, { bidMicros: 0, askMicros: 20_000 })
    // mid 2.40 - 0.01, at once 2.45 - 0
    assert.strictEqual(
      checkCollar(termsOf({ limitNetMicros: 2_460_000 }), noBid, limits),
      undefined
    )
    assert.match(
      checkCollar(termsOf({ limitNetMicros: 2_460_001 }), noBid, limits)!,
      /^price-collar: limit 2460001/
    )
    assert.match(
      checkCollar(termsOf(), withQuote(3, { bidMicros: 0, askMicros: 0 }), limits)!,
      /^price-collar: a leg has no ask/
    )
  })

  it("refuses a crossed market", () => {
    const crossed = withQuote(1, { bidMicros: 2_600_000, askMicros: 2_300_000 })
    assert.match(checkCollar(termsOf(), crossed, limits)!, /^crossed-market/)
  })

  it("refuses a leg whose mid no credible volatility explains", () => {
    assert.strictEqual(checkModelValue(termsOf(), market, nowMs, limits), undefined)
    const wild = withQuote(1, { bidMicros: 9_000_000, askMicros: 9_100_000 })
    assert.match(
      checkModelValue(termsOf(), wild, nowMs, limits)!,
      /^model-value: instrument 1 is at 9050000 micro-USD, the model says \d+ to \d+, 50000 beyond$/
    )
    const cheap = withQuote(1, { bidMicros: 10_000, askMicros: 20_000 })
    assert.match(checkModelValue(termsOf(), cheap, nowMs, limits)!, /^model-value: instrument 1/)
    assert.strictEqual(checkModelValue(termsOf({ kind: "Close" }), wild, nowMs, limits), undefined)
  })

  it("opens nothing where there is no model value", () => {
    const blind = marketOf({ volatilities: new Map() })
    assert.match(checkModelValue(termsOf(), blind, nowMs, limits)!, /^model-value: none/)
  })
})

describe("Risk, capital", () => {
  it("needs the collateral free beyond what other trades were promised", () => {
    const vault = { freeMicros: 500_000_000n, promisedMicros: 170_000_000n, reserved: false }
    assert.strictEqual(checkBuyingPower(termsOf(), vault), undefined)
    assert.strictEqual(
      checkBuyingPower(termsOf(), { ...vault, promisedMicros: 170_000_001n }),
      "buying-power: 330000000 micro-USD needed, 329999999 available"
    )
    assert.strictEqual(
      checkBuyingPower(termsOf(), { ...vault, freeMicros: 0n, reserved: true }),
      undefined
    )
    assert.strictEqual(
      checkBuyingPower(termsOf({ kind: "Close" }), { ...vault, freeMicros: 0n }),
      undefined
    )
    assert.match(
      checkBuyingPower(termsOf({ collateralMicros: 0n }), vault)!,
      /^buying-power: collateral 0/
    )
  })

  it("opens nothing beyond the day's loss, and still closes and hedges", () => {
    assert.strictEqual(checkDayLoss(termsOf(), -500_000_000, limits), undefined)
    assert.strictEqual(
      checkDayLoss(termsOf(), -500_010_000, limits),
      "day-loss: 500.01 USD lost today, at most 500 USD"
    )
    assert.strictEqual(checkDayLoss(termsOf({ kind: "Hedge" }), -9e9, limits), undefined)
    assert.strictEqual(checkDayLoss(termsOf(), 9e9, limits), undefined)
  })

  it("refuses what takes the book beyond a greek, and allows what brings it back", () => {
    const book = { ...noGreeks, deltaShares: 290 }
    const plus = { ...noGreeks, deltaShares: 10 }
    assert.strictEqual(checkGreeks(book, plus, limits), undefined)
    assert.strictEqual(
      checkGreeks(book, { ...plus, deltaShares: 11 }, limits),
      "delta: the book would have 301.00 shares, at most 300 either way"
    )
    const far = { ...noGreeks, deltaShares: 900 }
    assert.strictEqual(checkGreeks(far, { ...noGreeks, deltaShares: -100 }, limits), undefined)
    assert.match(checkGreeks(far, plus, limits)!, /^delta/)
    assert.match(checkGreeks(noGreeks, { ...noGreeks, gammaSharesPerUsd: -101 }, limits)!, /^gamma/)
    assert.match(
      checkGreeks(noGreeks, { ...noGreeks, vegaUsdPerVolPoint: 2_001 }, limits)!,
      /^vega/
    )
  })
})

describe("Risk, the desk's condition", () => {
  const hours = { status: "Open" as const, openMs, closeMs }

  it("opens until the last minutes before the real close, and closes until the close", () => {
    const at = (ms: number, kind: "Open" | "Close" = "Open") =>
      checkHours(termsOf({ kind }), hours, ms, limits)
    assert.match(at(openMs - 1)!, /^hours: the market is closed/)
    assert.strictEqual(at(openMs), undefined)
    assert.strictEqual(at(closeMs - 600_001), undefined)
    assert.strictEqual(
      at(closeMs - 600_000),
      "hours: 10.0 minutes to the close, nothing opens in the last 10"
    )
    assert.strictEqual(at(closeMs - 1, "Close"), undefined)
    assert.match(at(closeMs, "Close")!, /^hours: the market is closed/)
    assert.match(checkHours(termsOf(), undefined, nowMs, limits)!, /^hours: no trading day/)
    assert.match(
      checkHours(termsOf(), { ...hours, status: "Closed" }, nowMs, limits)!,
      /^hours: the market is closed/
    )
  })

  it("stops openings by the kill switch and by an unexplained difference, and nothing else", () => {
    for (const check of [checkKillSwitch, checkDifference]) {
      assert.include(check(termsOf(), "because")!, "because")
      assert.strictEqual(check(termsOf(), undefined), undefined)
      assert.strictEqual(check(termsOf({ kind: "Close" }), "because"), undefined)
      assert.strictEqual(check(termsOf({ kind: "Hedge" }), "because"), undefined)
    }
  })

  it("touches no instrument of an order whose fate is unknown", () => {
    assert.strictEqual(
      checkInDoubt(termsOf(), new Set([3])),
      "in-doubt: the fate of an order on instrument 3 is unknown"
    )
    assert.strictEqual(checkInDoubt(termsOf(), new Set([2])), undefined)
  })
})
