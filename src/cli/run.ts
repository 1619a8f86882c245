/** `run`: a session on the desk, from its start or from where it was interrupted, to its summary. */
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { type Audience, runBook } from "./bookRun.ts"
import { parseBooks, runBooks, runGroup, withChaos } from "./books.ts"
import { parseChaos } from "./chaosFlag.ts"
import { CannotStart, openUnlessStopped, StopRequest } from "./Launcher.ts"
import { failedChecks } from "./preflight.ts"
import {
  bookFlag,
  configFlag,
  dataDirFlag,
  envFlag,
  journalFlag,
  jsonFlag,
  type Overrides,
  readSettings
} from "./settingsFlags.ts"

export const runFlags = {
  config: configFlag,
  env: envFlag,
  session: Flag.String("session").pipe(
    Flag.withDescription("recorded session under data/sessions"),
    Flag.optional
  ),
  speed: Flag.String("speed").pipe(
    Flag.withDescription("session seconds per second, or max"),
    Flag.optional
  ),
  dataDir: dataDirFlag,
  journal: journalFlag,
  broker: Flag.Literals("broker", ["sim", "ib"]).pipe(
    Flag.withDescription(
      "sim: the exchange in this process; ib: Interactive Brokers' wire, in a session to its simulator"
    ),
    Flag.optional
  ),
  book: bookFlag,
  books: Flag.String("books").pipe(
    Flag.withDescription("names of several books, A,B: each with a journal and a vault of its own"),
    Flag.optional
  ),
  group: Flag.String("group").pipe(
    Flag.withDescription("consumer group of processes that share the books; needs a Kafka journal"),
    Flag.optional
  ),
  exchange: Flag.String("exchange").pipe(
    Flag.withDescription("HOST:PORT of an exchange-server instead of the exchange inside"),
    Flag.optional
  ),
  vault: Flag.String("vault").pipe(
    Flag.withDescription("HOST:PORT of a vault-server instead of the vault inside"),
    Flag.optional
  ),
  seed: Flag.Int("seed").pipe(Flag.withDescription("seed of all chance"), Flag.optional),
  chaos: Flag.String("chaos").pipe(
    Flag.withDescription(
      "crash:ACTOR@HH:MM[:SS], New York time: crash an actor once; pause:send@... : stop the process before it sends an order"
    ),
    Flag.atLeast(0)
  ),
  otlp: Flag.String("otlp").pipe(
    Flag.withDescription(
      "OTLP/HTTP collector that is sent traces and metrics, e.g. http://127.0.0.1:4318"
    ),
    Flag.optional
  ),
  metricsPort: Flag.Int("metrics-port").pipe(
    Flag.withDescription("serve Prometheus' /metrics on this port of 127.0.0.1; 0: a free one"),
    Flag.optional
  ),
  once: Flag.Boolean("once").pipe(
    Flag.withDefault(false),
    Flag.withDescription("exit after the session")
  ),
  json: jsonFlag
}

export const runCommand = Command.make("run", runFlags, (options) => runDesk(options)).pipe(
  Command.withDescription("Run a session on the desk and print its summary"),
  Command.withExamples([
    { command: "node dist/main.js run --speed max", description: "the default session, at once" },
    {
      command: "node dist/main.js run --speed 210 --chaos crash:executor@10:15",
      description: "watch an actor crash and recover"
    }
  ])
)

type RunOptions = Overrides & {
  readonly books: Option.Option<string>
  readonly group: Option.Option<string>
  readonly chaos: ReadonlyArray<string>
  readonly json: boolean
}

export const runDesk = Effect.fn("cli.run")(function* (options: RunOptions) {
  const settings = yield* readSettings(options)
  const chaos = yield* parseChaos(options.chaos)
  yield* (yield* StopRequest).listen
  const failed = yield* failedChecks(settings)
  if (failed.length > 0) {
    return yield* new CannotStart({
      why: failed.map(({ name, detail }) => `preflight: ${name}: ${detail}`).join("\n")
    })
  }
  const names = Option.isNone(options.books) ? undefined : yield* parseBooks(options.books.value)
  if (Option.isSome(options.group)) {
    const { value: group } = options.group
    return yield* runGroup(settings, names ?? [settings.book], group, chaos, options.json)
  }
  if (names !== undefined) return yield* runBooks(settings, names, chaos, options.json)
  return yield* Effect.scoped(
    Effect.gen(function* () {
      const { opened, fault } = withChaos(yield* openUnlessStopped(settings), chaos)
      const audience = alone(options.json)
      return yield* Effect.provide(runBook(opened, settings, audience, fault), opened.journal)
    })
  )
})

/** One book has the terminal to itself. */
const alone = (json: boolean): Audience => ({
  opened: () => Effect.void,
  say: (text) => (json ? Effect.void : Console.log(text)),
  summary: (summary) => Console.log(json ? JSON.stringify(summary.json) : summary.text),
  hasScreen: !json,
  isRevoked: () => false
})
