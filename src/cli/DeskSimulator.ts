/** Runs the whole desk through fault plans on virtual time: what `simulate` needs of the composition root. */
import { Context, type Effect, type Scope } from "effect"

export interface SimulatedRun {
  readonly seed: number
  readonly scenario: string
  /** One line per fault, by time; those left out by `keep` are not among them. */
  readonly faults: ReadonlyArray<string>
  /** Kinds of fault that struck. */
  readonly struck: ReadonlyArray<string>
  /** The first promise that broke; undefined where all held. */
  readonly breach:
    | { readonly invariant: string; readonly seq: number; readonly why: string }
    | undefined
  /** How often each promise was looked at. */
  readonly checked: ReadonlyMap<string, number>
  readonly records: number
  readonly orders: number
  readonly fills: number
  readonly lives: number
  readonly restarts: number
  /** Session time that passed, ms. */
  readonly virtualMs: number
  /** Where the book was. */
  readonly journal: "file" | "kafka"
  /** By actor (session ms) and for the process, a rival, and each of them to a decision: how often, and after how long. */
  readonly recovery: ReadonlyMap<string, { times: number; totalMs: number; worstMs: number }>
}

/** A broken run with the fewest faults that still break the same promise. */
interface Shrunk {
  readonly run: SimulatedRun
  /** Places of the faults that are left, in the seed's plan, from 0. */
  readonly keep: ReadonlyArray<number>
}

export interface LoadedSimulator {
  readonly run: (
    seed: number,
    scenario: string,
    keep?: ReadonlyArray<number>
  ) => Effect.Effect<SimulatedRun>
  readonly shrink: (seed: number, scenario: string) => Effect.Effect<Shrunk>
}

export class DeskSimulator extends Context.Service<
  DeskSimulator,
  {
    readonly scenarios: ReadonlyArray<{ readonly name: string; readonly about: string }>
    /** Reads the session, the settings and the models that all seeds share. Fails where one is missing. */
    readonly load: Effect.Effect<LoadedSimulator, { readonly message: string }, Scope.Scope>
  }
>()("optionsib/cli/DeskSimulator") {}
