/** A planted bug: where it is, what it does wrong, and the promise that it breaks. */
import { Effect } from "effect"
import type { RequestGateway } from "../../../src/actors/ports/Gateway.ts"
import type { JournalWriter } from "../../../src/actors/ports/Journal.ts"
import type { AnyBehavior } from "../../../src/actors/runtime/Behavior.ts"
import type { EventDraft, InputDraft } from "../../../src/domain/journal/record.ts"
import type { Parts } from "../../../src/simulation/life.ts"
import { behaving } from "../mutants/behaving.ts"
import { withWriter } from "../wrappedJournal.ts"

type Layer =
  | "kernel"
  | "intake"
  | "journal"
  | "Kafka"
  | "broker gateway"
  | "vault"
  | "executor"
  | "risk gate"
  | "convergence"

export interface Bug {
  readonly layer: Layer
  readonly defect: string
  /** Any of these may be the first that shows it. */
  readonly breaks: ReadonlyArray<string>
  readonly scenario: string
  /** It is caught within so many seeds, from 1. */
  readonly seeds: number
  /** Made anew for each run: a bug may remember. */
  readonly parts: () => Parts
}

export const deciding = (
  actor: string,
  change: (
    drafts: ReadonlyArray<EventDraft>,
    context: Parameters<AnyBehavior["decide"]>[2]
  ) => ReadonlyArray<EventDraft>
): Parts => ({
  plan: behaving(actor, ({ decide }) => ({
    decide: (state, message, context) => change(decide(state, message, context), context)
  }))
})

export const withPayload = (draft: EventDraft, over: object): EventDraft => ({
  ...draft,
  payload: { ...(draft.payload as object), ...over }
})

export const writing = (over: (sound: JournalWriter) => Partial<JournalWriter>): Parts => ({
  journal: withWriter(over)
})

/** Changes what a gateway answers. */
export const answering = (
  id: string,
  change: (inputs: ReadonlyArray<InputDraft>) => ReadonlyArray<InputDraft>
): Parts => {
  const around =
    (ask: RequestGateway["perform"]): RequestGateway["perform"] =>
    (request, nowMs) =>
      Effect.map(ask(request, nowMs), change)
  return {
    gateway: (sound) =>
      sound.id === id
        ? { ...sound, perform: around(sound.perform), recover: around(sound.recover) }
        : sound
  }
}
