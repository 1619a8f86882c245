/** `preflight`: what must be right before a run, checked and said in plain words. */
import { Console, Effect } from "effect"
import { Command } from "effect/cli"
import type { Settings } from "../supervisors/settings.ts"
import { CannotStart, type Check, Launcher } from "./Launcher.ts"
import { configFlag, dataDirFlag, envFlag, jsonFlag, readSettings } from "./settingsFlags.ts"

export const preflightCommand = Command.make(
  "preflight",
  { config: configFlag, env: envFlag, dataDir: dataDirFlag, json: jsonFlag },
  Effect.fn("cli.preflight")(function* (options) {
    const settings = yield* readSettings(options)
    const launcher = yield* Launcher
    const checks = yield* launcher.checks(settings)
    yield* Console.log(options.json ? JSON.stringify({ checks }) : checks.map(line).join("\n"))
    const failed = checks.filter(({ ok }) => !ok)
    if (failed.length > 0) {
      return yield* new CannotStart({
        why: `preflight: ${failed.length} of ${checks.length} checks failed`
      })
    }
    if (!options.json) yield* Console.log(`all ${checks.length} checks passed`)
  })
).pipe(
  Command.withDescription("Check the machine, the files and the settings"),
  Command.withExamples([
    { command: "node dist/main.js preflight", description: "check everything" }
  ])
)

const line = ({ name, ok, detail }: Check): string => `${ok ? "ok  " : "FAIL"}  ${name}: ${detail}`

export const failedChecks = Effect.fnUntraced(function* (settings: Settings) {
  const launcher = yield* Launcher
  return (yield* launcher.checks(settings)).filter(({ ok }) => !ok)
})
