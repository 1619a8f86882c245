/** What the intake may drop is only quotes that newer ones replaced, and it says how many; the kill switch overtakes. */
import { dayStride } from "../../actors/gateways/liveMarket.ts"
import type { QuotePayload } from "../../actors/ports/records/market.ts"
import { marketSource } from "../../actors/ports/records/market.ts"
import { type DepositFunds, HaltTrading } from "../../actors/ports/records/operator.ts"
import type { JournalRecord, PayloadOf } from "../../domain/journal/record.ts"
import { noCause } from "../../domain/journal/record.ts"
import type { Overload } from "../faulty/overload.ts"
import type { Invariant } from "../Watch.ts"

export const intakeName = "intake bounds"

/** Of a journal from its first record on. Compared with what the senders say that they offered. */
export const intakeBounds = (overload: Overload): Invariant => {
  const sources = new SourceOrder(overload)
  const commands = new CommandOrder(overload)
  const halts = new SwitchOrder(overload)
  return {
    name: intakeName,
    record: (record) => {
      if (record.cause !== noCause) return undefined
      return sources.fault(record) ?? commands.fault(record) ?? halts.fault(record)
    }
  }
}

/**
 * Why not everything that operators gave is in the journal, once the session ended. `mayWait`: they are looked for now and
 * then only, so that the session may end before the last are found.
 */
export const intakeLeft = (
  overload: Overload,
  records: ReadonlyArray<JournalRecord>,
  mayWait = false
): string | undefined => {
  const recorded = new Set(records.map(depositOf))
  const lost = overload.given.find(
    (id) => !recorded.has(id) && !(mayWait && overload.isWaiting(id))
  )
  return lost === undefined ? undefined : `command ${lost} was given and never recorded`
}

const depositOf = ({ type, payload }: JournalRecord): string | undefined =>
  type === "DepositFunds" ? (payload as PayloadOf<typeof DepositFunds>).depositId : undefined

/** Each source in its own order; the market without a gap, but for what newer quotes replaced. */
class SourceOrder {
  readonly #overload: Overload
  readonly #last = new Map<string, number>()
  #epoch = 0
  /** Numbers that the next market input of this life may have; undefined at its beginning. */
  #marketNext: ReadonlyArray<number> | undefined

  constructor(overload: Overload) {
    this.#overload = overload
  }

  fault(record: JournalRecord): string | undefined {
    const { actor, epoch, payload, sourceSeq, type } = record
    if (epoch !== this.#epoch) this.#marketNext = undefined
    this.#epoch = epoch
    if (sourceSeq === 0) return undefined
    const last = this.#last.get(actor) ?? 0
    this.#last.set(actor, Math.max(last, sourceSeq))
    if (sourceSeq <= last) return `input ${sourceSeq} of ${actor} came after its ${last}`
    if (actor !== marketSource) return undefined
    const next = this.#marketNext
    const survivors = this.#overload.survivors.get(sourceSeq) ?? []
    const inNoBurst = { nextSeq: sourceSeq + 1 }
    // A market that arrives gives its closing a number of its own.
    const closing = { nextSeq: (Math.floor(sourceSeq / dayStride) + 1) * dayStride }
    this.#marketNext = [...survivors, inNoBurst, closing].map(({ nextSeq }) => nextSeq)
    if (next !== undefined && !next.includes(sourceSeq)) {
      return `market input ${sourceSeq} came where ${next.join(" or ")} was due`
    }
    if (type !== "Quote") return undefined
    const quote = payload as QuotePayload
    if (survivors.length === 0 && quote.replaced === 0) return undefined
    const original = this.#overload.originals.get(sourceSeq)
    const allowed = survivors.map((survivor) => survivor.quote)
    if (original !== undefined) allowed.push(original)
    return allowed.some((each) => isSame(each, quote))
      ? undefined
      : `${JSON.stringify(quote)} stands for other quotes than were offered`
  }
}

const isSame = (a: QuotePayload, b: QuotePayload): boolean =>
  a.instrument === b.instrument &&
  a.timeMs === b.timeMs &&
  a.replaced === b.replaced &&
  a.bidMicros === b.bidMicros &&
  a.askMicros === b.askMicros

/** In each life, the commands of a burst in the order in which they were given, without a gap. */
class CommandOrder {
  readonly #overload: Overload
  #epoch = 0
  #last: number | undefined

  constructor(overload: Overload) {
    this.#overload = overload
  }

  fault(record: JournalRecord): string | undefined {
    if (record.epoch !== this.#epoch) this.#last = undefined
    this.#epoch = record.epoch
    const id = depositOf(record)
    const at = id === undefined ? -1 : this.#overload.given.indexOf(id)
    if (at < 0) return undefined
    const last = this.#last
    this.#last = at
    return last === undefined || at === last + 1
      ? undefined
      : `command ${id} came after ${this.#overload.given[last]}`
  }
}

/** Behind a throw of the switch nothing from outside comes before its record. */
class SwitchOrder {
  readonly #overload: Overload
  #at = 0

  constructor(overload: Overload) {
    this.#overload = overload
  }

  fault(record: JournalRecord): string | undefined {
    const { actor, epoch, seq, type } = record
    const thrown = this.#overload.throws[this.#at]
    if (thrown === undefined || epoch < thrown.epoch || seq <= thrown.afterSeq) return undefined
    if (type === HaltTrading.type || epoch > thrown.epoch) {
      this.#at++
      return undefined
    }
    const id = depositOf(record)
    const isOwn = ownInputs.has(actor) || (id !== undefined && !this.#overload.given.includes(id))
    return isOwn
      ? undefined
      : `${type} of ${actor} came before the kill switch that was thrown after record ${thrown.afterSeq}`
  }
}

/** Of the process itself, and of its start. */
const ownInputs: ReadonlySet<string> = new Set(["kernel", "certificates"])
