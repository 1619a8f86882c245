/** Planted bugs of the trading desk's money: one actor's behaviour, or what its venue says, replaced by a wrong one. */
import { Effect } from "effect"
import type { RequestGateway } from "../../../src/actors/ports/Gateway.ts"
import type { AnyBehavior } from "../../../src/actors/runtime/Behavior.ts"
import type { EventDraft, InputDraft } from "../../../src/domain/journal/record.ts"
import type { Executions } from "../../../src/domain/trading/executions.ts"
import type { DeskParts } from "../deskSimulation.ts"
import { behaving } from "./behaving.ts"
import type { Promised } from "./broken.ts"
import type { Planted } from "./proveMutant.ts"

export interface DeskMutant extends Planted {
  readonly breaks: Promised
  readonly kills: boolean
  /** What the desk must bear. Made anew for each run. */
  readonly world?: () => Required<DeskParts>
  readonly plan: NonNullable<DeskParts["plan"]>
}

/** A venue that repeats its last execution whenever the desk comes back, as venues do. */
const repeatingVenue = (): Required<DeskParts> => {
  let last: InputDraft | undefined
  const heard = (input: InputDraft): void => {
    if ((input.payload as { execType?: string }).execType === "Trade") last = input
  }
  const answering =
    (ask: RequestGateway["perform"]): RequestGateway["perform"] =>
    (request, nowMs) =>
      Effect.tap(ask(request, nowMs), (inputs) => Effect.sync(() => inputs.forEach(heard)))
  return {
    plan: (sound) => ({
      ...sound,
      gateways: sound.gateways.map((gateway) => ({
        ...gateway,
        perform: answering(gateway.perform),
        recover: answering(gateway.recover)
      }))
    }),
    speaker: (sound) => {
      let repeat = last
      return {
        source: sound.source,
        nextDueMs: () => (repeat === undefined ? sound.nextDueMs() : 0),
        next: () => {
          const next = repeat === undefined ? sound.next() : { ...repeat, sourceSeq: 0 }
          repeat = undefined
          heard(next)
          return next
        },
        resumeAfter: (sourceSeq) => sound.resumeAfter(sourceSeq)
      }
    }
  }
}

/** Decides on an execution that it has as if it came for the first time. */
const countsRepeats = ({ decide }: AnyBehavior): Partial<AnyBehavior> => ({
  decide: (state, message, context) =>
    decide(
      message.type === "ExecutionReport" ? without(state, message.payload as Execution) : state,
      message,
      context
    )
})

type Execution = { readonly clOrdID: string; readonly execID: string; readonly lastQty: number }

const without = (state: Executions, { clOrdID, execID, lastQty }: Execution): Executions => {
  const own = state.orders.get(clOrdID)
  if (own === undefined || !own.order.execIDs.includes(execID)) return state
  const execIDs = own.order.execIDs.filter((id) => id !== execID)
  const order = { ...own.order, execIDs, cumQty: own.order.cumQty - lastQty }
  return { ...state, orders: new Map(state.orders).set(clOrdID, { ...own, order }) }
}

const withPayload = (draft: EventDraft, over: object): EventDraft => ({
  ...draft,
  payload: { ...(draft.payload as object), ...over }
})

const appliesTwice =
  (type: string) =>
  ({ evolve }: AnyBehavior): Partial<AnyBehavior> => ({
    evolve: (state, record) =>
      record.type === type ? evolve(evolve(state, record), record) : evolve(state, record)
  })

/** Every settlement is followed by another of the same amount. */
const settlesTwice = ({ decide }: AnyBehavior): Partial<AnyBehavior> => ({
  decide: (state, message, context) =>
    decide(state, message, context).flatMap((draft) => {
      if (draft.type !== "SettleRequested") return [draft]
      const { n, cumulativeMicros } = draft.payload as { n: number; cumulativeMicros: bigint }
      return [draft, withPayload(draft, { n: n + 1, cumulativeMicros: 2n * cumulativeMicros })]
    })
})

export const deskMutants: ReadonlyArray<DeskMutant> = [
  {
    defect: "the executor does not deduplicate executions on recovery",
    breaks: "each order is sent once and each execution booked once",
    seeds: 4,
    kills: true,
    world: repeatingVenue,
    plan: behaving("executor", countsRepeats)
  },
  {
    defect: "the vault applies a fill twice",
    breaks: "money is conserved at each record",
    seeds: 1,
    kills: false,
    plan: behaving("vault", appliesTwice("TradeFilled"))
  },
  {
    defect: "the vault settles twice",
    breaks: "money is conserved at each record",
    seeds: 1,
    kills: false,
    plan: behaving("vault", settlesTwice)
  }
]
