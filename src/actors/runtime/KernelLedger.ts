/**
 * What the kernel itself must know across a crash, folded from the records: timers, outstanding gateway requests,
 * source positions, who is down since where, quarantined messages, crash counts.
 *
 * Invariant: it is a function of the records alone, so a snapshot plus the rest of the journal rebuilds it.
 */
import type { JournalRecord } from "../../domain/journal/record.ts"
import { isInput } from "../../domain/journal/record.ts"
import type { RequestGateway } from "../ports/Gateway.ts"

/** `dueMs` of a group that stays down. */
export const staysDown = Number.POSITIVE_INFINITY

export interface DownEntry {
  /** First seq that the actor has not handled. */
  readonly cursor: number
  /** Epoch ms; `staysDown` for ever. */
  readonly dueMs: number
}

export interface Outstanding {
  readonly key: string
  readonly request: JournalRecord
  readonly gateway: string
  readonly dueMs: number
}

export interface Timer {
  readonly owner: string
  readonly timer: string
  readonly dueMs: number
}

export interface LedgerSnapshot {
  readonly nextSeq: number
  readonly epoch: number
  readonly timeMs: number
  readonly timers: ReadonlyArray<Timer>
  /** The seqs of the requests; the records are in the journal. */
  readonly outstanding: ReadonlyArray<number>
  readonly sources: ReadonlyArray<readonly [string, number]>
  readonly down: ReadonlyArray<readonly [string, number, number]>
  readonly quarantined: ReadonlyArray<readonly [string, number]>
  readonly crashes: ReadonlyArray<readonly [string, number, number]>
  readonly restarts: number
}

const quarantineKey = (actor: string, seq: number): string => `${seq} ${actor}`

export class KernelLedger {
  nextSeq = 0
  epoch = 0
  /** The journal's clock: time of the last input. */
  timeMs = 0
  restarts = 0
  readonly down = new Map<string, DownEntry>()
  readonly #timers = new Map<string, Timer>()
  readonly #outstanding = new Map<string, Outstanding>()
  readonly #sources = new Map<string, number>()
  readonly #quarantined = new Map<string, readonly [string, number]>()
  /** Per actor: the record it last crashed on, and how often in a row. */
  readonly #crashes = new Map<string, { at: number; count: number }>()
  readonly #byRequest: ReadonlyMap<string, RequestGateway>
  readonly #gateways: ReadonlyArray<RequestGateway>
  readonly #onCrash: (actor: string, nowMs: number) => void
  #nextTimer: Timer | undefined

  /** `onCrash` is told of each recorded crash, to rebuild the supervision windows. */
  constructor(
    gateways: ReadonlyArray<RequestGateway>,
    onCrash: (actor: string, nowMs: number) => void
  ) {
    this.#gateways = gateways
    this.#byRequest = new Map(
      gateways.flatMap((gateway) => gateway.requests.map((type) => [type, gateway] as const))
    )
    this.#onCrash = onCrash
  }

  /** Takes in one record, in seq order. `replayed`: windows must be rebuilt, since no live policy saw the crash. */
  apply(record: JournalRecord, replayed: boolean): void {
    this.nextSeq = record.seq + 1
    if (isInput(record)) this.#applyInput(record, replayed)
    else this.#applyEvent(record)
  }

  #applyInput(record: JournalRecord, replayed: boolean): void {
    this.epoch = record.epoch
    this.timeMs = record.logicalTimeMs
    if (record.sourceSeq > 0) this.#sources.set(record.actor, record.sourceSeq)
    switch (record.type) {
      case "Quote":
        return
      case "TimerFired": {
        const { owner, timer } = record.payload as Timer
        this.#cancel(owner, timer)
        return
      }
      case "ActorRestarted": {
        const { failed, at } = record.payload as { failed: string; at: number }
        this.#crashed(failed, at, record.logicalTimeMs, replayed)
        return
      }
      case "ActorDown":
        this.#applyDown(record, replayed)
        return
      case "ActorUp":
        for (const actor of (record.payload as { group: ReadonlyArray<string> }).group) {
          this.down.delete(actor)
        }
        return
      case "MessageQuarantined": {
        const { actor, seq } = record.payload as { actor: string; seq: number }
        this.#quarantined.set(quarantineKey(actor, seq), [actor, seq])
        this.#crashes.delete(actor)
        return
      }
      default:
        for (const gateway of this.#gateways) {
          const key = gateway.answeredKey(record.type, record.payload)
          if (key !== undefined) this.#outstanding.delete(`${gateway.id} ${key}`)
        }
    }
  }

  #applyDown(record: JournalRecord, replayed: boolean): void {
    const { failures } = record.payload as {
      failures: ReadonlyArray<{
        failed: string
        at: number
        upDueMs: number
        group: ReadonlyArray<{ actor: string; cursor: number }>
      }>
    }
    for (const failure of failures) {
      this.#crashed(failure.failed, failure.at, record.logicalTimeMs, replayed)
      this.markDown(failure.group, failure.upDueMs < 0 ? staysDown : failure.upDueMs)
    }
  }

  #crashed(actor: string, at: number, nowMs: number, replayed: boolean): void {
    if (!replayed) return
    this.countCrash(actor, at)
    this.#onCrash(actor, nowMs)
  }

  /** One more crash of this actor on this record; returns how many in a row. */
  countCrash(actor: string, at: number): number {
    this.restarts++
    const last = this.#crashes.get(actor)
    const count = last?.at === at ? last.count + 1 : 1
    this.#crashes.set(actor, { at, count })
    return count
  }

  /** The group is down. One due time per group: a later crash extends it; an actor that was down keeps its cursor. */
  markDown(
    group: ReadonlyArray<{ readonly actor: string; readonly cursor: number }>,
    dueMs: number
  ): void {
    const due = group.reduce((max, { actor }) => {
      return Math.max(max, this.down.get(actor)?.dueMs ?? max)
    }, dueMs)
    for (const { actor, cursor } of group) {
      this.down.set(actor, { cursor: this.down.get(actor)?.cursor ?? cursor, dueMs: due })
    }
  }

  #applyEvent(record: JournalRecord): void {
    if (record.type === "TimerSet") {
      const timer = record.payload as Timer
      this.#timers.set(`${timer.owner} ${timer.timer}`, timer)
      this.#findNextTimer()
    } else if (record.type === "TimerCanceled") {
      const { owner, timer } = record.payload as Timer
      this.#cancel(owner, timer)
    } else {
      const gateway = this.#byRequest.get(record.type)
      if (gateway === undefined) return
      const key = `${gateway.id} ${gateway.requestKey(record)}`
      const dueMs = record.logicalTimeMs + gateway.latencyMs
      this.#outstanding.set(key, { key, request: record, gateway: gateway.id, dueMs })
    }
  }

  #cancel(owner: string, timer: string): void {
    this.#timers.delete(`${owner} ${timer}`)
    this.#findNextTimer()
  }

  #findNextTimer(): void {
    let next: Timer | undefined
    for (const timer of this.#timers.values()) {
      if (next === undefined || timer.dueMs < next.dueMs) next = timer
    }
    this.#nextTimer = next
  }

  /** The timer due first; of two due together, the one set first. */
  nextTimer(): Timer | undefined {
    return this.#nextTimer
  }

  /** Requests without an answer, in the order in which they were made. */
  outstanding(): IterableIterator<Outstanding> {
    return this.#outstanding.values()
  }

  isOutstanding(key: string): boolean {
    return this.#outstanding.has(key)
  }

  /** The last number seen from a source, 0 for none. */
  sourceCursor(source: string): number {
    return this.#sources.get(source) ?? 0
  }

  isQuarantined(actor: string, seq: number): boolean {
    return this.#quarantined.size > 0 && this.#quarantined.has(quarantineKey(actor, seq))
  }

  /** Back to just after `quote`, where only quotes of its source came since. */
  rewind(quote: JournalRecord): void {
    this.nextSeq = quote.seq + 1
    this.timeMs = quote.logicalTimeMs
    this.#sources.set(quote.actor, quote.sourceSeq)
  }

  snapshot(): LedgerSnapshot {
    return {
      nextSeq: this.nextSeq,
      epoch: this.epoch,
      timeMs: this.timeMs,
      timers: [...this.#timers.values()],
      outstanding: [...this.#outstanding.values()].map(({ request }) => request.seq),
      sources: [...this.#sources],
      down: [...this.down].map(([actor, { cursor, dueMs }]) => [
        actor,
        cursor,
        dueMs === staysDown ? -1 : dueMs
      ]),
      quarantined: [...this.#quarantined.values()],
      crashes: [...this.#crashes].map(([actor, { at, count }]) => [actor, at, count]),
      restarts: this.restarts
    }
  }

  /** `recordAt` looks a record up in the journal. */
  restore(snapshot: LedgerSnapshot, recordAt: (seq: number) => JournalRecord): void {
    for (const timer of snapshot.timers) this.#timers.set(`${timer.owner} ${timer.timer}`, timer)
    this.#findNextTimer()
    for (const seq of snapshot.outstanding) this.#applyEvent(recordAt(seq))
    for (const [source, seq] of snapshot.sources) this.#sources.set(source, seq)
    for (const [actor, cursor, dueMs] of snapshot.down) {
      this.down.set(actor, { cursor, dueMs: dueMs < 0 ? staysDown : dueMs })
    }
    for (const [actor, seq] of snapshot.quarantined) {
      this.#quarantined.set(quarantineKey(actor, seq), [actor, seq])
    }
    for (const [actor, at, count] of snapshot.crashes) this.#crashes.set(actor, { at, count })
    this.nextSeq = snapshot.nextSeq
    this.epoch = snapshot.epoch
    this.timeMs = snapshot.timeMs
    this.restarts = snapshot.restarts
  }
}
