/**
 * Sends the executor's durable intents to the broker and brings back what the broker says.
 *
 * At most one order per intent: `sendBeforeMs` is checked immediately before sending, the broker knows an order by its
 * `clOrdID`, and an intent whose sending is in doubt is asked about before anything is sent. A question without an
 * answer is `Unknown`, never absence.
 */
import { type Context, Effect } from "effect"
import type { InputDraft, JournalRecord, PayloadOf } from "../../domain/journal/record.ts"
import type { OrderCancelReplaceRequest, OrderRequest } from "../../domain/trading/reports.ts"
import {
  type Broker,
  type BrokerReport,
  brokerSource,
  type VenueUnavailable
} from "../ports/Broker.ts"
import type { RequestGateway, Speaker } from "../ports/Gateway.ts"
import {
  CancelIntent,
  ExecutionReport,
  IntentResolved,
  OrderCancelReject,
  OrderIntent,
  ReplaceIntent,
  ReplaceResolved
} from "../ports/records/broker.ts"

export interface BrokerGatewayOptions {
  readonly broker: Context.Service.Shape<typeof Broker>
  /** Simulated time from intent to answer in a session, ms. */
  readonly latencyMs: number
}

export interface BrokerGateway {
  readonly gateway: RequestGateway
  readonly speaker: Speaker
}

const answersToChanges: ReadonlySet<string> = new Set([
  ExecutionReport.type,
  OrderCancelReject.type,
  ReplaceResolved.type
])

type Intent = PayloadOf<typeof OrderIntent>
type Change = PayloadOf<typeof ReplaceIntent>
type Cancel = PayloadOf<typeof CancelIntent>
type Outcome = PayloadOf<typeof IntentResolved>["outcome"]
type Answers = Effect.Effect<ReadonlyArray<InputDraft>>
type Attempt = Effect.Effect<ReadonlyArray<InputDraft>, VenueUnavailable>

export const makeBrokerGateway = ({ broker, latencyMs }: BrokerGatewayOptions): BrokerGateway => {
  const speaker = rememberingSpeaker(broker.speaker)

  const send = (intent: Intent, nowMs: number): Attempt =>
    nowMs >= intent.sendBeforeMs
      ? Effect.succeed([resolved(intent, "Lapsed")])
      : broker.submit(orderRequest(intent), nowMs, intent.sendBeforeMs).pipe(
          Effect.map(speaker.handed),
          Effect.catchTag("SendLapsed", () => Effect.succeed([resolved(intent, "Lapsed")]))
        )

  /** Reports that are due leave first: the broker's numbers must reach the book in order. */
  const heard = (nowMs: number): ReadonlyArray<InputDraft> => {
    const inputs: Array<InputDraft> = []
    while (speaker.nextDueMs() <= nowMs) inputs.push(speaker.next())
    return inputs
  }

  const perform = (intent: Intent, nowMs: number): Answers =>
    send(intent, nowMs).pipe(
      // It may have arrived all the same: only the broker can tell, and nothing is sent twice here.
      Effect.catch(() => resolve(intent, nowMs, Effect.succeed([resolved(intent, "Absent")])))
    )

  const resolve = (intent: Intent, nowMs: number, whenAbsent: Attempt): Answers =>
    Effect.gen(function* () {
      // An answer that was lost on its way counts as said at the broker: it is to be said again.
      speaker.again()
      const fate = yield* broker.query(intent.clOrdID, nowMs)
      if (fate._tag === "Present") return [resolved(intent, "Present"), ...heard(nowMs)]
      if (fate._tag === "Absent") return yield* whenAbsent
      return [resolved(intent, "Unknown")]
    }).pipe(
      Effect.catch(() => {
        // It was sent and not answered: what the broker said of it is to be said again, too.
        speaker.again()
        return Effect.succeed([resolved(intent, "Unknown")])
      })
    )

  const sendChange = (intent: Change, nowMs: number): Attempt =>
    nowMs >= intent.sendBeforeMs
      ? Effect.succeed([changeResolved(intent, "Lapsed")])
      : broker.replace(changeRequest(intent), nowMs, intent.sendBeforeMs).pipe(
          Effect.map(speaker.handed),
          Effect.catchTag("SendLapsed", () => Effect.succeed([changeResolved(intent, "Lapsed")]))
        )

  const change = (intent: Change, nowMs: number): Answers =>
    sendChange(intent, nowMs).pipe(
      Effect.catch(() =>
        resolveChange(intent, nowMs, Effect.succeed([changeResolved(intent, "Absent")]))
      )
    )

  /** The broker's reports of the order tell whether it ever had the request. */
  const resolveChange = (intent: Change, nowMs: number, whenAbsent: Attempt): Answers =>
    Effect.gen(function* () {
      speaker.again()
      const fate = yield* broker.query(intent.clOrdID, nowMs)
      if (fate._tag === "Unknown") return [changeResolved(intent, "Unknown")]
      const isAnswer = ({ payload }: BrokerReport) =>
        "requestId" in payload && payload.requestId === intent.requestId
      return fate._tag === "Present" && fate.reports.some(isAnswer)
        ? [changeResolved(intent, "Present"), ...heard(nowMs)]
        : yield* whenAbsent
    }).pipe(Effect.catch(() => Effect.succeed([changeResolved(intent, "Unknown")])))

  const cancel = (request: JournalRecord, nowMs: number): Answers => {
    const { clOrdID } = request.payload as Cancel
    return broker.cancel(clOrdID, nowMs).pipe(
      Effect.map(speaker.handed),
      Effect.catch(({ message }) => {
        speaker.again()
        const reason = `${venueUnavailable}: ${message}`
        const reject = OrderCancelReject.make(
          { clOrdID, reason, transactTimeMs: nowMs },
          request.correlation
        )
        return Effect.succeed([{ ...reject, ...unnumbered }])
      })
    )
  }

  const gateway: RequestGateway = {
    id: brokerSource,
    requests: [OrderIntent.type, ReplaceIntent.type, CancelIntent.type],
    latencyMs,
    requestKey: (request) => {
      if (request.type === CancelIntent.type) return cancelKey((request.payload as Cancel).clOrdID)
      return request.type === ReplaceIntent.type
        ? changeKey((request.payload as Change).requestId)
        : orderKey((request.payload as Intent).clOrdID)
    },
    answeredKey,
    perform: (request, nowMs) => {
      if (request.type === CancelIntent.type) return cancel(request, nowMs)
      return request.type === ReplaceIntent.type
        ? change(request.payload as Change, nowMs)
        : perform(request.payload as Intent, nowMs)
    },
    recover: (request, nowMs) => {
      // A cancel may be asked for twice: the broker answers as it did.
      if (request.type === CancelIntent.type) return cancel(request, nowMs)
      if (request.type === ReplaceIntent.type) {
        const intent = request.payload as Change
        return resolveChange(intent, nowMs, sendChange(intent, nowMs))
      }
      const intent = request.payload as Intent
      return resolve(intent, nowMs, send(intent, nowMs))
    }
  }
  return { gateway, speaker }
}

interface RememberingSpeaker extends Speaker {
  /** These were handed on by another way. */
  readonly handed: (reports: ReadonlyArray<InputDraft>) => ReadonlyArray<InputDraft>
  /** Says everything again after what was handed on. */
  readonly again: () => void
}

const rememberingSpeaker = (sound: Speaker): RememberingSpeaker => {
  let last = 0
  const handed = (reports: ReadonlyArray<InputDraft>) => {
    for (const { sourceSeq } of reports) last = Math.max(last, sourceSeq)
    return reports
  }
  return {
    source: sound.source,
    nextDueMs: () => sound.nextDueMs(),
    next: () => {
      const report = sound.next()
      handed([report])
      return report
    },
    resumeAfter: (sourceSeq) => {
      last = sourceSeq
      sound.resumeAfter(sourceSeq)
    },
    handed,
    again: () => sound.resumeAfter(last)
  }
}

/** First words of an `OrderCancelReject` by the gateway itself: the broker was not reached, the order may still work. */
const venueUnavailable = "venue unavailable"

const unnumbered = { source: brokerSource, sourceSeq: 0 } as const

const resolved = ({ clOrdID, tradeId }: Intent, outcome: Outcome): InputDraft => ({
  ...IntentResolved.make({ clOrdID, outcome }, tradeId),
  ...unnumbered
})

const changeResolved = ({ clOrdID, requestId, tradeId }: Change, outcome: Outcome): InputDraft => ({
  ...ReplaceResolved.make({ clOrdID, requestId, outcome }, tradeId),
  ...unnumbered
})

const changeRequest = (intent: Change): OrderCancelReplaceRequest => {
  const { clOrdID, requestId, orderQty, limitNetMicros } = intent
  return { clOrdID, requestId, orderQty, limitNetMicros }
}

const orderRequest = (intent: Intent): OrderRequest => {
  const { clOrdID, tradeId, legs, orderQty, limitNetMicros, timeInForce } = intent
  return { clOrdID, tradeId, legs, orderQty, limitNetMicros, timeInForce }
}

const orderKey = (clOrdID: string): string => `order ${clOrdID}`
const cancelKey = (clOrdID: string): string => `cancel ${clOrdID}`
const changeKey = (requestId: string): string => `change ${requestId}`

/**
 * What names a change answers that; a Canceled report or a reject answers the cancel; every other word about an order
 * answers its intent.
 */
const answeredKey = (type: string, payload: unknown): string | undefined => {
  const { clOrdID, execType, requestId } = payload as {
    readonly clOrdID: string
    readonly execType?: string
    readonly requestId?: string
  }
  if (requestId !== undefined && answersToChanges.has(type)) return changeKey(requestId)
  if (type === OrderCancelReject.type) return cancelKey(clOrdID)
  if (type === IntentResolved.type) return orderKey(clOrdID)
  if (type !== ExecutionReport.type) return undefined
  return execType === "Canceled" ? cancelKey(clOrdID) : orderKey(clOrdID)
}
