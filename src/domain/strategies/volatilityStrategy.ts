/**
 * The volatility strategy's entry rule: sell volatility that is dear against the forecast, buy what is cheap, in spreads
 * whose loss is bounded, where the edge survives the spread and the commissions.
 *
 * Level decides whether, term structure where, skew with which wings. The same rule is validated and traded.
 */
import { readSmile, type Smile, type SmileContext } from "../features/smile.ts"
import {
  forecastTotalVariance,
  tradingDaysUntil,
  type VolatilityForecast
} from "../features/tradingTime.ts"
import type { OptionChain } from "../market/optionChain.ts"
import { centTicks, roundLimit } from "../trading/tick.ts"
import {
  impliedVolatilityName,
  timeToExpirationName,
  tradingDaysName,
  viewName
} from "./cognitionRule.ts"
import type { VolatilityStrategyParameters } from "./parameters.ts"
import { makeSpread, maxLossMicros, type Spread, type Structure, valueAtLevel } from "./spread.ts"

/** One expiration as the features saw it; ascending in a list. */
interface TermView {
  readonly expiration: string
  readonly timeToExpirationYears: number
  readonly atmVolatility: number
  /** 0 where not measurable. */
  readonly skew25: number
}

export interface EntryQuestion {
  readonly chain: OptionChain
  readonly market: SmileContext
  /** Close of today's session, epoch ms. */
  readonly closeMs: number
  readonly term: ReadonlyArray<TermView>
  readonly forecast: VolatilityForecast
  /** Expirations that hold a position already. */
  readonly held: ReadonlyArray<string>
  /** Proposals in a row without a fill, from 0: each gives in by a step. */
  readonly attempt: number
}

/** Why nothing is opened, from the least to the most that was possible. */
const idleReasons = [
  "no-expiration-in-range",
  "event-in-term-structure",
  "volatility-fairly-priced",
  "no-strikes-quoted",
  "markets-too-wide",
  "edge-too-small",
  "too-large-for-budget"
] as const
type IdleReason = (typeof idleReasons)[number]

export interface Entry {
  readonly _tag: "Entry"
  readonly spread: Spread
  readonly quantity: number
  readonly limitNetMicros: number
  readonly maxLossMicrosPerShare: number
  readonly multiplier: number
  /** Most that the whole position can lose, and the commissions to open and close it. */
  readonly collateralMicros: bigint
  readonly rationale: Readonly<Record<string, number>>
  /** Instruments whose quotes it was chosen from: the expiration's smile, the legs among them. */
  readonly quoted: ReadonlyArray<number>
}

export interface Idle {
  readonly _tag: "Idle"
  readonly reason: IdleReason
  readonly detail: string
}

/** The entry with the most edge over its largest loss, or the furthest that any expiration came. */
export const chooseEntry = (
  parameters: VolatilityStrategyParameters,
  question: EntryQuestion
): Entry | Idle => {
  let best: Entry | undefined
  let idle: Idle = idleOf("no-expiration-in-range", "no expiration has the wanted time left")
  question.term.forEach((point, at) => {
    if (question.held.includes(point.expiration)) return
    const answer = judgeExpiration(parameters, question, point, question.term[at - 1])
    if (answer._tag === "Idle") {
      if (idleReasons.indexOf(answer.reason) >= idleReasons.indexOf(idle.reason)) idle = answer
    } else if (best === undefined || edgeShare(answer) > edgeShare(best)) {
      best = answer
    }
  })
  return best ?? idle
}

const edgeShare = (entry: Entry): number => entry.rationale.edgeOverMaxLoss!

const idleOf = (reason: IdleReason, detail: string): Idle => ({ _tag: "Idle", reason, detail })

const judgeExpiration = (
  parameters: VolatilityStrategyParameters,
  question: EntryQuestion,
  point: TermView,
  previous: TermView | undefined
): Entry | Idle => {
  const chain = question.chain.expirations.find((each) => each.expiration === point.expiration)
  if (chain === undefined)
    return idleOf("no-expiration-in-range", `${point.expiration} is not listed`)
  const tradingDays = tradingDaysUntil({
    nowMs: question.market.nowMs,
    closeMs: question.closeMs,
    lastTradeMs: chain.lastTradeMs
  })
  if (!(tradingDays >= parameters.tradingDaysMin && tradingDays <= parameters.tradingDaysMax)) {
    return idleOf(
      "no-expiration-in-range",
      `${point.expiration} is ${tradingDays.toFixed(1)} trading days away`
    )
  }
  const forward = forwardVolatility(previous, point)
  if (forward > parameters.forwardVolatilityOverAtmMax * point.atmVolatility) {
    return idleOf(
      "event-in-term-structure",
      `forward volatility into ${point.expiration} is ${forward.toFixed(4)}, its own ${point.atmVolatility.toFixed(4)}`
    )
  }
  const forecastVolatility = Math.sqrt(
    forecastTotalVariance(question.forecast, tradingDays) / point.timeToExpirationYears
  )
  const ratio = point.atmVolatility / forecastVolatility
  const view =
    ratio >= parameters.impliedOverForecastMinToSell
      ? -1
      : ratio <= parameters.impliedOverForecastMaxToBuy
        ? 1
        : 0
  if (view === 0) {
    return idleOf(
      "volatility-fairly-priced",
      `implied is ${ratio.toFixed(4)} of the forecast for ${point.expiration}`
    )
  }
  const smile = readSmile(question.market, chain, parameters.outerDelta * 0.8)
  const spread = smile && makeSpread(smile, structureFor(parameters, point, view), view, parameters)
  if (smile === undefined || spread === undefined) {
    return idleOf("no-strikes-quoted", `${point.expiration} lacks quotes at the wanted deltas`)
  }
  return priceEntry(parameters, question, {
    smile,
    spread,
    multiplier: chain.multiplier,
    point,
    tradingDays,
    forecastVolatility
  })
}

/** Sells the rich wing and buys the cheap one where the skew is out of line, else both wings. */
const structureFor = (
  parameters: VolatilityStrategyParameters,
  point: TermView,
  view: -1 | 1
): Structure => {
  const skew = point.skew25 / point.atmVolatility
  if (skew === 0) return "IronCondor"
  if (skew >= parameters.skewSteep) return view === -1 ? "PutVertical" : "CallVertical"
  if (skew <= parameters.skewFlat) return view === -1 ? "CallVertical" : "PutVertical"
  return "IronCondor"
}

/** Volatility of the time between two expirations; 0 where there is no earlier one or its variance is not less. */
const forwardVolatility = (previous: TermView | undefined, point: TermView): number => {
  if (previous === undefined) return 0
  const years = point.timeToExpirationYears - previous.timeToExpirationYears
  const variance =
    point.atmVolatility ** 2 * point.timeToExpirationYears -
    previous.atmVolatility ** 2 * previous.timeToExpirationYears
  return years > 0 && variance > 0 ? Math.sqrt(variance / years) : 0
}

const priceEntry = (
  parameters: VolatilityStrategyParameters,
  question: EntryQuestion,
  found: {
    readonly smile: Smile
    readonly spread: Spread
    readonly multiplier: number
    readonly point: TermView
    readonly tradingDays: number
    readonly forecastVolatility: number
  }
): Entry | Idle => {
  const { smile, spread, multiplier, point, tradingDays, forecastVolatility } = found
  const wide = spread.points.find(
    (leg) => leg.spreadMicros > parameters.legSpreadOverMidMax * leg.midMicros
  )
  if (wide !== undefined) {
    return idleOf(
      "markets-too-wide",
      `instrument ${wide.instrument} of ${point.expiration} is ${wide.spreadMicros} wide around ${wide.midMicros}`
    )
  }
  const contracts = spread.legs.length
  const feesPerShare = (2 * contracts * parameters.commissionMicrosPerContract) / multiplier
  const modelNetMicros = valueAtLevel(smile, spread, forecastVolatility / smile.atmVolatility)
  const naturalNetMicros = spread.midNetMicros + spread.halfSpreadMicros
  // Whatever the limit is, the edge must survive the natural price: a better fill is a gift, not a plan.
  const edgeMicros = modelNetMicros - naturalNetMicros - feesPerShare
  const worstLoss = maxLossMicros(spread, naturalNetMicros)
  const edgeOverMaxLoss = edgeMicros / worstLoss
  if (!(worstLoss > 0 && edgeOverMaxLoss >= parameters.edgeOverMaxLossMin)) {
    return idleOf(
      "edge-too-small",
      `${spread.structure} of ${point.expiration} has an edge of ${edgeOverMaxLoss.toFixed(4)} of its largest loss`
    )
  }
  const concession = Math.min(
    1,
    parameters.firstConcession + question.attempt * parameters.concessionStep
  )
  const limitNetMicros = roundLimit(
    centTicks,
    spread.midNetMicros + concession * spread.halfSpreadMicros
  )
  const maxLossMicrosPerShare = maxLossMicros(spread, limitNetMicros)
  const quantity = affordable(parameters, question, spread, worstLoss * multiplier)
  if (quantity < 1) {
    return idleOf(
      "too-large-for-budget",
      `one ${spread.structure} of ${point.expiration} may lose ${Math.round(worstLoss * multiplier)} micro-USD`
    )
  }
  const fees = 2 * contracts * quantity * parameters.commissionMicrosPerContract
  return {
    _tag: "Entry",
    spread,
    quantity,
    limitNetMicros,
    maxLossMicrosPerShare,
    multiplier,
    collateralMicros:
      BigInt(maxLossMicrosPerShare) * BigInt(multiplier) * BigInt(quantity) + BigInt(fees),
    rationale: {
      [viewName]: spread.view,
      [impliedVolatilityName]: point.atmVolatility,
      [timeToExpirationName]: point.timeToExpirationYears,
      [tradingDaysName]: tradingDays,
      forecastVolatility,
      skew25: point.skew25,
      spotMicros: question.market.spotMicros,
      modelNetMicros,
      midNetMicros: spread.midNetMicros,
      naturalNetMicros,
      edgeMicros,
      edgeOverMaxLoss,
      maxLossMicrosPerShare,
      concession,
      attempt: question.attempt
    },
    quoted: smile.points.map(({ instrument }) => instrument)
  }
}

/** Units by budget, by displayed size (one is always asked for) and by the most that is allowed. */
const affordable = (
  parameters: VolatilityStrategyParameters,
  question: EntryQuestion,
  spread: Spread,
  lossMicrosPerUnit: number
): number => {
  const { board } = question.market
  let displayed = Number.POSITIVE_INFINITY
  for (const { instrument, side } of spread.legs) {
    const size = side === "Buy" ? board.askSize[instrument]! : board.bidSize[instrument]!
    displayed = Math.min(displayed, size)
  }
  return Math.min(
    parameters.quantityMax,
    Math.floor(parameters.maxLossMicrosPerTrade / lossMicrosPerUnit),
    Math.max(1, Math.floor(displayed * parameters.displayedShareMax))
  )
}
