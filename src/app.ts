/** The composition root: picks the implementations behind the ports and hands over to the command line. */
import { availableParallelism } from "node:os"
import * as path from "node:path"
// The folder's index loads every service of the platform, which doubles the time to start.
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { Compute } from "./cli/Compute.ts"
import { exitCodeOf, reportFailure } from "./cli/exit.ts"
import { StopRequest } from "./cli/Launcher.ts"
import { optionsib } from "./cli/optionsib.ts"
import * as deskChaos from "./deskChaos.ts"
import * as deskGroups from "./deskGroups.ts"
import * as DeskLauncher from "./deskLauncher.ts"
import * as deskServers from "./deskServers.ts"
import * as deskTwsSimulator from "./deskTwsSimulator.ts"
import * as deskVault from "./deskVault.ts"
import * as workerPool from "./infra/compute/workerPool.ts"
import * as YamlFiles from "./infra/config/yamlFiles.ts"
import * as sessions from "./infra/data/sessions.ts"
import * as dumpFiles from "./infra/journal/dump/dumpFiles.ts"
import { packageRoot, version } from "./infra/product.ts"
import * as tableFiles from "./infra/tables/tableFiles.ts"
import * as telemetry from "./infra/telemetry/telemetry.ts"
import * as simulator from "./simulation/simulator.ts"

let stopSignal: "SIGINT" | "SIGTERM" | undefined
let halts = 0

const services = Layer.mergeAll(
  DeskLauncher.layer,
  Layer.provide(deskChaos.layer, DeskLauncher.layer),
  deskTwsSimulator.layer,
  simulator.layer,
  YamlFiles.layer(path.join(packageRoot, "config")),
  tableFiles.layer,
  dumpFiles.layer,
  deskServers.layer,
  deskVault.layer,
  deskGroups.layer,
  telemetry.layer,
  sessions.layer,
  Layer.succeed(Compute, { threads: availableParallelism(), simulation: workerPool.layer }),
  Layer.succeed(StopRequest, {
    signal: () => stopSignal,
    halts: () => halts,
    /** The first signal asks, a second one interrupts. Until then the kernel ends the process, busy or not. */
    listen: Effect.sync(() => {
      process.on("SIGUSR2", () => {
        halts++
      })
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.on(signal, () => {
          if (stopSignal === undefined) stopSignal = signal
          else fiber.interruptUnsafe()
        })
      }
    })
  })
)

const main = Command.run(optionsib, { version, renderErrors: false }).pipe(
  Effect.provide(services),
  Effect.provide(NodeServices.layer),
  Effect.tapCause(reportFailure)
)

const fiber = Effect.runFork(main)

// Who read the output has left: a desk does not stop for that.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error
  })
}

fiber.addObserver((exit) => {
  process.exitCode = exitCodeOf(exit, stopSignal)
})
