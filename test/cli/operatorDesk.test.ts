/** What operators say to a running desk, more at once than its control lane holds. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { CommandInbox, WaitingCommand } from "../../src/actors/ports/Commands.ts"
import { operatorTypes } from "../../src/actors/ports/records/operator.ts"
import { Intake } from "../../src/actors/runtime/Intake.ts"
import { KernelLedger } from "../../src/actors/runtime/KernelLedger.ts"
import { OperatorLane } from "../../src/actors/runtime/OperatorLane.ts"
import { OperatorDesk } from "../../src/cli/OperatorDesk.ts"
import { makeRecordCodec } from "../../src/domain/journal/codec.ts"
import type { JournalRecord } from "../../src/domain/journal/record.ts"
import { makeMemoryJournal } from "../../src/infra/journal/memory.ts"

const given = 40

/** A journal and a lane of room for three, and an inbox of forty deposits. */
const openDesk = Effect.gen(function* () {
  const journal = yield* makeMemoryJournal(makeRecordCodec(operatorTypes), { book: "main" })
    .openWriter
  const ledger = new KernelLedger([], () => {})
  const intake = new Intake({ inputsMax: 4, controlMax: 3 })
  const lane = new OperatorLane([], ledger, intake)
  let waiting: ReadonlyArray<WaitingCommand> = Array.from({ length: given }, (_, at) => ({
    id: `deposit ${at}`,
    command: { _tag: "Deposit", amountMicros: 1n }
  }))
  const inbox: CommandInbox = {
    waiting: () => waiting,
    taken: (id) => {
      waiting = waiting.filter((each) => each.id !== id)
    }
  }
  let halts = 0
  const desk = new OperatorDesk({ journal }, intake, inbox, () => halts)
  const records: Array<JournalRecord> = []
  const admit = (): void => {
    const input = lane.next()
    const { correlation, payload, source: actor, sourceSeq, type } = input
    const record = {
      ...{ seq: ledger.nextSeq, epoch: 1, actor, type, version: 1, payload, cause: -1 },
      ...{ correlation, logicalTimeMs: 0, sourceSeq }
    }
    journal.append(record)
    ledger.apply(record, false)
    records.push(record)
  }
  return {
    journal,
    records,
    admit,
    throwSwitch: () => {
      halts++
    },
    look: () => {
      desk.lookAtSwitch()
      desk.lookOutside()
    },
    hasInput: () => lane.nextDueMs() < Number.POSITIVE_INFINITY,
    left: () => waiting.length
  }
})

const depositsOf = (records: ReadonlyArray<JournalRecord>) =>
  records.flatMap(({ payload, type }) =>
    type === "DepositFunds" ? [(payload as { readonly depositId: string }).depositId] : []
  )

describe("OperatorDesk", () => {
  it.effect("records each of many commands once and in order, whatever room the lane has", () =>
    Effect.gen(function* () {
      const desk = yield* openDesk
      for (desk.look(); desk.hasInput(); desk.look()) {
        desk.admit()
        if (desk.records.length % 7 === 0) yield* desk.journal.commit
      }
      assert.deepStrictEqual(
        depositsOf(desk.records),
        Array.from({ length: given }, (_, at) => `deposit ${at}`)
      )
      assert.deepStrictEqual(
        desk.records.map(({ sourceSeq }) => sourceSeq),
        desk.records.map((_, at) => at + 1)
      )
      yield* desk.journal.commit
      desk.look()
      assert.strictEqual(desk.left(), 0)
    }).pipe(Effect.scoped)
  )

  it.effect("lets the kill switch overtake every command that waits, each time it is thrown", () =>
    Effect.gen(function* () {
      const desk = yield* openDesk
      desk.look()
      desk.admit()
      desk.throwSwitch()
      desk.look()
      desk.admit()
      assert.strictEqual(desk.records[1]!.type, "HaltTrading")
      for (let n = 0; n < 5; n++) desk.throwSwitch()
      for (desk.look(); desk.hasInput(); desk.look()) desk.admit()
      const types = desk.records.map(({ type }) => type)
      assert.deepStrictEqual(types.slice(2, 7), Array(5).fill("HaltTrading"))
      assert.strictEqual(depositsOf(desk.records).length, given)
    }).pipe(Effect.scoped)
  )

  it.effect("tells the sender that a command is taken once its own record is durable", () =>
    Effect.gen(function* () {
      const desk = yield* openDesk
      desk.look()
      desk.admit()
      desk.look()
      assert.strictEqual(desk.left(), given)
      yield* desk.journal.commit
      desk.admit()
      desk.look()
      assert.strictEqual(desk.left(), given - 1)
    }).pipe(Effect.scoped)
  )
})
