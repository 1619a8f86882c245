/** `simulate`: the whole desk through fault plans on virtual time, seed by seed. */
import { Clock, Console, Effect, Option } from "effect"
import { CliError, Command, Flag } from "effect/cli"
import { SimulationFold } from "../projections/simulationReport.ts"
import { simulationText } from "../projections/simulationText.ts"
import { DeskSimulator, type LoadedSimulator, type SimulatedRun } from "./DeskSimulator.ts"
import { CannotStart } from "./Launcher.ts"
import { jsonFlag } from "./settingsFlags.ts"

/** So many seeds at most in one call. */
const seedsMax = 1_000_000
/** Broken seeds that are shrunk and shown; the others are only counted. */
const shownMax = 5
const progressEvery = 100

export const simulateCommand = Command.make(
  "simulate",
  {
    seeds: Flag.String("seeds").pipe(
      Flag.withDefault("1..100"),
      Flag.withDescription("one seed, or the first and last of a range: 1..1000")
    ),
    scenario: Flag.String("scenario").pipe(
      Flag.withDefault("anything"),
      Flag.withDescription("which faults may strike; --list names them")
    ),
    keep: Flag.String("keep").pipe(
      Flag.withDescription(
        "places of the faults to keep of a seed's plan: 0,3; as a failure prints"
      ),
      Flag.optional
    ),
    list: Flag.Boolean("list").pipe(
      Flag.withDefault(false),
      Flag.withDescription("name the scenarios and end")
    ),
    json: jsonFlag
  },
  Effect.fn("cli.simulate")(function* (options) {
    const simulator = yield* DeskSimulator
    if (options.list) {
      for (const { name, about } of simulator.scenarios) {
        yield* Console.log(`${name.padEnd(10)} ${about}`)
      }
      return
    }
    const names = simulator.scenarios.map(({ name }) => name)
    if (!names.includes(options.scenario)) {
      return yield* badFlag("--scenario", options.scenario, names.join(", "))
    }
    const range = yield* seedsOf(options.seeds)
    const keep = yield* placesOf(Option.getOrUndefined(options.keep))
    const loaded = yield* Effect.mapError(
      simulator.load,
      ({ message }) => new CannotStart({ why: message })
    )
    yield* runAll(loaded, range, options.scenario, keep, options.json)
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    "Run the whole desk on virtual time through faults drawn from seeds, and check every promise"
  ),
  Command.withExamples([
    { command: "node dist/main.js simulate --seeds 1..1000", description: "every kind of fault" },
    { command: "node dist/main.js simulate --seeds 42 --scenario kills", description: "one seed" }
  ])
)

interface Range {
  readonly first: number
  readonly last: number
}

const runAll = Effect.fnUntraced(function* (
  loaded: LoadedSimulator,
  { first, last }: Range,
  scenario: string,
  keep: ReadonlyArray<number> | undefined,
  json: boolean
) {
  const fold = new SimulationFold()
  const broken: Array<SimulatedRun> = []
  const fromMs = yield* Clock.currentTimeMillis
  for (let seed = first; seed <= last; seed++) {
    const run = yield* loaded.run(seed, scenario, keep)
    fold.add(run)
    if (run.breach !== undefined) broken.push(run)
    const done = seed - first + 1
    if (!json && done % progressEvery === 0 && seed < last) {
      yield* Console.log(`${done} of ${last - first + 1} seeds, ${broken.length} broken`)
    }
  }
  const wallMs = (yield* Clock.currentTimeMillis) - fromMs
  const report = fold.report()
  const shrunk = []
  for (const run of broken.slice(0, shownMax)) {
    shrunk.push(keep === undefined ? yield* loaded.shrink(run.seed, scenario) : { run, keep })
  }
  if (json) {
    const failures = shrunk.map(({ run, keep: places }) => ({
      seed: run.seed,
      breach: run.breach,
      faults: run.faults,
      repeat: repeatCommand(run, places)
    }))
    yield* Console.log(JSON.stringify({ ...report, scenario, wallMs, failures }))
  } else {
    yield* Console.log(simulationText(report, wallMs))
    for (const { run, keep: places } of shrunk) yield* Console.log(failureText(run, places))
  }
  if (broken.length > 0) {
    return yield* new CannotStart({
      why: `${broken.length} of ${last - first + 1} seeds broke a promise: ${broken
        .slice(0, 20)
        .map(({ seed }) => seed)
        .join(", ")}`
    })
  }
})

const repeatCommand = ({ seed, scenario }: SimulatedRun, keep: ReadonlyArray<number>): string =>
  `node dist/main.js simulate --seeds ${seed} --scenario ${scenario} --keep ${keep.join(",") || "none"}`

const failureText = (run: SimulatedRun, keep: ReadonlyArray<number>): string =>
  [
    "",
    `Seed ${run.seed} breaks "${run.breach?.invariant}" at record ${run.breach?.seq}:`,
    `  ${run.breach?.why}`,
    run.faults.length === 0 ? "  with no fault at all" : "  with these faults alone:",
    ...run.faults.map((fault) => `    ${fault}`),
    `  again: ${repeatCommand(run, keep)}`
  ].join("\n")

const badFlag = (flag: string, value: string, allowed: string) =>
  Effect.fail(
    new CliError.ValidationError({
      message: `${flag} is ${JSON.stringify(value.slice(0, 40))}; allowed: ${allowed}`
    })
  )

const seedsOf = (text: string) => {
  const match = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text)
  const first = Number(match?.[1] ?? -1)
  const last = Number(match?.[2] ?? match?.[1] ?? -1)
  return first >= 0 && last >= first && last - first < seedsMax
    ? Effect.succeed({ first, last })
    : badFlag("--seeds", text, `A or A..B, A at most B, at most ${seedsMax} seeds`)
}

const placesOf = (text: string | undefined) => {
  if (text === undefined) return Effect.succeed(undefined)
  if (text === "none") return Effect.succeed([])
  return /^\d{1,3}(,\d{1,3})*$/.test(text)
    ? Effect.succeed(text.split(",").map(Number))
    : badFlag("--keep", text, "places from 0, with commas between; or none")
}
