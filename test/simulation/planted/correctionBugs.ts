/** Bugs of what is made of an execution that the venue corrected, found on the whole desk. */
import type { EventDraft } from "../../../src/domain/journal/record.ts"
import { behaving } from "../mutants/behaving.ts"
import { type Bug, deciding, withPayload } from "./bug.ts"

interface Correction {
  readonly cashMicros: bigint
  readonly commissionMicros: bigint
  readonly replaced: { readonly commissionMicros: bigint }
}

const correcting = (change: (correction: Correction) => object) =>
  deciding("executor", (drafts: ReadonlyArray<EventDraft>) =>
    drafts.map((draft) =>
      draft.type === "TradeCorrected"
        ? withPayload(draft, change(draft.payload as Correction))
        : draft
    )
  )

const breaks = ["5.7 conservation", "actor auditor", "actor vault"]

export const correctionBugs: ReadonlyArray<Bug> = [
  {
    layer: "executor",
    defect: "a correction's cash counts twice",
    breaks,
    scenario: "corrections",
    seeds: 20,
    parts: () => correcting(({ cashMicros }) => ({ cashMicros: 2n * cashMicros }))
  },
  {
    layer: "executor",
    defect: "a corrected commission is booked whole, not as its difference",
    breaks,
    scenario: "corrections",
    seeds: 20,
    parts: () =>
      correcting(({ commissionMicros, replaced }) => ({
        commissionMicros: replaced.commissionMicros + commissionMicros
      }))
  },
  {
    layer: "vault",
    defect: "a correction after the last closing is not adjusted",
    breaks,
    scenario: "corrections",
    seeds: 20,
    parts: () => ({
      plan: behaving("vault", ({ decide }) => ({
        decide: (state, message, context) =>
          decide(state, message, context).filter(({ type }) => type !== "AdjustRequested")
      }))
    })
  }
]
