/** The command line: `run` with the defaults, and everything else by name. */
import { Command } from "effect/cli"
import { auditCommand } from "./audit.ts"
import { chaosCommand } from "./chaos.ts"
import { journalCommand } from "./journal.ts"
import { preflightCommand } from "./preflight.ts"
import { priceCommand } from "./price.ts"
import { reconcileCommand } from "./reconcile.ts"
import { replayCommand } from "./replay.ts"
import { runCommand, runDesk, runFlags } from "./run.ts"
import { runsCommand } from "./runs.ts"
import { secretsCommand } from "./secrets.ts"
import { exchangeServerCommand, vaultServerCommand } from "./servers.ts"
import { simulateCommand } from "./simulate.ts"
import { surfaceCommand } from "./surface.ts"
import { tracesCommand } from "./traces.ts"
import { twsSimulatorCommand } from "./twsSimulatorCommand.ts"
import { validateCommand } from "./validate.ts"
import { vaultCommand } from "./vault.ts"

export const optionsib = Command.make("optionsib", runFlags, (options) => runDesk(options)).pipe(
  Command.withDescription("A fault-tolerant, journaled options desk. Without a command: run."),
  Command.withExamples([
    { command: "node dist/main.js", description: "run the default session" },
    { command: "node dist/main.js replay --verify", description: "prove the last run" }
  ]),
  Command.withSubcommands([
    runCommand,
    replayCommand,
    auditCommand,
    reconcileCommand,
    journalCommand,
    tracesCommand,
    validateCommand,
    preflightCommand,
    runsCommand,
    vaultCommand,
    secretsCommand,
    priceCommand,
    surfaceCommand,
    twsSimulatorCommand,
    exchangeServerCommand,
    vaultServerCommand,
    simulateCommand,
    chaosCommand
  ])
)
