/** `exchange-server` and `vault-server`: the simulated outside in processes of its own, for books over processes. */
import { Console, Context, Effect, type Scope } from "effect"
import { Command, Flag } from "effect/cli"
import type { Settings } from "../supervisors/settings.ts"
import { type CannotStart, StopRequest } from "./Launcher.ts"
import { configFlag, dataDirFlag, envFlag, readSettings } from "./settingsFlags.ts"

export interface ServerRequest {
  readonly settings: Settings
  /** 0 takes a free one. */
  readonly port: number
  /** Is told what happens, one line each. */
  readonly tell: (line: string) => Effect.Effect<void>
}

type Serve = (request: ServerRequest) => Effect.Effect<number, CannotStart, Scope.Scope>

/** Listen on 127.0.0.1 until the scope ends; answer the port. */
export class VenueServers extends Context.Service<
  VenueServers,
  { readonly exchange: Serve; readonly vault: Serve }
>()("optionsib/cli/VenueServers") {}

const flags = {
  config: configFlag,
  env: envFlag,
  dataDir: dataDirFlag,
  port: Flag.Int("port").pipe(
    Flag.withDescription("port on 127.0.0.1; 0: a free one"),
    Flag.withDefault(0)
  )
}

const serve = (which: "exchange" | "vault", what: string) =>
  Effect.fn(`cli.${which}Server`)(function* (
    options: Parameters<typeof readSettings>[0] & { readonly port: number }
  ) {
    const settings = yield* readSettings(options)
    const servers = yield* VenueServers
    const { listen, signal } = yield* StopRequest
    yield* listen
    yield* Effect.scoped(
      Effect.gen(function* () {
        const tell = (line: string) => Console.log(line)
        const port = yield* servers[which]({ settings, port: options.port, tell })
        yield* Console.log(`SIMULATED ${what} listens on 127.0.0.1:${port}`)
        while (signal() === undefined) yield* Effect.sleep("100 millis")
      })
    )
  })

export const exchangeServerCommand = Command.make(
  "exchange-server",
  flags,
  serve("exchange", "exchange")
).pipe(
  Command.withDescription("Run the simulated exchange as a process of its own"),
  Command.withExamples([
    {
      command: "node dist/main.js exchange-server --port 7500",
      description: "then: run --exchange 127.0.0.1:7500"
    }
  ])
)

export const vaultServerCommand = Command.make("vault-server", flags, serve("vault", "vault")).pipe(
  Command.withDescription("Run the vault's embedded chain as a process of its own"),
  Command.withExamples([
    {
      command: "node dist/main.js vault-server --port 7501",
      description: "then: run --vault 127.0.0.1:7501"
    }
  ])
)
