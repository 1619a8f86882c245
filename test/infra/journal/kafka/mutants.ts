/** What worse adapters would make of a log: each leaves out one step that the sound one takes. */
import { Effect } from "effect"
import { bookTag } from "../../../../src/infra/journal/file/format.ts"
import type {
  KafkaLog,
  LogSession,
  StoredEntry
} from "../../../../src/infra/journal/kafka/kafkaLog.ts"
import { decodeMessage } from "../../../../src/infra/journal/kafka/messages.ts"

export type Mutant = (log: KafkaLog) => KafkaLog

const loggedAs = (log: KafkaLog, over: Partial<KafkaLog>): KafkaLog => ({
  servers: log.servers,
  openSession: (id, after) => log.openSession(id, after),
  fetch: (place, from) => log.fetch(place, from),
  ends: (place) => log.ends(place),
  ...over
})

const messageOf = (book: string, { value }: StoredEntry) =>
  value === null ? undefined : decodeMessage(bookTag(book), value)

/** Goes on with the session whose append is in doubt. */
const keepsItsSession: Mutant = (log) => {
  let last: LogSession | undefined
  return loggedAs(log, {
    openSession: (id, after) =>
      after !== undefined && last !== undefined
        ? Effect.succeed(last)
        : Effect.tap(log.openSession(id, after), (session) => {
            last = session
            return Effect.void
          })
  })
}

/** Opens a new session after a doubt, and does not look whether the batch is there. */
const doesNotLook =
  (book: string): Mutant =>
  (log) => {
    let looksAway = false
    return loggedAs(log, {
      openSession: (id, after) => {
        looksAway = after !== undefined
        return log.openSession(id, after)
      },
      fetch: (place, from) =>
        Effect.map(log.fetch(place, from), (page) =>
          looksAway
            ? {
                ...page,
                entries: page.entries.filter((one) => messageOf(book, one)?._tag !== "BatchPart")
              }
            : page
        )
    })
  }

/** Takes no answer for an acknowledgement. */
const hopes: Mutant = (log) =>
  withAppend(
    log,
    (session) => (place, entries) =>
      Effect.catchTag(session.append(place, entries), "OutcomeUnknown", () =>
        Effect.map(Effect.orDie(log.ends(place)), ({ end }) => end)
      )
  )

/** Takes no answer for a failure, and sends again. */
const repeats: Mutant = (log) =>
  withAppend(
    log,
    (session) => (place, entries) =>
      Effect.catchTag(session.append(place, entries), "OutcomeUnknown", () =>
        session.append(place, entries)
      )
  )

/** Asks nobody before it goes on with its book, and looks at no fence but its own. */
const ignoresFences =
  (book: string): Mutant =>
  (log) => {
    const own = new Set<string>()
    const sent = withAppend(log, (session) => (place, entries) => {
      for (const { key, value } of entries) {
        const message = messageOf(book, {
          offset: 0,
          key,
          value: value === null ? null : Buffer.from(value)
        })
        if (message?._tag === "Fence") own.add(message.token)
      }
      return session.append(place, entries)
    })
    return loggedAs(sent, {
      openSession: (id) => sent.openSession(id),
      fetch: (place, from) =>
        Effect.map(log.fetch(place, from), (page) => ({
          ...page,
          entries: page.entries.filter((one) => {
            const message = messageOf(book, one)
            return message?._tag !== "Fence" || own.size === 0 || own.has(message.token)
          })
        }))
    })
  }

const withAppend = (
  log: KafkaLog,
  append: (session: LogSession) => LogSession["append"]
): KafkaLog =>
  loggedAs(log, {
    openSession: (id, after) =>
      Effect.map(log.openSession(id, after), (session) => ({
        id: session.id,
        append: append(session)
      }))
  })

/** Of an adapter for the book. */
export const mutantsOf = (book: string): Readonly<Record<string, Mutant>> => ({
  "goes on with a session in doubt": keepsItsSession,
  "does not look for a batch in doubt": doesNotLook(book),
  "takes no answer for an acknowledgement": hopes,
  "sends again what is in doubt": repeats,
  "ignores who took its book": ignoresFences(book)
})
