/**
 * Whether the broker is there: a connection that is up, and prices over it. Short losses are everyday (a reset at night, a
 * client id that its last socket still holds) and the link mends them; what lasts longer than its bound is told.
 */
import type { IbLinkState } from "./ibLink.ts"
import { clientIdInUse } from "./ibWire.ts"

export interface IbOutageOptions {
  /** The desk's clock, epoch ms. */
  readonly nowMs: () => number
  /** Not connected and caught up for so long: told, ms. */
  readonly outageMsMax: number
  /** The same while the client id is in use by another connection (326): of a predecessor that hangs, or of a stranger. */
  readonly takeoverWaitMsMax: number
}

/** As `VenueStatus` tells it. */
export interface IbStanding {
  readonly connection: "Up" | "Lost"
  readonly marketData: "Alive" | "Silent"
  /** "" where all is well. */
  readonly reason: string
}

export class IbOutage {
  readonly #options: IbOutageOptions
  #state: IbLinkState = { _tag: "Down", why: "not connected yet" }
  /** Since when it is not up, and since when for the same kind of reason; undefined while it is. */
  #since: { readonly downMs: number; readonly isTaken: boolean } | undefined
  #silence = ""

  constructor(options: IbOutageOptions) {
    this.#options = options
  }

  linkIs(state: IbLinkState): void {
    this.#state = state
    if (state._tag === "Up") {
      this.#since = undefined
      return
    }
    const isTaken = state._tag === "Down" && state.code === clientIdInUse
    const { downMs = this.#options.nowMs() } = this.#since ?? {}
    this.#since = { downMs, isTaken }
  }

  /** No line says anything, after all that could be done. */
  silentFor(why: string): void {
    this.#silence = why
  }

  /** A line says something again. */
  alive(): void {
    this.#silence = ""
  }

  get standing(): IbStanding {
    const lost = this.#lost()
    return {
      connection: lost === "" ? "Up" : "Lost",
      marketData: this.#silence === "" ? "Alive" : "Silent",
      reason: [lost, this.#silence].filter((each) => each !== "").join("; ")
    }
  }

  #lost(): string {
    if (this.#since === undefined) return ""
    const { nowMs, outageMsMax, takeoverWaitMsMax } = this.#options
    const { downMs, isTaken } = this.#since
    const boundMs = isTaken ? takeoverWaitMsMax : outageMsMax
    if (nowMs() - downMs < boundMs) return ""
    const why = this.#state._tag === "Down" ? this.#state.why : whyNot[this.#state._tag]
    return `no connection for ${boundMs} ms: ${why}`
  }
}

const whyNot = {
  CatchingUp: "what was missed is still being asked for",
  Severed: "it lost Interactive Brokers' servers (1100)",
  Up: ""
} as const
