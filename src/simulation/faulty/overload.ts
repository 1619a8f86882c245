/**
 * Bursts beyond the bounds of the intake, and what was offered in them: of that a journal must show each thing once.
 *
 * It stands for the senders, so it outlives the process. While the desk stands still its market's quotes wait at the real
 * intake, and operators give more commands than the control lane holds.
 */
import { Effect } from "effect"
import type { CommandInbox, WaitingCommand } from "../../actors/ports/Commands.ts"
import type { QuoteSource } from "../../actors/ports/Gateway.ts"
import type { QuotePayload } from "../../actors/ports/records/market.ts"
import type { Intake } from "../../actors/runtime/Intake.ts"
import type { FaultOf } from "../../domain/chaos/faults.ts"
import type { InputDraft, JournalRecord } from "../../domain/journal/record.ts"
import type { Strikes } from "../Strikes.ts"

/** The kill switch was thrown behind this record. */
export interface Throw {
  readonly epoch: number
  readonly afterSeq: number
}

/** What may stand in the journal at a market number, and the number that comes next in the same life. */
export interface Survivor {
  readonly quote: QuotePayload
  readonly nextSeq: number
}

/** Market numbers of the quotes of a burst. */
interface Burst {
  readonly firstSeq: number
  readonly lastSeq: number
}

/** Of each deposit, micro-USDT. */
const depositMicros = 10_000n
/** Ids of the commands of a burst begin with it. */
const burstPrefix = "burst-"

export class Overload {
  readonly survivors = new Map<number, Array<Survivor>>()
  /** As the market says them one by one. */
  readonly originals = new Map<number, QuotePayload>()
  readonly throws: Array<Throw> = []
  /** Ids of the commands, in the order in which they were given. */
  readonly given: Array<string> = []
  readonly #strikes: Strikes
  readonly #struck = new Set<FaultOf<"IntakeOverload">>()
  #waiting: Array<WaitingCommand> = []
  readonly #bursts: Array<Burst> = []
  #last: Throw = { epoch: 0, afterSeq: -1 }
  /** Kill switches of this life that are not in the journal. */
  #halts = 0
  #haltsDue = 0
  #isSwitchNext = false

  constructor(strikes: Strikes) {
    this.#strikes = strikes
  }

  /** A process begins; `halts`: how many throws of the switch its journal has. */
  begins(halts: number): void {
    this.#halts = Math.max(0, this.#haltsDue - halts)
  }

  /** A record was written by the process that lives. */
  saw({ epoch, seq }: JournalRecord): void {
    this.#last = { epoch, afterSeq: seq }
  }

  /** How often the switch was thrown that this life has to record. Asked before each input: here bursts begin. */
  halts(): number {
    if (this.#isSwitchNext) this.#throw()
    const fault = this.#strikes.take("IntakeOverload") ?? this.#strikes.during("IntakeOverload")
    if (fault !== undefined && !this.#struck.has(fault)) this.#strike(fault)
    return this.#halts
  }

  /** Of operators outside the process; `others` are already there. */
  inbox(others: CommandInbox): CommandInbox {
    return {
      waiting: () => {
        const own = others.waiting()
        return this.#waiting.length === 0 ? own : [...own, ...this.#waiting]
      },
      taken: (id) => {
        if (!id.startsWith(burstPrefix)) return others.taken(id)
        this.#waiting = this.#waiting.filter((waiting) => waiting.id !== id)
      }
    }
  }

  /** Whether the command is still at its sender's. */
  isWaiting(id: string): boolean {
    return this.#waiting.some((waiting) => waiting.id === id)
  }

  /** The market as one life's intake lets it through. */
  market(sound: QuoteSource, intake: Intake): QuoteSource {
    return new CrowdedMarket(sound, intake, this.#strikes, this)
  }

  /** What a market offered and what it must become. */
  offered(quotes: ReadonlyArray<InputDraft>): void {
    const [first, last] = [quotes[0]!.sourceSeq, quotes.at(-1)!.sourceSeq]
    this.#bursts.push({ firstSeq: first, lastSeq: last })
    const expected = new Map<number, QuotePayload>()
    for (const { payload, sourceSeq } of quotes) {
      const quote = payload as QuotePayload
      this.originals.set(sourceSeq, quote)
      const before = expected.get(quote.instrument)
      const replaced = before === undefined ? 0 : before.replaced + 1
      expected.set(quote.instrument, { ...quote, replaced })
    }
    let at = 0
    for (const quote of expected.values()) {
      const seq = numberIn(at++, expected.size, first, last)
      const nextSeq = at === expected.size ? last + 1 : numberIn(at, expected.size, first, last)
      this.survivors.set(seq, [...(this.survivors.get(seq) ?? []), { quote, nextSeq }])
    }
  }

  /** Where a market goes on whose process died with a part of a burst waiting: that part is gone with it. */
  resumesAfter(sourceSeq: number): number {
    const within = this.#bursts.filter(
      ({ firstSeq, lastSeq }) => firstSeq <= sourceSeq && sourceSeq < lastSeq
    )
    return Math.max(sourceSeq, ...within.map(({ lastSeq }) => lastSeq))
  }

  #strike(fault: FaultOf<"IntakeOverload">): void {
    this.#struck.add(fault)
    for (let n = 1; n <= fault.commands; n++) {
      const id = `${burstPrefix}${this.#struck.size}-${n}`
      this.given.push(id)
      this.#waiting.push({ id, command: { _tag: "Deposit", amountMicros: depositMicros } })
    }
    // One input later: the commands fill the lane by then.
    this.#isSwitchNext = fault.halt
  }

  #throw(): void {
    this.#isSwitchNext = false
    this.#haltsDue++
    this.#halts++
    this.throws.push(this.#last)
  }
}

/** Of survivor `at` of `count`: in order from the burst's first, and the burst's last for the last of them. */
const numberIn = (at: number, count: number, first: number, last: number): number =>
  at === count - 1 ? last : first + at

/** While the desk stands still everything waits; then it comes at once, through the intake. */
class CrowdedMarket implements QuoteSource {
  readonly #sound: QuoteSource
  readonly #intake: Intake
  readonly #strikes: Strikes
  readonly #overload: Overload
  /** Of the last burst, in order. */
  #through: ReadonlyArray<InputDraft> = []
  #next = 0
  #dueMs = 0

  constructor(sound: QuoteSource, intake: Intake, strikes: Strikes, overload: Overload) {
    this.#sound = sound
    this.#intake = intake
    this.#strikes = strikes
    this.#overload = overload
  }

  nextDueMs(): number {
    if (this.#next < this.#through.length) return this.#dueMs
    const dueMs = this.#sound.nextDueMs()
    if (dueMs === Number.POSITIVE_INFINITY) return dueMs
    const fault = this.#strikes.during("IntakeOverload", dueMs)
    return fault === undefined ? dueMs : this.#strikes.endOf(fault)
  }

  next(): InputDraft {
    if (this.#next >= this.#through.length) {
      const fault = this.#strikes.during("IntakeOverload", this.#sound.nextDueMs())
      if (fault === undefined) return this.#sound.next()
      this.#gather(this.#strikes.endOf(fault))
    }
    return this.#through[this.#next++]!
  }

  resumeAfter(sourceSeq: number): void {
    const [first, last] = [this.#through[0], this.#through.at(-1)]
    if (first !== undefined && sourceSeq >= first.sourceSeq - 1 && sourceSeq < last!.sourceSeq) {
      this.#next = this.#through.findIndex((input) => input.sourceSeq > sourceSeq)
      return
    }
    const isNew = first === undefined
    this.#through = []
    this.#next = 0
    this.#sound.resumeAfter(isNew ? this.#overload.resumesAfter(sourceSeq) : sourceSeq)
  }

  /** Everything due before `endMs`, or up to and with the first input that is no quote. */
  #gather(endMs: number): void {
    const quotes: Array<InputDraft> = []
    let other: InputDraft | undefined
    while (other === undefined && this.#sound.nextDueMs() < endMs) {
      const input = this.#sound.next()
      if (input.type === "Quote") {
        quotes.push(input)
        this.#intake.quote(input as InputDraft<string, QuotePayload>)
      } else {
        other = input
        Effect.runFork(this.#intake.offer(input))
      }
    }
    const through: Array<InputDraft> = []
    for (let input = this.#intake.take(); input !== undefined; input = this.#intake.take()) {
      through.push(input)
    }
    if (quotes.length > 0) {
      const [first, last] = [quotes[0]!.sourceSeq, quotes.at(-1)!.sourceSeq]
      const count = through.filter(({ type }) => type === "Quote").length
      let at = 0
      this.#through = through.map((input) =>
        input.type === "Quote" ? { ...input, sourceSeq: numberIn(at++, count, first, last) } : input
      )
      this.#overload.offered(quotes)
    } else {
      this.#through = through
    }
    this.#next = 0
    this.#dueMs = endMs
  }
}
