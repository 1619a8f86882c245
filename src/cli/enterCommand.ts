/** Enters an operator's command into a run from outside its process, whatever state the run is in. */
import { Effect } from "effect"
import type { OperatorCommand } from "../actors/ports/Commands.ts"
import type { BookLocked } from "../actors/ports/Journal.ts"
import { runBook } from "./bookRun.ts"
import { Launcher, type RecordedRun } from "./Launcher.ts"
import { VaultDesk } from "./VaultDesk.ts"

/** `entered`: its record is in the journal; false where no process runs it, and it waits for the run to go on. */
export const enterCommand = Effect.fnUntraced(function* (
  recorded: RecordedRun,
  command: OperatorCommand
) {
  const id = yield* (yield* VaultDesk).give(recorded, command)
  const entered = recorded.run.finished
    ? yield* Effect.as(reopened(recorded), true)
    : yield* takenByProcess(recorded, id)
  return { id, entered }
})

/** A finished run goes on for as long as the command takes: its market is over. */
const reopened = (recorded: RecordedRun) =>
  Effect.scoped(
    Effect.gen(function* () {
      const opened = yield* (yield* VaultDesk).reopen(recorded)
      const settings = {
        ...opened.settings,
        run: { ...opened.settings.run, speed: "max" as const }
      }
      const silent = {
        opened: () => Effect.void,
        say: () => Effect.void,
        summary: () => Effect.void,
        hasScreen: false,
        isRevoked: () => false
      }
      yield* Effect.provide(runBook(opened, settings, silent, undefined), opened.journal)
    })
  )

const takenMsMax = 5_000
const answeredMs = 1_000

/** Waits for the run's process to take it; false where there is none. */
const takenByProcess = Effect.fnUntraced(function* (recorded: RecordedRun, id: string) {
  const desk = yield* VaultDesk
  const runs = yield* (yield* Launcher).runs(recorded.settings.storage.dataDir)
  const isHeld = yield* runs.hold(recorded.run.book).pipe(
    Effect.as(false),
    Effect.catchTag("BookLocked", (_: BookLocked) => Effect.succeed(true)),
    Effect.scoped
  )
  if (!isHeld) return false
  for (let waitedMs = 0; waitedMs < takenMsMax; waitedMs += 100) {
    if (yield* desk.wasTaken(recorded, id)) {
      // The chain's answer is a moment of the session's clock away.
      yield* Effect.sleep(`${answeredMs} millis`)
      return true
    }
    yield* Effect.sleep("100 millis")
  }
  return false
})
