/**
 * A tree of nested supervisors as the kernel's supervision policy, on the journal's logical time.
 *
 * Every actor is permanent. A supervisor that restarts comes back with an empty history, as in OTP; beyond OTP an actor
 * that is down for good is in no later group: only an operator brings a quarantined actor back.
 */
import { Schema } from "effect"
import type { Directive, SupervisionPolicy } from "../actors/runtime/Supervision.ts"
import { chance } from "./chance.ts"
import {
  affectedBy,
  attemptRestart,
  type Backoff,
  type ChildView,
  type Decision,
  emptyHistory,
  flagFaults,
  type RestartHistory,
  type Strategy,
  type SupervisorFlags
} from "./restartPolicy.ts"

export interface ActorNode {
  readonly _tag: "Actor"
  readonly id: string
}

export interface SupervisorNode {
  readonly _tag: "Supervisor"
  readonly id: string
  readonly strategy: Exclude<Strategy, "simple_one_for_one">
  /** Restarts allowed within `periodMs`; one more exhausts the supervisor. */
  readonly intensity: number
  readonly periodMs: number
  readonly backoff: Backoff
  /** escalate: its parent treats it as failed; stay_down: its actors stay down and the parent hears nothing. */
  readonly exhausted: "escalate" | "stay_down"
  /** In start order. */
  readonly children: ReadonlyArray<TreeNode>
}

export type TreeNode = ActorNode | SupervisorNode

/** A whole, serializable state of a policy. */
const Snapshot = Schema.Struct({
  /** By supervisor, in tree order. `crashes`: failures it ever handled, which number its jitter. */
  supervisors: Schema.Array(
    Schema.Struct({
      id: Schema.String,
      crashes: Schema.Int,
      restartsMs: Schema.Array(Schema.Int),
      streaks: Schema.Record(
        Schema.String,
        Schema.Struct({ restarts: Schema.Int, upMs: Schema.Int })
      )
    })
  ),
  downForGood: Schema.Array(Schema.String),
  /** Actors in a delayed restart, and when it is due, epoch ms. */
  waiting: Schema.Array(Schema.Struct({ actor: Schema.String, upMs: Schema.Int }))
})

/** One supervisor's place in the tree and what it remembers. */
interface Place {
  readonly node: SupervisorNode
  readonly parent: Place | undefined
  history: RestartHistory
  crashes: number
}

/**
 * The policy of `tree`; jitter is a function of (seed, supervisor, its crash count).
 *
 * Throws where the tree is unsound (a name used twice, a limit out of range), where a
 * crash names no actor of the tree, and where a snapshot is of another tree. A crash of an actor that is down for good
 * gives `StayDown` with an empty group.
 */
export const makeTreePolicy = (tree: SupervisorNode, seed: number): SupervisionPolicy => {
  const faults = treeFaults(tree)
  if (faults.length > 0) throw new Error(`supervision tree ${tree.id}: ${faults.join("; ")}`)
  const places = new Map<string, Place>()
  const homes = new Map<string, Place>()
  const plant = (node: SupervisorNode, parent: Place | undefined) => {
    const place: Place = { node, parent, history: emptyHistory, crashes: 0 }
    places.set(node.id, place)
    for (const child of node.children) {
      if (child._tag === "Supervisor") plant(child, place)
      else homes.set(child.id, place)
    }
  }
  plant(tree, undefined)
  const order = actorsOf(tree)
  const downForGood = new Set<string>()
  const waitingUntilMs = new Map<string, number>()

  const homeOf = (actor: string): Place => {
    const home = homes.get(actor)
    if (home === undefined) throw new Error(`supervision tree ${tree.id} has no actor ${actor}`)
    return home
  }

  const decide = (place: Place, failed: string, nowMs: number): Decision => {
    const number = place.crashes++
    const { decision, history } = attemptRestart(
      {
        flags: flagsOf(place.node),
        children: place.node.children.map(viewOf),
        history: place.history,
        nowMs,
        random: () => chance(seed, place.node.id, number)
      },
      failed
    )
    place.history = history
    return decision
  }

  /** Those of the nodes' actors that may come back, in start order. */
  const living = (nodes: ReadonlyArray<TreeNode>): ReadonlyArray<string> =>
    nodes.flatMap(actorsOf).filter((actor) => !downForGood.has(actor))

  const bury = (group: ReadonlyArray<string>, reason: string): Directive => {
    for (const actor of group) {
      downForGood.add(actor)
      waitingUntilMs.delete(actor)
    }
    return { _tag: "StayDown", group, reason }
  }

  const forget = (node: TreeNode): void => {
    if (node._tag === "Actor") return
    places.get(node.id)!.history = emptyHistory
    for (const child of node.children) forget(child)
  }

  const restart = (place: Place, failed: string, delayMs: number, nowMs: number): Directive => {
    const affected = affectedBy(place.node.strategy, place.node.children, failed)
    const group = living(affected)
    const waiting = group.filter((actor) => (waitingUntilMs.get(actor) ?? nowMs) > nowMs)
    // A supervisor that restarts is a new one: what its actors waited for is forgotten with it.
    const siblings = waiting.filter((actor) => homes.get(actor) === place)
    for (const node of affected) forget(node)
    const dueMs = Math.max(
      nowMs + delayMs,
      ...siblings.map((actor) => waitingUntilMs.get(actor)!),
      ...(waiting.length > 0 ? [nowMs + 1] : [])
    )
    for (const actor of group) waitingUntilMs.delete(actor)
    if (dueMs === nowMs) return { _tag: "RestartNow", group }
    for (const actor of group) waitingUntilMs.set(actor, dueMs)
    return { _tag: "RestartLater", group, delayMs: dueMs - nowMs }
  }

  const fail = (place: Place, failed: string, nowMs: number): Directive => {
    const decision = decide(place, failed, nowMs)
    if (decision._tag === "Restart") return restart(place, failed, decision.delayMs, nowMs)
    const { node } = place
    const reason = `supervisor ${node.id} gave up at a failure of ${failed}: more than ${node.intensity} restarts in ${node.periodMs} ms`
    if (node.exhausted === "stay_down") return bury(living([node]), reason)
    if (place.parent === undefined) return { _tag: "StopDesk", reason }
    return fail(place.parent, node.id, nowMs)
  }

  return {
    order,
    crashed: (actor, nowMs) => {
      const home = homeOf(actor)
      if (downForGood.has(actor)) {
        return { _tag: "StayDown", group: [], reason: `actor ${actor} is down for good` }
      }
      for (const [waiting, upMs] of waitingUntilMs) {
        if (upMs <= nowMs) waitingUntilMs.delete(waiting)
      }
      return fail(home, actor, nowMs)
    },
    halt: (actor, reason) => {
      const { node } = homeOf(actor)
      return bury(living(affectedBy(node.strategy, node.children, actor)), reason)
    },
    snapshot: (): typeof Snapshot.Type => ({
      supervisors: [...places.values()].map(({ node, crashes, history }) => ({
        id: node.id,
        crashes,
        restartsMs: history.restartsMs,
        streaks: history.streaks
      })),
      downForGood: order.filter((actor) => downForGood.has(actor)),
      waiting: order.flatMap((actor) => {
        const upMs = waitingUntilMs.get(actor)
        return upMs === undefined ? [] : [{ actor, upMs }]
      })
    }),
    restore: (snapshot) => {
      const { supervisors, downForGood: buried, waiting } = decodeSnapshot(snapshot)
      const ids = supervisors.map(({ id }) => id)
      if (ids.join("\n") !== [...places.keys()].join("\n")) {
        throw new Error(
          `supervision snapshot is of supervisors ${ids.join(", ")}, the tree has ${[...places.keys()].join(", ")}`
        )
      }
      for (const actor of [...buried, ...waiting.map((entry) => entry.actor)]) homeOf(actor)
      for (const { id, crashes, restartsMs, streaks } of supervisors) {
        const place = places.get(id)!
        place.crashes = crashes
        place.history = { restartsMs, streaks }
      }
      downForGood.clear()
      for (const actor of buried) downForGood.add(actor)
      waitingUntilMs.clear()
      for (const { actor, upMs } of waiting) waitingUntilMs.set(actor, upMs)
    }
  }
}

/** The actors of a subtree, in start order. */
export const actorsOf = (node: TreeNode): ReadonlyArray<string> =>
  node._tag === "Actor" ? [node.id] : node.children.flatMap(actorsOf)

/** One sentence for each rule that a tree breaks; empty when it is sound. */
const treeFaults = (tree: SupervisorNode): ReadonlyArray<string> => {
  const faults: Array<string> = []
  const names = new Set<string>()
  const visit = (node: TreeNode) => {
    if (names.has(node.id)) faults.push(`the name ${node.id} is used twice`)
    names.add(node.id)
    if (node._tag === "Actor") return
    for (const fault of flagFaults(flagsOf(node))) faults.push(`supervisor ${node.id}: ${fault}`)
    for (const child of node.children) visit(child)
  }
  visit(tree)
  return faults
}

const decodeSnapshot = Schema.decodeUnknownSync(Snapshot)

const flagsOf = (node: SupervisorNode): SupervisorFlags => ({
  strategy: node.strategy,
  intensity: node.intensity,
  periodMs: node.periodMs,
  autoShutdown: "never",
  backoff: node.backoff
})

const viewOf = ({ id }: TreeNode): ChildView => ({
  id,
  restart: "permanent",
  significant: false,
  status: "running"
})
