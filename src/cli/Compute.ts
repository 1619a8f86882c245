/** Heavy computing for commands: a simulation service on as many threads as they ask for. */
import { Context, type Layer } from "effect"
import type { Simulation } from "../actors/ports/Simulation.ts"

export class Compute extends Context.Service<
  Compute,
  {
    /** How many threads this machine runs at once. */
    readonly threads: number
    readonly simulation: (options: { readonly threads: number }) => Layer.Layer<Simulation>
  }
>()("optionsib/cli/Compute") {}
