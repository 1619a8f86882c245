/** What holds between the journal and the stand-ins, whose own logs say what really happened. */
import { type BrokerReport, brokerSource } from "../../actors/ports/Broker.ts"
import type {
  ExecutionReport,
  IntentResolved,
  OrderIntent,
  ReplaceIntent,
  TradeFilled
} from "../../actors/ports/records/broker.ts"
import type { JournalRecord, PayloadOf } from "../../domain/journal/record.ts"
import { addTo, type Holdings, sortedHoldings } from "../../domain/trading/holdings.ts"
import type { VaultBalances } from "../../domain/vault/vaultState.ts"
import type { LogEntry } from "../../infra/broker/simulated/exchangeLog.ts"

/** An answer: the promise's name, and why it is broken. */
export type Finding = readonly [invariant: string, why: string]

export interface OutsideView {
  readonly records: ReadonlyArray<JournalRecord>
  /** The exchange's own log. */
  readonly entries: ReadonlyArray<LogEntry>
  /** Orders and changes that reached the venue's line, and when by the sender's clock. */
  readonly arrivals: ReadonlyArray<readonly [id: string, atMs: number]>
  /** Signed quantities by ascending instrument, as the exchange tells them. */
  readonly positions: ReadonlyArray<readonly [number, number]>
  readonly balances: VaultBalances
  /** Whether the session ended, so that everything must have arrived. */
  readonly ended: boolean
  /** Actors that stay down at the end: what they should have done is not done. */
  readonly down: ReadonlySet<string>
}

const sent = "5.2 one order per intent"
const invented = "5.4 nothing is invented"
const standIns = "5.8 stand-ins know what happened"

export const outsideFindings = (view: OutsideView): ReadonlyArray<Finding> => [
  ...ordersOfIntents(view),
  ...changesOfIntents(view),
  ...fillsOfTheVenue(view),
  ...(view.ended ? [...positionsAgree(view), ...balancesAgree(view)] : [])
]

const ordersOfIntents = ({ records, entries, arrivals }: OutsideView): ReadonlyArray<Finding> => {
  const intents = new Map<string, number>()
  for (const { type, payload } of records) {
    if (type === "ReplaceIntent") {
      const { requestId, sendBeforeMs } = payload as PayloadOf<typeof ReplaceIntent>
      intents.set(requestId, sendBeforeMs)
    }
    if (type !== "OrderIntent") continue
    const { clOrdID, sendBeforeMs } = payload as PayloadOf<typeof OrderIntent>
    intents.set(clOrdID, sendBeforeMs)
  }
  const findings: Array<Finding> = []
  const seen = new Set<string>()
  for (const [id, atMs] of arrivals) {
    if (atMs < (intents.get(id) ?? Number.POSITIVE_INFINITY)) continue
    findings.push([sent, `${id} was sent after its time to be sent was over`])
  }
  for (const { order } of entries) {
    if (order === undefined) continue
    if (!intents.has(order.clOrdID)) {
      findings.push(["5.1 durable gate", `the venue has ${order.clOrdID}, the journal does not`])
    }
    if (seen.has(order.clOrdID)) findings.push([sent, `the venue has ${order.clOrdID} twice`])
    seen.add(order.clOrdID)
  }
  return findings
}

/** Every change that the venue made was asked for by a record, made once, and is what was asked for. */
const changesOfIntents = ({ records, entries }: OutsideView): ReadonlyArray<Finding> => {
  const intents = new Map<string, PayloadOf<typeof ReplaceIntent>>()
  for (const { type, payload } of records) {
    if (type !== "ReplaceIntent") continue
    const intent = payload as PayloadOf<typeof ReplaceIntent>
    intents.set(intent.requestId, intent)
  }
  const made = new Set<string>()
  return entries.flatMap(({ replaced, reports }): ReadonlyArray<Finding> => {
    const told = reports.find(({ payload }) => "requestId" in payload)?.payload
    if (replaced === undefined || told === undefined || !("requestId" in told)) return []
    const { requestId = "" } = told
    const intent = intents.get(requestId)
    if (intent === undefined) {
      return [["5.1 durable gate", `the venue made change ${requestId}, the journal has it not`]]
    }
    if (made.has(requestId)) return [[sent, `the venue made change ${requestId} twice`]]
    made.add(requestId)
    const { clOrdID, orderQty, limitNetMicros } = intent
    const asked = text({ clOrdID, orderQty, limitNetMicros })
    const { terms: _terms, ...became } = replaced
    return text(became) === asked
      ? []
      : [[sent, `change ${requestId} asked for ${asked}, the venue made it ${text(became)}`]]
  })
}

/** Every report in the journal is the venue's own, word for word; every execution is booked once the session ended. */
const fillsOfTheVenue = ({
  records,
  entries,
  ended,
  down
}: OutsideView): ReadonlyArray<Finding> => {
  const said = new Map<number, BrokerReport>()
  for (const { reports } of entries)
    for (const report of reports) said.set(report.sourceSeq, report)
  const findings: Array<Finding> = []
  const booked = new Set<string>()
  for (const { type, payload, sourceSeq } of records) {
    if (type === "TradeFilled") booked.add((payload as PayloadOf<typeof TradeFilled>).execID)
    if (type !== "ExecutionReport" && type !== "OptionEvent") continue
    const own = said.get(sourceSeq)
    if (own === undefined) {
      findings.push([standIns, `report ${sourceSeq} is in the journal, the venue never said it`])
    } else if (text(own.payload) !== text(payload)) {
      findings.push([invented, `report ${sourceSeq} is not what the venue said`])
    }
  }
  if (!ended) return findings
  const recorded = new Set(
    records.filter(({ actor }) => actor === brokerSource).map(({ sourceSeq }) => sourceSeq)
  )
  for (const { type, payload, sourceSeq } of said.values()) {
    if (!recorded.has(sourceSeq)) {
      findings.push([invented, `report ${sourceSeq} of the venue is not in the journal`])
    }
    if (type !== "ExecutionReport" || down.has("executor")) continue
    const { execType, execID } = payload as PayloadOf<typeof ExecutionReport>
    if (execType === "Trade" && !booked.has(execID)) {
      findings.push([invented, `execution ${execID} happened and was never booked`])
    }
  }
  return findings
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each))

export const positionsAgree = ({ records, positions }: OutsideView): ReadonlyArray<Finding> => {
  const held: Holdings = new Map()
  for (const { type, payload } of records) {
    if (type === "ExecutionReport") {
      const { execType, legs } = payload as PayloadOf<typeof ExecutionReport>
      if (execType !== "Trade") continue
      for (const { instrument, side, lastQty } of legs) {
        addTo(held, instrument, side === "Buy" ? lastQty : -lastQty)
      }
    }
  }
  if (records.some(({ type }) => type === "OptionEvent")) return []
  const ours = text(sortedHoldings(held))
  const theirs = text(positions)
  return ours === theirs ? [] : [[invented, `we hold ${ours}, the venue says ${theirs}`]]
}

const balanceTypes: ReadonlySet<string> = new Set([
  "Deposited",
  "Reserved",
  "Settled",
  "ReservationCanceled",
  "Closed",
  "Adjusted"
])

/** With one of these down a reservation may stay: an operator frees it. */
const moneyChain = ["vault", "executor", "hedger", "risk-gate", "convergence"]

export const balancesAgree = ({ records, balances, down }: OutsideView): ReadonlyArray<Finding> => {
  const last = records.findLast(({ type }) => balanceTypes.has(type))
  if (last === undefined) return []
  const { freeMicros, reservedMicros, settlingMicros } = last.payload as VaultBalances
  const unknown = records.some(
    ({ type, payload }) =>
      type === "IntentResolved" &&
      (payload as PayloadOf<typeof IntentResolved>).outcome === "Unknown"
  )
  // What the broker has of an order in doubt, nobody knows: its capital stays where it is.
  if (balances.reservedMicros > 0n && !unknown && !moneyChain.some((actor) => down.has(actor))) {
    return [["5.7 conservation", `${balances.reservedMicros} stay reserved when all is over`]]
  }
  const ours = text({ freeMicros, reservedMicros, settlingMicros })
  const theirs = text({
    freeMicros: balances.freeMicros,
    reservedMicros: balances.reservedMicros,
    settlingMicros: balances.settlingMicros
  })
  return ours === theirs
    ? []
    : [["5.7 conservation", `the journal's last balances are ${ours}, the chain's ${theirs}`]]
}
