/**
 * What a run counts for people's own tools: records, verdicts, orders, executions, supervision, the vault.
 *
 * A number that a trade moved carries that trade's trace.
 */

import { Quote } from "../actors/ports/records/market.ts"
import type { Metric, MetricPoint } from "../actors/ports/Telemetry.ts"
import type { JournalRecord } from "../domain/journal/record.ts"
import { verdictLayer } from "./describe.ts"
import { asDeskRecord, type DeskRecord, reasonWord } from "./deskRecord.ts"
import { VaultFold } from "./vaultFold.ts"

type TraceOf = (tradeId: string) => string

/** A family of points, by their labels. */
class Family {
  readonly #points = new Map<string, MetricPoint>()

  add(labels: Readonly<Record<string, string>>, value: number, traceId = ""): void {
    const key = Object.values(labels).join("\0")
    const before = this.#points.get(key)?.value ?? 0
    this.#points.set(key, { labels, value: before + value, traceId })
  }

  get points(): ReadonlyArray<MetricPoint> {
    return [...this.#points.values()]
  }
}

export class MetricsFold {
  readonly #traceOf: TraceOf
  readonly #records = new Family()
  readonly #proposals = new Family()
  readonly #verdicts = new Family()
  readonly #refusals = new Family()
  readonly #orders = new Family()
  readonly #executions = new Family()
  readonly #ordersClosed = new Family()
  readonly #completed = new Family()
  readonly #realized = new Family()
  readonly #commissions = new Family()
  readonly #supervision = new Family()
  readonly #vault = new VaultFold()
  #venue: Metric["points"] = []
  #quotes = 0
  #lastSeq = -1
  #lastMs = 0

  /** `traceOf`: the trace of a trade, "" where it has none. */
  constructor(traceOf: TraceOf) {
    this.#traceOf = traceOf
  }

  apply(input: JournalRecord): void {
    this.#lastSeq = input.seq
    this.#lastMs = input.logicalTimeMs
    if (input.type === Quote.type) {
      this.#quotes++
      return
    }
    this.#records.add({ type: input.type }, 1)
    this.#vault.apply(input)
    const record = asDeskRecord(input)
    if (record.type === "VenueStatus") {
      const { connection, marketData } = record.payload
      this.#venue = [
        ...labeled("connection", connection === "Up"),
        ...labeled("market-data", marketData === "Alive")
      ]
    }
    this.#aboutTrade(record)
    this.#aboutSupervision(record)
  }

  /** A fixed list, whatever was seen. */
  read(): ReadonlyArray<Metric> {
    const counter = (name: string, unit: string, help: string, points: Metric["points"]) =>
      ({ name: `optionsib.${name}`, help, unit, type: "Counter", points }) as const
    const gauge = (name: string, unit: string, help: string, points: Metric["points"]) =>
      ({ name: `optionsib.${name}`, help, unit, type: "Gauge", points }) as const
    const quotes = { labels: { type: Quote.type }, value: this.#quotes, traceId: "" }
    return [
      counter("records", "{record}", "Records of the journal", [quotes, ...this.#records.points]),
      counter("proposals", "{proposal}", "Trades proposed", this.#proposals.points),
      counter("verdicts", "{verdict}", "Verdicts on proposals", this.#verdicts.points),
      counter("refusals", "{refusal}", "Proposals refused, by reason", this.#refusals.points),
      counter("orders", "{order}", "Orders sent", this.#orders.points),
      counter("executions", "{execution}", "Executions booked", this.#executions.points),
      counter("orders.closed", "{order}", "Orders that ended", this.#ordersClosed.points),
      counter("trades.completed", "{trade}", "Trades with capital back", this.#completed.points),
      counter("commissions", "USD", "Commissions paid", this.#commissions.points),
      counter("supervision", "{event}", "What supervision did", this.#supervision.points),
      gauge("realized", "USD", "Profit of completed trades", this.#realized.points),
      gauge("vault", "USD", "The vault account", this.#vaultPoints()),
      gauge(
        "venue.there",
        "1",
        "Whether the broker's connection and prices are there",
        this.#venue
      ),
      gauge("journal.seq", "1", "The last record's number", plain(this.#lastSeq)),
      gauge("session.time", "ms", "The journal's clock, epoch", plain(this.#lastMs))
    ]
  }

  #vaultPoints(): ReadonlyArray<MetricPoint> {
    const { freeMicros, reservedMicros, settlingMicros } = this.#vault
    const amounts = { free: freeMicros, reserved: reservedMicros, settling: settlingMicros }
    return Object.entries(amounts).map(([account, micros]) => ({
      labels: { account },
      value: usdOf(micros),
      traceId: ""
    }))
  }

  #aboutTrade(record: DeskRecord): void {
    switch (record.type) {
      case "TradeProposed": {
        const { kind, strategyId: strategy, tradeId } = record.payload
        this.#proposals.add({ kind, strategy }, 1, this.#traceOf(tradeId))
        break
      }
      case "CognitionVerdict":
      case "RiskVerdict":
      case "CertificateVerdict": {
        const { yes, tradeId } = record.payload
        const labels = { layer: verdictLayer[record.type], verdict: yes ? "yes" : "no" }
        this.#verdicts.add(labels, 1, this.#traceOf(tradeId))
        break
      }
      case "TradeRefused": {
        const { reasons, tradeId } = record.payload
        for (const reason of reasons) {
          this.#refusals.add({ reason: reasonWord(reason) }, 1, this.#traceOf(tradeId))
        }
        break
      }
      case "OrderIntent":
        this.#orders.add({ kind: record.payload.kind }, 1, this.#traceOf(record.payload.tradeId))
        break
      case "TradeFilled": {
        const { kind, tradeId, commissionMicros } = record.payload
        const traceId = this.#traceOf(tradeId)
        this.#executions.add({ kind }, 1, traceId)
        this.#commissions.add({}, usdOf(commissionMicros), traceId)
        break
      }
      case "TradeCorrected": {
        const { tradeId, commissionMicros } = record.payload
        // A counter never falls: what is paid back stays in it.
        if (commissionMicros > 0n) {
          this.#commissions.add({}, usdOf(commissionMicros), this.#traceOf(tradeId))
        }
        break
      }
      case "OrderClosed": {
        const { ordStatus: status, tradeId } = record.payload
        this.#ordersClosed.add({ status }, 1, this.#traceOf(tradeId))
        break
      }
      case "TradeCompleted": {
        const { kind, tradeId, realizedMicros } = record.payload
        const traceId = this.#traceOf(tradeId)
        this.#completed.add({ kind }, 1, traceId)
        this.#realized.add({}, usdOf(realizedMicros), traceId)
        break
      }
    }
  }

  #aboutSupervision(record: DeskRecord): void {
    switch (record.type) {
      case "EpochOpened":
        this.#supervision.add({ event: "opened", actor: "" }, 1)
        break
      case "ActorRestarted":
        this.#supervision.add({ event: "restarted", actor: record.payload.failed }, 1)
        break
      case "ActorDown":
        for (const { failed } of record.payload.failures) {
          this.#supervision.add({ event: "down", actor: failed }, 1)
        }
        break
      case "MessageQuarantined":
        this.#supervision.add({ event: "quarantined", actor: record.payload.actor }, 1)
        break
    }
  }
}

const plain = (value: number): ReadonlyArray<MetricPoint> => [{ labels: {}, value, traceId: "" }]

const labeled = (what: string, isThere: boolean): ReadonlyArray<MetricPoint> => [
  { labels: { what }, value: isThere ? 1 : 0, traceId: "" }
]

/** For display only: a float. */
const usdOf = (micros: bigint): number => Number(micros) / 1e6
