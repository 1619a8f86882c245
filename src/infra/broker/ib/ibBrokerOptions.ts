/** What the gateway to Interactive Brokers needs to know and whom it tells. */
import type { Effect } from "effect"
import type { Instrument } from "../../../domain/market/contract.ts"
import type { LogMedium } from "../../log/medium.ts"
import type { IbContracts } from "./ibContracts.ts"
import type { IbQueryFault } from "./ibFaults.ts"
import type { IbLink, IbLinkOptions, IbLinkState } from "./ibLink.ts"
import type { LastSeen } from "./ibSettlement.ts"
import type { IbWire } from "./ibWire.ts"

export interface IbBrokerOptions {
  readonly link: IbLinkOptions
  /** Lists what is traded and fills in its contracts: asked on the first connection, before anything is compared. */
  readonly list: (
    link: IbLink,
    into: IbContracts
  ) => Effect.Effect<ReadonlyArray<Instrument>, IbQueryFault>
  /** Where the gateway's own log lies. */
  readonly medium: LogMedium
  /** The desk's clock, epoch ms: session time in a session, wall time live. */
  readonly nowMs: () => number
  /** Why the writer's lease lets nothing leave now; "" where it may. */
  readonly leaseProblem: () => string
  /** An execution is told without its commission after waiting so long for it, ms of that clock. */
  readonly commissionWaitMs: number
  readonly onState?: (state: IbLinkState) => void
  /** Market data subscriptions were lost (1101) or the connection is new. */
  readonly onSubscriptionsLost?: () => void
  /** The underlying as it was last quoted: tells expired spreads whose shares cancel out apart. */
  readonly lastSeen?: () => LastSeen | undefined
  /** Hears a new connection from its first message on, beside the orders. */
  readonly onWire?: (wire: IbWire) => void
}
