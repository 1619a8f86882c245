/**
 * The same command line inside the test's process: same arguments, same services, same exit code, without the second
 * that a process takes to start. What a process adds (signals, locks, death) is tested with real ones.
 */
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Console, Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { Compute } from "../../src/cli/Compute.ts"
import { exitCodeOf, reportFailure } from "../../src/cli/exit.ts"
import { StopRequest } from "../../src/cli/Launcher.ts"
import { optionsib } from "../../src/cli/optionsib.ts"
import * as deskChaos from "../../src/deskChaos.ts"
import * as deskGroups from "../../src/deskGroups.ts"
import * as DeskLauncher from "../../src/deskLauncher.ts"
import * as deskServers from "../../src/deskServers.ts"
import * as deskTwsSimulator from "../../src/deskTwsSimulator.ts"
import * as deskVault from "../../src/deskVault.ts"
import * as workerPool from "../../src/infra/compute/workerPool.ts"
import * as YamlFiles from "../../src/infra/config/yamlFiles.ts"
import * as sessions from "../../src/infra/data/sessions.ts"
import * as dumpFiles from "../../src/infra/journal/dump/dumpFiles.ts"
import { version } from "../../src/infra/product.ts"
import * as tableFiles from "../../src/infra/tables/tableFiles.ts"
import * as telemetry from "../../src/infra/telemetry/telemetry.ts"
import * as simulator from "../../src/simulation/simulator.ts"
import { type Ended, root } from "./desk.ts"

const services = Layer.mergeAll(
  DeskLauncher.layer,
  Layer.provide(deskChaos.layer, DeskLauncher.layer),
  deskTwsSimulator.layer,
  simulator.layer,
  YamlFiles.layer(join(root, "config")),
  tableFiles.layer,
  dumpFiles.layer,
  deskServers.layer,
  deskVault.layer,
  deskGroups.layer,
  telemetry.layer,
  sessions.layer,
  Layer.succeed(Compute, { threads: 1, simulation: workerPool.layer }),
  Layer.succeed(StopRequest, { signal: () => undefined, halts: () => 0, listen: Effect.void })
)

/** Runs on the machine's own clock, whatever the test's is. */
export const inProcess = (...args: ReadonlyArray<string>): Effect.Effect<Ended> =>
  inProcessOn((run) => run, args)

/** The same on the clock that `on` gives it. */
export const inProcessOn = (
  on: <A, E, R>(run: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
  args: ReadonlyArray<string>
): Effect.Effect<Ended> =>
  Effect.promise(async () => {
    let out = ""
    let err = ""
    const captured: Console.Console = {
      ...globalThis.console,
      log: (...parts) => {
        out += `${parts.join(" ")}\n`
      },
      error: (...parts) => {
        err += `${parts.join(" ")}\n`
      }
    }
    const exit = await Command.runWith(optionsib, { version, renderErrors: false })(args).pipe(
      Effect.provide(services),
      Effect.provide(NodeServices.layer),
      Effect.tapCause(reportFailure),
      Effect.provideService(Console.Console, captured),
      on,
      Effect.runPromiseExit
    )
    return { code: exitCodeOf(exit, undefined), signal: null, out, err }
  })
