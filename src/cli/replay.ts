/** `replay --verify`: re-decides every record of a run and names the first that differs. */
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { Journal } from "../actors/ports/Journal.ts"
import { EpochOpened } from "../actors/ports/records/kernel.ts"
import { oldestBeginning } from "../actors/runtime/bookSnapshot.ts"
import { verifyRecords } from "../actors/runtime/verify.ts"
import type { PayloadOf } from "../domain/journal/record.ts"
import { CannotStart, Launcher, type RecordedRun, recordedBy, refuseEmpty } from "./Launcher.ts"
import {
  bookFlag,
  configFlag,
  dataDirFlag,
  envFlag,
  journalFlag,
  jsonFlag,
  readSettings
} from "./settingsFlags.ts"

export const runFlag = Flag.String("run").pipe(
  Flag.withDescription("run id; default: the latest"),
  Flag.optional
)

export const replayCommand = Command.make(
  "replay",
  {
    verify: Flag.Boolean("verify").pipe(
      Flag.withDefault(false),
      Flag.withDescription("compare every decision with the journal; done in any case so far")
    ),
    config: configFlag,
    env: envFlag,
    dataDir: dataDirFlag,
    journal: journalFlag,
    book: bookFlag,
    run: runFlag,
    json: jsonFlag
  },
  Effect.fn("cli.replay")(function* (options) {
    const settings = yield* readSettings(options)
    const recorded = yield* recordedBy(settings, Option.getOrUndefined(options.run))
    const runs = yield* (yield* Launcher).runs(settings.storage.dataDir)
    const { registered } = recorded
    const summary = (
      registered === undefined
        ? yield* runs.summary(recorded.run.runId)
        : (registered.summary ?? undefined)
    ) as { readonly headHash: string; readonly stateHash: string } | undefined
    yield* Effect.provide(replay(recorded, summary, options.json), recorded.journal)
  })
).pipe(
  Command.withDescription("Re-run a recorded session and compare it bit for bit"),
  Command.withExamples([
    { command: "node dist/main.js replay --verify", description: "the latest run" },
    {
      command: "node dist/main.js replay --verify --run run-0001 --json",
      description: "one run, for a machine"
    }
  ])
)

/** The run's journal did not replay to itself. Exit code 1. */
const replay = Effect.fnUntraced(function* (
  recorded: RecordedRun,
  summary: { readonly headHash: string; readonly stateHash: string } | undefined,
  json: boolean
) {
  const store = yield* Journal
  const reader = yield* store.openReader
  yield* refuseEmpty(recorded, reader)
  const beginning = yield* oldestBeginning(store, reader.firstSeq())
  const read = (from: number) => reader.read(from)
  const verification = verifyRecords(recorded.plan, recorded.codec, read, beginning)
  const { records, decisions, stateHash } = verification
  const head = reader.head()
  const difference =
    verification.difference ??
    endDifference(summary, { seq: head.seq, headHash: head.hash, stateHash })
  const foreign = foreignRuntime(recorded, reader.read(0))
  if (json) {
    const identical = difference === undefined
    const result = {
      runId: recorded.run.runId,
      identical,
      from: beginning.from,
      records,
      decisions,
      headHash: head.hash,
      stateHash
    }
    yield* Console.log(
      JSON.stringify({
        ...result,
        tornBytes: reader.tornBytes(),
        ...(difference && { difference })
      })
    )
  } else {
    if (foreign !== undefined) yield* Console.log(foreign)
    if (reader.tornBytes() > 0) {
      yield* Console.log(
        `the journal ends in ${reader.tornBytes()} bytes of an unfinished write; verified through record ${head.seq}`
      )
    }
    if (difference === undefined) {
      yield* Console.log(
        [
          `${recorded.run.runId}: identical`,
          ...(beginning.from === 0 ? [] : [removedText(reader.firstSeq(), beginning.from)]),
          `  records     ${records}, of them ${decisions} decisions made anew`,
          `  chain head  ${head.hash}`,
          `  state       ${stateHash}`
        ].join("\n")
      )
    }
  }
  if (difference === undefined) return
  const { seq, actor, expected, found } = difference
  return yield* new CannotStart({
    why: [
      `${recorded.run.runId}: record ${seq} by ${actor} differs`,
      `  expected  ${expected}`,
      `  found     ${found}`
    ].join("\n")
  })
})

/** Retention took the beginning: what stands there is the snapshot's word, not a decision made anew. */
const removedText = (firstSeq: number, from: number): string =>
  `  from        record ${from}, on the snapshot there; records before ${firstSeq} were removed (storage.retain)`

/** Where the run ended in another state or chain than its replay. */
const endDifference = (
  summary: { readonly headHash: string; readonly stateHash: string } | undefined,
  replayed: { readonly seq: number; readonly headHash: string; readonly stateHash: string }
) => {
  if (summary === undefined) return undefined
  const { seq } = replayed
  if (summary.headHash !== replayed.headHash) {
    return { seq, actor: "chain head", expected: summary.headHash, found: replayed.headHash }
  }
  return summary.stateHash === replayed.stateHash
    ? undefined
    : { seq, actor: "state hash", expected: summary.stateHash, found: replayed.stateHash }
}

/** Another Node or V8 than the recording's may differ in the last bit of `Math.exp`: said before the result. */
const foreignRuntime = (
  recorded: RecordedRun,
  records: Iterable<{ readonly type: string; readonly payload: unknown }>
): string | undefined => {
  for (const record of records) {
    if (record.type !== EpochOpened.type) return undefined
    const { node, v8 } = record.payload as PayloadOf<typeof EpochOpened>
    const here = recorded.plan.runtime
    return node === here.node && v8 === here.v8
      ? undefined
      : `recorded under Node ${node} (V8 ${v8}), replayed under Node ${here.node} (V8 ${here.v8}): a last-bit difference of Math.exp is possible`
  }
  return undefined
}
