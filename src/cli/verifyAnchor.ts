/** `audit verify-anchor`: whether the journal still is what the chain was told it was. */
import { Console, Effect, Option } from "effect"
import { Command } from "effect/cli"
import { Journal } from "../actors/ports/Journal.ts"
import { CannotStart, type RecordedRun, recordedBy, refuseEmpty } from "./Launcher.ts"
import { runFlag } from "./replay.ts"
import { configFlag, dataDirFlag, envFlag, jsonFlag, readSettings } from "./settingsFlags.ts"
import { VaultDesk } from "./VaultDesk.ts"

export const verifyAnchor = Command.make(
  "verify-anchor",
  { config: configFlag, env: envFlag, dataDir: dataDirFlag, run: runFlag, json: jsonFlag },
  Effect.fn("cli.verifyAnchor")(function* (options) {
    const settings = yield* readSettings(options)
    const recorded = yield* recordedBy(settings, Option.getOrUndefined(options.run))
    const found = yield* Effect.provide(compare(recorded), recorded.journal)
    yield* Console.log(
      options.json
        ? JSON.stringify(found)
        : `${found.run}: the chain holds the head at record ${found.seq}, ${found.headHash}, and the journal has it; ${found.after} records came after it`
    )
  })
).pipe(Command.withDescription("Compare the journal with the head that the chain holds of it"))

const compare = Effect.fnUntraced(function* (recorded: RecordedRun) {
  const { runId } = recorded.run
  const { anchor } = (yield* (yield* VaultDesk).look(recorded)).reading
  if (anchor === undefined) {
    return yield* new CannotStart({ why: `the chain holds no anchor of ${runId} yet` })
  }
  const reader = yield* (yield* Journal).openReader
  yield* refuseEmpty(recorded, reader)
  if (reader.firstSeq() > 0) {
    return yield* new CannotStart({
      why: `the journal of ${runId} begins at record ${reader.firstSeq()}: its head at ${anchor.seq} cannot be worked out`
    })
  }
  const last = reader.head().seq
  if (last < anchor.seq) {
    return yield* new CannotStart({
      why: `the journal of ${runId} was cut: it ends at record ${last}, and the chain holds its head at record ${anchor.seq}`
    })
  }
  const { headAt } = yield* VaultDesk
  const hash = headAt(recorded, reader.read(0), anchor.seq)
  if (hash !== anchor.headHash) {
    return yield* new CannotStart({
      why: `the journal of ${runId} was changed: its head at record ${anchor.seq} is ${hash}, the chain holds ${anchor.headHash}`
    })
  }
  return { run: runId, seq: anchor.seq, headHash: anchor.headHash, after: last - anchor.seq }
})
