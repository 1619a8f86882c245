/**
 * What a trade's trace must be, worked out from the journal's records by plain look-ups: no line of it is shared with
 * what makes traces.
 */
import type { JournalRecord } from "../../../src/domain/journal/record.ts"

export interface ExpectedSpan {
  readonly name: string
  /** The `optionsib.seq` of the span. */
  readonly seq: number
  /** Epoch ms. */
  readonly startMs: number
  readonly endMs: number
  readonly parent: string
}

type Payload = Readonly<Record<string, unknown>>
const payloadOf = (record: JournalRecord): Payload => record.payload as Payload

/** Record types whose span is as long as their answer takes, and the type that answers. */
const asked = {
  ReserveRequested: ["reserve", "Reserved"],
  SettleRequested: ["settle", "Settled"],
  CloseRequested: ["close", "Closed"],
  CancelReservationRequested: ["free", "ReservationCanceled"]
} as const

const verdicts: Readonly<Record<string, string>> = {
  CognitionVerdict: "verdict cognition",
  RiskVerdict: "verdict risk",
  CertificateVerdict: "verdict certificate"
}

/** Of a completed trade and its closings. */
export const expectedSpans = (
  records: ReadonlyArray<JournalRecord>,
  tradeId: string
): ReadonlyArray<ExpectedSpan> => {
  const at = (seq: number): JournalRecord => records[seq]!
  const ofTrade = (id: string) => records.filter((each) => payloadOf(each).tradeId === id)
  const proposals = records.filter(
    (each) =>
      each.type === "TradeProposed" &&
      (payloadOf(each).tradeId === tradeId || payloadOf(each).closes === tradeId)
  )
  const completed = ofTrade(tradeId).find(({ type }) => type === "TradeCompleted")!
  return proposals.flatMap((proposal) => {
    const { kind, basis } = payloadOf(proposal) as { kind: string; basis: ReadonlyArray<number> }
    const own = ofTrade(payloadOf(proposal).tradeId as string)
    const find = (type: string, phase?: number) =>
      own.find((each) => each.type === type && (phase ?? 0) === (payloadOf(each).phase ?? 0))
    const before = (type: string) =>
      records.findLast((each) => each.type === type && each.seq < proposal.seq)!
    const root = at(basis.at(-1)!)
    const part = `trade ${kind.toLowerCase()}`
    const closed = find("OrderClosed")
    const end = kind === "Close" ? (closed ?? find("TradeRefused", 1)!) : completed
    const spans: Array<ExpectedSpan> = []
    const add = (
      name: string,
      seq: number,
      [from, to]: readonly [JournalRecord, JournalRecord],
      parent = part
    ) => spans.push({ name, seq, startMs: from.logicalTimeMs, endMs: to.logicalTimeMs, parent })
    add(part, root.seq, [root, end], kind === "Close" ? "trade open" : "")
    add("feed", root.seq, [root, before("IntervalElapsed")])
    add("features", before("FeaturesComputed").seq, [
      before("FeaturesComputed"),
      before("FeaturesComputed")
    ])
    if (kind === "Open") {
      const answer = at(before("RegimeClassified").cause)
      const request = records.find(
        (each) =>
          each.type === "InferenceRequested" &&
          payloadOf(each).requestId === payloadOf(answer).requestId
      )!
      add("inference", request.seq, [request, answer])
    }
    add("propose", proposal.seq, [proposal, proposal])
    for (const phase of [1, 2]) {
      const asks = phase === 1 ? proposal : find("Reserved")
      const answers = find("TradeConverged", phase) ?? find("TradeRefused", phase)
      if (asks === undefined || answers === undefined) continue
      add("converge", asks.seq, [asks, answers])
      for (const [type, name] of Object.entries(verdicts)) {
        const verdict = find(type, phase)!
        add(name, verdict.seq, [asks, verdict], "converge")
      }
    }
    const intent = find("OrderIntent")
    if (intent !== undefined) {
      add("order", intent.seq, [intent, closed!])
      for (const fill of own.filter(({ type }) => type === "TradeFilled")) {
        add("execution", fill.seq, [intent, fill], "order")
      }
    }
    for (const [type, [name, answerType]] of Object.entries(asked)) {
      for (const request of own.filter((each) => each.type === type)) {
        const answer = own.find(
          (each) =>
            each.type === answerType &&
            each.seq > request.seq &&
            (payloadOf(each).n ?? 0) === (payloadOf(request).n ?? 0)
        )!
        add(name, request.seq, [request, answer])
      }
    }
    if (kind !== "Close") add("complete", completed.seq, [completed, completed])
    return spans
  })
}
