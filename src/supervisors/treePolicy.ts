/**
 * A tree of nested supervisors as the kernel's supervision policy, on the journal's logical time.
 *
 * Every actor is permanent. A supervisor that restarts comes back with an empty history, as in OTP;
 * beyond OTP an actor that is down for good is in no later group: only an operator brings a
 * quarantined actor back.
 */
import { Schema } from "effect"
import type { Directive, SupervisionPolicy } from "../actors/runtime/Supervision.ts"
import { nameHash, uniformAt } from "../domain/chance.ts"
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
  /**
   * escalate: its parent treats it as failed; stay_down: its actors stay down and the parent hears
   * nothing.
   */
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

interface State {
  readonly tree: SupervisorNode
  readonly seed: number
  /** All actors, in start order. */
  readonly order: ReadonlyArray<string>
  /** By supervisor, in tree order. */
  readonly places: ReadonlyMap<string, Place>
  /** By actor: the supervisor that it is a child of. */
  readonly homes: ReadonlyMap<string, Place>
  readonly downForGood: Set<string>
  /** When the delayed restart of an actor is due, epoch ms. */
  readonly waitingUntilMs: Map<string, number>
}

/**
 * The policy of `tree`; jitter is a function of (seed, supervisor, its crash count).
 *
 * Throws where the tree is unsound (a name used twice, a limit out of range), where a crash names
 * no actor of the tree, and where a snapshot is of another tree. A crash of an actor that is down
 * for good gives `StayDown` with an empty group.
 */
export const makeTreePolicy = (tree: SupervisorNode, seed: number): SupervisionPolicy => {
  const state = plant(tree, seed)
  return {
    order: state.order,
    crashed: (actor, nowMs) => {
      const home = homeOf(state, actor)
      if (state.downForGood.has(actor)) {
        return { _tag: "StayDown", group: [], reason: `actor ${actor} is down for good` }
      }
      for (const [waiting, upMs] of state.waitingUntilMs) {
        if (upMs <= nowMs) state.waitingUntilMs.delete(waiting)
      }
      return fail(state, home, actor, nowMs)
    },
    halt: (actor, reason) => {
      const { node } = homeOf(state, actor)
      return bury(state, living(state, affectedBy(node.strategy, node.children, actor)), reason)
    },
    snapshot: () => takeSnapshot(state),
    restore: (snapshot) => restoreSnapshot(state, decodeSnapshot(snapshot))
  }
}

const plant = (tree: SupervisorNode, seed: number): State => {
  const faults = treeFaults(tree)
  if (faults.length > 0) throw new Error(`supervision tree ${tree.id}: ${faults.join("; ")}`)
  const places = new Map<string, Place>()
  const homes = new Map<string, Place>()
  const visit = (node: SupervisorNode, parent: Place | undefined) => {
    const place: Place = { node, parent, history: emptyHistory, crashes: 0 }
    places.set(node.id, place)
    for (const child of node.children) {
      if (child._tag === "Supervisor") visit(child, place)
      else homes.set(child.id, place)
    }
  }
  visit(tree, undefined)
  return {
    tree,
    seed,
    order: actorsOf(tree),
    places,
    homes,
    downForGood: new Set(),
    waitingUntilMs: new Map()
  }
}

const homeOf = ({ homes, tree }: State, actor: string): Place => {
  const home = homes.get(actor)
  if (home === undefined) throw new Error(`supervision tree ${tree.id} has no actor ${actor}`)
  return home
}

/** A child of this supervisor, an actor or a supervisor that gave up, failed. */
const fail = (state: State, place: Place, failed: string, nowMs: number): Directive => {
  const { node, parent } = place
  const decision = decide(state, place, failed, nowMs)
  if (decision._tag === "Restart")
    return restart(state, place, failed, nowMs + decision.delayMs, nowMs)
  const budget = `more than ${node.intensity} restarts in ${node.periodMs} ms`
  const reason = `supervisor ${node.id} gave up at a failure of ${failed}: ${budget}`
  if (node.exhausted === "stay_down") return bury(state, living(state, [node]), reason)
  if (parent === undefined) return { _tag: "StopDesk", reason }
  return fail(state, parent, node.id, nowMs)
}

const decide = (state: State, place: Place, failed: string, nowMs: number): Decision => {
  const number = place.crashes++
  const { decision, history } = attemptRestart(
    {
      flags: flagsOf(place.node),
      children: place.node.children.map(viewOf),
      history: place.history,
      nowMs,
      random: () => uniformAt(state.seed, nameHash(place.node.id), number)
    },
    failed
  )
  place.history = history
  return decision
}

const restart = (
  state: State,
  place: Place,
  failed: string,
  ownDueMs: number,
  nowMs: number
): Directive => {
  const { homes, waitingUntilMs } = state
  const affected = affectedBy(place.node.strategy, place.node.children, failed)
  const group = living(state, affected)
  const waiting = group.filter((actor) => (waitingUntilMs.get(actor) ?? nowMs) > nowMs)
  // A supervisor that restarts is a new one: what its own actors waited for is forgotten with it.
  const siblings = waiting.filter((actor) => homes.get(actor) === place)
  const dueMs = Math.max(
    ownDueMs,
    // An actor that is down comes up by a record of its own, so not within this turn.
    waiting.length > 0 ? nowMs + 1 : nowMs,
    ...siblings.map((actor) => waitingUntilMs.get(actor)!)
  )
  for (const node of affected) forget(state, node)
  for (const actor of group) {
    if (dueMs === nowMs) waitingUntilMs.delete(actor)
    else waitingUntilMs.set(actor, dueMs)
  }
  return dueMs === nowMs
    ? { _tag: "RestartNow", group }
    : { _tag: "RestartLater", group, delayMs: dueMs - nowMs }
}

const forget = (state: State, node: TreeNode): void => {
  if (node._tag === "Actor") return
  state.places.get(node.id)!.history = emptyHistory
  for (const child of node.children) forget(state, child)
}

/** Those of the nodes' actors that may come back, in start order. */
const living = ({ downForGood }: State, nodes: ReadonlyArray<TreeNode>): ReadonlyArray<string> =>
  nodes.flatMap(actorsOf).filter((actor) => !downForGood.has(actor))

const bury = (state: State, group: ReadonlyArray<string>, reason: string): Directive => {
  for (const actor of group) {
    state.downForGood.add(actor)
    state.waitingUntilMs.delete(actor)
  }
  return { _tag: "StayDown", group, reason }
}

const takeSnapshot = (state: State): typeof Snapshot.Type => ({
  supervisors: [...state.places.values()].map(({ node, crashes, history }) => ({
    id: node.id,
    crashes,
    restartsMs: history.restartsMs,
    streaks: history.streaks
  })),
  downForGood: state.order.filter((actor) => state.downForGood.has(actor)),
  waiting: state.order.flatMap((actor) => {
    const upMs = state.waitingUntilMs.get(actor)
    return upMs === undefined ? [] : [{ actor, upMs }]
  })
})

const restoreSnapshot = (state: State, snapshot: typeof Snapshot.Type): void => {
  const ids = snapshot.supervisors.map(({ id }) => id)
  const known = [...state.places.keys()]
  if (ids.join("\n") !== known.join("\n")) {
    throw new Error(
      `supervision snapshot is of supervisors ${ids.join(", ")}, the tree has ${known.join(", ")}`
    )
  }
  for (const actor of snapshot.downForGood) homeOf(state, actor)
  for (const { actor } of snapshot.waiting) homeOf(state, actor)
  for (const { id, crashes, restartsMs, streaks } of snapshot.supervisors) {
    const place = state.places.get(id)!
    place.crashes = crashes
    place.history = { restartsMs, streaks }
  }
  state.downForGood.clear()
  for (const actor of snapshot.downForGood) state.downForGood.add(actor)
  state.waitingUntilMs.clear()
  for (const { actor, upMs } of snapshot.waiting) state.waitingUntilMs.set(actor, upMs)
}

/** The actors of a subtree, in start order. */
const actorsOf = (node: TreeNode): ReadonlyArray<string> =>
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
