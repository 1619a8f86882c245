/** What a failed command prints, and its exit code: 2 for wrong settings or arguments, 1 for everything else. */
import { Cause, Console, Effect, Exit } from "effect"
import { CliError } from "effect/cli"

/** Expected failures are one clear sentence on standard error; defects keep their stack. */
export const reportFailure = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Console.error("optionsib: interrupted")
  const error = Cause.findErrorOption(cause)
  if (error._tag === "None")
    return Console.error(`optionsib: a bug stopped it:\n${Cause.pretty(cause)}`)
  const shown = CliError.isCliError(error.value) && error.value._tag === "ShowHelp"
  const messages = shown ? error.value.errors.map(messageOf) : [messageOf(error.value)]
  return Effect.forEach(messages, (message) => Console.error(`optionsib: ${message}`), {
    discard: true
  })
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const

/** An ordered stop ends with the signal's usual code. */
export const exitCodeOf = (
  exit: Exit.Exit<unknown, unknown>,
  signal: keyof typeof signalCodes | undefined
): number => {
  if (signal !== undefined) return signalCodes[signal]
  if (Exit.isSuccess(exit)) return 0
  const error = Cause.findErrorOption(exit.cause)
  if (error._tag === "None") return 1
  const wrongInput = CliError.isCliError(error.value) || tagOf(error.value) === "ConfigInvalid"
  return wrongInput ? 2 : 1
}

const tagOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "_tag" in error ? error._tag : undefined
