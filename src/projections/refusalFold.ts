/**
 * Who said no, and why: refusals by layer and by the word that starts the reason.
 *
 * Layers: the three verdicts; `convergence` where it refused for reasons of its own (missing or
 * late verdicts); the chain; who denied an order before it left (executor, vault); the venue. A
 * trade asked twice can count twice.
 */
import type { JournalRecord } from "../domain/journal/record.ts"
import { asDeskRecord, reasonWord } from "./deskRecord.ts"
import { countOne, sumOf, type Tally } from "./tally.ts"

export class RefusalFold {
  readonly byLayer = new Map<string, Tally>()
  /** Orders that ended without a fill, by how and why. */
  readonly unfilled: Tally = new Map()
  /** Times that a strategy looked and proposed nothing, by reason. */
  readonly idle: Tally = new Map()
  /** Trades refused by convergence, whatever the layer. */
  tradesRefused = 0

  apply(input: JournalRecord): void {
    const record = asDeskRecord(input)
    switch (record.type) {
      case "CognitionVerdict":
        if (!record.payload.yes) this.#count("cognition", record.payload.reasons)
        break
      case "RiskVerdict":
        if (!record.payload.yes) this.#count("risk", record.payload.reasons)
        break
      case "CertificateVerdict":
        if (!record.payload.yes) this.#count("certificate", record.payload.reasons)
        break
      case "TradeRefused": {
        this.tradesRefused++
        const own = record.payload.reasons.filter((reason) => !verdicts.has(reasonWord(reason)))
        this.#count("convergence", own)
        break
      }
      case "ChainRejected":
        this.#count("chain", [record.payload.code])
        break
      case "OrderDenied":
        this.#count(record.actor, [record.payload.reason])
        break
      case "ExecutionReport":
        if (record.payload.execType === "Rejected") this.#count("venue", [record.payload.text])
        break
      case "OrderClosed": {
        const { cumQty, ordStatus, reason } = record.payload
        if (cumQty > 0) break
        countOne(this.unfilled, reason === "" ? ordStatus : `${ordStatus}: ${reasonWord(reason)}`)
        break
      }
      case "StrategyIdle":
        countOne(this.idle, record.payload.reason)
        break
    }
  }

  get total(): number {
    let sum = 0
    for (const words of this.byLayer.values()) sum += sumOf(words)
    return sum
  }

  #count(layer: string, reasons: ReadonlyArray<string>): void {
    if (reasons.length === 0) return
    const words = this.byLayer.get(layer) ?? new Map<string, number>()
    this.byLayer.set(layer, words)
    for (const reason of reasons) countOne(words, reasonWord(reason) || "unexplained")
  }
}

/**
 * Convergence repeats the reasons of verdicts behind these words; they are counted where they were
 * given.
 */
const verdicts: ReadonlySet<string> = new Set(["cognition", "risk", "certificate"])
