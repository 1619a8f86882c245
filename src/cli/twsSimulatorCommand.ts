/** `tws-simulator`: Interactive Brokers' socket protocol over the simulated exchange, until it is ended. */
import { Console, Effect, Option } from "effect"
import { CliError, Command, Flag } from "effect/cli"
import { jsonFlag } from "./settingsFlags.ts"
import { TwsSimulator } from "./TwsSimulator.ts"

const portMax = 65_535

export const twsSimulatorCommand = Command.make(
  "tws-simulator",
  {
    port: Flag.Int("port").pipe(
      Flag.withDescription("port of 127.0.0.1 that clients connect to; 0: a free one"),
      Flag.withDefault(7497)
    ),
    session: Flag.String("session").pipe(
      Flag.withDescription("recorded session to serve; default: a synthetic market"),
      Flag.optional
    ),
    symbol: Flag.String("symbol").pipe(
      Flag.withDescription("underlying of the synthetic market; default: SPY"),
      Flag.optional
    ),
    seed: Flag.Int("seed").pipe(
      Flag.withDescription("of the synthetic market"),
      Flag.withDefault(1)
    ),
    speed: Flag.Finite("speed").pipe(
      Flag.withDescription("market seconds per second"),
      Flag.withDefault(1)
    ),
    faults: Flag.String("faults").pipe(
      Flag.withDescription("YAML or JSON file of faults to show: docs/tws-simulator.md"),
      Flag.optional
    ),
    controlPort: Flag.Int("control-port").pipe(
      Flag.withDescription("opens the control channel: time moves only through it; 0: a free one"),
      Flag.optional
    ),
    dataDir: Flag.String("data-dir").pipe(
      Flag.withDescription("its log lies in DIR/tws; default: .optionsib"),
      Flag.optional
    ),
    json: jsonFlag
  },
  Effect.fn("cli.twsSimulator")(function* (options) {
    const { port, seed, speed } = options
    const controlPort = Option.getOrUndefined(options.controlPort)
    yield* checkPort("--port", port)
    yield* checkPort("--control-port", controlPort ?? 0)
    if (!(speed > 0 && speed <= 100_000)) {
      return yield* wrong(`--speed is ${speed}; above 0 and up to 100000 is allowed`)
    }
    const session = Option.getOrUndefined(options.session)
    if (session !== undefined && Option.isSome(options.symbol)) {
      return yield* wrong("--session and --symbol exclude each other")
    }
    const symbol = Option.getOrElse(options.symbol, () => "SPY").toUpperCase()
    if (!/^[A-Z0-9]{1,6}$/.test(symbol)) {
      return yield* wrong(
        `--symbol is ${JSON.stringify(symbol)}; 1 to 6 letters or digits are allowed`
      )
    }
    const started = yield* (yield* TwsSimulator).start({
      ...{ port, controlPort, session, symbol, seed, speed },
      faultsFile: Option.getOrUndefined(options.faults),
      dataDir: Option.getOrUndefined(options.dataDir)
    })
    const { stopped, ...told } = started
    yield* options.json
      ? Console.log(JSON.stringify({ event: "listening", ...told }))
      : Console.log(listeningText(told))
    return yield* stopped
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    "SIMULATED Trader Workstation: serves Interactive Brokers' socket protocol on 127.0.0.1"
  ),
  Command.withExamples([
    {
      command: "node dist/main.js tws-simulator --port 7497 --symbol SPY",
      description: "a live synthetic market"
    },
    {
      command: "node dist/main.js tws-simulator --port 7497 --session goog-2015-12-24 --speed 60",
      description: "a recorded session, a minute in a second"
    }
  ])
)

const wrong = (message: string): Effect.Effect<never, CliError.ValidationError> =>
  Effect.fail(new CliError.ValidationError({ message }))

const checkPort = (flag: string, port: number): Effect.Effect<void, CliError.ValidationError> =>
  port >= 0 && port <= portMax
    ? Effect.void
    : wrong(`${flag} is ${port}; 0 to ${portMax} is allowed`)

const listeningText = (told: {
  readonly port: number
  readonly controlPort: number | undefined
  readonly market: string
  readonly log: string
  readonly cutBytes: number
}): string =>
  [
    `SIMULATED TWS of ${told.market}; its log is ${told.log}`,
    ...(told.cutBytes > 0 ? [`a torn tail of ${told.cutBytes} bytes was cut from the log`] : []),
    ...(told.controlPort === undefined ? [] : [`control channel on 127.0.0.1:${told.controlPort}`]),
    `listening on 127.0.0.1:${told.port}`
  ].join("\n")
