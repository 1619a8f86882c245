/** What a failed command prints, and its exit code: 2 for wrong settings or arguments, 1 for everything else. */
import { Cause, Console, Effect, Exit } from "effect"
import { CliError } from "effect/cli"
import { ChainUnavailable } from "../actors/ports/Chain.ts"
import { JournalCorrupt, JournalUnavailable } from "../actors/ports/Journal.ts"
import { DeskStopped } from "../actors/runtime/Sequencer.ts"

/** Expected failures are one clear sentence on standard error; defects keep their stack. */
export const reportFailure = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Console.error("optionsib: interrupted")
  const error = expected(cause)
  if (error === undefined)
    return Console.error(`optionsib: a bug stopped it:\n${Cause.pretty(cause)}`)
  const shown = CliError.isCliError(error) && error._tag === "ShowHelp"
  const messages = shown ? error.errors.map(messageOf) : [messageOf(error)]
  return Effect.forEach(messages, (message) => Console.error(`optionsib: ${message}`), {
    discard: true
  })
}

/**
 * What the cause failed with that is no bug of ours; undefined where there is none. A journal is read record by record,
 * by plain calls that throw where its bytes are damaged: that is the disk's fault and a sentence too. So is what an
 * exhausted supervision tree says of the desk that it stopped.
 */
const expected = (cause: Cause.Cause<unknown>): unknown => {
  const error = Cause.findErrorOption(cause)
  if (error._tag === "Some") return error.value
  const thrown = Cause.squash(cause)
  const told = [JournalCorrupt, JournalUnavailable, ChainUnavailable, DeskStopped]
  return told.some((kind) => thrown instanceof kind) ? thrown : undefined
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const

/** An ordered stop ends with the signal's usual code, unless the stopping itself failed. */
export const exitCodeOf = (
  exit: Exit.Exit<unknown, unknown>,
  signal: keyof typeof signalCodes | undefined
): number => {
  const stopped = Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)
  if (signal !== undefined && stopped) return signalCodes[signal]
  if (Exit.isSuccess(exit)) return 0
  const error = expected(exit.cause)
  const wrongInput = CliError.isCliError(error) || tagOf(error) === "ConfigInvalid"
  return wrongInput ? 2 : 1
}

const tagOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "_tag" in error ? error._tag : undefined
