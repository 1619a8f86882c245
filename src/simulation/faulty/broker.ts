/**
 * A broker that goes away, answers late, twice or not at all.
 *
 * It stands where the network is: what the venue did stays done. Each life of the process has a connection of its own,
 * and the venue closes the older one when a newer opens, as one client id has one socket.
 */
import { type Context, Effect } from "effect"
import { type Broker, VenueUnavailable } from "../../actors/ports/Broker.ts"
import type { Strikes } from "../Strikes.ts"

type Port = Context.Service.Shape<typeof Broker>

const away = (why: string): VenueUnavailable => new VenueUnavailable({ venue: "simulated", why })

export interface BrokerLine {
  /** Number of the newest connection, over all lives. */
  connection: number
}

/** `shares`: the venue goes on listening to the connection before this one. */
export const faultyBroker = (
  sound: Port,
  strikes: Strikes,
  line: BrokerLine,
  shares = false
): Port => {
  if (!shares) line.connection++
  const own = line.connection

  const across = <A, E>(ask: Effect.Effect<A, E>): Effect.Effect<A, E | VenueUnavailable> =>
    Effect.suspend(() => {
      if (line.connection !== own) return Effect.fail(away("a newer connection took its place"))
      if (strikes.during("BrokerAway") !== undefined) return Effect.fail(away("it is away"))
      const lost = strikes.take("BrokerAnswerLost")
      if (lost === undefined) return ask
      const gone = Effect.fail(away("its answer was lost"))
      return lost.applied ? Effect.andThen(ask, gone) : gone
    })

  let repeatsFrom = Number.POSITIVE_INFINITY
  let spoken = 0
  const { speaker } = sound
  const holdsBack = (dueMs: number): number => {
    if (dueMs === Number.POSITIVE_INFINITY) return dueMs
    const gone = strikes.during("BrokerAway", dueMs)
    if (gone !== undefined) return strikes.endOf(gone)
    const overload = strikes.during("IntakeOverload", dueMs)
    if (overload !== undefined) return strikes.endOf(overload)
    const delayed = strikes.during("BrokerDelayed", dueMs)
    return delayed === undefined ? dueMs : dueMs + delayed.delayMs
  }

  return {
    submit: (order, nowMs, sendBeforeMs) => across(sound.submit(order, nowMs, sendBeforeMs)),
    replace: (change, nowMs, sendBeforeMs) => across(sound.replace(change, nowMs, sendBeforeMs)),
    cancel: (clOrdID, nowMs) => across(sound.cancel(clOrdID, nowMs)),
    query: (clOrdID, nowMs) =>
      strikes.during("BrokerAway") === undefined
        ? sound.query(clOrdID, nowMs)
        : Effect.succeed({ _tag: "Unknown" as const, why: "it is away" }),
    positions: across(sound.positions),
    speaker: {
      source: speaker.source,
      nextDueMs: () => holdsBack(speaker.nextDueMs()),
      next: () => {
        const repeats = strikes.take("BrokerRepeats")
        if (repeats !== undefined) {
          repeatsFrom = Math.max(0, spoken - repeats.count)
          speaker.resumeAfter(repeatsFrom)
        }
        const report = speaker.next()
        spoken = Math.max(spoken, report.sourceSeq)
        return report
      },
      resumeAfter: (sourceSeq) => {
        spoken = sourceSeq
        speaker.resumeAfter(sourceSeq)
      }
    }
  }
}
