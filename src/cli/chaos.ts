/** `chaos`: faults on a running desk, and what they came to. */
import { Console, Effect, Option } from "effect"
import { Argument, CliError, Command, Flag } from "effect/cli"
import { TableFiles } from "../actors/ports/TableFiles.ts"
import { type ChaosScenario, describeFault } from "../domain/chaos/faults.ts"
import { isBroken } from "../projections/resilience.ts"
import { resiliencePage } from "../projections/resiliencePage.ts"
import { resilienceText } from "../projections/resilienceText.ts"
import type { Settings } from "../supervisors/settings.ts"
import { ChaosDesk } from "./ChaosDesk.ts"
import { CannotStart, StopRequest } from "./Launcher.ts"
import {
  bookFlag,
  configFlag,
  dataDirFlag,
  envFlag,
  journalFlag,
  jsonFlag,
  readSettings
} from "./settingsFlags.ts"

const listCommand = Command.make(
  "ls",
  { config: configFlag, env: envFlag, json: jsonFlag },
  Effect.fn("cli.chaos.ls")(function* (options) {
    const scenarios = yield* known(yield* readSettings(options))
    if (options.json) return yield* Console.log(JSON.stringify(scenarios))
    for (const [name, { about, faults }] of Object.entries(scenarios)) {
      yield* Console.log(`${name}: ${about}`)
      for (const fault of faults) yield* Console.log(`  ${describeFault(fault)}`)
    }
  })
).pipe(
  Command.withDescription("List the scenarios: the product's own and those of the settings"),
  Command.withExamples([{ command: "node dist/main.js chaos ls", description: "all of them" }])
)

const runCommand = Command.make(
  "run",
  {
    scenario: Argument.String("scenario").pipe(
      Argument.withDescription("name of a scenario; left out with --plan"),
      Argument.optional
    ),
    plan: Flag.String("plan").pipe(
      Flag.withDescription("YAML file with a plan of your own: about, faults"),
      Flag.optional
    ),
    config: configFlag,
    env: envFlag,
    session: Flag.String("session").pipe(
      Flag.withDescription("session to run; default: the settings'"),
      Flag.optional
    ),
    speed: Flag.String("speed").pipe(
      Flag.withDescription("session seconds per second, or max"),
      Flag.withDefault("max"),
      Flag.map(Option.some)
    ),
    dataDir: dataDirFlag,
    journal: journalFlag,
    book: bookFlag,
    html: Flag.String("html").pipe(
      Flag.withDescription("write the report as one HTML page to this file"),
      Flag.optional
    ),
    json: jsonFlag
  },
  Effect.fn("cli.chaos.run")(function* (options) {
    const settings = yield* readSettings(options)
    const chaos = yield* ChaosDesk
    const { name, scenario } = yield* chosen(settings, options.scenario, options.plan)
    yield* (yield* StopRequest).listen
    const progress = (line: string) => (options.json ? Effect.void : Console.log(line))
    yield* progress(`chaos ${name} on ${settings.session}: ${scenario.faults.length} faults`)
    const facts = yield* Effect.mapError(chaos.run(settings, name, scenario, progress), (error) =>
      error instanceof CannotStart ? error : new CannotStart({ why: error.message })
    )
    if (Option.isSome(options.html)) {
      yield* (yield* TableFiles).writeText(options.html.value, resiliencePage(facts))
      yield* progress(`written to ${options.html.value}`)
    }
    yield* Console.log(options.json ? JSON.stringify(facts) : resilienceText(facts))
    if (isBroken(facts)) {
      const broken = facts.invariants.filter((each) => each.broken !== "")
      return yield* new CannotStart({
        why: `a promise was broken: ${broken.map((each) => `${each.name}: ${each.broken}`).join("; ")}`
      })
    }
  })
).pipe(
  Command.withDescription(
    "Run a session through a scenario's faults to its end and report how the desk bore them"
  ),
  Command.withExamples([
    {
      command: "node dist/main.js chaos run cascade --html cascade.html",
      description: "as a page"
    },
    { command: "node dist/main.js chaos run --plan mine.yaml", description: "a plan of your own" }
  ])
)

export const chaosCommand = Command.make("chaos").pipe(
  Command.withDescription(
    "Faults on a running desk: actors, process, journal, broker, chain, models"
  ),
  Command.withSubcommands([listCommand, runCommand])
)

const known = (settings: Settings) =>
  Effect.map(ChaosDesk, ({ scenarios }) => ({ ...scenarios, ...settings.chaos.scenarios }))

const chosen = Effect.fnUntraced(function* (
  settings: Settings,
  name: Option.Option<string>,
  plan: Option.Option<string>
): Effect.fn.Return<
  { readonly name: string; readonly scenario: ChaosScenario },
  CannotStart | CliError.ValidationError,
  ChaosDesk
> {
  const chaos = yield* ChaosDesk
  if (Option.isSome(plan)) {
    const scenario = yield* Effect.mapError(
      chaos.readPlan(plan.value),
      ({ message }) => new CannotStart({ why: message })
    )
    return { name: Option.getOrElse(name, () => "plan"), scenario }
  }
  const scenarios = yield* known(settings)
  const wanted = Option.getOrElse(name, () => "")
  const scenario = scenarios[wanted]
  if (scenario !== undefined) return { name: wanted, scenario }
  const message = `scenario is ${JSON.stringify(wanted.slice(0, 40))}; allowed: ${Object.keys(scenarios).join(", ")}, or --plan FILE`
  return yield* new CliError.ValidationError({ message })
})
