/** `vault init|show|trades|deposit|withdraw|freeze|thaw`: the vault of a run, or of the settings' cluster. */
import { Console, Effect, Option } from "effect"
import { Argument, CliError, Command, Flag } from "effect/cli"
import type { OperatorCommand } from "../actors/ports/Commands.ts"
import { formatNewYork } from "../domain/market/newYorkTime.ts"
import { formatUsdCents, parseUsd } from "../domain/market/usd.ts"
import { tableLines } from "../projections/table.ts"
import {
  type ShownVault,
  vaultJson,
  vaultText,
  vaultTradesJson,
  vaultTradesText
} from "../projections/vaultText.ts"
import { enterCommand } from "./enterCommand.ts"
import { CannotStart, type RecordedRun, recordedBy } from "./Launcher.ts"
import { runFlag } from "./replay.ts"
import {
  configFlag,
  dataDirFlag,
  envFlag,
  jsonFlag,
  type Overrides,
  readSettings
} from "./settingsFlags.ts"
import { VaultDesk } from "./VaultDesk.ts"

const flags = {
  config: configFlag,
  env: envFlag,
  dataDir: dataDirFlag,
  run: runFlag,
  json: jsonFlag
}
type Options = Overrides & { readonly run: Option.Option<string>; readonly json: boolean }

const runOf = Effect.fnUntraced(function* (options: Options) {
  const settings = yield* readSettings(options)
  return yield* recordedBy(settings, Option.getOrUndefined(options.run))
})

const look = Effect.fnUntraced(function* (recorded: RecordedRun) {
  const found = yield* (yield* VaultDesk).look(recorded)
  const shown: ShownVault = { of: `${recorded.run.runId}, book ${recorded.run.book}`, ...found }
  return { ...shown, trades: found.trades, transfer: found.transfer }
})

const show = Command.make("show", flags, (options) =>
  Effect.gen(function* () {
    const found = yield* look(yield* runOf(options))
    yield* Console.log(options.json ? JSON.stringify(vaultJson(found)) : vaultText(found))
  })
).pipe(Command.withDescription("What the chain holds: balances, freeze, anchor, addresses"))

const trades = Command.make("trades", flags, (options) =>
  Effect.gen(function* () {
    const { trades: found } = yield* look(yield* runOf(options))
    yield* Console.log(
      options.json ? JSON.stringify(vaultTradesJson(found)) : vaultTradesText(found)
    )
  })
).pipe(Command.withDescription("Every trade's account on the chain, in USDT"))

const init = Command.make(
  "init",
  { config: configFlag, env: envFlag, dataDir: dataDirFlag, json: jsonFlag },
  (options) =>
    Effect.gen(function* () {
      const settings = yield* readSettings(options)
      if (settings.vault.chain === "litesvm") {
        const text = "vault.chain is litesvm: each run makes its own vault when it starts"
        return yield* Console.log(options.json ? JSON.stringify({ made: false, text }) : text)
      }
      const addresses = yield* (yield* VaultDesk).setUp(settings)
      const lines = tableLines(Object.entries(addresses), ["left", "left"], "  ")
      yield* Console.log(
        options.json
          ? JSON.stringify({ made: true, addresses })
          : ["the vault is there", ...lines].join("\n")
      )
    })
).pipe(
  Command.withDescription("Make the vault on the settings' cluster; keys come from the secrets")
)

const amountArgument = Argument.String("usdt").pipe(
  Argument.withDescription("amount in USDT, at most six decimals")
)

const deposit = Command.make(
  "deposit",
  { ...flags, amount: amountArgument },
  ({ amount, ...options }) =>
    Effect.gen(function* () {
      yield* operate(options, { _tag: "Deposit", amountMicros: yield* microsOf(amount) })
    })
).pipe(Command.withDescription("Put USDT of the trader's into the vault"))

const withdraw = Command.make(
  "withdraw",
  { ...flags, amount: amountArgument },
  ({ amount, ...options }) =>
    Effect.gen(function* () {
      yield* operate(options, { _tag: "Withdraw", amountMicros: yield* microsOf(amount) })
    })
).pipe(Command.withDescription("Pay free USDT out to the trader's own account"))

const reasonFlag = Flag.String("reason").pipe(
  Flag.withDefault("by an operator"),
  Flag.withDescription("told in the journal")
)

const freeze = Command.make(
  "freeze",
  {
    ...flags,
    minutes: Flag.Int("minutes").pipe(
      Flag.withDefault(60),
      Flag.withDescription("of the session's clock; at most vault.freezeMsMax")
    ),
    reason: reasonFlag
  },
  ({ minutes, reason, ...options }) =>
    Effect.gen(function* () {
      if (minutes < 1) {
        return yield* invalid(`--minutes is ${minutes}; allowed: 1 and more`)
      }
      yield* operate(options, { _tag: "Freeze", forMs: minutes * 60_000, reason })
    })
).pipe(
  Command.withDescription("Nothing is reserved and nothing leaves for so long; closings go on")
)

const thaw = Command.make("thaw", { ...flags, reason: reasonFlag }, ({ reason, ...options }) =>
  operate(options, { _tag: "Thaw", reason })
).pipe(Command.withDescription("End a freeze; what the chain refused meanwhile is asked again"))

/** Enters a command into the run as a record of its operator, whatever state the run is in. */
const operate = Effect.fnUntraced(function* (options: Options, command: OperatorCommand) {
  const recorded = yield* runOf(options)
  const { runId } = recorded.run
  const { id, entered } = yield* enterCommand(recorded, command)
  if (!entered) {
    const text = `${id}: no process runs ${runId}; it enters the run when that goes on`
    return yield* Console.log(
      options.json ? JSON.stringify({ run: runId, id, entered, text }) : text
    )
  }
  const found = yield* look(recorded)
  const { freeMicros, frozenUntilMs, reservedMicros, settlingMicros } = found.reading
  const { _tag } = command
  const outcome = _tag === "Deposit" || _tag === "Withdraw" ? found.transfer(_tag, id) : undefined
  if (outcome?._tag === "Rejected") {
    return yield* new CannotStart({ why: `the vault refused: ${outcome.text}` })
  }
  const frozen =
    frozenUntilMs === 0 ? "" : `; frozen until ${formatNewYork(frozenUntilMs)} New York`
  yield* Console.log(
    options.json
      ? JSON.stringify({ run: runId, id, entered, ...vaultJson(found) })
      : `${id} is in ${runId}: free ${formatUsdCents(freeMicros)} USDT, reserved ${formatUsdCents(reservedMicros)}, in trades ${formatUsdCents(settlingMicros)}${frozen}`
  )
})

const microsOf = (amount: string): Effect.Effect<bigint, CliError.ValidationError> => {
  const micros = parseUsd(amount)
  return micros === undefined || micros <= 0n
    ? invalid(
        `amount is ${JSON.stringify(amount.slice(0, 40))}; allowed: a number above 0 with at most six decimals, like 2500.00`
      )
    : Effect.succeed(micros)
}

const invalid = (message: string) => Effect.fail(new CliError.ValidationError({ message }))

export const vaultCommand = Command.make("vault").pipe(
  Command.withDescription("The vault that holds the capital"),
  Command.withExamples([
    { command: "node dist/main.js vault show", description: "of the latest run" },
    { command: "node dist/main.js vault deposit 1000.00", description: "into the latest run" }
  ]),
  Command.withSubcommands([init, show, trades, deposit, withdraw, freeze, thaw])
)
