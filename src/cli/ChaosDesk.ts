/** A real run of the desk with faults put in: what `chaos` needs of the composition root. */
import { Context, type Effect, type Terminal } from "effect"
import type { Telemetry } from "../actors/ports/Telemetry.ts"
import type { ChaosScenario } from "../domain/chaos/faults.ts"
import type { ResilienceFacts } from "../projections/resilience.ts"
import type { Settings } from "../supervisors/settings.ts"
import type { StopRequest } from "./Launcher.ts"

export class ChaosDesk extends Context.Service<
  ChaosDesk,
  {
    /** Those that come with the product; the settings' own are beside them. */
    readonly scenarios: Readonly<Record<string, ChaosScenario>>
    /** Reads a plan of a user's own. One sentence where it is none. */
    readonly readPlan: (file: string) => Effect.Effect<ChaosScenario, { readonly message: string }>
    /** Runs the settings' session through the faults to its end, life after life. */
    readonly run: (
      settings: Settings,
      name: string,
      scenario: ChaosScenario,
      progress: (line: string) => Effect.Effect<void>
    ) => Effect.Effect<
      ResilienceFacts,
      { readonly message: string },
      StopRequest | Telemetry | Terminal.Terminal
    >
  }
>()("optionsib/cli/ChaosDesk") {}
