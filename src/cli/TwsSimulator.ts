/** What the `tws-simulator` command needs of the composition root: a simulator that listens. */
import { Context, type Effect, type Scope } from "effect"
import type { CannotStart } from "./Launcher.ts"

export interface TwsSimulatorOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly controlPort: number | undefined
  /** A recorded session; undefined for a synthetic market in `symbol`. */
  readonly session: string | undefined
  readonly symbol: string
  readonly seed: number
  /** Session seconds per second. */
  readonly speed: number
  readonly faultsFile: string | undefined
  readonly dataDir: string | undefined
}

export interface ListeningTws {
  readonly port: number
  readonly controlPort: number | undefined
  readonly market: string
  /** Absolute path of its log. */
  readonly log: string
  /** Bytes of a torn tail that were cut from it. */
  readonly cutBytes: number
  /** Fails when it can no longer serve. */
  readonly stopped: Effect.Effect<never, CannotStart>
}

export class TwsSimulator extends Context.Service<
  TwsSimulator,
  {
    /** Listens until its scope closes. */
    readonly start: (
      options: TwsSimulatorOptions
    ) => Effect.Effect<ListeningTws, CannotStart, Scope.Scope>
  }
>()("optionsib/cli/TwsSimulator") {}
