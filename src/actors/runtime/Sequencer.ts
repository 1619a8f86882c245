/**
 * The single writer of a book: numbers records and runs turns, one input and its cascade at a time.
 *
 * A turn is a generator of steps, so that the straight host (plain calls) and the live host (mailboxes and fibers) run
 * the same rules and write the same chain. The rules are those of ARCHITECTURE.md, "The rules of a turn".
 */
import type { EventDraft, InputDraft, JournalRecord } from "../../domain/journal/record.ts"
import { noCause } from "../../domain/journal/record.ts"
import {
  ActorDown,
  ActorRestarted,
  kernelSource,
  MessageQuarantined
} from "../ports/records/kernel.ts"
import type { ActorCell } from "./ActorCell.ts"
import { type KernelLedger, staysDown } from "./KernelLedger.ts"
import type { Router } from "./Router.ts"
import type { Directive, SupervisionPolicy } from "./Supervision.ts"

/** The part of the journal's writer that a turn needs. Verification hands in one that compares. */
export interface TurnWriter {
  readonly append: (record: JournalRecord) => void
  readonly read: (from: number) => Iterable<JournalRecord>
}

/** What a host must carry out between two strokes of a turn. */
export type Step =
  | {
      readonly _tag: "Handle"
      readonly cell: ActorCell
      readonly record: JournalRecord
      readonly nowMs: number
      readonly late: boolean
    }
  | {
      readonly _tag: "Accept"
      readonly cell: ActorCell
      readonly events: ReadonlyArray<JournalRecord>
      readonly cause: JournalRecord
    }
  /** Stop what runs of these actors, rebuild their state from the journal, start them again. */
  | { readonly _tag: "Rebuild"; readonly cells: ReadonlyArray<ActorCell> }
  /** Stop what runs of these actors. */
  | { readonly _tag: "Stop"; readonly cells: ReadonlyArray<ActorCell> }

export type Outcome =
  | { readonly _tag: "Done"; readonly drafts: ReadonlyArray<EventDraft> }
  | { readonly _tag: "Crashed"; readonly reason: string }

export type Turn = Generator<Step, void, Outcome>

/** A crash that a journal tells of, for verification: `failed` goes down on `at`, the group at these cursors. */
export interface ScriptedFailure {
  readonly failed: string
  readonly at: number
  readonly upDueMs: number
  readonly group: ReadonlyArray<{ readonly actor: string; readonly cursor: number }>
}

/** The desk must stop: the root supervisor gave up. */
export class DeskStopped extends Error {
  override readonly name = "DeskStopped"
}

export interface SequencerOptions {
  readonly router: Router
  readonly ledger: KernelLedger
  readonly policy: SupervisionPolicy
  /** Crashes in a row on one message until it is quarantined. */
  readonly poisonLimit: number
  /** Current version of each record type. */
  readonly versions: ReadonlyMap<string, number>
}

type Failure = {
  readonly failed: string
  readonly at: number
  readonly group: ReadonlyArray<{ readonly actor: string; readonly cursor: number }>
  readonly upDueMs: number
  readonly reason: string
}

export class Sequencer {
  readonly router: Router
  readonly ledger: KernelLedger
  readonly #policy: SupervisionPolicy
  readonly #poisonLimit: number
  readonly #versions: ReadonlyMap<string, number>
  writer: TurnWriter
  epoch = 0
  /** Set by verification, per turn. */
  script: ReadonlyArray<ScriptedFailure> = []
  #queue: Array<JournalRecord> = []
  #failures: Array<Failure> = []
  #trailing: Array<InputDraft> = []
  /** Messages to quarantine: after `ActorDown`, before `ActorUp`. */
  readonly #quarantines: Array<InputDraft> = []

  constructor(options: SequencerOptions, writer: TurnWriter) {
    this.router = options.router
    this.ledger = options.ledger
    this.#policy = options.policy
    this.#poisonLimit = options.poisonLimit
    this.#versions = options.versions
    this.writer = writer
  }

  /** Numbers an input and appends it. */
  admit(input: InputDraft, nowMs: number): JournalRecord {
    const record: JournalRecord = {
      seq: this.ledger.nextSeq,
      epoch: this.epoch,
      actor: input.source,
      type: input.type,
      version: this.#version(input.type),
      payload: input.payload,
      cause: noCause,
      correlation: input.correlation,
      logicalTimeMs: nowMs,
      sourceSeq: input.sourceSeq
    }
    this.writer.append(record)
    this.ledger.apply(record, false)
    return record
  }

  #number(draft: EventDraft, author: string, cause: number, nowMs: number): JournalRecord {
    const record: JournalRecord = {
      seq: this.ledger.nextSeq,
      epoch: this.epoch,
      actor: author,
      type: draft.type,
      version: this.#version(draft.type),
      payload: draft.payload,
      cause,
      correlation: draft.correlation,
      logicalTimeMs: nowMs,
      sourceSeq: 0
    }
    this.writer.append(record)
    this.ledger.apply(record, false)
    return record
  }

  #version(type: string): number {
    const version = this.#versions.get(type)
    if (version === undefined) throw new Error(`${type} is not a declared record type`)
    return version
  }

  /** One input and its cascade. What went down in it is told by `trailing`, which must be run next. */
  *turn(input: InputDraft, nowMs: number): Turn {
    const downBefore = input.type === "ActorUp" ? new Map(this.ledger.down) : undefined
    const root = this.admit(input, nowMs)
    this.#queue = []
    this.#failures = []
    if (downBefore !== undefined) yield* this.#walk(root, downBefore)
    this.#queue.unshift(root)
    yield* this.#cascade(nowMs, 0)
  }

  /** Goes on with a quote's turn where the subscriber at `index` threw: quotes are delivered without a generator. */
  *afterCrash(record: JournalRecord, index: number, reason: string): Turn {
    const nowMs = record.logicalTimeMs
    const cell = this.router.subscribers(record.type)[index]!
    this.#queue = [record]
    this.#failures = []
    if (yield* this.#crashed(cell, record, record.seq, nowMs, reason)) {
      yield* this.#deliver(cell, record, nowMs, false)
    }
    yield* this.#cascade(nowMs, index + 1)
  }

  /** Delivers what is queued; of the first record only to subscribers from `firstIndex` on. */
  *#cascade(nowMs: number, firstIndex: number): Turn {
    for (let i = 0; i < this.#queue.length; i++) {
      const record = this.#queue[i]!
      const subscribers = this.router.subscribers(record.type)
      for (let j = i === 0 ? firstIndex : 0; j < subscribers.length; j++) {
        const cell = subscribers[j]!
        if (cell.id === record.actor || this.ledger.down.has(cell.id)) continue
        yield* this.#deliver(cell, record, nowMs, false)
      }
    }
    if (this.#failures.length > 0) {
      // Directly behind its turn: a fold must know who went down in a turn before it folds that turn.
      this.#trailing.unshift(kernelInput(ActorDown.make({ failures: this.#failures })))
    }
  }

  /** Verification takes them from the journal instead. */
  forgetTrailing(): void {
    this.#trailing = []
    this.#quarantines.length = 0
  }

  /** What supervision has to say of the turns so far, one input at a time; it comes before any other input. */
  nextTrailing(): InputDraft | undefined {
    return this.#trailing.shift() ?? this.#quarantines.shift()
  }

  *#deliver(cell: ActorCell, record: JournalRecord, nowMs: number, late: boolean): Turn {
    for (;;) {
      if (this.#scripted(cell, record, record.seq)) return
      const outcome: Outcome = yield { _tag: "Handle", cell, record, nowMs, late }
      if (outcome._tag === "Crashed") {
        if (yield* this.#crashed(cell, record, record.seq, nowMs, outcome.reason)) continue
        return
      }
      if (outcome.drafts.length > 0) {
        const events = outcome.drafts.map((draft) =>
          this.#number(draft, cell.id, record.seq, nowMs)
        )
        this.#queue.push(...events)
        const accepted: Outcome = yield { _tag: "Accept", cell, events, cause: record }
        if (accepted._tag === "Crashed") {
          yield* this.#crashed(cell, record, record.seq + 1, nowMs, accepted.reason)
        }
      }
      this.#scripted(cell, record, record.seq + 1)
      return
    }
  }

  /** Verification: takes the group down where the journal says that it went. */
  #scripted(cell: ActorCell, record: JournalRecord, cursor: number): boolean {
    for (const failure of this.script) {
      if (failure.failed !== cell.id || failure.at !== record.seq) continue
      const own = failure.group.find(({ actor }) => actor === cell.id)
      if (own?.cursor !== cursor) continue
      this.ledger.markDown(failure.group, failure.upDueMs < 0 ? staysDown : failure.upDueMs)
      return true
    }
    return false
  }

  /** Carries out what supervision says; true where the record is to be delivered again. */
  *#crashed(
    cell: ActorCell,
    record: JournalRecord,
    cursor: number,
    nowMs: number,
    reason: string
  ): Generator<Step, boolean, Outcome> {
    cell.cursor = cursor
    const count = this.ledger.countCrash(cell.id, record.seq)
    const directive = this.#poisoned(this.#policy.crashed(cell.id, nowMs), cell, count, reason)
    if (directive._tag === "StopDesk")
      throw new DeskStopped(`the desk stopped: ${cell.id}: ${directive.reason}`)
    if (directive._tag !== "RestartNow") {
      yield* this.#takeDown(directive, cell, record, nowMs, reason)
      if (directive._tag === "RestartLater" && count >= this.#poisonLimit) {
        const fact = { actor: cell.id, seq: record.seq, reason }
        this.#quarantines.push(kernelInput(MessageQuarantined.make(fact)))
      }
      return false
    }
    const cells = directive.group
      .map((id) => this.router.cell(id))
      .filter(({ id }) => !this.ledger.down.has(id))
    const rebuilt: Outcome = yield { _tag: "Rebuild", cells }
    if (rebuilt._tag === "Crashed") {
      yield* this.#cannotRebuild(cell, record, nowMs, rebuilt.reason)
      return false
    }
    const fact = { failed: cell.id, at: record.seq, group: [...directive.group], reason }
    this.#trailing.push(kernelInput(ActorRestarted.make(fact)))
    return cursor === record.seq
  }

  *#takeDown(
    directive: Exclude<Directive, { readonly _tag: "StopDesk" | "RestartNow" }>,
    failed: ActorCell,
    record: JournalRecord,
    nowMs: number,
    reason: string
  ): Turn {
    const cells = directive.group.map((id) => this.router.cell(id))
    const group = cells.map((member) => ({
      actor: member.id,
      cursor: this.ledger.down.get(member.id)?.cursor ?? cursorOf(member, failed, record)
    }))
    const upDueMs = directive._tag === "StayDown" ? -1 : nowMs + directive.delayMs
    this.ledger.markDown(group, upDueMs < 0 ? staysDown : upDueMs)
    this.#failures.push({ failed: failed.id, at: record.seq, group, upDueMs, reason })
    yield { _tag: "Stop", cells }
  }

  /** Its own recorded past crashes it: no restart cures that, so it stays down. */
  *#cannotRebuild(cell: ActorCell, record: JournalRecord, nowMs: number, why: string): Turn {
    const reason = `cannot be rebuilt from the journal: ${why}`
    const directive = this.#policy.halt(cell.id, reason)
    if (directive._tag === "StopDesk" || directive._tag === "RestartNow") {
      throw new DeskStopped(`the desk stopped: ${cell.id}: ${reason}`)
    }
    yield* this.#takeDown(directive, cell, record, nowMs, reason)
  }

  #poisoned(told: Directive, cell: ActorCell, count: number, reason: string): Directive {
    if (count < this.#poisonLimit || told._tag === "StopDesk" || told._tag === "StayDown")
      return told
    if (cell.behavior.moneyBearing) {
      return this.#policy.halt(cell.id, `halted on a poison message: ${reason}`)
    }
    return { _tag: "RestartLater", group: told.group, delayMs: 0 }
  }

  /** The way up: what the group missed, in (seq, tree order), each decided at its place; events come after `ActorUp`. */
  *#walk(root: JournalRecord, downBefore: ReadonlyMap<string, { readonly cursor: number }>): Turn {
    const { group } = root.payload as { group: ReadonlyArray<string> }
    const cells = this.router.cells.filter(({ id }) => group.includes(id))
    for (const cell of cells) cell.cursor = downBefore.get(cell.id)?.cursor ?? cell.cursor
    const from = Math.min(...cells.map((cell) => cell.cursor))
    for (const cell of cells) {
      if (this.#scripted(cell, root, cell.cursor)) continue
      const rebuilt: Outcome = yield { _tag: "Rebuild", cells: [cell] }
      if (rebuilt._tag === "Crashed") {
        yield* this.#cannotRebuild(cell, root, root.logicalTimeMs, rebuilt.reason)
      }
    }
    for (const record of this.#missed(from, root.seq)) {
      for (const cell of this.router.subscribers(record.type)) {
        if (!cells.includes(cell) || record.actor === cell.id) continue
        if (this.ledger.down.has(cell.id)) continue
        if (record.seq < (downBefore.get(cell.id)?.cursor ?? root.seq)) continue
        if (this.ledger.isQuarantined(cell.id, record.seq)) continue
        yield* this.#deliver(cell, record, root.logicalTimeMs, true)
      }
    }
    for (const cell of cells) {
      if (!this.ledger.down.has(cell.id)) cell.cursor = Math.max(cell.cursor, root.seq)
    }
  }

  *#missed(from: number, before: number): Iterable<JournalRecord> {
    if (from >= before) return
    for (const record of this.writer.read(from)) {
      if (record.seq >= before) return
      yield record
    }
  }
}

/** Members that have handled the record stand behind it; the others have not. */
const cursorOf = (member: ActorCell, failed: ActorCell, record: JournalRecord): number =>
  member === failed || member.cursor > record.seq ? member.cursor : record.seq

const kernelInput = (draft: EventDraft): InputDraft => ({
  ...draft,
  source: kernelSource,
  sourceSeq: 0
})
