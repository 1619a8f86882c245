/**
 * One actor's state and counters, and the three things that can happen to it: a message, a decision, its own event.
 *
 * A throw leaves the state dirty: the cell must be rebuilt before it is used again.
 */
import { Schema } from "effect"
import { nameHash, uniformAt } from "../../domain/chance.ts"
import type { EventDraft, JournalRecord } from "../../domain/journal/record.ts"
import { isSupervision } from "../ports/records/kernel.ts"
import type { AnyBehavior, Context, Subscription } from "./Behavior.ts"

/** A cell at rest, as plain JSON data. `cursor`: the first seq not handled. */
export interface CellSnapshot {
  readonly actor: string
  readonly cursor: number
  readonly eventCount: number
  readonly handled: number
  readonly state: unknown
}

export class ActorCell {
  readonly behavior: AnyBehavior
  readonly id: string
  cursor = 0
  eventCount = 0
  handled = 0
  #state: unknown
  readonly #seed: number
  readonly #book: string
  readonly #hash: number
  readonly #subscriptions: ReadonlyMap<string, Subscription>
  readonly #eventTypes: ReadonlySet<string>
  readonly #encode: (snapshot: unknown) => unknown
  readonly #decode: (encoded: unknown) => unknown

  constructor(behavior: AnyBehavior, book: string, seed: number) {
    this.behavior = behavior
    this.id = behavior.id
    this.#book = book
    this.#seed = seed
    this.#hash = nameHash(behavior.id)
    this.#subscriptions = new Map(behavior.messages.map((entry) => [entry.of.type, entry]))
    this.#eventTypes = new Set(behavior.events.map((event) => event.type))
    const codec = Schema.toCodecJson(behavior.snapshotSchema)
    this.#encode = Schema.encodeUnknownSync(codec)
    this.#decode = Schema.decodeUnknownSync(codec)
    this.#state = behavior.initial(seed)
  }

  get state(): unknown {
    return this.#state
  }

  subscription(type: string): Subscription | undefined {
    return this.#subscriptions.get(type)
  }

  /** Takes a message into the state. */
  evolve(message: JournalRecord): void {
    this.#state = this.behavior.evolve(this.#state, message)
    if (!isSupervision(message.type)) this.handled++
    this.cursor = message.seq + 1
  }

  /** Decides on the message just evolved. */
  decide(message: JournalRecord, nowMs: number, late: boolean): ReadonlyArray<EventDraft> {
    let draw = 0
    const { handled } = this
    const context: Context = {
      book: this.#book,
      nowMs,
      late,
      eventCount: this.eventCount,
      random: () => uniformAt(this.#seed, this.#hash, handled, draw++)
    }
    const drafts = this.behavior.decide(this.#state, message, context)
    for (const draft of drafts) {
      if (!this.#eventTypes.has(draft.type)) {
        throw new Error(`${this.id} decided ${draft.type}, which it does not declare as an event`)
      }
    }
    return drafts
  }

  /** Takes one of its own, numbered events into the state. */
  evolveOwn(event: JournalRecord): void {
    this.#state = this.behavior.evolve(this.#state, event)
    this.eventCount++
  }

  /** Throws where the state is impossible. */
  checkInvariant(): void {
    this.behavior.invariant(this.#state)
  }

  encodedState(): unknown {
    return this.#encode(this.behavior.snapshot(this.#state))
  }

  snapshot(): CellSnapshot {
    return {
      actor: this.id,
      cursor: this.cursor,
      eventCount: this.eventCount,
      handled: this.handled,
      state: this.encodedState()
    }
  }

  restore(snapshot: CellSnapshot): void {
    this.cursor = snapshot.cursor
    this.eventCount = snapshot.eventCount
    this.handled = snapshot.handled
    this.#state = this.behavior.restore(this.#decode(snapshot.state))
  }

  /** Back to before record 0. */
  reset(): void {
    this.cursor = 0
    this.eventCount = 0
    this.handled = 0
    this.#state = this.behavior.initial(this.#seed)
  }
}
