/** Planted bugs of the kernel and of behaviours: one part of the toy desk replaced by one that is wrong. */
import { Effect } from "effect"
import type { Journal, JournalWriter } from "../../../src/actors/ports/Journal.ts"
import type { AnyBehavior } from "../../../src/actors/runtime/Behavior.ts"
import { Outbox } from "../../../src/actors/runtime/Outbox.ts"
import { uniformAt } from "../../../src/domain/chance.ts"
import type { InputDraft } from "../../../src/domain/journal/record.ts"
import type { ToyParts } from "../../actors/runtime/toySession.ts"
import { withWriter } from "../wrappedJournal.ts"
import { behaving } from "./behaving.ts"
import type { Promised } from "./broken.ts"
import { withLedger, withLoaded, withRead } from "./brokenJournal.ts"
import type { Ordeal } from "./ordeal.ts"
import type { Planted } from "./proveMutant.ts"

export interface Mutant extends Planted {
  readonly breaks: Promised
  readonly ordeal: Ordeal
  readonly parts: ToyParts
}

const never = 1_000_000
const killed: Ordeal = { crashes: "none", kills: true, snapshotRecords: never }
const killedWithSnapshots: Ordeal = { crashes: "none", kills: true, snapshotRecords: 40 }
const crashedAlone: Ordeal = { crashes: "lone", kills: false, snapshotRecords: never }
const crashedOften: Ordeal = { crashes: "many", kills: false, snapshotRecords: never }
const crashedAndKilled: Ordeal = { crashes: "many", kills: true, snapshotRecords: 5 }
const poisonedAndKilled: Ordeal = { crashes: "poison", kills: true, snapshotRecords: never }

/** Lets every request out, whatever the journal says. */
class GatelessOutbox extends Outbox {
  override take(request: Parameters<Outbox["take"]>[0]) {
    return super.take(request, Number.MAX_SAFE_INTEGER, Number.NEGATIVE_INFINITY)
  }
}

/** Every third commit alone reaches the medium. */
const forgetfulCommits = (): ((sound: Journal["Service"]) => Journal["Service"]) =>
  withWriter((writer) => {
    let calls = 0
    return { commit: Effect.suspend(() => (calls++ % 3 === 0 ? writer.commit : Effect.void)) }
  })

/** Says that a commit is durable when it has only begun; the next one ends it. */
const acknowledgedEarly = withWriter((writer) => {
  let through = writer.durableThrough()
  return {
    pending: () => writer.pending() - (through - writer.durableThrough()),
    durableThrough: () => through,
    commit: Effect.suspend(() => {
      const last = writer.durableThrough() + writer.pending()
      const before = through
      through = last
      return before === last ? Effect.void : endCommit(writer, before)
    })
  }
})

const endCommit = (writer: JournalWriter, through: number) =>
  writer.durableThrough() < through ? writer.commit : Effect.void

const deciding = (sound: AnyBehavior, over: (seq: number) => object): Partial<AnyBehavior> => ({
  decide: (state, message, context) =>
    sound.decide(state, message, { ...context, ...over(message.seq) })
})

export const toyMutants: ReadonlyArray<Mutant> = [
  {
    defect: "an order leaves before its commit",
    breaks: "nothing leaves before its record is durable",
    seeds: 1,
    ordeal: killed,
    parts: {
      journal: forgetfulCommits(),
      outbox: ({ kernel, recoveredThrough }) => new GatelessOutbox(kernel.ledger, recoveredThrough)
    }
  },
  {
    defect: "a commit is acknowledged before its sync",
    breaks: "nothing leaves before its record is durable",
    seeds: 1,
    ordeal: killed,
    parts: { journal: acknowledgedEarly }
  },
  {
    defect: "a commit splits a turn",
    breaks: "a batch holds whole turns",
    seeds: 1,
    ordeal: killed,
    parts: {
      journal: withWriter((writer) => ({
        append: (record) => {
          if (record.cause >= 0) Effect.runSync(Effect.orDie(writer.commit))
          writer.append(record)
        }
      }))
    }
  },
  {
    defect: "a request in doubt is sent again without asking",
    breaks: "no request is performed twice",
    seeds: 5,
    ordeal: killed,
    parts: {
      plan: (plan) => ({
        ...plan,
        gateways: plan.gateways.map((gateway) => ({ ...gateway, recover: gateway.perform }))
      })
    }
  },
  {
    defect: "executions are not deduplicated on recovery",
    breaks: "each answer is booked once",
    seeds: 5,
    ordeal: killed,
    parts: {
      venue: (sound) => ({
        source: sound.source,
        nextDueMs: () => sound.nextDueMs(),
        // Without its source's number a repeat is not known as one.
        next: () => ({ ...sound.next(), sourceSeq: 0 }),
        resumeAfter: (sourceSeq) => sound.resumeAfter(Math.max(0, sourceSeq - 1))
      })
    }
  },
  {
    defect: "a fill is applied twice",
    breaks: "each answer is booked once",
    seeds: 1,
    ordeal: killed,
    parts: {
      plan: behaving("sender", ({ evolve }) => ({
        evolve: (state, record) =>
          record.type === "Answer" ? evolve(evolve(state, record), record) : evolve(state, record)
      }))
    }
  },
  {
    defect: "a snapshot is labeled one record early",
    breaks: "a replay decides the same",
    seeds: 10,
    ordeal: killedWithSnapshots,
    parts: { journal: withLoaded((snapshot) => ({ ...snapshot, seq: snapshot.seq - 1 })) }
  },
  {
    defect: "a snapshot is labeled one record late",
    breaks: "a replay decides the same",
    seeds: 10,
    ordeal: killedWithSnapshots,
    parts: {
      journal: withLoaded((snapshot, atMost) => ({
        ...snapshot,
        seq: Math.min(atMost, snapshot.seq + 1)
      }))
    }
  },
  {
    defect: "a snapshot loses the timers",
    breaks: "a crash that delays nothing changes nothing",
    seeds: 15,
    ordeal: killedWithSnapshots,
    parts: { journal: withLedger(() => ({ timers: [] })) }
  },
  {
    defect: "a snapshot loses the requests without an answer",
    breaks: "a crash that delays nothing changes nothing",
    seeds: 20,
    ordeal: killedWithSnapshots,
    parts: { journal: withLedger(() => ({ outstanding: [] })) }
  },
  {
    defect: "recovery ignores a down actor's cursor",
    breaks: "a replay decides the same",
    seeds: 20,
    ordeal: crashedAndKilled,
    parts: {
      journal: withLedger(({ down }, seq) => ({
        down: (down as ReadonlyArray<[string, number, number]>).map(([actor, , dueMs]) => [
          actor,
          seq + 1,
          dueMs
        ])
      }))
    }
  },
  {
    defect: "recovery forgets a quarantine",
    breaks: "a replay decides the same",
    seeds: 5,
    ordeal: poisonedAndKilled,
    parts: {
      journal: withRead((record) =>
        record.type === "MessageQuarantined"
          ? { ...record, payload: { ...(record.payload as object), seq: -1 } }
          : record
      )
    }
  },
  {
    defect: "a crashed actor goes on with the state it crashed in",
    breaks: "a replay decides the same",
    seeds: 5,
    ordeal: crashedAlone,
    parts: { book: (book) => Object.assign(book, { rebuild: () => {} }) }
  },
  {
    defect: "a snapshot leaves out a part of a state",
    breaks: "a replay decides the same",
    seeds: 5,
    ordeal: killedWithSnapshots,
    parts: {
      plan: behaving("ticker", ({ restore }) => ({
        restore: (snapshot) => restore({ ...snapshot, total: 0 })
      }))
    }
  },
  {
    defect: "an identity is made of the seq instead of the event count",
    breaks: "a crash that delays nothing changes nothing",
    seeds: 3,
    ordeal: crashedAlone,
    parts: {
      plan: behaving("wisher", (sound) => deciding(sound, (seq) => ({ eventCount: seq })))
    }
  },
  {
    defect: "chance is drawn by seq instead of messages handled",
    breaks: "a crash that delays nothing changes nothing",
    seeds: 3,
    ordeal: crashedAlone,
    parts: {
      plan: behaving("wisher", (sound) =>
        deciding(sound, (seq) => {
          let draw = 0
          return { random: () => uniformAt(1, seq, draw++) }
        })
      )
    }
  },
  {
    defect: "a decision reads what is not in its state",
    breaks: "a replay decides the same",
    seeds: 5,
    ordeal: killed,
    parts: {
      plan: behaving("wisher", (sound) => {
        let decisions = 0
        return deciding(sound, () => ({ random: () => uniformAt(1, decisions++) }))
      })
    }
  },
  {
    defect: "a late request counts",
    breaks: "a missed request lapses",
    seeds: 20,
    ordeal: crashedOften,
    parts: { plan: behaving("sender", (sound) => deciding(sound, () => ({ late: false }))) }
  },
  {
    defect: "ActorDown does not stand directly behind its turn",
    breaks: "a replay decides the same",
    seeds: 3,
    ordeal: crashedOften,
    parts: {
      book: (book) => {
        const { sequencer } = book.kernel
        const sound = sequencer.nextTrailing.bind(sequencer)
        const held: Array<InputDraft> = []
        sequencer.nextTrailing = () => {
          const next = sound()
          if (next?.type !== "ActorDown") return next ?? held.shift()
          held.push(next)
          return undefined
        }
        return book
      }
    }
  }
]
