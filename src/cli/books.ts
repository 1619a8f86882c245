/**
 * `run --books A,B`: several books in one process, each with its own journal, vault, account and tree.
 * `run --group NAME --books A,B`: each of them in one process of the group, in another when that one dies.
 */
import { Cause, Clock, Console, Effect, Exit, Semaphore } from "effect"
import { isOnKafka } from "../actors/ports/Runs.ts"
import type { RunSummaryJson } from "../projections/runSummaryJson.ts"
import type { Settings } from "../supervisors/settings.ts"
import { BookGroups } from "./BookGroups.ts"
import { type Audience, runBook } from "./bookRun.ts"
import { type Chaos, crashHook, pausingGateways } from "./chaosFlag.ts"
import { CannotStart, type OpenRun, openUnlessStopped, StopRequest } from "./Launcher.ts"

/** A list as given on the command line; fails where it names nothing, or a book twice. */
export const parseBooks = (text: string): Effect.Effect<ReadonlyArray<string>, CannotStart> => {
  const books = text.split(",").map((book) => book.trim())
  const wrong = books.find(
    (book, at) => !/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$/.test(book) || books.indexOf(book) < at
  )
  if (wrong === undefined) return Effect.succeed(books)
  const why = `--books is "${text}", and "${wrong}" is ${wrong === "" ? "no name" : "no name of 1 to 64 letters, digits, _, - or ., or there twice"}`
  return Effect.fail(new CannotStart({ why }))
}

/** The run with what `--chaos` asked for. */
export const withChaos = (opened: OpenRun, { crashes, pausesMs }: Chaos) => {
  const { plan, midnightMs } = opened
  const gateways = pausingGateways(plan.gateways, pausesMs, midnightMs)
  return {
    opened: pausesMs.length === 0 ? opened : { ...opened, plan: { ...plan, gateways } },
    fault: crashes.length === 0 ? undefined : crashHook(crashes, midnightMs)
  }
}

/** Runs of several books that share a process. */
class Books {
  readonly summaries = new Map<string, RunSummaryJson>()
  readonly #settings: Settings
  readonly #chaos: Chaos
  readonly #json: boolean
  /** Folders of runs are numbered one after the other. */
  readonly #openingAlone = Semaphore.makeUnsafe(1)

  constructor(settings: Settings, chaos: Chaos, json: boolean) {
    this.#settings = settings
    this.#chaos = chaos
    this.#json = json
  }

  say(book: string, text: string): Effect.Effect<void> {
    return this.#json ? Effect.void : Console.log(text.replaceAll(/^/gm, `${book}: `))
  }

  /** One book from its opening to its end, or until it is revoked. */
  readonly run = Effect.fnUntraced(
    { self: this },
    function* (this: Books, book: string, isRevoked: () => boolean) {
      const clock = yield* Clock.Clock
      const settings = { ...this.#settings, book }
      const beganMs = clock.currentTimeMillisUnsafe()
      const audience: Audience = {
        opened: (records) => {
          const tookMs = clock.currentTimeMillisUnsafe() - beganMs
          return records === 0
            ? Effect.void
            : this.say(
                book,
                `goes on after ${records} records, ${tookMs} ms after it was asked for`
              )
        },
        say: (text) => this.say(book, text),
        summary: ({ json, text }) => {
          this.summaries.set(book, json)
          return this.say(book, text)
        },
        hasScreen: false,
        isRevoked
      }
      const opening = this.#openingAlone.withPermit(openUnlessStopped(settings, isRevoked))
      const { opened, fault } = withChaos(yield* opening, this.#chaos)
      yield* Effect.provide(runBook(opened, settings, audience, fault), opened.journal)
    },
    Effect.scoped
  )

  /** The last word of the command: all summaries, or each book that failed. */
  end(failures: ReadonlyMap<string, string>) {
    return Effect.gen({ self: this }, function* () {
      if (this.#json) {
        const books = Object.fromEntries(this.summaries)
        yield* Console.log(JSON.stringify({ books, failures: Object.fromEntries(failures) }))
      }
      if (failures.size === 0) return
      const lines = [...failures].map(([book, why]) => `book ${book}: ${why}`)
      return yield* new CannotStart({ why: lines.join("\n") })
    })
  }
}

const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const thrown = Cause.squash(cause)
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** Its opening was still waiting when a signal came, or when the book went to another process. */
const isGivenUp = (exit: Exit.Failure<unknown, unknown>): boolean =>
  Cause.hasInterruptsOnly(exit.cause)

/** All the books here, each on its own: one that fails stops no other. */
export const runBooks = Effect.fn("cli.runBooks")(function* (
  settings: Settings,
  names: ReadonlyArray<string>,
  chaos: Chaos,
  json: boolean
) {
  const books = new Books(settings, chaos, json)
  const exits = yield* Effect.forEach(names, (book) => Effect.exit(books.run(book, () => false)), {
    concurrency: "unbounded"
  })
  const failures = new Map<string, string>()
  for (const [at, exit] of exits.entries()) {
    if (Exit.isFailure(exit) && !isGivenUp(exit)) failures.set(names[at]!, reasonOf(exit.cause))
  }
  yield* books.end(failures)
})

interface Held {
  isRevoked: boolean
  isRunning: boolean
}

const lookEvery = "200 millis"
const looksPerRegistry = 5
/** A book that was lost is tried again after so many looks, if it is still ours to try. */
const looksBeforeAgain = 10
/** A book that cannot be opened is left to others after so many tries. */
const triesMax = 5

/** The books of the group that are this process's turn, until every book's run is finished. */
export const runGroup = Effect.fn("cli.runGroup")(function* (
  settings: Settings,
  names: ReadonlyArray<string>,
  group: string,
  chaos: Chaos,
  json: boolean
) {
  const { journal } = settings.storage
  if (!isOnKafka(journal)) {
    const why = `--group needs a journal that other machines can read: --journal kafka://HOST:PORT/TOPIC, not ${journal}`
    return yield* new CannotStart({ why })
  }
  const groups = yield* BookGroups
  const { signal } = yield* StopRequest
  const books = new Books(settings, chaos, json)
  const failures = new Map<string, string>()
  const tries = new Map<string, number>()
  const held = new Map<string, Held>()
  const member = yield* groups.join(settings, group, names.length)

  const keep = Effect.fnUntraced(function* (book: string, hold: Held) {
    yield* books.say(book, "this process's turn")
    const exit = yield* Effect.exit(books.run(book, () => hold.isRevoked))
    if (Exit.isFailure(exit) && !isGivenUp(exit)) {
      const why = reasonOf(exit.cause)
      failures.set(book, why)
      tries.set(book, (tries.get(book) ?? 0) + 1)
      yield* books.say(book, `lost here: ${why}`)
      yield* Effect.sleep(`${looksBeforeAgain * 200} millis`)
    } else failures.delete(book)
    hold.isRunning = false
  })

  let finished: ReadonlySet<string> = new Set()
  for (let look = 0; ; look++) {
    if (look % looksPerRegistry === 0) finished = yield* groups.finished(settings)
    const running = [...held.values()].filter(({ isRunning }) => isRunning)
    const isDone = names.every((book) => finished.has(book) || (tries.get(book) ?? 0) >= triesMax)
    if ((isDone || signal() !== undefined) && running.length === 0) break
    const slots = signal() === undefined ? member.slots() : new Set<number>()
    for (const [slot, book] of names.entries()) {
      const known = held.get(book)
      const mayTry = !finished.has(book) && (tries.get(book) ?? 0) < triesMax
      if (known?.isRunning === true) known.isRevoked = !slots.has(slot) && signal() === undefined
      else if (slots.has(slot) && mayTry) {
        const hold = { isRevoked: false, isRunning: true }
        held.set(book, hold)
        yield* Effect.forkScoped(keep(book, hold))
      }
    }
    yield* Effect.sleep(lookEvery)
  }
  for (const book of finished) failures.delete(book)
  yield* books.end(failures)
}, Effect.scoped)
