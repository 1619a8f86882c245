/**
 * The broker's account and the chain as they are now, whichever process talks: they belong to the newest that opened the
 * book. An older one that goes on reaches the same account, sees nothing of it any more, and must not send.
 */
import { type Context, Effect } from "effect"
import { type Broker, VenueUnavailable } from "../../actors/ports/Broker.ts"
import { type ChainShape, ChainUnavailable } from "../../actors/ports/Chain.ts"

type Port = Context.Service.Shape<typeof Broker>

export class Venue {
  /** Orders and changes that were written to the broker's line, over all lives: id, and the sender's time. */
  readonly arrivals: Array<readonly [id: string, atMs: number]> = []
  /** What a process sent that had lost its book. */
  trespass: string | undefined
  #owner = -1
  #broker: Port | undefined
  #chain: ChainShape | undefined

  /** The book was opened by process `own`; later ones have larger numbers. */
  belongsTo(own: number, broker: Port, chain: ChainShape): void {
    this.#owner = own
    this.#broker = broker
    this.#chain = chain
  }

  /** Whether another process has taken the book from `own`. */
  hasLost(own: number): boolean {
    return this.#owner > own
  }

  /** What process `own` reaches over its own connection `sound`. */
  broker(own: number, sound: Port): Port {
    const now = (): Port => (this.hasLost(own) ? this.#broker! : sound)
    const { speaker } = sound
    return {
      submit: (order, nowMs, sendBeforeMs) =>
        Effect.suspend(() => {
          this.arrivals.push([order.clOrdID, nowMs])
          this.#sent(own, `order ${order.clOrdID}`)
          return now().submit(order, nowMs, sendBeforeMs)
        }),
      replace: (change, nowMs, sendBeforeMs) =>
        Effect.suspend(() => {
          this.arrivals.push([change.requestId, nowMs])
          this.#sent(own, `a change of ${change.clOrdID}`)
          return now().replace(change, nowMs, sendBeforeMs)
        }),
      cancel: (clOrdID, nowMs) =>
        Effect.suspend(() => {
          this.#sent(own, `a cancel of ${clOrdID}`)
          return now().cancel(clOrdID, nowMs)
        }),
      query: (clOrdID, nowMs) => Effect.suspend(() => now().query(clOrdID, nowMs)),
      positions: Effect.suspend(() => now().positions),
      speaker: {
        source: speaker.source,
        nextDueMs: () => (this.hasLost(own) ? Number.POSITIVE_INFINITY : speaker.nextDueMs()),
        next: () => speaker.next(),
        resumeAfter: (sourceSeq) => {
          if (!this.hasLost(own)) speaker.resumeAfter(sourceSeq)
        }
      }
    }
  }

  chain(own: number, sound: ChainShape): ChainShape {
    const now = (): ChainShape => (this.hasLost(own) ? this.#chain! : sound)
    return {
      description: sound.description,
      submit: (request) =>
        Effect.suspend(() => {
          this.#sent(own, `instruction ${request.key}`)
          return now().submit(request)
        }),
      find: (key) => Effect.suspend(() => now().find(key)),
      balances: Effect.suspend(() => now().balances),
      trade: (tradeId) => Effect.suspend(() => now().trade(tradeId)),
      trades: Effect.suspend(() => now().trades)
    }
  }

  #sent(own: number, what: string): void {
    if (this.hasLost(own)) {
      this.trespass ??= `process ${own + 1} sent ${what} after process ${this.#owner + 1} had taken the book`
    }
  }
}

/** Looks at the writer's lease immediately before something leaves. */
export const leasedBroker = (sound: Port, mayLeave: () => string): Port => {
  const held = <A, E>(ask: Effect.Effect<A, E>): Effect.Effect<A, E | VenueUnavailable> =>
    Effect.suspend((): Effect.Effect<A, E | VenueUnavailable> => {
      const why = mayLeave()
      return why === "" ? ask : Effect.fail(new VenueUnavailable({ venue: "simulated", why }))
    })
  return {
    ...sound,
    submit: (order, nowMs, sendBeforeMs) => held(sound.submit(order, nowMs, sendBeforeMs)),
    replace: (change, nowMs, sendBeforeMs) => held(sound.replace(change, nowMs, sendBeforeMs)),
    cancel: (clOrdID, nowMs) => held(sound.cancel(clOrdID, nowMs))
  }
}

export const leasedChain = (sound: ChainShape, mayLeave: () => string): ChainShape => ({
  ...sound,
  submit: (request) =>
    Effect.suspend(() => {
      const why = mayLeave()
      return why === ""
        ? sound.submit(request)
        : Effect.fail(new ChainUnavailable({ place: "simulated", why }))
    })
})
