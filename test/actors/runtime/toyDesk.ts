/**
 * A small desk for the kernel's proofs: every kind of thing a behaviour may do (timers, chance, requests, own events,
 * late messages), and a simulated world whose answers are a function of what it is asked and shown.
 */
import { Effect, Schema } from "effect"
import type { QuoteSource, RequestGateway, Speaker } from "../../../src/actors/ports/Gateway.ts"
import {
  ActorDown,
  ActorRestarted,
  ActorUp,
  TimerFired,
  TimerSet
} from "../../../src/actors/ports/records/kernel.ts"
import { marketSource, Quote, type QuotePayload } from "../../../src/actors/ports/records/market.ts"
import {
  type AnyBehavior,
  type Behavior,
  observe,
  subscribe
} from "../../../src/actors/runtime/Behavior.ts"
import type { BookPlan } from "../../../src/actors/runtime/Book.ts"
import { uniformAt } from "../../../src/domain/chance.ts"
import {
  type DraftOf,
  type InputDraft,
  type JournalRecord,
  recordType
} from "../../../src/domain/journal/record.ts"
import { makeTreePolicy, type SupervisorNode } from "../../../src/supervisors/treePolicy.ts"

const Tick = recordType("Tick", Schema.Struct({ total: Schema.Finite, count: Schema.Int }))
const Wish = recordType("Wish", Schema.Struct({ id: Schema.String, draw: Schema.Finite }))
const Ask = recordType("Ask", Schema.Struct({ id: Schema.String, amount: Schema.BigInt }))
const Answer = recordType(
  "Answer",
  Schema.Struct({ id: Schema.String, n: Schema.Int, amount: Schema.BigInt })
)
const Done = recordType("Done", Schema.Struct({ id: Schema.String, total: Schema.BigInt }))
const News = recordType("News", Schema.Struct({ level: Schema.Finite }))

const stateless = {
  invariant: () => {},
  moneyBearing: false
}

type TickerState = { total: number; count: number; last: Array<number> }

/** Sums quotes; ticks once per interval. */
const ticker: Behavior<
  TickerState,
  typeof Quote | typeof TimerFired,
  typeof Tick | typeof TimerSet
> = {
  ...stateless,
  id: "ticker",
  messages: [observe(Quote), subscribe(TimerFired, "evolve")],
  events: [Tick, TimerSet],
  initial: () => ({ total: 0, count: 0, last: [0, 0, 0, 0] }),
  evolve: (state, record) => {
    if (record.type === "Quote") {
      state.total += record.payload.bidMicros * (1 + record.payload.instrument)
      state.last[record.payload.instrument] = record.payload.timeMs
      state.count++
    }
    return state
  },
  decide: (state, message, context) =>
    message.type === "TimerFired" && message.payload.owner === "ticker"
      ? [
          Tick.make({ total: state.total, count: state.count }),
          TimerSet.make({ owner: "ticker", timer: "tick", dueMs: context.nowMs + 7 })
        ]
      : [],
  snapshotSchema: Schema.Struct({
    total: Schema.Finite,
    count: Schema.Int,
    last: Schema.Array(Schema.Finite)
  }),
  snapshot: (state) => state,
  restore: (snapshot) => {
    const { total, count, last } = snapshot as TickerState
    return { total, count, last: [...last] }
  }
}

type WisherState = { ticks: number; wishes: Array<string>; done: number; level: number }

/** Wishes by chance; identities by its own event count. */
const wisher: Behavior<
  WisherState,
  typeof Tick | typeof Done | typeof News | typeof Quote,
  typeof Wish
> = {
  ...stateless,
  id: "wisher",
  messages: [
    subscribe(Tick, "evolve"),
    subscribe(Done, "decide"),
    subscribe(News, "decide"),
    observe(Quote)
  ],
  events: [Wish],
  initial: () => ({ ticks: 0, wishes: [], done: 0, level: 0 }),
  evolve: (state, record) => {
    if (record.type === "Tick") state.ticks++
    if (record.type === "Done") state.done++
    if (record.type === "News") state.level = record.payload.level
    if (record.type === "Quote") state.level += 1 / (1 + record.payload.askMicros)
    if (record.type === "Wish") state.wishes.push(record.payload.id)
    return state
  },
  decide: (state, message, context) => {
    if (message.type === "Quote" || message.type === "Done") return []
    const draw = context.random()
    if (message.type === "Tick" && draw > 0.6) return []
    const drafts: Array<DraftOf<typeof Wish>> = []
    for (let i = 0; i < (state.ticks % 2) + 1; i++) {
      const id = `${context.book}-wisher-${context.eventCount + i}`
      drafts.push(Wish.make({ id, draw: context.random() }, id))
    }
    return drafts
  },
  snapshotSchema: Schema.Struct({
    ticks: Schema.Int,
    wishes: Schema.Array(Schema.String),
    done: Schema.Int,
    level: Schema.Finite
  }),
  snapshot: (state) => state,
  restore: (snapshot) => {
    const state = snapshot as WisherState
    return { ...state, wishes: [...state.wishes] }
  }
}

type SenderState = { open: Map<string, bigint>; total: bigint; late: number }

/** Sends a request per wish; sums the answers. */
const sender: Behavior<SenderState, typeof Wish | typeof Answer, typeof Ask | typeof Done> = {
  id: "sender",
  moneyBearing: true,
  messages: [subscribe(Wish, "lapse"), subscribe(Answer, "decide")],
  events: [Ask, Done],
  initial: () => ({ open: new Map(), total: 0n, late: 0 }),
  evolve: (state, record) => {
    if (record.type === "Ask") state.open.set(record.payload.id, record.payload.amount)
    if (record.type === "Answer") {
      state.total += record.payload.amount
      if (record.payload.n === 2) state.open.delete(record.payload.id)
    }
    return state
  },
  decide: (state, message, context) => {
    if (message.type === "Wish") {
      if (context.late) return []
      const amount = BigInt(Math.floor(message.payload.draw * 1_000_000))
      return [Ask.make({ id: message.payload.id, amount }, message.payload.id)]
    }
    return message.payload.n === 2
      ? [Done.make({ id: message.payload.id, total: state.total }, message.payload.id)]
      : []
  },
  invariant: (state) => {
    for (const amount of state.open.values()) if (amount < 0n) throw new Error("negative amount")
  },
  snapshotSchema: Schema.Struct({
    open: Schema.Array(Schema.Tuple([Schema.String, Schema.BigInt])),
    total: Schema.BigInt,
    late: Schema.Int
  }),
  snapshot: (state) => ({ open: [...state.open], total: state.total, late: state.late }),
  restore: (snapshot) => {
    const { open, total, late } = snapshot as {
      open: Array<[string, bigint]>
      total: bigint
      late: number
    }
    return { open: new Map(open), total, late }
  }
}

/** Stands after the sender in its chain. */
const checker: Behavior<{ asked: number; done: number }, typeof Ask | typeof Done, never> = {
  ...stateless,
  id: "checker",
  messages: [subscribe(Ask, "decide"), subscribe(Done, "decide")],
  events: [],
  initial: () => ({ asked: 0, done: 0 }),
  evolve: (state, record) => {
    if (record.type === "Ask") state.asked++
    else state.done++
    return state
  },
  decide: () => [],
  snapshotSchema: Schema.Struct({ asked: Schema.Int, done: Schema.Int }),
  snapshot: (state) => state,
  restore: (snapshot) => ({ ...(snapshot as { asked: number; done: number }) })
}

const watcher: Behavior<
  { crashes: number; ups: number },
  typeof ActorDown | typeof ActorUp | typeof ActorRestarted,
  never
> = {
  ...stateless,
  id: "watcher",
  outsideStateHash: true,
  messages: [
    subscribe(ActorDown, "decide"),
    subscribe(ActorUp, "decide"),
    subscribe(ActorRestarted, "decide")
  ],
  events: [],
  initial: () => ({ crashes: 0, ups: 0 }),
  evolve: (state, record) => {
    if (record.type === "ActorUp") state.ups++
    else state.crashes++
    return state
  },
  decide: () => [],
  snapshotSchema: Schema.Struct({ crashes: Schema.Int, ups: Schema.Int }),
  snapshot: (state) => state,
  restore: (snapshot) => ({ ...(snapshot as { crashes: number; ups: number }) })
}

const toyBehaviors: ReadonlyArray<AnyBehavior> = [ticker, sender, checker, wisher, watcher]

const startMs = 1_000_000

/** Quotes from a seed, and a first timer, as if the feed had set it. */
export class ToyMarket implements QuoteSource {
  #at = 0
  readonly #seed: number
  readonly #count: number
  shown = 0
  constructor(seed: number, count: number) {
    this.#seed = seed
    this.#count = count
  }
  nextDueMs(): number {
    return this.#at < this.#count ? startMs + Math.floor(this.#at / 3) : Number.POSITIVE_INFINITY
  }
  next(): InputDraft {
    const at = this.#at++
    const bid = Math.floor(uniformAt(this.#seed, at, 1) * 1e6)
    const payload: QuotePayload = {
      instrument: Math.floor(uniformAt(this.#seed, at, 2) * 4),
      bidMicros: bid,
      askMicros: bid + 10,
      bidSize: 1,
      askSize: 1,
      timeMs: startMs + Math.floor(at / 3),
      replaced: 0
    }
    return { ...Quote.make(payload), source: marketSource, sourceSeq: at + 1 }
  }
  resumeAfter(sourceSeq: number): void {
    this.#at = sourceSeq
  }
}

/** Answers twice per request: at once, and later on its own. Keeps its memory over a crash of the book, as a venue would. */
export class ToyVenue implements Speaker {
  readonly source = "venue"
  readonly #log: Array<{ dueMs: number; input: InputDraft }> = []
  #spoken = 0
  /** Every request that ever had an effect, by id: the proof that none had two. */
  readonly effects = new Map<string, number>()
  nextDueMs(): number {
    return this.#log[this.#spoken]?.dueMs ?? Number.POSITIVE_INFINITY
  }
  next(): InputDraft {
    return this.#log[this.#spoken++]!.input
  }
  resumeAfter(sourceSeq: number): void {
    this.#spoken = sourceSeq
  }
  submit(id: string, amount: bigint, nowMs: number): void {
    this.effects.set(id, (this.effects.get(id) ?? 0) + 1)
    this.#say(id, 1, amount, nowMs)
    this.#say(id, 2, amount / 2n, nowMs + 5)
  }
  knows(id: string): boolean {
    return this.effects.has(id)
  }
  #say(id: string, n: number, amount: bigint, dueMs: number): void {
    const entry = {
      dueMs,
      input: { ...Answer.make({ id, n, amount }, id), source: this.source, sourceSeq: 0 }
    }
    let at = this.#log.length
    while (at > this.#spoken && this.#log[at - 1]!.dueMs > dueMs) at--
    this.#log.splice(at, 0, entry)
    for (let i = at; i < this.#log.length; i++) {
      const { dueMs: due, input } = this.#log[i]!
      this.#log[i] = { dueMs: due, input: { ...input, sourceSeq: i + 1 } }
    }
  }
}

const toyGateway = (venue: ToyVenue): RequestGateway => {
  const send = (request: JournalRecord, nowMs: number) => {
    const { id, amount } = request.payload as { id: string; amount: bigint }
    venue.submit(id, amount, nowMs)
    return []
  }
  return {
    id: "venue",
    requests: ["Ask"],
    latencyMs: 2,
    requestKey: (request) => (request.payload as { id: string }).id,
    answeredKey: (type, payload) =>
      type === "Answer" ? (payload as { id: string }).id : undefined,
    perform: (request, nowMs) => Effect.sync(() => send(request, nowMs)),
    recover: (request, nowMs) =>
      Effect.sync(() =>
        venue.knows((request.payload as { id: string }).id) ? [] : send(request, nowMs)
      )
  }
}

const backoff = {
  minMs: 9,
  maxMs: 40,
  factor: 2,
  randomShare: 0.5,
  resetAfterMs: 50,
  immediateRestarts: 1
}

const node = (
  id: string,
  strategy: SupervisorNode["strategy"],
  children: SupervisorNode["children"]
): SupervisorNode => ({
  _tag: "Supervisor",
  id,
  strategy,
  intensity: 1_000_000,
  periodMs: 1_000,
  backoff,
  exhausted: "stay_down",
  children
})

const actor = (id: string) => ({ _tag: "Actor", id }) as const

const toyTree: SupervisorNode = node("toy", "one_for_one", [
  node("market", "one_for_one", [actor("ticker")]),
  node("money", "rest_for_one", [actor("sender"), actor("checker")]),
  node("mind", "one_for_one", [actor("wisher")]),
  node("watch", "one_for_one", [actor("watcher")])
])

export const toyPlan = (
  seed: number,
  venue: ToyVenue,
  tree: SupervisorNode = toyTree
): BookPlan => ({
  book: "toy",
  seed,
  build: "test",
  configHash: "0",
  behaviors: toyBehaviors,
  policy: () => makeTreePolicy(tree, seed),
  gateways: [toyGateway(venue)],
  types: [News],
  poisonLimit: 3,
  runtime: { node: "test", v8: "test" }
})

/** Sets the ticker's first timer. */
export const firstTimer = (): InputDraft => ({
  ...TimerFired.make({ owner: "ticker", timer: "tick", dueMs: startMs }),
  source: "kernel",
  sourceSeq: 0
})
