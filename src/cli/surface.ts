/** `surface`: the volatility surface of a session's chain at one moment, fitted and shown. */
import { Console, Effect, Option } from "effect"
import { CliError, Command, Flag } from "effect/cli"
import { Sessions } from "../actors/ports/Sessions.ts"
import { TableFiles } from "../actors/ports/TableFiles.ts"
import { formatNewYork } from "../domain/market/newYorkTime.ts"
import type { SessionQuotes } from "../domain/market/sessionQuotes.ts"
import { sessionChainAt } from "../domain/market/surface/sessionChain.ts"
import { surfacePage } from "../projections/surfacePage.ts"
import { surfaceReport } from "../projections/surfaceReport.ts"
import { surfaceText } from "../projections/surfaceText.ts"
import { CannotStart } from "./Launcher.ts"
import { configFlag, envFlag, jsonFlag, readSettings } from "./settingsFlags.ts"

export const surfaceCommand = Command.make(
  "surface",
  {
    config: configFlag,
    env: envFlag,
    session: Flag.String("session").pipe(
      Flag.withDescription("session whose chain is fitted; default: the settings'"),
      Flag.optional
    ),
    at: Flag.String("at").pipe(
      Flag.withDescription(
        "New York time of the session's last day, HH:MM; default: its last quarter of an hour"
      ),
      Flag.optional
    ),
    model: Flag.Literals("model", ["svi", "ssvi"]).pipe(
      Flag.withDefault("svi" as const),
      Flag.withDescription("svi: five parameters an expiration; ssvi: three")
    ),
    json: jsonFlag,
    html: Flag.String("html").pipe(
      Flag.withDescription("write one page with the smiles drawn to this file"),
      Flag.optional
    )
  },
  Effect.fn("cli.surface")(function* (options) {
    const settings = yield* readSettings(options)
    const session = yield* (yield* Sessions).load(settings.folders.sessions, settings.session)
    const atMs = yield* momentOf(session, Option.getOrUndefined(options.at))
    const chain = sessionChainAt(session, atMs)
    const at = formatNewYork(atMs)
    if (chain === undefined) {
      const why = `${session.name} has no two-sided quote of ${session.underlying} up to ${at}`
      return yield* new CannotStart({ why })
    }
    const named = { session: session.name, underlying: session.underlying, at }
    const report = surfaceReport(named, chain, options.model === "svi" ? "Svi" : "Ssvi")
    if (Option.isSome(options.html)) {
      const file = options.html.value
      yield* (yield* TableFiles).writeText(file, surfacePage(report))
      if (!options.json) yield* Console.log(`written to ${file}`)
    }
    if (options.json) yield* Console.log(JSON.stringify(report))
    else if (Option.isNone(options.html)) yield* Console.log(surfaceText(report))
  })
).pipe(
  Command.withDescription(
    "Fit the volatility surface of a session's option chain: forwards, smiles, arbitrage, residuals"
  ),
  Command.withExamples([
    {
      command: "node dist/main.js surface --session goog-2015-12-24 --at 11:00",
      description: "as text"
    },
    {
      command: "node dist/main.js surface --at 11:00 --html surface.html",
      description: "drawn, of the default session"
    }
  ])
)

const quarterHourMs = 900_000

const momentOf = (
  session: SessionQuotes,
  at: string | undefined
): Effect.Effect<number, CliError.ValidationError> => {
  const day = session.days.at(-1)!
  if (at === undefined) return Effect.succeed(day.closeMs - quarterHourMs)
  const match = /^(\d{1,2}):(\d{2})$/.exec(at)
  const [hours, minutes] = [Number(match?.[1] ?? 99), Number(match?.[2] ?? 99)]
  // Trading hours hold no change of clocks, so a difference from the open is one of wall time.
  const openMinute = 9 * 60 + 30
  const atMs = day.openMs + (hours * 60 + minutes - openMinute) * 60_000
  if (minutes < 60 && atMs > day.openMs && atMs <= day.closeMs) return Effect.succeed(atMs)
  const [open, close] = [day.openMs, day.closeMs].map((ms) => formatNewYork(ms).slice(11, 16))
  const allowed = `a time HH:MM after ${open} and up to ${close}, New York`
  const message = `--at is ${JSON.stringify(at.slice(0, 40))}; allowed on ${day.date}: ${allowed}`
  return Effect.fail(new CliError.ValidationError({ message }))
}
