/**
 * The straight host: every actor in one synchronous loop, without fibers. For backtests, simulation and replay.
 */
import type { InputDraft, JournalRecord } from "../../domain/journal/record.ts"
import type { ActorCell } from "./ActorCell.ts"
import { acceptEvents, type FaultHook, handleMessage } from "./handle.ts"
import { reasonOf } from "./reason.ts"
import type { Outcome, Sequencer, Step, Turn } from "./Sequencer.ts"

const done: Outcome = { _tag: "Done", drafts: [] }

export class StraightHost {
  readonly #sequencer: Sequencer
  readonly #rebuild: (cell: ActorCell) => void
  readonly #fault: FaultHook | undefined

  /** `rebuild` brings a cell from the journal to just before its cursor. */
  constructor(sequencer: Sequencer, rebuild: (cell: ActorCell) => void, fault?: FaultHook) {
    this.#sequencer = sequencer
    this.#rebuild = rebuild
    this.#fault = fault
  }

  /** One input's turn, and the turns of what supervision has to say of it. */
  turn(input: InputDraft, nowMs: number): void {
    this.#run(this.#sequencer.turn(input, nowMs))
    this.#runTrailing(nowMs)
  }

  /** A recorded input's turn: what supervision said of it is recorded too and comes as inputs of its own. */
  replay(input: InputDraft, nowMs: number): void {
    this.#run(this.#sequencer.turn(input, nowMs))
    this.#sequencer.forgetTrailing()
  }

  /**
   * A market input's turn; a quote's without a generator, since its subscribers only evolve. Returns whether nothing
   * but states changed, so that what is due next is what it was.
   */
  market(input: InputDraft, nowMs: number): boolean {
    if (this.#fault !== undefined || input.type !== "Quote") {
      this.turn(input, nowMs)
      return false
    }
    const sequencer = this.#sequencer
    const record = sequencer.admit(input, nowMs)
    const subscribers = sequencer.router.subscribers(record.type)
    const { down } = sequencer.ledger
    for (let i = 0; i < subscribers.length; i++) {
      const cell = subscribers[i]!
      if (down.size > 0 && down.has(cell.id)) continue
      try {
        cell.evolve(record)
      } catch (thrown) {
        this.#afterCrash(record, i, nowMs, thrown)
        return false
      }
    }
    return true
  }

  #afterCrash(record: JournalRecord, index: number, nowMs: number, thrown: unknown): void {
    this.#run(this.#sequencer.afterCrash(record, index, reasonOf(thrown)))
    this.#runTrailing(nowMs)
  }

  #runTrailing(nowMs: number): void {
    for (;;) {
      const input = this.#sequencer.nextTrailing()
      if (input === undefined) return
      this.#run(this.#sequencer.turn(input, nowMs))
    }
  }

  #run(turn: Turn): void {
    let next = turn.next()
    while (next.done !== true) next = turn.next(this.#perform(next.value))
  }

  #perform(step: Step): Outcome {
    try {
      switch (step._tag) {
        case "Handle": {
          const { cell, record, nowMs, late } = step
          return { _tag: "Done", drafts: handleMessage(cell, record, nowMs, late, this.#fault) }
        }
        case "Accept":
          acceptEvents(step.cell, step.events, this.#fault)
          return done
        case "Rebuild":
          for (const cell of step.cells) this.#rebuild(cell)
          return done
        case "Stop":
          return done
      }
    } catch (thrown) {
      return { _tag: "Crashed", reason: reasonOf(thrown) }
    }
  }
}
