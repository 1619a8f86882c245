/**
 * Replay as proof: re-decides every record of a journal and names the first one that differs.
 *
 * Inputs come from the journal; decisions are made anew by the same turn rules and compared byte for byte.
 */
import type { RecordCodec } from "../../domain/journal/codec.ts"
import type { InputDraft, JournalRecord } from "../../domain/journal/record.ts"
import { isInput } from "../../domain/journal/record.ts"
import type { BookPlan, Kernel } from "./Book.ts"
import { makeKernel } from "./Book.ts"
import { atRecordZero, type Beginning, basesOf, restoreKernel } from "./bookSnapshot.ts"
import { rebuildCell } from "./fold.ts"
import type { ScriptedFailure, TurnWriter } from "./Sequencer.ts"
import { StraightHost } from "./StraightHost.ts"
import { stateHash } from "./stateHash.ts"

/** The first record on which the journal and its replay part. */
interface Difference {
  readonly seq: number
  readonly actor: string
  /** What is recorded there, as `type payload`; "nothing" past the end of a turn. */
  readonly expected: string
  readonly found: string
}

export interface Verification {
  readonly records: number
  readonly decisions: number
  readonly difference: Difference | undefined
  readonly stateHash: string
}

class Differs extends Error {
  readonly difference: Difference
  constructor(difference: Difference) {
    super(`record ${difference.seq} differs`)
    this.difference = difference
  }
}

/** What the replay decided is held against what the journal has next in the same turn. */
class ComparingWriter implements TurnWriter {
  readonly read: (from: number) => Iterable<JournalRecord>
  readonly #codec: RecordCodec
  #turn: ReadonlyArray<JournalRecord> = []
  #at = 0
  decisions = 0

  constructor(codec: RecordCodec, read: (from: number) => Iterable<JournalRecord>) {
    this.#codec = codec
    this.read = read
  }

  begin(turn: ReadonlyArray<JournalRecord>): void {
    this.#turn = turn
    this.#at = 0
  }

  append(record: JournalRecord): void {
    const expected = this.#turn[this.#at++]
    if (expected !== undefined && isInput(expected) && isInput(record)) return
    this.decisions++
    if (expected === undefined || !this.#same(expected, record)) {
      throw new Differs({
        seq: record.seq,
        actor: record.actor,
        expected: expected === undefined ? "nothing" : describe(expected),
        found: describe(record)
      })
    }
  }

  end(): void {
    const expected = this.#turn[this.#at]
    if (expected === undefined) return
    throw new Differs({
      seq: expected.seq,
      actor: expected.actor,
      expected: describe(expected),
      found: "nothing"
    })
  }

  #same(a: JournalRecord, b: JournalRecord): boolean {
    if (a.seq !== b.seq || a.type !== b.type || a.actor !== b.actor) return false
    return Buffer.compare(this.#codec.encode(a), this.#codec.encode(b)) === 0
  }
}

const describe = (record: JournalRecord): string =>
  `${record.actor} ${record.type} ${JSON.stringify(record.payload, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value
  )}`

/** `read`: the journal from a seq on. `beginning`: after the snapshot of a journal whose older records are gone. */
export const verifyRecords = (
  plan: BookPlan,
  codec: RecordCodec,
  read: (from: number) => Iterable<JournalRecord>,
  { from, snapshot }: Beginning = atRecordZero
): Verification => {
  const writer = new ComparingWriter(codec, read)
  const kernel = makeKernel(plan, writer)
  if (snapshot !== undefined) restoreKernel(kernel, snapshot, read)
  const bases = snapshot === undefined ? undefined : basesOf(snapshot)
  const host = new StraightHost(kernel.sequencer, (cell) =>
    rebuildCell(cell, bases?.get(cell.id), read, kernel.ledger)
  )
  let records = 0
  const result = (difference: Difference | undefined): Verification => ({
    records,
    decisions: writer.decisions,
    difference,
    stateHash: stateHash(kernel.router.cells)
  })
  try {
    let turn: Array<JournalRecord> = []
    for (const record of read(from)) {
      if (isInput(record) && turn.length > 0) {
        verifyTurn(kernel, host, writer, turn, record)
        turn = []
      }
      turn.push(record)
      records++
    }
    if (turn.length > 0) verifyTurn(kernel, host, writer, turn, undefined)
    return result(undefined)
  } catch (thrown) {
    if (thrown instanceof Differs) return result(thrown.difference)
    throw thrown
  }
}

const verifyTurn = (
  kernel: Kernel,
  host: StraightHost,
  writer: ComparingWriter,
  turn: ReadonlyArray<JournalRecord>,
  next: JournalRecord | undefined
): void => {
  const root = turn[0]!
  const { sequencer, ledger } = kernel
  sequencer.epoch = root.epoch
  sequencer.script = next?.type === "ActorDown" ? failuresOf(next) : []
  // The live policy told the windows of each crash; here its records do.
  writer.begin(turn)
  const input: InputDraft = {
    type: root.type,
    payload: root.payload,
    correlation: root.correlation,
    source: root.actor,
    sourceSeq: root.sourceSeq
  }
  if (root.type === "Quote" && sequencer.script.length === 0) host.market(input, root.logicalTimeMs)
  else host.replay(input, root.logicalTimeMs)
  writer.end()
  if (ledger.nextSeq !== root.seq + turn.length) {
    throw new Error(`replay stands at ${ledger.nextSeq} after the turn of record ${root.seq}`)
  }
}

const failuresOf = (record: JournalRecord): ReadonlyArray<ScriptedFailure> =>
  (record.payload as { failures: ReadonlyArray<ScriptedFailure> }).failures
