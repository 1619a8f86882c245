/** The simulation behind the command line's port. */
import { Effect, Layer } from "effect"
import { DeskSimulator, type LoadedSimulator, type SimulatedRun } from "../cli/DeskSimulator.ts"
import { describeFault, type Fault } from "../domain/chaos/faults.ts"
import { deskTree } from "../supervisors/deskTree.ts"
import type { TreeNode } from "../supervisors/treePolicy.ts"
import { planOf, scenarioNamed, scenarios } from "./faultPlan.ts"
import type { Parts } from "./life.ts"
import { type Outcome, runPlan } from "./runPlan.ts"
import { shrinkPlan } from "./shrink.ts"
import { loadStage, type Stage, stageOf } from "./stage.ts"

const actorsOf = (node: TreeNode): ReadonlyArray<string> =>
  node._tag === "Actor" ? [node.id] : node.children.flatMap(actorsOf)

const planFor = (stage: Stage, seed: number, scenario: string): ReadonlyArray<Fault> => {
  const found = scenarioNamed(scenario)
  if (found === undefined) throw new RangeError(`there is no scenario ${scenario}`)
  const day = stage.session.days[0]!
  return planOf(seed, found, {
    sessionMs: day.closeMs - day.openMs,
    broker: stage.broker,
    actors: actorsOf(deskTree())
  })
}

const staged = (whole: Stage, seed: number, scenario: string): Stage => {
  const { journal, broker = "simulated" } = scenarioNamed(scenario) ?? {}
  return stageOf(whole, seed, journal, broker === "either" ? undefined : broker)
}

/** One seed of a scenario; `keep` leaves only these faults of its plan, `parts` plants a bug. */
export const runSeed = (
  whole: Stage,
  seed: number,
  scenario: string,
  options: { readonly keep?: ReadonlyArray<number> | undefined; readonly parts?: Parts } = {}
): Effect.Effect<Outcome> =>
  Effect.suspend(() => {
    const stage = staged(whole, seed, scenario)
    const plan = planFor(stage, seed, scenario)
    const { keep, parts = {} } = options
    const kept = keep === undefined ? plan : keep.flatMap((place) => plan[place] ?? [])
    return runPlan(stage, seed, kept, parts)
  })

/** The fewest faults of a seed that still break what the seed breaks. */
const shrinkSeed = Effect.fnUntraced(function* (whole: Stage, seed: number, scenario: string) {
  const stage = staged(whole, seed, scenario)
  const plan = planFor(stage, seed, scenario)
  const { breach } = yield* runPlan(stage, seed, plan)
  const keep = yield* shrinkPlan(plan, breach?.invariant ?? "", (fewer) =>
    Effect.map(runPlan(stage, seed, fewer), (outcome) => outcome.breach?.invariant)
  )
  return { run: told(scenario, yield* runSeed(whole, seed, scenario, { keep })), keep }
})

export const layer: Layer.Layer<DeskSimulator> = Layer.succeed(DeskSimulator, {
  scenarios: scenarios.map(({ name, about }) => ({ name, about })),
  load: Effect.map(
    loadStage(),
    (whole): LoadedSimulator => ({
      run: (seed, scenario, keep) =>
        Effect.map(runSeed(whole, seed, scenario, { keep }), (outcome) => told(scenario, outcome)),
      shrink: (seed, scenario) => shrinkSeed(whole, seed, scenario)
    })
  )
})

const told = (scenario: string, outcome: Outcome): SimulatedRun => ({
  ...outcome,
  scenario,
  faults: outcome.plan.map(describeFault),
  struck: [...outcome.struck].sort(),
  recovery: outcome.recovery.times
})
