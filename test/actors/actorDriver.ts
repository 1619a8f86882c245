/**
 * Drives one behaviour as a host does: a message is evolved, decided upon, and the events are
 * evolved at once. After each message the state goes through its snapshot and back, so every test
 * is also one of the snapshot.
 */
import { assert } from "@effect/vitest"
import { Schema } from "effect"
import type { AnyBehavior } from "../../src/actors/runtime/Behavior.ts"
import type { EventDraft, JournalRecord } from "../../src/domain/journal/record.ts"

export class ActorDriver {
  readonly behavior: AnyBehavior
  // biome-ignore lint/suspicious/noExplicitAny: tests look into the state of any behaviour
  state: any
  nowMs = 1
  seq = 0
  eventCount = 0
  readonly emitted: Array<EventDraft> = []
  readonly #codec
  readonly #checksSnapshot: boolean

  constructor(behavior: AnyBehavior, options: { readonly checksSnapshot?: boolean } = {}) {
    this.behavior = behavior
    this.state = behavior.initial(1)
    this.#codec = Schema.toCodecJson(behavior.snapshotSchema)
    this.#checksSnapshot = options.checksSnapshot ?? true
  }

  /**
   * What the actor decides on a message; [] where it does not subscribe to it or may not decide.
   */
  tell(draft: EventDraft, options: { readonly late?: boolean } = {}): ReadonlyArray<EventDraft> {
    const late = options.late ?? false
    const subscription = this.behavior.messages.find((entry) => entry.of.type === draft.type)
    if (subscription === undefined) return []
    const record = this.#record(draft, "test", -1)
    this.state = this.behavior.evolve(this.state, record)
    const decides = subscription.decides && !(late && subscription.lateness === "evolve")
    const events = decides
      ? this.behavior.decide(this.state, record, {
          book: "book",
          nowMs: this.nowMs,
          late,
          eventCount: this.eventCount,
          random: () => 0.5
        })
      : []
    for (const event of events) {
      const own = this.#record(event, this.behavior.id, record.seq)
      this.state = this.behavior.evolve(this.state, own)
      this.eventCount++
    }
    this.emitted.push(...events)
    this.behavior.invariant(this.state)
    if (this.#checksSnapshot) this.#roundTrip()
    return events
  }

  /** The state as canonical data. */
  encoded(): unknown {
    return Schema.encodeUnknownSync(this.#codec)(this.behavior.snapshot(this.state))
  }

  #roundTrip(): void {
    const encoded = this.encoded()
    const text = JSON.stringify(encoded)
    const decoded = Schema.decodeUnknownSync(this.#codec)(JSON.parse(text))
    this.state = this.behavior.restore(decoded)
    assert.strictEqual(JSON.stringify(this.encoded()), text)
  }

  #record(draft: EventDraft, actor: string, cause: number): JournalRecord {
    return {
      ...draft,
      seq: this.seq++,
      epoch: 1,
      actor,
      version: 1,
      cause,
      logicalTimeMs: this.nowMs,
      sourceSeq: 0
    }
  }
}
