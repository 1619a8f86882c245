/** Reads a journal for the resilience report: who went down and came back, what was refused, what was traded. */
import type { OrderDenied, TradeCorrected, TradeFilled } from "../actors/ports/records/broker.ts"
import type { ActorDown, ActorRestarted, ActorUp } from "../actors/ports/records/kernel.ts"
import type { TradeRefused } from "../actors/ports/records/trade.ts"
import type { JournalRecord, PayloadOf } from "../domain/journal/record.ts"
import type { RecoveryRow, TimelineEntry } from "./resilience.ts"

/** Session time, epoch ms, in which something was wrong. */
export interface Trouble {
  readonly fromMs: number
  readonly toMs: number
}

interface Away {
  times: number
  totalMs: number
  worstMs: number
}

export class ResilienceFold {
  readonly #originMs: number
  readonly #faults: ReadonlyArray<Trouble>
  readonly #away = new Map<string, Away>()
  readonly #downSinceMs = new Map<string, number>()
  readonly refused = new Map<string, number>()
  readonly refusedMeanwhile = new Map<string, number>()
  readonly timeline: Array<TimelineEntry> = []
  orders = 0
  fills = 0
  restarts = 0
  lastMs: number

  constructor(originMs: number, faults: ReadonlyArray<Trouble>) {
    this.#originMs = originMs
    this.#faults = faults
    this.lastMs = originMs
  }

  apply(record: JournalRecord): void {
    const { type, payload, logicalTimeMs: atMs } = record
    this.lastMs = Math.max(this.lastMs, atMs)
    switch (type) {
      case "ActorRestarted": {
        const { group, failed, reason } = payload as PayloadOf<typeof ActorRestarted>
        this.restarts++
        for (const actor of group) this.#came(actor, 0)
        this.#tell(atMs, "actor", 0, `${failed} crashed and was rebuilt at once: ${reason}`)
        return
      }
      case "ActorDown":
        for (const { failed, group, reason } of (payload as PayloadOf<typeof ActorDown>).failures) {
          this.restarts++
          for (const { actor } of group) this.#downSinceMs.set(actor, atMs)
          const who = group.map(({ actor }) => actor).join(", ")
          this.#tell(atMs, "actor", 0, `${failed} crashed (${reason}): ${who} down`)
        }
        return
      case "ActorUp":
        for (const actor of (payload as PayloadOf<typeof ActorUp>).group) {
          const awayMs = atMs - (this.#downSinceMs.get(actor) ?? atMs)
          this.#downSinceMs.delete(actor)
          this.#came(actor, awayMs)
          this.#tell(atMs - awayMs, "actor", awayMs, `${actor} was down`)
        }
        return
      case "EpochOpened":
        if (record.epoch > 1) this.#tell(atMs, "process", 0, `epoch ${record.epoch} opened`)
        return
      case "TradeRefused": {
        const { tradeId, reasons } = payload as PayloadOf<typeof TradeRefused>
        this.#refuse(atMs, tradeId, reasons)
        return
      }
      case "OrderDenied": {
        const { tradeId, reason } = payload as PayloadOf<typeof OrderDenied>
        this.#refuse(atMs, tradeId, [reason])
        return
      }
      case "OrderIntent":
        this.orders++
        return
      case "TradeFilled": {
        const { tradeId, lastQty } = payload as PayloadOf<typeof TradeFilled>
        this.fills++
        this.#tell(atMs, "trade", 0, `${tradeId} filled ${lastQty}`)
        return
      }
      case "TradeCorrected": {
        const { tradeId, execRefID } = payload as PayloadOf<typeof TradeCorrected>
        this.#tell(atMs, "trade", 0, `${tradeId}: execution ${execRefID} corrected`)
      }
    }
  }

  /** Those that stay down are away to the end. */
  actors(): ReadonlyArray<RecoveryRow> {
    for (const [actor, sinceMs] of this.#downSinceMs) this.#came(actor, this.lastMs - sinceMs)
    this.#downSinceMs.clear()
    return [...this.#away]
      .map(([who, { times, totalMs, worstMs }]) => ({
        ...{ who, times, worstMs },
        meanMs: totalMs / times
      }))
      .sort((a, b) => (a.who < b.who ? -1 : 1))
  }

  #came(actor: string, awayMs: number): void {
    const away = this.#away.get(actor) ?? { times: 0, totalMs: 0, worstMs: 0 }
    this.#away.set(actor, {
      times: away.times + 1,
      totalMs: away.totalMs + awayMs,
      worstMs: Math.max(away.worstMs, awayMs)
    })
  }

  #refuse(atMs: number, tradeId: string, reasons: ReadonlyArray<string>): void {
    const isTrouble =
      this.#downSinceMs.size > 0 ||
      this.#faults.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs)
    for (const reason of reasons) {
      const kind = reason.split(":")[0]!
      this.refused.set(kind, (this.refused.get(kind) ?? 0) + 1)
      if (!isTrouble) continue
      this.refusedMeanwhile.set(kind, (this.refusedMeanwhile.get(kind) ?? 0) + 1)
      this.#tell(atMs, "refusal", 0, `${tradeId} refused: ${reason}`)
    }
  }

  #tell(atMs: number, lane: TimelineEntry["lane"], forMs: number, text: string): void {
    this.timeline.push({ sinceOpenMs: atMs - this.#originMs, lane, forMs, text })
  }
}
