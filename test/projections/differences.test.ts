import { assert, describe, it } from "@effect/vitest"
import { ResolveDifference, Unexplained } from "../../src/actors/ports/records/reconcile.ts"
import type { EventDraft, JournalRecord } from "../../src/domain/journal/record.ts"
import { differencesOf, differencesText } from "../../src/projections/differences.ts"

const recorded = (drafts: ReadonlyArray<EventDraft>): ReadonlyArray<JournalRecord> =>
  drafts.map((draft, seq) => ({ ...draft, seq }) as unknown as JournalRecord)

const difference = (differenceId: string) =>
  Unexplained.make({
    differenceId,
    what: `position of ${differenceId}`,
    expected: "0",
    found: "-3",
    instruments: [1],
    transactTimeMs: 0
  })

describe("Differences with the broker", () => {
  it("are open until an operator resolves them, each by its own id", () => {
    const records = recorded([
      difference("a"),
      difference("b"),
      ResolveDifference.make({ differenceId: "b", reason: "booked by hand" }),
      ResolveDifference.make({ differenceId: "c", reason: "never told" })
    ])
    const found = differencesOf(records)
    assert.deepStrictEqual(
      found.map(({ differenceId, resolved, seq }) => [differenceId, resolved, seq]),
      [
        ["a", undefined, 0],
        ["b", "booked by hand", 1]
      ]
    )
    const text = differencesText(found)
    assert.match(text, /^1 difference blocks new risk/)
    assert.match(text, /open +a +position of a +expected 0 +found -3/)
    assert.match(text, /resolved +b .*booked by hand/)
  })

  it("are none where the broker told of none", () => {
    assert.match(differencesText(differencesOf([])), /nothing that could not be explained/)
  })
})
