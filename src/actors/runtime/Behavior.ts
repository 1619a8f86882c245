/**
 * An actor's behaviour: plain, synchronous, deterministic functions over its own state.
 *
 * The hosts run it; nothing here waits, reads a clock or draws chance except through `Context`.
 */
import type { Schema } from "effect"
import type { DraftOf, RecordOf, RecordType } from "../../domain/journal/record.ts"

/**
 * What becomes of a message that its actor could only handle late, when it came back up:
 * `decide` as if on time (fills, cancels, settlements, operator); `lapse`: `decide` is called with `late` true and must
 * refuse (proposals, verdicts, reservations); `evolve`: the state takes it in and nothing is decided (market data).
 */
export type Lateness = "decide" | "lapse" | "evolve"

/** One kind of message that an actor's mailbox accepts. */
export interface Subscription<R extends RecordType = RecordType> {
  readonly of: R
  readonly lateness: Lateness
  /** False where the message only evolves the state and is never decided upon: quotes. */
  readonly decides: boolean
}

export const subscribe = <R extends RecordType>(of: R, lateness: Lateness): Subscription<R> => ({
  of,
  lateness,
  decides: true
})

/** A message that changes state only; `decide` is not called. */
export const observe = <R extends RecordType>(of: R): Subscription<R> => ({
  of,
  lateness: "evolve",
  decides: false
})

/** All that a decision may know besides its state and the message. */
export interface Context {
  readonly book: string
  /** The turn's logical time, epoch ms. */
  readonly nowMs: number
  /** The message was missed while the actor was down and is handled at its way up. */
  readonly late: boolean
  /** How many events this actor emitted before this decision: with `book` and the actor, an identity that no restart shifts. */
  readonly eventCount: number
  /** Uniform in [0, 1), a function of (seed, actor, messages handled, draw). */
  readonly random: () => number
}

export interface Behavior<State, M extends RecordType, E extends RecordType, Snapshot = unknown> {
  readonly id: string
  readonly messages: ReadonlyArray<Subscription<M>>
  readonly events: ReadonlyArray<E>
  /** A money-bearing actor halts on a poison message instead of skipping it. */
  readonly moneyBearing: boolean
  /**
   * Left out of the book's state hash: the whole actor, or these keys of its snapshot. For what knows of restarts:
   * health, auditor, the numbers of records.
   */
  readonly outsideStateHash?: true | ReadonlyArray<string>
  readonly initial: (seed: number) => State
  /** Takes in a message or one of its own events; total and deterministic; may update `state` in place. */
  readonly evolve: (state: State, record: RecordOf<M> | RecordOf<E>) => State
  /** Pure; sees the state with the message already evolved. */
  readonly decide: (
    state: State,
    message: RecordOf<M>,
    context: Context
  ) => ReadonlyArray<DraftOf<E>>
  /** Throws where the state is impossible. Called in simulation and after recovery. */
  readonly invariant: (state: State) => void
  /** The whole state as plain data with a fixed order, and back. */
  readonly snapshotSchema: Schema.Codec<Snapshot, unknown>
  readonly snapshot: (state: State) => Snapshot
  readonly restore: (snapshot: Snapshot) => State
}

/** A behaviour whose types the hosts need not know. */
// biome-ignore lint/suspicious/noExplicitAny: existential over state and records; each behaviour is checked where it is written
export type AnyBehavior = Behavior<any, any, any, any>

/** For a state that is plain immutable data already: it is its own snapshot, and no value of it is impossible. */
export const plainState = <State>(schema: Schema.Codec<State, unknown>) => ({
  snapshotSchema: schema,
  snapshot: (state: State): State => state,
  restore: (snapshot: State): State => snapshot,
  invariant: (): void => {}
})
