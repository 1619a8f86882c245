/** `reconcile show|resolve ID`: what the broker shows and nobody could explain, and an operator's word on it. */
import { Console, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Journal } from "../actors/ports/Journal.ts"
import { differencesOf, differencesText } from "../projections/differences.ts"
import { enterCommand } from "./enterCommand.ts"
import { CannotStart, recordedBy } from "./Launcher.ts"
import { runFlag } from "./replay.ts"
import {
  configFlag,
  dataDirFlag,
  envFlag,
  jsonFlag,
  type Overrides,
  readSettings
} from "./settingsFlags.ts"

const flags = {
  config: configFlag,
  env: envFlag,
  dataDir: dataDirFlag,
  run: runFlag,
  json: jsonFlag
}
type Options = Overrides & { readonly run: Option.Option<string>; readonly json: boolean }

const read = Effect.fnUntraced(function* (options: Options) {
  const settings = yield* readSettings(options)
  const recorded = yield* recordedBy(settings, Option.getOrUndefined(options.run))
  const differences = yield* Effect.gen(function* () {
    const reader = yield* (yield* Journal).openReader
    return differencesOf(reader.read(0))
  }).pipe(Effect.provide(recorded.journal))
  return { recorded, differences }
})

const show = Command.make("show", flags, (options) =>
  Effect.gen(function* () {
    const { recorded, differences } = yield* read(options)
    yield* Console.log(
      options.json
        ? JSON.stringify({ run: recorded.run.runId, differences })
        : differencesText(differences)
    )
  })
).pipe(Command.withDescription("Differences with the broker's account, open and resolved"))

const resolve = Command.make(
  "resolve",
  {
    ...flags,
    id: Argument.String("id").pipe(Argument.withDescription("as `reconcile show` names it")),
    reason: Flag.String("reason").pipe(
      Flag.withDescription("what was found out; told in the journal")
    )
  },
  ({ id: differenceId, reason, ...options }) =>
    Effect.gen(function* () {
      const { recorded, differences } = yield* read(options)
      const { runId } = recorded.run
      const open = differences.filter(({ resolved }) => resolved === undefined)
      if (!open.some((each) => each.differenceId === differenceId)) {
        const known = open.map((each) => each.differenceId).join(", ") || "none"
        const why = `there is no open difference "${differenceId}" in ${runId}; open there: ${known}`
        return yield* new CannotStart({ why })
      }
      const { id, entered } = yield* enterCommand(recorded, {
        _tag: "Resolve",
        differenceId,
        reason
      })
      const text = entered
        ? `${id} is in ${runId}: ${differenceId} is resolved`
        : `${id}: no process runs ${runId}; it enters the run when that goes on`
      yield* Console.log(
        options.json ? JSON.stringify({ run: runId, id, differenceId, entered }) : text
      )
    })
).pipe(Command.withDescription("Settle one difference: it blocks new risk no longer"))

export const reconcileCommand = Command.make("reconcile").pipe(
  Command.withDescription("What the broker shows and the desk cannot explain"),
  Command.withExamples([
    { command: "node dist/main.js reconcile show", description: "of the latest run" }
  ]),
  Command.withSubcommands([show, resolve])
)
