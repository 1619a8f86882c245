/** `runs ls` and `runs rm`. */
import { Console, Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { Launcher } from "./Launcher.ts"
import { configFlag, dataDirFlag, envFlag, jsonFlag, readSettings } from "./settingsFlags.ts"

const flags = { config: configFlag, env: envFlag, dataDir: dataDirFlag, json: jsonFlag }

const list = Command.make(
  "ls",
  flags,
  Effect.fn("cli.runs.ls")(function* (options) {
    const settings = yield* readSettings(options)
    const runs = yield* (yield* Launcher).runs(settings.storage.dataDir)
    const all = yield* runs.list
    if (options.json) return yield* Console.log(JSON.stringify({ runs: all }))
    if (all.length === 0) return yield* Console.log(`no runs in ${runs.place}`)
    for (const run of all) {
      const state = run.finished ? "finished  " : "unfinished"
      yield* Console.log(
        `${run.runId}  ${state}  ${run.session}  book ${run.book}  seed ${run.seed}  ${run.startedAt}`
      )
    }
  })
).pipe(Command.withDescription("List the runs of the data directory"))

const remove = Command.make(
  "rm",
  { ...flags, run: Argument.String("run") },
  Effect.fn("cli.runs.rm")(function* (options) {
    const settings = yield* readSettings(options)
    const runs = yield* (yield* Launcher).runs(settings.storage.dataDir)
    yield* runs.remove(options.run)
    yield* Console.log(
      options.json ? JSON.stringify({ removed: options.run }) : `removed ${options.run}`
    )
  })
).pipe(Command.withDescription("Delete one run with its journal and logs"))

export const runsCommand = Command.make("runs").pipe(
  Command.withDescription("The runs of the data directory"),
  Command.withExamples([
    { command: "node dist/main.js runs ls", description: "what was run here" }
  ]),
  Command.withSubcommands([list, remove])
)
