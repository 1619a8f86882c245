/** `validate STRATEGY`: examines a strategy on data from before the session and writes its certificate. */
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { CannotStart, type Examination, Launcher } from "./Launcher.ts"
import { configFlag, envFlag, jsonFlag, readSettings } from "./settingsFlags.ts"

export const validateCommand = Command.make(
  "validate",
  {
    config: configFlag,
    env: envFlag,
    session: Flag.String("session").pipe(
      Flag.withDescription("session that the certificate is for"),
      Flag.optional
    ),
    json: jsonFlag,
    strategy: Argument.String("strategy")
  },
  Effect.fn("cli.validate")(function* (options) {
    const settings = yield* readSettings(options)
    if (!options.json) {
      yield* Console.log(
        `examining ${options.strategy} on data before ${settings.session}: about half a minute`
      )
    }
    const launcher = yield* Launcher
    const found = yield* launcher.validate(settings, options.strategy)
    yield* Console.log(options.json ? JSON.stringify(found) : text(found))
    if (!found.passed) {
      return yield* new CannotStart({
        why: `${options.strategy} did not pass: ${found.failures.join("; ")}`
      })
    }
  })
).pipe(
  Command.withDescription("Examine a strategy and write its performance certificate"),
  Command.withExamples([
    { command: "node dist/main.js validate volatility", description: "for the default session" }
  ])
)

const text = (found: Examination): string =>
  [
    `${found.certificateId}: ${found.passed ? "passed" : "FAILED"}`,
    `  data through  ${found.dataThrough}`,
    `  good for      ${found.validFrom} to ${found.expires}`,
    ...Object.entries(found.metrics).map(([name, value]) => `  ${name.padEnd(24)} ${value}`),
    ...found.failures.map((failure) => `  missed: ${failure}`),
    `written to ${found.file}`
  ].join("\n")
