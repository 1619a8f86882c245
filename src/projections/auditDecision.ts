/**
 * What one decision of a trade saw and what came of it: quotes, features, model, certificate,
 * verdicts, outcome.
 */
import { formatUsd } from "../domain/market/usd.ts"
import { verdictLayer } from "./describe.ts"
import { asDeskRecord, type Of } from "./deskRecord.ts"
import type { Mark } from "./lastQuotes.ts"
import type { DecisionEvidence, LegQuote, TradeArchive } from "./tradeArchive.ts"
import { timeText } from "./tradeRow.ts"

export interface QuoteAudit {
  readonly instrument: number
  readonly name: string
  readonly side: "Buy" | "Sell"
  readonly ratio: number
  /**
   * The quote's record, -1 where there was none. Prices in decimal USD per share, "" where the side
   * was absent.
   */
  readonly seq: number
  readonly bid: string
  readonly ask: string
  readonly bidSize: number
  readonly askSize: number
  /** How old the quote was at the decision; -1 where there was none. */
  readonly ageMs: number
  /** Last known price of a side that the quote lacked, with its age; absent otherwise. */
  readonly lastKnownBid?: { readonly price: string; readonly ageMs: number }
  readonly lastKnownAsk?: { readonly price: string; readonly ageMs: number }
}

export interface FeaturesAudit {
  readonly seq: number
  readonly ageMs: number
  readonly spot: string
  readonly realizedVolatility: number
  /** The expirations of the trade's legs. */
  readonly term: Of<"FeaturesComputed">["payload"]["term"]
  readonly quotesSeen: number
  readonly staleInstruments: number
}

/** The model answer in force, and the records that it came by. */
export interface ModelAudit {
  readonly modelId: string
  readonly modelHash: string
  /** The inference runtime and its version; "" where the answer is not in the journal. */
  readonly runtime: string
  readonly state: string
  readonly stateProbabilities: Readonly<Record<string, number>>
  readonly forecastVolatility5d: number
  readonly forecastVolatility21d: number
  /** When the features that it answers were computed, and its age at the decision. */
  readonly asOf: string
  readonly ageMs: number
  /** Seqs, -1 where there is none. */
  readonly featuresSeq: number
  readonly requestSeq: number
  readonly answerSeq: number
  readonly regimeSeq: number
}

interface CertificateAudit {
  readonly seq: number
  readonly certificateId: string
  readonly strategyVersion: string
  readonly parametersHash: string
  readonly dataThrough: string
  readonly expires: string
  readonly passed: boolean
  readonly hash: string
}

interface VerdictAudit {
  readonly layer: string
  readonly seq: number
  readonly yes: boolean
  readonly reasons: ReadonlyArray<string>
  /** Cognition: the model's hash; certificate: its id; "" for risk. */
  readonly basis: string
}

export interface DecisionAudit {
  readonly tradeId: string
  readonly kind: string
  readonly phase: 1 | 2
  readonly seq: number
  readonly time: string
  /** The numbers that the author stated. */
  readonly rationale: Readonly<Record<string, number>>
  readonly quotes: ReadonlyArray<QuoteAudit>
  readonly features: FeaturesAudit | undefined
  readonly model: ModelAudit | undefined
  readonly certificate: CertificateAudit | undefined
  readonly verdicts: ReadonlyArray<VerdictAudit>
  readonly outcome: "converged" | "refused" | "none"
  readonly refusal: ReadonlyArray<string>
}

export const auditDecision = (archive: TradeArchive, evidence: DecisionEvidence): DecisionAudit => {
  const { tradeId, phase, seq, timeMs } = evidence
  const trade = archive.summary.trade(tradeId)!
  const verdicts: Array<VerdictAudit> = []
  let outcome: DecisionAudit["outcome"] = "none"
  let refusal: ReadonlyArray<string> = []
  let rationale: Readonly<Record<string, number>> = {}
  for (const at of archive.byTrade.get(tradeId) ?? []) {
    const record = asDeskRecord(archive.records.get(at)!)
    if (record.type === "TradeProposed") rationale = record.payload.rationale
    if (!("phase" in record.payload) || record.payload.phase !== phase) continue
    switch (record.type) {
      case "CognitionVerdict":
      case "RiskVerdict":
      case "CertificateVerdict": {
        const { yes, reasons } = record.payload
        verdicts.push({
          layer: verdictLayer[record.type],
          seq: at,
          yes,
          reasons,
          basis: basisOf(record)
        })
        break
      }
      case "TradeConverged":
        outcome = "converged"
        break
      case "TradeRefused":
        outcome = "refused"
        refusal = record.payload.reasons
        break
    }
  }
  return {
    tradeId,
    kind: trade.kind,
    phase,
    seq,
    time: timeText(timeMs),
    rationale,
    quotes: evidence.quotes.map((quote) => quoteAudit(archive, quote, timeMs)),
    features: featuresAudit(archive, evidence),
    model: modelAudit(archive, evidence),
    certificate: certificateAudit(archive, evidence),
    verdicts,
    outcome,
    refusal
  }
}

const basisOf = (
  record: Of<"CognitionVerdict"> | Of<"RiskVerdict"> | Of<"CertificateVerdict">
): string => {
  switch (record.type) {
    case "CognitionVerdict":
      return record.payload.modelHash
    case "CertificateVerdict":
      return record.payload.certificateId
    default:
      return ""
  }
}

const quoteAudit = (archive: TradeArchive, leg: LegQuote, nowMs: number): QuoteAudit => {
  const { instrument, side, ratio, quote } = leg
  const lacksBid = (quote?.bidMicros ?? 0) === 0 && leg.bid !== undefined
  const lacksAsk = (quote?.askMicros ?? 0) === 0 && leg.ask !== undefined
  return {
    instrument,
    name: archive.summary.listing.nameOf(instrument),
    side,
    ratio,
    seq: quote?.seq ?? -1,
    bid: sideText(quote?.bidMicros),
    ask: sideText(quote?.askMicros),
    bidSize: quote?.bidSize ?? 0,
    askSize: quote?.askSize ?? 0,
    ageMs: quote === undefined ? -1 : nowMs - quote.timeMs,
    ...(lacksBid && { lastKnownBid: knownSide(leg.bid!, nowMs) }),
    ...(lacksAsk && { lastKnownAsk: knownSide(leg.ask!, nowMs) })
  }
}

const sideText = (micros: number | undefined): string =>
  micros === undefined || micros === 0 ? "" : formatUsd(BigInt(micros))

const knownSide = ({ micros, timeMs }: Mark, nowMs: number) => ({
  price: formatUsd(BigInt(micros)),
  ageMs: nowMs - timeMs
})

const featuresAudit = (
  archive: TradeArchive,
  { featuresSeq, timeMs, quotes }: DecisionEvidence
): FeaturesAudit | undefined => {
  const input = archive.records.get(featuresSeq)
  if (input === undefined) return undefined
  const { payload, logicalTimeMs } = input as Of<"FeaturesComputed">
  const { instruments } = archive.summary.listing
  const expirations = new Set(quotes.map(({ instrument }) => instruments[instrument]?.expiration))
  return {
    seq: featuresSeq,
    ageMs: timeMs - logicalTimeMs,
    spot: formatUsd(BigInt(Math.round(payload.spotMicros))),
    realizedVolatility: payload.realizedVolatility,
    term: payload.term.filter(({ expiration }) => expirations.has(expiration)),
    quotesSeen: payload.quotesSeen,
    staleInstruments: payload.staleInstruments
  }
}

const modelAudit = (
  archive: TradeArchive,
  { regimeSeq, timeMs }: DecisionEvidence
): ModelAudit | undefined => {
  const input = archive.records.get(regimeSeq)
  if (input === undefined) return undefined
  const { payload, cause } = input as Of<"RegimeClassified">
  const cameFrom = archive.records.get(cause)
  const answer = cameFrom?.type === "InferenceAnswered" ? cameFrom : undefined
  const requestSeq = archive.answers.get(cause) ?? -1
  return {
    modelId: payload.modelId,
    modelHash: payload.modelHash,
    runtime: answer === undefined ? "" : (answer as Of<"InferenceAnswered">).payload.runtime,
    state: payload.state,
    stateProbabilities: payload.stateProbabilities,
    forecastVolatility5d: payload.forecastVolatility5d,
    forecastVolatility21d: payload.forecastVolatility21d,
    asOf: timeText(payload.asOfMs),
    ageMs: timeMs - payload.asOfMs,
    featuresSeq: archive.records.get(requestSeq)?.cause ?? -1,
    requestSeq,
    answerSeq: answer?.seq ?? -1,
    regimeSeq
  }
}

const certificateAudit = (
  archive: TradeArchive,
  { certificateSeq }: DecisionEvidence
): CertificateAudit | undefined => {
  const input = archive.records.get(certificateSeq)
  if (input === undefined) return undefined
  const { certificate } = (input as Of<"CertificatePresented">).payload
  const { certificateId, strategyVersion, parametersHash, dataThrough, expires, passed, hash } =
    certificate
  return {
    seq: certificateSeq,
    certificateId,
    strategyVersion,
    parametersHash,
    dataThrough,
    expires,
    passed,
    hash
  }
}
