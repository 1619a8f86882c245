/**
 * One book, open: its actors, its sequencer, its journal. Opening it recovers; both hosts run it.
 */
import { Effect, Result, type Scope } from "effect"
import { orderedJson } from "../../domain/journal/canonicalJson.ts"
import type { InputDraft, JournalRecord, RecordType } from "../../domain/journal/record.ts"
import type { RequestGateway } from "../ports/Gateway.ts"
import {
  type Interruption,
  Journal,
  type JournalError,
  type JournalWriter
} from "../ports/Journal.ts"
import { EpochOpened, JournalRestored, kernelSource, kernelTypes } from "../ports/records/kernel.ts"
import { ActorCell, type CellSnapshot } from "./ActorCell.ts"
import type { AnyBehavior } from "./Behavior.ts"
import {
  type BookSnapshot,
  basesOf,
  newestBeginning,
  restoreKernel,
  snapshotOf
} from "./bookSnapshot.ts"
import { foldAll, rebuildCell } from "./fold.ts"
import { KernelLedger } from "./KernelLedger.ts"
import { RecordTail } from "./RecordTail.ts"
import { Router } from "./Router.ts"
import { Sequencer, type TurnWriter } from "./Sequencer.ts"
import type { SupervisionPolicy } from "./Supervision.ts"
import { hashOfSnapshots, stateHash } from "./stateHash.ts"

/** What a book is made of, whatever runs it. */
export interface BookPlan {
  readonly book: string
  readonly seed: number
  readonly build: string
  /** SHA-256 of the decoded configuration. */
  readonly configHash: string
  readonly behaviors: ReadonlyArray<AnyBehavior>
  readonly policy: () => SupervisionPolicy
  readonly gateways: ReadonlyArray<RequestGateway>
  /** Record types of inputs that no behaviour declares (all others are found in the behaviours). */
  readonly types: ReadonlyArray<RecordType>
  readonly poisonLimit: number
  readonly runtime: { readonly node: string; readonly v8: string }
}

/** Every record type of a plan, by name. Throws where two differ under one name. */
export const recordTypes = (plan: BookPlan): ReadonlyArray<RecordType> => {
  const types = new Map<string, RecordType>()
  const all = [
    ...kernelTypes,
    ...plan.types,
    ...plan.behaviors.flatMap((behavior) => [
      ...behavior.messages.map(({ of }) => of),
      ...behavior.events
    ])
  ] as ReadonlyArray<RecordType>
  for (const type of all) {
    const known = types.get(type.type)
    if (known !== undefined && known !== type)
      throw new Error(`two record types named ${type.type}`)
    types.set(type.type, type)
  }
  return [...types.values()]
}

/** The actors, ledger and sequencer of a plan, before any record. */
export interface Kernel {
  readonly router: Router
  readonly ledger: KernelLedger
  readonly policy: SupervisionPolicy
  readonly sequencer: Sequencer
}

export const makeKernel = (plan: BookPlan, writer: TurnWriter): Kernel => {
  const policy = plan.policy()
  const cells = plan.behaviors.map((behavior) => new ActorCell(behavior, plan.book, plan.seed))
  const router = new Router(cells, policy.order)
  const ledger = new KernelLedger(plan.gateways, (actor, nowMs) => {
    policy.crashed(actor, nowMs)
  })
  const versions = new Map(recordTypes(plan).map(({ type, version }) => [type, version]))
  const sequencer = new Sequencer(
    { router, ledger, policy, poisonLimit: plan.poisonLimit, versions },
    writer
  )
  return { router, ledger, policy, sequencer }
}

/** The kernel's first input in each epoch. */
export const epochOpened = (plan: BookPlan): InputDraft => ({
  ...EpochOpened.make({
    book: plan.book,
    build: plan.build,
    configHash: plan.configHash,
    seed: plan.seed,
    node: plan.runtime.node,
    v8: plan.runtime.v8
  }),
  source: kernelSource,
  sourceSeq: 0
})

/** Tells that commits failed for a while. */
export const journalRestored = ({ outageMs, tries }: Interruption): InputDraft => ({
  ...JournalRestored.make({ outageMs, tries }),
  source: kernelSource,
  sourceSeq: 0
})

export class Book {
  readonly kernel: Kernel
  readonly journal: JournalWriter
  readonly plan: BookPlan
  /** Records through this seq were found when the book was opened; -1 for a new book. */
  readonly recoveredThrough: number
  readonly #tail: RecordTail
  #bases: ReadonlyMap<string, CellSnapshot> = new Map()
  #snapshotSeq = -1
  #snapshotMs = Number.POSITIVE_INFINITY
  #neededByLast = 0
  #neededByOlder = 0

  constructor(plan: BookPlan, kernel: Kernel, journal: JournalWriter, tail: RecordTail) {
    this.plan = plan
    this.kernel = kernel
    this.journal = journal
    this.recoveredThrough = journal.opened.lastSeq
    this.#tail = tail
  }

  /** Remembers the states to rebuild crashed actors from. */
  setBases(snapshot: BookSnapshot): void {
    const { ledger, neededFrom = 0 } = snapshot
    this.#bases = basesOf(snapshot)
    this.#snapshotSeq = ledger.nextSeq - 1
    this.#snapshotMs = ledger.timeMs
    this.#neededByOlder = this.#neededByLast
    this.#neededByLast = neededFrom
    this.#tail.forgetBefore(neededFrom)
  }

  /** As if nothing had come after `seq`, which must not be durable. */
  takeBack(seq: number): void {
    this.journal.truncatePending(seq)
    this.#tail.truncate(seq)
  }

  get snapshotSeq(): number {
    return this.#snapshotSeq
  }

  /** Session time of the last snapshot, epoch ms; before the first, of the first time that this is asked. */
  snapshotMs(): number {
    if (this.#snapshotMs === Number.POSITIVE_INFINITY) this.#snapshotMs = this.kernel.ledger.timeMs
    return this.#snapshotMs
  }

  /** Records before this one are needed by neither of the two last snapshots; 0 while there are not two. */
  get neededFrom(): number {
    return Math.min(this.#neededByOlder, this.#neededByLast)
  }

  rebuild(cell: ActorCell): void {
    rebuildCell(cell, this.#bases.get(cell.id), this.#tail.read, this.kernel.ledger)
  }

  /** What a crash left of a down actor is never looked at: its state is that of the journal up to its cursor. */
  cleanDown(): void {
    for (const [id, { cursor }] of this.kernel.ledger.down) {
      const cell = this.kernel.router.cell(id)
      cell.cursor = cursor
      this.rebuild(cell)
    }
  }

  stateHash(): string {
    this.cleanDown()
    return stateHash(this.kernel.router.cells)
  }

  /** Throws where any actor that is up is in an impossible state. */
  checkInvariants(): void {
    for (const cell of this.kernel.router.cells) {
      if (!this.kernel.ledger.down.has(cell.id)) cell.checkInvariant()
    }
  }
}

/** Opens a book for writing: snapshot, fold of the rest, invariants. The caller then runs the `EpochOpened` turn. */
export const openBook = Effect.fn("Book.open")(function* (
  plan: BookPlan,
  observer?: (record: JournalRecord) => void
): Effect.fn.Return<Book, JournalError, Journal | Scope.Scope> {
  const store = yield* Journal
  const journal = yield* store.openWriter
  const tail = new RecordTail(journal)
  const writer: TurnWriter = {
    append: (record) => {
      journal.append(record)
      tail.push(record)
      observer?.(record)
    },
    read: tail.read
  }
  const { lastSeq } = journal.opened
  const { kernel, from, snapshot } = yield* restored(() => makeKernel(plan, writer), store, journal)
  const book = new Book(plan, kernel, journal, tail)
  if (snapshot !== undefined) book.setBases(snapshot)
  if (from <= lastSeq) {
    foldAll(kernel.router, kernel.ledger, journal.read(from), tail.read)
  }
  book.checkInvariants()
  kernel.sequencer.epoch = journal.opened.lastEpoch + 1
  return book
})

/**
 * A kernel at the newest snapshot that it can be restored from. One of a build whose states had another form is passed
 * over: the journal tells the same, as far back as it goes.
 */
const restored = Effect.fnUntraced(function* (
  make: () => Kernel,
  store: Journal["Service"],
  journal: JournalWriter
) {
  for (let atMost = journal.opened.lastSeq; ; ) {
    const beginning = yield* newestBeginning(store, journal.firstSeq(), atMost)
    const { from, snapshot } = beginning
    const kernel = make()
    if (snapshot === undefined) return { kernel, from, snapshot }
    const read = (seq: number) => journal.read(seq)
    if (Result.isSuccess(Result.try(() => restoreKernel(kernel, snapshot, read)))) {
      return { kernel, from, snapshot }
    }
    atMost = from - 2
  }
})

/** Saves a snapshot. Only at quiescence: no open turn, everything durable. */
export const saveSnapshot = Effect.fn("Book.saveSnapshot")(function* (book: Book) {
  const store = yield* Journal
  const { router, ledger } = book.kernel
  const seq = ledger.nextSeq - 1
  if (book.journal.durableThrough() !== seq) {
    return yield* Effect.die(new Error(`snapshot at ${seq} before it is durable`))
  }
  book.cleanDown()
  const body = snapshotOf(book.kernel, book.journal.firstSeq())
  yield* store.saveSnapshot({
    seq,
    link: book.journal.link(),
    stateHash: hashOfSnapshots(router.cells, body.cells),
    body: orderedJson(body)
  })
  book.setBases(body)
})
