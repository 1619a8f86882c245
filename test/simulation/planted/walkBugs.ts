/** Bugs of orders that walk their limits: the executor's, and the gateway's changes. */
import { Effect } from "effect"
import { type Bug, deciding, withPayload } from "./bug.ts"

const cent = 10_000

export const walkBugs: ReadonlyArray<Bug> = [
  {
    layer: "executor",
    defect: "it walks an order's limit one step beyond its proposal's",
    breaks: ["limit of the proposal"],
    scenario: "calm",
    seeds: 10,
    parts: () =>
      deciding("executor", (drafts) =>
        drafts.map((draft) => {
          if (draft.type !== "ReplaceIntent") return draft
          const { limitNetMicros } = draft.payload as { readonly limitNetMicros: number }
          return withPayload(draft, { limitNetMicros: limitNetMicros + 10 * cent })
        })
      )
  },
  {
    layer: "executor",
    defect: "it enlarges an order while it walks its limit",
    breaks: ["limit of the proposal"],
    scenario: "calm",
    seeds: 10,
    parts: () =>
      deciding("executor", (drafts) =>
        drafts.map((draft) => {
          if (draft.type !== "ReplaceIntent") return draft
          const { orderQty } = draft.payload as { readonly orderQty: number }
          return withPayload(draft, { orderQty: orderQty + 1 })
        })
      )
  },
  {
    layer: "broker gateway",
    defect: "a change is sent twice, the second time under a new id",
    breaks: ["5.1 durable gate"],
    scenario: "calm",
    seeds: 10,
    parts: () => ({
      broker: (sound) => ({
        ...sound,
        replace: (change, nowMs, sendBeforeMs) =>
          Effect.tap(sound.replace(change, nowMs, sendBeforeMs), () =>
            sound.replace({ ...change, requestId: `${change.requestId}-2` }, nowMs, sendBeforeMs)
          )
      })
    })
  },
  {
    layer: "broker gateway",
    defect: "changes wait until it is too late for them, and are sent all the same",
    breaks: ["5.2 one order per intent"],
    scenario: "calm",
    seeds: 10,
    parts: () => ({
      gateway: (sound) => {
        if (sound.id !== "broker") return sound
        const late =
          (ask: typeof sound.perform): typeof sound.perform =>
          (request, nowMs) => {
            if (request.type !== "ReplaceIntent") return ask(request, nowMs)
            const payload = {
              ...(request.payload as object),
              sendBeforeMs: Number.MAX_SAFE_INTEGER
            }
            return ask({ ...request, payload }, nowMs + 10_000)
          }
        return { ...sound, perform: late(sound.perform), recover: late(sound.recover) }
      }
    })
  }
]
