/** Bugs of every layer. Each was caught by the promise it names, within the seeds it names. */
import { Effect } from "effect"
import type { BrokerSpeaker } from "../../../src/actors/ports/Broker.ts"
import type { ChainShape } from "../../../src/actors/ports/Chain.ts"
import { Outbox } from "../../../src/actors/runtime/Outbox.ts"
import type { JournalRecord } from "../../../src/domain/journal/record.ts"
import { rejected } from "../../../src/domain/vault/instruction.ts"
import { behaving } from "../mutants/behaving.ts"
import { answering, type Bug, deciding, withPayload, writing } from "./bug.ts"
import { correctionBugs } from "./correctionBugs.ts"
import { intakeBugs } from "./intakeBugs.ts"
import { kafkaBugs } from "./kafkaBugs.ts"
import { rivalBugs } from "./rivalBugs.ts"
import { walkBugs } from "./walkBugs.ts"
import { wireBugs } from "./wireBugs.ts"

const ends = "the desk comes to its end"
const gate = "5.1 durable gate"
const once = "5.2 one order per intent"
const crash = "5.3 crash anywhere"
const invented = "5.4 nothing is invented"
const replay = "5.5 replay is proof"
const agree = "5.6 three layers agree"
const money = "5.7 conservation"
const standIns = "5.8 stand-ins know what happened"

/** Lets out what is not durable. */
class GatelessOutbox extends Outbox {
  override take(request: Parameters<Outbox["take"]>[0], _durable: number, nowMs: number) {
    return super.take(request, Number.MAX_SAFE_INTEGER, nowMs)
  }
}

const kernel: ReadonlyArray<Bug> = [
  {
    layer: "kernel",
    defect: "requests leave before their commit",
    breaks: [gate],
    scenario: "calm",
    seeds: 1,
    parts: () => ({
      journal: lazyCommits().journal!,
      outbox: (book) => new GatelessOutbox(book.kernel.ledger, book.recoveredThrough)
    })
  },
  {
    layer: "kernel",
    defect: "a crashed actor goes on with the state it crashed in",
    breaks: [crash, replay, money, "actor vault", "actor executor", ends],
    scenario: "crashes",
    seeds: 10,
    parts: () => ({ book: (book) => Object.assign(book, { rebuild: () => {} }) })
  },
  {
    layer: "kernel",
    defect: "a snapshot leaves out a part of a state",
    breaks: [crash, replay, ends, "actor executor", invented, money, once],
    scenario: "kills",
    seeds: 20,
    parts: () => ({
      plan: behaving("executor", ({ restore }) => ({
        restore: (snapshot) => ({ ...(restore(snapshot) as object), orders: new Map() })
      }))
    })
  },
  {
    layer: "kernel",
    defect: "a decision reads what is not in its state",
    breaks: [replay],
    scenario: "calm",
    seeds: 1,
    parts: () => {
      let asked = 0
      return deciding("strategy", (drafts) =>
        drafts.map((draft) =>
          draft.type === "StrategyIdle" ? withPayload(draft, { detail: `asked ${asked++}` }) : draft
        )
      )
    }
  },
  {
    layer: "kernel",
    defect: "a decision changes the state it reads",
    breaks: [crash, replay],
    scenario: "anything",
    seeds: 10,
    parts: () => ({
      plan: behaving("feed", ({ decide }) => ({
        decide: (state, message, context) => {
          const counted = state as { minuteQuotes?: number; quotes?: number }
          for (const key of Object.keys(counted)) {
            const slot = counted as Record<string, unknown>
            if (typeof slot[key] === "number") slot[key] = (slot[key] as number) + 1
          }
          return decide(state, message, context)
        }
      }))
    })
  }
]

/** Acknowledges commits that it has not made. */
function lazyCommits() {
  return writing((sound) => {
    let asked = 0
    return { commit: Effect.suspend(() => (++asked % 5 === 0 ? sound.commit : Effect.void)) }
  })
}

const journal: ReadonlyArray<Bug> = [
  {
    layer: "journal",
    defect: "a commit is acknowledged before it is written",
    breaks: [gate, standIns, ends],
    scenario: "kills",
    seeds: 20,
    parts: () =>
      writing((sound) => {
        let asked = 0
        let last = sound.opened.lastSeq
        return {
          append: (record) => {
            last = record.seq
            sound.append(record)
          },
          durableThrough: () => last,
          commit: Effect.suspend(() => (++asked % 3 === 0 ? sound.commit : Effect.void))
        }
      })
  },
  {
    layer: "journal",
    defect: "a failed commit is taken for a good one",
    breaks: [gate, standIns, ends],
    scenario: "journal",
    seeds: 40,
    parts: () => writing((sound) => ({ commit: Effect.ignore(sound.commit) }))
  },
  {
    layer: "journal",
    defect: "recovery loses the last record",
    breaks: [ends, crash, replay],
    scenario: "kills",
    seeds: 10,
    parts: () =>
      writing((sound) => ({
        read: function* (from: number) {
          const last = sound.opened.lastSeq
          for (const record of sound.read(from)) if (record.seq !== last) yield record
        }
      }))
  },
  {
    layer: "journal",
    defect: "a snapshot is labeled one record late",
    breaks: [ends, crash, replay, invented, money],
    scenario: "kills",
    seeds: 30,
    parts: () => ({
      journal: (sound) => ({
        ...sound,
        loadSnapshot: (atMost) =>
          Effect.map(sound.loadSnapshot(atMost), (found) =>
            found === undefined || found.seq >= atMost ? found : { ...found, seq: found.seq + 1 }
          )
      })
    })
  },
  {
    layer: "journal",
    defect: "money is read back as a rounded number",
    breaks: [ends, crash, replay, money, "actor vault", "actor executor"],
    scenario: "kills",
    seeds: 30,
    parts: () =>
      writing((sound) => ({
        read: function* (from: number) {
          for (const record of sound.read(from)) yield rounded(record)
        }
      }))
  }
]

const rounded = (record: JournalRecord): JournalRecord => {
  if (record.type !== "TradeFilled") return record
  const payload = record.payload as { readonly commissionMicros: bigint }
  const commissionMicros = (payload.commissionMicros / 1_000_000n) * 1_000_000n
  return { ...record, payload: { ...payload, commissionMicros } }
}

const brokerGateway: ReadonlyArray<Bug> = [
  {
    layer: "broker gateway",
    defect: "an order in doubt is sent again under a new id",
    breaks: [gate, once, invented],
    scenario: "broker",
    seeds: 30,
    parts: () => ({
      broker: (sound) => {
        const seen = new Set<string>()
        return {
          ...sound,
          query: () => Effect.succeed({ _tag: "Absent" as const }),
          submit: (order, nowMs) => {
            const again = seen.has(order.clOrdID)
            seen.add(order.clOrdID)
            return sound.submit(again ? { ...order, clOrdID: `${order.clOrdID}-2` } : order, nowMs)
          }
        }
      },
      gateway: (sound) =>
        sound.id === "broker" ? { ...sound, perform: twice(sound.perform) } : sound
    })
  },
  {
    layer: "broker gateway",
    defect: "a query without an answer is taken for absence",
    breaks: [invented, standIns, money, ends, once],
    scenario: "broker",
    seeds: 40,
    parts: () => ({
      broker: (sound) => ({ ...sound, query: () => Effect.succeed({ _tag: "Absent" as const }) })
    })
  },
  {
    layer: "broker gateway",
    defect: "an answer that was lost is not asked for again",
    breaks: [invented],
    scenario: "broker",
    seeds: 40,
    parts: () => ({
      broker: (sound) => {
        let begun = false
        const resumeAfter = (sourceSeq: number) => {
          if (!begun) sound.speaker.resumeAfter(sourceSeq)
          begun = true
        }
        return { ...sound, speaker: { ...bound(sound.speaker), resumeAfter } }
      }
    })
  },
  {
    layer: "broker gateway",
    defect: "orders are sent however late it is",
    breaks: [once],
    scenario: "broker",
    seeds: 60,
    parts: () => ({
      gateway: (sound) =>
        sound.id === "broker"
          ? { ...sound, perform: timeless(sound.perform), recover: timeless(sound.recover) }
          : sound
    })
  },
  {
    layer: "broker gateway",
    defect: "a fill is read with one more than it has",
    breaks: [invented, ends, "actor executor", money],
    scenario: "calm",
    seeds: 20,
    parts: () =>
      answering("broker", (inputs) =>
        inputs.map((input) => {
          const { lastQty } = input.payload as { readonly lastQty?: number }
          return lastQty !== undefined && lastQty > 0
            ? { ...input, payload: { ...(input.payload as object), lastQty: lastQty + 1 } }
            : input
        })
      )
  },
  {
    layer: "broker gateway",
    defect: "the last report of an answer is dropped",
    breaks: [invented, ends],
    scenario: "calm",
    seeds: 20,
    parts: () => answering("broker", (inputs) => (inputs.length > 1 ? inputs.slice(0, -1) : inputs))
  },
  {
    layer: "broker gateway",
    defect: "reports are numbered anew, so that repeats pass for new ones",
    breaks: [invented, standIns, once, ends],
    scenario: "broker",
    seeds: 30,
    parts: () => {
      let own = 1_000
      return {
        broker: (sound) => ({
          ...sound,
          speaker: {
            ...bound(sound.speaker),
            next: () => ({ ...sound.speaker.next(), sourceSeq: ++own })
          }
        })
      }
    }
  }
]

type Perform = NonNullable<ReturnType<NonNullable<ReturnType<Bug["parts"]>["gateway"]>>>["perform"]

const timeless =
  (ask: Perform): Perform =>
  (request, nowMs) => {
    if (request.type !== "OrderIntent") return ask(request, nowMs)
    const payload = { ...(request.payload as object), sendBeforeMs: Number.MAX_SAFE_INTEGER }
    return ask({ ...request, payload }, nowMs)
  }

/** Sends again whatever was not acknowledged. */
const twice =
  (ask: Perform): Perform =>
  (request, nowMs) =>
    Effect.flatMap(ask(request, nowMs), (inputs) =>
      inputs.some(({ type }) => type === "IntentResolved")
        ? Effect.map(ask(request, nowMs), (more) => [...inputs, ...more])
        : Effect.succeed(inputs)
    )

/** Methods of a class would lose it when spread. */
const bound = (speaker: BrokerSpeaker) => ({
  source: speaker.source,
  nextDueMs: () => speaker.nextDueMs(),
  next: () => speaker.next(),
  resumeAfter: (sourceSeq: number) => speaker.resumeAfter(sourceSeq)
})

const vault: ReadonlyArray<Bug> = [
  {
    layer: "vault",
    defect: "a fill is applied twice",
    breaks: [money, "actor vault", ends],
    scenario: "calm",
    seeds: 20,
    parts: () => ({
      plan: behaving("vault", ({ evolve }) => ({
        evolve: (state, record) =>
          record.type === "TradeFilled"
            ? evolve(evolve(state, record), record)
            : evolve(state, record)
      }))
    })
  },
  {
    layer: "vault",
    defect: "a settlement asks for half the amount",
    breaks: [money, ends],
    scenario: "calm",
    seeds: 20,
    parts: () =>
      deciding("vault", (drafts) =>
        drafts.map((draft) => {
          if (draft.type !== "SettleRequested") return draft
          const { cumulativeMicros } = draft.payload as { readonly cumulativeMicros: bigint }
          return withPayload(draft, { cumulativeMicros: cumulativeMicros / 2n })
        })
      )
  },
  {
    layer: "vault",
    defect: "a reservation that is not needed any more is kept",
    breaks: [money],
    scenario: "anything",
    seeds: 40,
    parts: () =>
      deciding("vault", (drafts) =>
        drafts.filter(({ type }) => type !== "CancelReservationRequested")
      )
  },
  {
    layer: "vault",
    defect: "an instruction that is asked for again is told as refused",
    breaks: [money, ends],
    scenario: "chain",
    seeds: 10,
    parts: () => ({ chain: refusesAgain })
  },
  {
    layer: "vault",
    defect: "an instruction whose outcome is unknown is given up",
    breaks: [money, ends],
    scenario: "chain",
    seeds: 40,
    parts: () => ({
      chain: (sound) => {
        const asked = new Set<string>()
        return {
          ...bindChain(sound),
          submit: (request) => {
            const first = !asked.has(request.key)
            asked.add(request.key)
            return Effect.map(sound.submit(request), (answer) =>
              first && request.instruction._tag === "Reserve"
                ? {
                    ...answer,
                    balances: { ...answer.balances, freeMicros: answer.balances.freeMicros + 1n }
                  }
                : answer
            )
          }
        }
      }
    })
  }
]

const refusesAgain = (sound: ChainShape): ChainShape => ({
  ...bindChain(sound),
  submit: (request) =>
    Effect.flatMap(sound.find(request.key), (known) =>
      known === undefined
        ? sound.submit(request)
        : Effect.succeed({ ...known, outcome: rejected("UnknownTrade", "it was asked for before") })
    )
})

const bindChain = (chain: Parameters<NonNullable<ReturnType<Bug["parts"]>["chain"]>>[0]) => ({
  description: chain.description,
  submit: (request: Parameters<typeof chain.submit>[0]) => chain.submit(request),
  find: (key: string) => chain.find(key),
  balances: chain.balances,
  trade: (tradeId: string) => chain.trade(tradeId),
  trades: chain.trades
})

const executor: ReadonlyArray<Bug> = [
  {
    layer: "executor",
    defect: "it sends on the first three yes, before the capital is reserved",
    breaks: [agree, once, money],
    scenario: "calm",
    seeds: 3,
    parts: () => ({
      plan: behaving("executor", ({ decide }) => ({
        decide: (state, message, context) =>
          decide(
            state,
            message.type === "TradeConverged"
              ? { ...message, payload: { ...(message.payload as object), phase: 2 } }
              : message,
            context
          )
      }))
    })
  },
  {
    layer: "executor",
    defect: "it sends each order twice",
    breaks: [once],
    scenario: "calm",
    seeds: 3,
    parts: () =>
      deciding("executor", (drafts, context) =>
        drafts.flatMap((draft) =>
          draft.type === "OrderIntent"
            ? [draft, withPayload(draft, { clOrdID: `again-${context.eventCount}` })]
            : [draft]
        )
      )
  },
  {
    layer: "executor",
    defect: "it books a fill with the whole order's quantity",
    breaks: [money, "actor executor", "actor vault", ends, "actor auditor"],
    scenario: "calm",
    seeds: 20,
    parts: () =>
      deciding("executor", (drafts) =>
        drafts.map((draft) =>
          draft.type === "TradeFilled"
            ? withPayload(draft, {
                cashMicros: 2n * (draft.payload as { readonly cashMicros: bigint }).cashMicros
              })
            : draft
        )
      )
  },
  {
    layer: "executor",
    defect: "an intent may be sent for ever",
    breaks: ["limit sendMsMax"],
    scenario: "calm",
    seeds: 3,
    parts: () =>
      deciding("executor", (drafts, context) =>
        drafts.map((draft) =>
          draft.type === "OrderIntent" ? withPayload(draft, { sendBeforeMs: context.nowMs }) : draft
        )
      )
  }
]

const yes = (draft: {
  readonly type: string
  readonly payload: unknown
  readonly correlation: string
}) => (draft.type === "RiskVerdict" ? withPayload(draft, { yes: true, reasons: ["yes"] }) : draft)

const riskGate: ReadonlyArray<Bug> = [
  {
    layer: "risk gate",
    defect: "it says yes to everything",
    breaks: [
      "limit openTradesMax",
      "limit orderRateMax",
      "limit legContractsMax, legSharesMax",
      "limit orderUnitsMax"
    ],
    scenario: "calm",
    seeds: 30,
    parts: () => deciding("risk-gate", (drafts) => drafts.map(yes))
  },
  {
    layer: "risk gate",
    defect: "it does not count the trades that are open",
    breaks: ["limit openTradesMax"],
    scenario: "calm",
    seeds: 60,
    parts: () =>
      deciding("risk-gate", (drafts) =>
        drafts.map((draft) => (only(draft, "open-trades") ? yes(draft) : draft))
      )
  },
  {
    layer: "risk gate",
    defect: "it does not look at the size of legs",
    breaks: ["limit legContractsMax, legSharesMax"],
    scenario: "calm",
    seeds: 60,
    parts: () =>
      deciding("risk-gate", (drafts) =>
        drafts.map((draft) => (only(draft, "leg-size") ? yes(draft) : draft))
      )
  },
  {
    layer: "risk gate",
    defect: "it forgets the rate of orders",
    breaks: ["limit orderRateMax"],
    scenario: "calm",
    seeds: 60,
    parts: () =>
      deciding("risk-gate", (drafts) =>
        drafts.map((draft) => (only(draft, "order-rate") ? yes(draft) : draft))
      )
  }
]

const only = (
  draft: { readonly type: string; readonly payload: unknown },
  reason: string
): boolean => {
  const { reasons } = draft.payload as { readonly reasons?: ReadonlyArray<string> }
  return draft.type === "RiskVerdict" && (reasons ?? []).every((each) => each.startsWith(reason))
}

const convergence: ReadonlyArray<Bug> = [
  {
    layer: "convergence",
    defect: "two yes are enough",
    breaks: [agree],
    scenario: "calm",
    seeds: 10,
    parts: () =>
      deciding("convergence", (drafts) =>
        drafts.map((draft) =>
          draft.type === "TradeRefused"
            ? {
                ...draft,
                type: "TradeConverged",
                payload: {
                  tradeId: (draft.payload as { readonly tradeId: string }).tradeId,
                  phase: 2
                }
              }
            : draft
        )
      )
  },
  {
    layer: "convergence",
    defect: "the second three yes are not asked for",
    breaks: [agree, ends],
    scenario: "calm",
    seeds: 10,
    parts: () =>
      deciding("convergence", (drafts) =>
        drafts.flatMap((draft) =>
          draft.type === "TradeConverged" ? [draft, withPayload(draft, { phase: 2 })] : [draft]
        )
      )
  }
]

export const bugs: ReadonlyArray<Bug> = [
  ...kernel,
  ...journal,
  ...intakeBugs,
  ...rivalBugs,
  ...kafkaBugs,
  ...brokerGateway,
  ...correctionBugs,
  ...wireBugs,
  ...vault,
  ...executor,
  ...walkBugs,
  ...riskGate,
  ...convergence
]
