/** Whole sessions over the wire in which the venue charges late and corrects what it told, and the process dies between. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Journal } from "../../src/actors/ports/Journal.ts"
import type {
  ExecutionReport,
  TradeCorrected,
  TradeFilled
} from "../../src/actors/ports/records/broker.ts"
import type { Fault } from "../../src/domain/chaos/faults.ts"
import type { JournalRecord, PayloadOf } from "../../src/domain/journal/record.ts"
import { RunSummary } from "../../src/projections/runSummary.ts"
import { tracesOf } from "../../src/projections/traces/TraceFold.ts"
import { runPlan } from "../../src/simulation/runPlan.ts"
import { loadStage, stageOf } from "../../src/simulation/stage.ts"

/** A session in which the desk trades. Its quotes come by the minute: what is later than one is told without. */
const seed = 3
const minutes = 30

const faults: Readonly<Record<string, ReadonlyArray<Fault>>> = {
  "late commissions": [{ _tag: "IbLateCommission", atMs: 0, times: 1, delayMs: 90_000 }],
  corrections: [{ _tag: "IbCorrection", atMs: 0, byMicros: 50_000, delayMs: 1_000 }],
  "corrections minutes later": [
    { _tag: "IbCorrection", atMs: 0, byMicros: 50_000, delayMs: 150_000 }
  ],
  both: [
    { _tag: "IbLateCommission", atMs: 0, times: 1, delayMs: 90_000 },
    { _tag: "IbCorrection", atMs: 0, byMicros: -30_000, delayMs: 0 }
  ]
}

const payloads = <P>(records: ReadonlyArray<JournalRecord>, type: string): ReadonlyArray<P> =>
  records.filter((each) => each.type === type).map(({ payload }) => payload as P)

/** The session's records, and when the venue's first word was corrected. */
const played = Effect.fnUntraced(function* (
  kinds: ReadonlyArray<Fault>,
  kill: ReadonlyArray<Fault> = []
) {
  const stage = stageOf(yield* loadStage(), seed, "file", "wire")
  const { openMs } = stage.session.days[0]!
  const eachMinute = Array.from({ length: minutes }, (_, at) =>
    kinds.map((kind) => ({ ...kind, atMs: 1 + at * 60_000 }))
  ).flat()
  const plan = [...eachMinute, ...kill].sort((one, other) => one.atMs - other.atMs)
  let journal: Journal["Service"] | undefined
  const outcome = yield* runPlan(stage, seed, plan, {
    journal: (sound) => {
      journal = sound
      return sound
    }
  })
  const { breach } = outcome
  assert.isUndefined(breach, `${breach?.invariant}: ${breach?.why}`)
  const records = [...(yield* Effect.orDie(journal!.openReader)).read(0)]
  return { records, outcome, openMs }
})

/** Nothing is left unexplained, and what was told adds up to what the venue says of each execution in the end. */
const isBooked = (records: ReadonlyArray<JournalRecord>): void => {
  assert.deepStrictEqual(payloads(records, "Unexplained"), [])
  assert.deepStrictEqual(payloads(records, "DifferenceFound"), [])
  const fills = payloads<PayloadOf<typeof TradeFilled>>(records, "TradeFilled")
  const corrected = payloads<PayloadOf<typeof TradeCorrected>>(records, "TradeCorrected")
  const reports = payloads<PayloadOf<typeof ExecutionReport>>(records, "ExecutionReport")
  const last = new Map<string, PayloadOf<typeof ExecutionReport>>()
  for (const report of reports) {
    const { execType, execID, correction } = report
    if (execType === "Trade") last.set(execID, report)
    if (correction !== undefined) last.set(correction.execRefID, report)
  }
  const sum = (of: Iterable<{ readonly commissionMicros: bigint }>) =>
    [...of].reduce((all, { commissionMicros }) => all + commissionMicros, 0n)
  assert.strictEqual(sum([...fills, ...corrected]), sum(last.values()))
  assert.isAbove(corrected.length, 3)
  assert.isAbove(payloads(records, "TradeCompleted").length, 0)
  // What people read agrees with the vault, and every correction is in its trade's trace.
  const summary = new RunSummary()
  for (const record of records) summary.apply(record)
  assert.deepStrictEqual(summary.vaultDisagreements, [])
  const spans = tracesOf(records).filter(({ name }) => name === "correction")
  assert.strictEqual(spans.length, corrected.length)
}

describe("A session over the wire", () => {
  for (const [what, kinds] of Object.entries(faults)) {
    it.live(`with ${what} ends with all booked, killed between fill and correction or not`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const first = yield* played(kinds)
          isBooked(first.records)
          const filled = first.records.find(({ type }) => type === "TradeFilled")!
          const corrected = first.records.find(({ type }) => type === "TradeCorrected")!
          const between = (filled.logicalTimeMs + corrected.logicalTimeMs) / 2
          const atMs = Math.floor(between) - first.openMs
          const kill = {
            _tag: "ProcessKill",
            atMs,
            point: "after commit",
            unsynced: "lost"
          } as const
          const { records, outcome } = yield* played(kinds, [kill])
          assert.strictEqual(outcome.lives, 2)
          isBooked(records)
        })
      )
    )
  }
})
