/**
 * Folds recorded messages and events into actors' states: past decisions are facts and are not decided again.
 *
 * Each actor takes its messages in seq order, each followed by its own events with that cause (ARCHITECTURE.md, rule 2).
 */
import type { JournalRecord } from "../../domain/journal/record.ts"
import { isInput } from "../../domain/journal/record.ts"
import type { ActorCell, CellSnapshot } from "./ActorCell.ts"
import { type DownEntry, type KernelLedger, staysDown } from "./KernelLedger.ts"
import type { Router } from "./Router.ts"

type Read = (from: number) => Iterable<JournalRecord>

const none: ReadonlyArray<JournalRecord> = []

/** Brings one actor from its last snapshot to just before `cell.cursor`. Throws where the actor itself does. */
export const rebuildCell = (
  cell: ActorCell,
  base: CellSnapshot | undefined,
  read: Read,
  ledger: KernelLedger
): void => {
  const target = cell.cursor
  if (base === undefined) cell.reset()
  else cell.restore(base)
  const from = cell.cursor
  const own = new Map<number, Array<JournalRecord>>()
  for (const record of read(from)) {
    if (record.actor !== cell.id || isInput(record)) continue
    const events = own.get(record.cause)
    if (events === undefined) own.set(record.cause, [record])
    else events.push(record)
  }
  for (const record of read(from)) {
    if (record.seq >= target) break
    if (!takes(cell, record) || ledger.isQuarantined(cell.id, record.seq)) continue
    cell.evolve(record)
    for (const event of own.get(record.seq) ?? none) cell.evolveOwn(event)
  }
  cell.cursor = target
}

const takes = (cell: ActorCell, record: JournalRecord): boolean =>
  cell.id !== record.actor && cell.subscription(record.type) !== undefined

/** Folds every record into every actor and the kernel's ledger, turn by turn. */
export const foldAll = (
  router: Router,
  ledger: KernelLedger,
  records: Iterable<JournalRecord>,
  read: Read
): void => {
  /** The open turn: its input alone, or with its events. */
  let lone: JournalRecord | undefined
  let turn: Array<JournalRecord> | undefined
  const close = (next: JournalRecord | undefined): void => {
    if (turn !== undefined) foldTurn(router, ledger, turn, next, read)
    else if (lone !== undefined) {
      if (lone.type === "Quote" && next?.type !== "ActorDown" && ledger.down.size === 0) {
        foldQuote(router, ledger, lone)
      } else foldTurn(router, ledger, [lone], next, read)
    }
  }
  for (const record of records) {
    if (isInput(record)) {
      close(record)
      lone = record
      turn = undefined
    } else if (turn !== undefined) turn.push(record)
    else if (lone !== undefined) turn = [lone, record]
  }
  close(undefined)
}

/** A quote's turn while nobody is down: almost every record of a journal is one. */
const foldQuote = (router: Router, ledger: KernelLedger, quote: JournalRecord): void => {
  ledger.apply(quote, true)
  for (const cell of router.subscribers("Quote")) {
    if (!ledger.isQuarantined(cell.id, quote.seq)) cell.evolve(quote)
  }
}

/** `next`: the input after the turn. An `ActorDown` there tells who went down inside the turn. */
const foldTurn = (
  router: Router,
  ledger: KernelLedger,
  turn: ReadonlyArray<JournalRecord>,
  next: JournalRecord | undefined,
  read: Read
): void => {
  const root = turn[0]!
  const downBefore = root.type === "ActorUp" ? new Map(ledger.down) : undefined
  for (const record of turn) ledger.apply(record, true)
  if (next?.type === "ActorDown") markFailures(ledger, next)
  const events = turn.length === 1 ? undefined : byCause(turn)
  if (downBefore !== undefined) foldMissed(router, ledger, root, downBefore, events, read)
  for (const record of turn) {
    for (const cell of router.subscribers(record.type)) {
      if (cell.id !== record.actor) foldMessage(cell, record, ledger, events)
    }
  }
}

const markFailures = (ledger: KernelLedger, record: JournalRecord): void => {
  const { failures } = record.payload as {
    failures: ReadonlyArray<{
      upDueMs: number
      group: ReadonlyArray<{ actor: string; cursor: number }>
    }>
  }
  for (const { group, upDueMs } of failures) {
    ledger.markDown(group, upDueMs < 0 ? staysDown : upDueMs)
  }
}

type ByCause = ReadonlyMap<number, ReadonlyArray<JournalRecord>>

const byCause = (turn: ReadonlyArray<JournalRecord>): ByCause => {
  const map = new Map<number, Array<JournalRecord>>()
  for (const record of turn) {
    const events = map.get(record.cause)
    if (events === undefined) map.set(record.cause, [record])
    else events.push(record)
  }
  return map
}

const foldMessage = (
  cell: ActorCell,
  record: JournalRecord,
  ledger: KernelLedger,
  events: ByCause | undefined
): void => {
  const down = ledger.down.get(cell.id)
  if (down !== undefined && record.seq >= down.cursor) return
  if (ledger.isQuarantined(cell.id, record.seq)) return
  cell.evolve(record)
  if (events === undefined) return
  for (const event of events.get(record.seq) ?? none) {
    if (event.actor === cell.id) cell.evolveOwn(event)
  }
}

/** The walk of an `ActorUp`: what the group missed, with the events that it decided late. */
const foldMissed = (
  router: Router,
  ledger: KernelLedger,
  root: JournalRecord,
  downBefore: ReadonlyMap<string, DownEntry>,
  events: ByCause | undefined,
  read: Read
): void => {
  const { group } = root.payload as { group: ReadonlyArray<string> }
  const cursors = new Map(group.map((id) => [id, downBefore.get(id)?.cursor ?? root.seq]))
  const from = Math.min(root.seq, ...cursors.values())
  if (from === root.seq) return
  for (const record of read(from)) {
    if (record.seq >= root.seq) return
    for (const cell of router.subscribers(record.type)) {
      if (cell.id === record.actor || record.seq < (cursors.get(cell.id) ?? root.seq)) continue
      foldMessage(cell, record, ledger, events)
    }
  }
}
