/**
 * One sentence per record, for people: what it says, with names for instruments and dollars for
 * micro-USD.
 */
import type { JournalRecord } from "../domain/journal/record.ts"
import { formatNewYork } from "../domain/market/newYorkTime.ts"
import { formatUsd, formatUsdSigned } from "../domain/market/usd.ts"
import { asDeskRecord, type DeskRecord } from "./deskRecord.ts"
import type { Listing } from "./listing.ts"

/**
 * The sentence without author and time; the bare type where a kind has nothing to add or is not
 * known.
 */
export const describeRecord = (input: JournalRecord, listing: Listing): string => {
  const record = asDeskRecord(input)
  return (
    aboutTrade(record, listing) ??
    aboutOrder(record, listing) ??
    aboutVault(record) ??
    aboutMarket(record) ??
    aboutKernel(record) ??
    input.type
  )
}

type Sentence = string | undefined

const aboutTrade = (record: DeskRecord, listing: Listing): Sentence => {
  switch (record.type) {
    case "TradeProposed": {
      const { kind, closes, strategyId, legs, quantity, limitNetMicros } = record.payload
      const what = kind === "Close" ? `close ${closes}` : kind.toLowerCase()
      return (
        `${strategyId} proposes to ${what}: ${quantity} x ${listing.legsText(legs)} ` +
        `${net(limitNetMicros)}`
      )
    }
    case "CognitionVerdict":
    case "RiskVerdict":
    case "CertificateVerdict": {
      const { yes, phase, reasons } = record.payload
      return (
        `${verdictLayer[record.type]} ${yes ? "yes" : "NO"} (phase ${phase}): ` +
        `${reasons.join("; ")}`
      )
    }
    case "TradeConverged":
      return `three yes (phase ${record.payload.phase})`
    case "TradeRefused":
      return `refused (phase ${record.payload.phase}): ${record.payload.reasons.join("; ")}`
    case "StrategyIdle":
      return (
        `${record.payload.strategyId} proposes nothing: ${record.payload.reason}: ` +
        `${record.payload.detail}`
      )
    case "CertificatePresented": {
      const { certificateId, strategyId, expires } = record.payload.certificate
      return `certificate ${certificateId} of ${strategyId}, good to ${expires}`
    }
    default:
      return undefined
  }
}

const aboutOrder = (record: DeskRecord, listing: Listing): Sentence => {
  switch (record.type) {
    case "OrderIntent": {
      const { clOrdID, legs, orderQty, limitNetMicros, timeInForce, walk } = record.payload
      return (
        `order ${clOrdID}: ${orderQty} x ${listing.legsText(legs)} ${net(limitNetMicros)}, ` +
        `${timeInForce}${walk === undefined ? "" : `, walking to ${net(walk.at(-1)!)}`}`
      )
    }
    case "ReplaceIntent": {
      const { clOrdID, orderQty, limitNetMicros, reason } = record.payload
      return `change ${clOrdID} to ${orderQty} ${net(limitNetMicros)}: ${reason}`
    }
    case "ReplaceResolved":
      return `change of ${record.payload.clOrdID} in doubt: ${record.payload.outcome}`
    case "OrderDenied":
      return `order denied by ${record.actor}: ${record.payload.reason}`
    case "CancelIntent":
      return `cancel ${record.payload.clOrdID}: ${record.payload.reason}`
    case "OrderCancelReject": {
      const { clOrdID, responseTo, reason } = record.payload
      const what = responseTo === "Replace" ? "change" : "cancel"
      return `${what} of ${clOrdID} rejected: ${reason}`
    }
    case "IntentResolved":
      return `order ${record.payload.clOrdID} in doubt: ${record.payload.outcome}`
    case "ExecutionReport": {
      const { execType, ordStatus, lastQty, lastNetMicros, cumQty, orderQty, text } = record.payload
      const isFill = execType === "Trade" || execType === "TradeCorrect"
      const fill = isFill ? ` of ${lastQty} ${net(lastNetMicros)}` : ""
      return (
        `venue: ${execType}${fill}, ${ordStatus}, ${cumQty} of ${orderQty} ` +
        `done${text === "" ? "" : `: ${text}`}`
      )
    }
    case "TradeFilled": {
      const { lastQty, lastNetMicros, cumQty, leavesQty, cashMicros, commissionMicros, closes } =
        record.payload
      const done = `${cumQty} done, ${leavesQty} left`
      return (
        `filled ${lastQty} ${net(lastNetMicros)}${closes === "" ? "" : `, closing ${closes}`}: ` +
        `${done}, ` +
        `cash ${formatUsd(cashMicros)}, commission ${formatUsd(commissionMicros)}`
      )
    }
    case "TradeCorrected": {
      const { execRefID, lastQty, lastNetMicros, replaced, cashMicros, commissionMicros } =
        record.payload
      const now = lastQty === 0 ? "nothing" : `${lastQty} ${net(lastNetMicros)}`
      return (
        `execution ${execRefID} of ${replaced.lastQty} corrected to ${now}: ` +
        `cash ${formatUsdSigned(cashMicros)}, commission ${formatUsdSigned(commissionMicros)}`
      )
    }
    case "OrderClosed": {
      const { clOrdID, ordStatus, cumQty, orderQty, reason } = record.payload
      return (
        `order ${clOrdID} ${ordStatus}, ${cumQty} of ` +
        `${orderQty}${reason === "" ? "" : `: ${reason}`}`
      )
    }
    case "OptionEvent": {
      const { kind, instrument, quantity, shares } = record.payload
      return (
        `${listing.nameOf(instrument)} ${kind.toLowerCase()}: ${quantity} contracts, ` +
        `${shares} shares`
      )
    }
    case "TradeLegEnded": {
      const { kind, instrument, quantity, shares, cashMicros } = record.payload
      return (
        `${quantity} x ${listing.nameOf(instrument)} ${kind.toLowerCase()}: ${shares} ` +
        `shares, cash ${formatUsd(cashMicros)}`
      )
    }
    default:
      return undefined
  }
}

const aboutVault = (record: DeskRecord): Sentence => {
  switch (record.type) {
    case "ReserveRequested": {
      const { maxAmountMicros, attempt } = record.payload
      return `reserve up to ${formatUsd(maxAmountMicros)}${attemptText(attempt)}`
    }
    case "SettleRequested": {
      const { n, cumulativeMicros, attempt } = record.payload
      return `settle ${n}, in all ${formatUsd(cumulativeMicros)}${attemptText(attempt)}`
    }
    case "CancelReservationRequested":
      return `free the rest: ${record.payload.reason}${attemptText(record.payload.attempt)}`
    case "CloseRequested": {
      const { n, cumulativeProceedsMicros, final, attempt } = record.payload
      const last = final ? " (final)" : ""
      return (
        `bring back ${n}, in all ` +
        `${formatUsd(cumulativeProceedsMicros)}${last}${attemptText(attempt)}`
      )
    }
    case "AdjustRequested": {
      const { n, amountMicros, reason } = record.payload
      return `adjust ${n} by ${formatUsd(amountMicros)}: ${reason}`
    }
    case "Reserved":
      return (
        `chain: reserved ${formatUsd(record.payload.maxAmountMicros)}; ` +
        `${balances(record.payload)}`
      )
    case "Settled":
      return (
        `chain: settled ${record.payload.n}, in all ` +
        `${formatUsd(record.payload.cumulativeMicros)}; ${balances(record.payload)}`
      )
    case "ReservationCanceled":
      return `chain: freed ${formatUsd(record.payload.freedMicros)}; ${balances(record.payload)}`
    case "Closed": {
      const { n, cumulativeProceedsMicros, final } = record.payload
      const last = final ? " (final)" : ""
      return (
        `chain: brought back ${n}, in all ${formatUsd(cumulativeProceedsMicros)}${last}; ` +
        `${balances(record.payload)}`
      )
    }
    case "Adjusted":
      return (
        `chain: adjusted ${record.payload.n} by ${formatUsd(record.payload.amountMicros)}; ` +
        `${balances(record.payload)}`
      )
    case "ChainRejected":
      return (
        `chain: ${record.payload.instruction} rejected: ${record.payload.code}: ` +
        `${record.payload.text}`
      )
    case "TradeCompleted": {
      const { settledMicros, realizedMicros, commissionMicros } = record.payload
      return (
        `complete: settled ${formatUsd(settledMicros)}, realized ${formatUsd(realizedMicros)}, ` +
        `commissions ${formatUsd(commissionMicros)}`
      )
    }
    case "Deposited":
      return (
        `chain: deposited ${formatUsd(record.payload.amountMicros)}; ` +
        `${balances(record.payload)}`
      )
    case "Withdrawn":
      return (
        `chain: paid out ${formatUsd(record.payload.amountMicros)}; ` +
        `${balances(record.payload)}`
      )
    case "VaultFrozen":
      return `chain: frozen until ${formatNewYork(record.payload.untilMs)}`
    case "VaultThawed":
      return "chain: thawed"
    case "BalancesReported":
      return (
        `chain read: ${balances(record.payload)}, ` + `held ${formatUsd(record.payload.heldMicros)}`
      )
    case "AnchorRequested":
      return `write the journal's head to the chain: ${record.payload.reason}`
    case "Anchored":
      return (
        `chain: holds head ${record.payload.headHash.slice(0, 12)} of the journal ` +
        `through record ${record.payload.seq}`
      )
    case "DepositFunds":
      return `operator deposits ${formatUsd(record.payload.amountMicros)}`
    case "WithdrawFunds":
      return `operator withdraws ${formatUsd(record.payload.amountMicros)}`
    case "FreezeVault":
      return `operator freezes the vault for ${record.payload.forMs} ms: ${record.payload.reason}`
    case "ThawVault":
      return `operator thaws the vault: ${record.payload.reason}`
    case "AnchorJournal":
      return `operator anchors the journal: ${record.payload.reason}`
    default:
      return undefined
  }
}

const aboutMarket = (record: DeskRecord): Sentence => {
  switch (record.type) {
    case "FeaturesComputed": {
      const { spotMicros, realizedVolatility, term, staleInstruments } = record.payload
      const near =
        term[0] === undefined ? "" : `, nearest at-the-money ${percent(term[0].atmVolatility)}`
      return (
        `features: spot ${price(spotMicros)}, realized volatility ` +
        `${percent(realizedVolatility)}${near}, ` +
        `${term.length} expirations, ${staleInstruments} stale`
      )
    }
    case "SurfaceFitted": {
      const { expirations } = record.payload
      const quotes = expirations.reduce((sum, each) => sum + each.quotes, 0)
      const outside = expirations.reduce((sum, each) => sum + each.outsideQuotes, 0)
      return (
        `surface of ${expirations.length} expirations through ${quotes} quotes, ` +
        `${outside} of which lie beside it`
      )
    }
    case "RegimeClassified": {
      const { state, stateProbabilities, forecastVolatility5d, modelId } = record.payload
      return (
        `regime ${state} (${percent(stateProbabilities[state])}), 5-day volatility ` +
        `${percent(forecastVolatility5d)}, ` +
        `by ${modelId}`
      )
    }
    case "InferenceRequested":
      return `asks model ${record.payload.modelId}`
    case "InferenceAnswered":
      return (
        `model ${record.payload.modelId} ${record.payload.modelHash.slice(0, 12)} on ` +
        `${record.payload.runtime} answers`
      )
    case "InferenceFailed":
      return `model ${record.payload.modelId} failed: ${record.payload.reason}`
    case "TradingSessionStatus":
      return (
        `market ${record.payload.status.toLowerCase()} on ${record.payload.date}, close ` +
        `${formatNewYork(record.payload.closeMs)}`
      )
    case "VenueStatus": {
      const { connection, marketData, reason } = record.payload
      if (reason === "") return "the broker is there: connected, with market data"
      const isBoth = connection === "Lost" && marketData === "Silent"
      const what = isBoth
        ? "is away"
        : connection === "Lost"
          ? "cannot be reached"
          : "shows no prices"
      return `ALERT: the broker ${what}: ${reason}; no new risk until it is back`
    }
    case "IntervalElapsed":
      return (
        `minute ${record.payload.minute} of ${record.payload.date}, ` +
        `${record.payload.minutesToClose} to the close`
      )
    case "InstrumentsListed":
      return (
        `${record.payload.instruments.length} instruments of ${record.payload.underlying} ` +
        `listed, session ${record.payload.session}`
      )
    default:
      return undefined
  }
}

/** Supervision, timers, the operator, the auditor. */
const aboutKernel = (record: DeskRecord): Sentence => {
  switch (record.type) {
    case "TimerSet":
      return (
        `timer ${record.payload.owner} ${record.payload.timer} due ` +
        `${formatNewYork(record.payload.dueMs)}`
      )
    case "TimerCanceled":
    case "TimerFired":
      return (
        `timer ${record.payload.owner} ${record.payload.timer} ` +
        `${record.type === "TimerFired" ? "fired" : "canceled"}`
      )
    case "EpochOpened":
      return (
        `book ${record.payload.book} opened, epoch ${record.epoch}, seed ` +
        `${record.payload.seed}`
      )
    case "ActorRestarted":
      return (
        `${record.payload.failed} crashed on record ${record.payload.at} and restarted: ` +
        `${record.payload.reason}`
      )
    case "ActorDown":
      return record.payload.failures
        .map(({ failed, at, reason }) => `${failed} down from record ${at}: ${reason}`)
        .join("; ")
    case "ActorUp":
      return `up again: ${record.payload.group.join(", ")}`
    case "MessageQuarantined":
      return `${record.payload.actor} skips record ${record.payload.seq}: ${record.payload.reason}`
    case "DifferenceFound":
      return record.payload.differences
        .map(({ what, expected, found }) => `${what}: expected ${expected}, found ${found}`)
        .join("; ")
    case "Unexplained": {
      const { what, expected, found } = record.payload
      return `the broker shows ${what}: expected ${expected}, found ${found}; no new risk until it is resolved`
    }
    case "ResolveDifference":
      return `operator resolves ${record.payload.differenceId}: ${record.payload.reason}`
    case "HaltTrading":
      return `operator halts trading: ${record.payload.reason}`
    case "ResumeTrading":
      return `operator resumes trading: ${record.payload.reason}`
    case "CancelAllOrders":
      return `operator cancels all orders: ${record.payload.reason}`
    default:
      return undefined
  }
}

export const verdictLayer = {
  CognitionVerdict: "cognition",
  RiskVerdict: "risk",
  CertificateVerdict: "certificate"
} as const

/** A net price: what is paid or received per unit and share. */
const net = (micros: number): string =>
  micros < 0 ? `for a credit of ${price(-micros)}` : `for ${price(micros)}`

/** USD of micro-USD, which features give with fractions. */
const price = (micros: number): string => formatUsd(BigInt(Math.round(micros)))

export const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`

const attemptText = (attempt: number): string => (attempt === 1 ? "" : `, attempt ${attempt}`)

const balances = (after: {
  readonly freeMicros: bigint
  readonly reservedMicros: bigint
  readonly settlingMicros: bigint
}): string =>
  `free ${formatUsd(after.freeMicros)}, reserved ${formatUsd(after.reservedMicros)}, settling ` +
  `${formatUsd(after.settlingMicros)}`
