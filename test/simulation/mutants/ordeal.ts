/** Runs the toy desk through crashes and kills and holds it to the promises, each under a name of its own. */
import { Cause, Effect, Exit } from "effect"
import type { RequestGateway } from "../../../src/actors/ports/Gateway.ts"
import type { BookPlan } from "../../../src/actors/runtime/Book.ts"
import type { FaultHook } from "../../../src/actors/runtime/handle.ts"
import { verifyRecords } from "../../../src/actors/runtime/verify.ts"
import { nameHash, uniformAt } from "../../../src/domain/chance.ts"
import { isInput } from "../../../src/domain/journal/record.ts"
import { ToyVenue, toyPlan } from "../../actors/runtime/toyDesk.ts"
import {
  Killed,
  liveOnce,
  type ToyParts,
  type ToyResult,
  type ToyWorld,
  toyWorld
} from "../../actors/runtime/toySession.ts"
import { Broken } from "./broken.ts"

export interface Ordeal {
  /** `lone`: so far apart that each restart is immediate. `many`: delays, chains going down. `poison`: quarantines. */
  readonly crashes: "none" | "lone" | "many" | "poison"
  readonly kills: boolean
  readonly snapshotRecords: number
}

const quotes = 300

/** Ends well, or dies of `Broken`. */
export const endure = (seed: number, ordeal: Ordeal, parts: ToyParts = {}): Effect.Effect<void> =>
  Effect.gen(function* () {
    const world = toyWorld(seed, quotes)
    const run = yield* lives(world, ordeal, parts)
    performedOnce(world)
    replaysTheSame(world, run, parts)
    bookedOnce(world, run)
    lapsed(world)
    if (ordeal.crashes === "many" || ordeal.crashes === "poison") return
    const calm = yield* lives(toyWorld(seed, quotes), { ...ordeal, ...undisturbed }, parts)
    if (calm.state !== run.state) {
      throw new Broken(
        "a crash that delays nothing changes nothing",
        `state ${run.state.slice(0, 8)}, undisturbed ${calm.state.slice(0, 8)}`
      )
    }
  })

const undisturbed = { crashes: "none", kills: false } as const

/** Life after life until one reaches the session's end. */
const lives = (world: ToyWorld, ordeal: Ordeal, parts: ToyParts): Effect.Effect<ToyResult> =>
  Effect.gen(function* () {
    const fault = faults(world.seed, ordeal)
    for (let life = 0; ; life++) {
      const dies = (point: string, timeMs: number) =>
        ordeal.kills && life < 5 && uniformAt(world.seed, life, nameHash(point), timeMs) < 0.06
      const exit = yield* Effect.exit(
        liveOnce(world, {
          ...(fault !== undefined && { fault }),
          commitRecordsMax: 17,
          snapshotRecords: ordeal.snapshotRecords,
          killAfterCommit: (timeMs) => dies("commit", timeMs),
          parts: { ...parts, plan: watched(world, parts, dies) }
        })
      )
      if (Exit.isSuccess(exit)) return exit.value
      const thrown = Cause.squash(exit.cause)
      if (!(thrown instanceof Killed)) throw namedBroken(thrown)
      world.journal.crash()
    }
  })

/** What the kernel's own guards find is a broken promise too. */
const namedBroken = (thrown: unknown): Broken => {
  if (thrown instanceof Broken) return thrown
  const text = String(thrown)
  return new Broken(
    /commit inside a turn/.test(text) ? "a batch holds whole turns" : "the desk runs on",
    text
  )
}

/** The plan with the eyes of a test at its gateways: what is asked of them is durable, or the run is over. */
const watched =
  (world: ToyWorld, parts: ToyParts, dies: (point: string, timeMs: number) => boolean) =>
  (sound: BookPlan): BookPlan => {
    const plan = parts.plan?.(sound) ?? sound
    const around =
      (ask: RequestGateway["perform"]): RequestGateway["perform"] =>
      (request, nowMs) =>
        Effect.suspend(() => {
          const durable = world.journal.durableThrough()
          if (request.seq > durable) {
            const detail = `record ${request.seq} left, ${durable} is durable`
            throw new Broken("nothing leaves before its record is durable", detail)
          }
          return Effect.tap(ask(request, nowMs), () =>
            Effect.sync(() => {
              if (dies("after request", nowMs)) throw new Killed("killed after a request")
            })
          )
        })
    const gateways = plan.gateways.map((gateway) => ({
      ...gateway,
      perform: around(gateway.perform),
      recover: around(gateway.recover)
    }))
    return { ...plan, gateways }
  }

const faults = (seed: number, { crashes }: Ordeal): FaultHook | undefined => {
  if (crashes === "none") return undefined
  if (crashes === "poison") {
    return (_, actor, record) => {
      if (actor === "wisher" && record.type === "Tick" && record.seq % 5 === 0) {
        throw new Error("poison")
      }
    }
  }
  const struck = new Set<string>()
  let lastMs = 0
  return (point, actor, record) => {
    if (crashes === "lone" && record.logicalTimeMs - lastMs < 60) return
    const boundary = `${point} ${actor} ${record.seq}`
    if (uniformAt(seed, nameHash(boundary)) >= 0.01 || struck.has(boundary)) return
    struck.add(boundary)
    lastMs = record.logicalTimeMs
    throw new Error(`injected at ${point}`)
  }
}

const performedOnce = ({ venue }: ToyWorld): void => {
  for (const [id, times] of venue.effects) {
    if (times !== 1) throw new Broken("no request is performed twice", `${id}: ${times} times`)
  }
}

/** What the sender counts is what the venue said, each answer once. */
const bookedOnce = ({ journal }: ToyWorld, { book }: ToyResult): void => {
  if (book.kernel.ledger.down.has("sender")) return
  const said = new Map<number, bigint>()
  for (const { type, payload, sourceSeq } of journal.records()) {
    if (type === "Answer") said.set(sourceSeq, (payload as { amount: bigint }).amount)
  }
  const total = [...said.values()].reduce((sum, amount) => sum + amount, 0n)
  const booked = (book.kernel.router.cell("sender").state as { total: bigint }).total
  if (booked !== total) throw new Broken("each answer is booked once", `${booked}, not ${total}`)
}

/** Nothing is asked because of a wish of an earlier turn: the sender was down, and the wish has lapsed. */
const lapsed = ({ journal }: ToyWorld): void => {
  let turnSeq = 0
  for (const record of journal.records()) {
    if (isInput(record)) turnSeq = record.seq
    if (record.type === "Ask" && record.cause < turnSeq) {
      const detail = `record ${record.seq} answers wish ${record.cause}, in the turn of ${turnSeq}`
      throw new Broken("a missed request lapses", detail)
    }
  }
}

const replaysTheSame = (world: ToyWorld, run: ToyResult, parts: ToyParts): void => {
  const sound = toyPlan(world.seed, new ToyVenue(), world.tree)
  const fail = (detail: string) => new Broken("a replay decides the same", detail)
  const records = world.journal.records()
  const replay = () =>
    verifyRecords(parts.plan?.(sound) ?? sound, world.codec, (from) => records.slice(from))
  const { difference, stateHash } = replaying(replay, fail)
  if (difference !== undefined) throw fail(`record ${difference.seq} of ${difference.actor}`)
  if (stateHash !== run.state) throw fail(`state ${run.state.slice(0, 8)} is not the replay's`)
}

const replaying = <A>(replay: () => A, fail: (detail: string) => Broken): A => {
  try {
    return replay()
  } catch (thrown) {
    throw fail(String(thrown))
  }
}
