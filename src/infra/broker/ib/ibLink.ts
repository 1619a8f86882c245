/**
 * Keeps one connection to TWS or IB Gateway up: connects, lets the owner catch up, listens for a pulse, starts over.
 *
 * A connection counts as up only after the owner's `catchUp` went through: until then nothing may be sent over it. Loss is
 * noticed by the socket, by an echo that does not come, and by IB's own notices (1100). What was asked over a connection
 * that ended fails with it; nothing moves on to the next one.
 */
import { type ErrorCode, EventName } from "@stoqey/ib"
import { Cause, Effect, Exit, FiberSet, type Scope } from "effect"
import { accountOf } from "./ibAccount.ts"
import type { IbDial } from "./ibDial.ts"
import {
  IbConnectionLost,
  IbMisconfigured,
  type IbQueryFault,
  IbQuestionRefused,
  IbRefused,
  IbUnanswered,
  IbUnreachable
} from "./ibFaults.ts"
import { IbPacing } from "./ibPacing.ts"
import { type IbDefences, type IbWelcome, IbWire, type IbWireFault } from "./ibWire.ts"

export interface IbLinkOptions {
  readonly host: string
  readonly port: number
  readonly clientId: number
  /** Managed account to trade on; "" for the only one. */
  readonly account: string
  /** Whether real money is meant. A paper account begins with D. */
  readonly live: boolean
  readonly handshakeMs: number
  readonly answerMs: number
  readonly heartbeatMs: number
  /** Delay before the next attempt, doubling between the two. */
  readonly retryMinMs: number
  readonly retryMaxMs: number
  /** IB hangs up on more than 50. */
  readonly requestsPerSecondMax: number
  readonly defences: IbDefences
  /** The way to the server; a TCP socket where it is left out. */
  readonly dial?: IbDial
}

export type IbLinkState =
  /** `code`: IB's own, where the server refused us. */
  | { readonly _tag: "Down"; readonly why: string; readonly code?: number }
  | { readonly _tag: "CatchingUp" }
  | { readonly _tag: "Up" }
  /** TWS lost IB's servers (1100): the socket is open and nothing works. */
  | { readonly _tag: "Severed" }

export interface IbLinkOwner {
  /** Hears a new connection from its first message on. */
  readonly attach: (wire: IbWire) => void
  /** Asks for what was missed; runs on every connection, and when IB's servers are back. */
  readonly catchUp: Effect.Effect<void, IbQueryFault>
  readonly maySend: (orderId: number) => string | undefined
  readonly onState?: (state: IbLinkState) => void
  /** After 1101: market data subscriptions are gone. */
  readonly onDataLost?: () => void
}

/** Request ids lie far above order ids: IB answers both with the same errors. */
const firstRequestId = 1_500_000_000
/** A pause after the first attempt; the client id of a socket that just died is in use for a moment. */
type Fault = IbWireFault | IbMisconfigured | IbQueryFault

export class IbLink {
  readonly #options: IbLinkOptions
  readonly #owner: IbLinkOwner
  readonly #pacing: IbPacing
  readonly #states: Array<() => void> = []
  readonly #refusals = new Map<number, (code: number, why: string) => void>()
  #echoes: Array<() => void> = []
  #fork = (_work: Effect.Effect<void>): void => {}
  #wire: IbWire | undefined
  #lastWire: IbWire | undefined
  #state: IbLinkState = { _tag: "Down", why: "not connected yet" }
  #requestId = firstRequestId
  #nextOrderId = 1
  #account = ""
  #attempts = 0
  #misconfigured: IbMisconfigured | undefined

  constructor(options: IbLinkOptions, owner: IbLinkOwner) {
    this.#options = options
    this.#owner = owner
    this.#pacing = new IbPacing(options.requestsPerSecondMax)
  }

  get state(): IbLinkState {
    return this.#state
  }

  get place(): string {
    return `${this.#options.host}:${this.#options.port}`
  }

  /** The account that orders go to. */
  get account(): string {
    return this.#account
  }

  get nextOrderId(): number {
    return this.#nextOrderId
  }

  /** The connection in use, up or catching up; fails where there is none. */
  get wire(): Effect.Effect<IbWire, IbConnectionLost> {
    return Effect.suspend(() =>
      this.#wire === undefined
        ? Effect.fail(new IbConnectionLost({ place: this.place, why: this.#why() }))
        : Effect.succeed(this.#wire)
    )
  }

  /** The connection, caught up; fails at once where it is not. */
  get upWire(): Effect.Effect<IbWire, IbConnectionLost> {
    return Effect.suspend(() =>
      this.#state._tag === "Up"
        ? this.wire
        : !this.#options.defences.freshClient && this.#lastWire !== undefined
          ? Effect.succeed(this.#lastWire)
          : Effect.fail(new IbConnectionLost({ place: this.place, why: this.#why() }))
    )
  }

  /** Returns once the link is up; fails where it never can be. */
  readonly untilUp: Effect.Effect<void, IbMisconfigured> = Effect.callback((resume) => {
    const look = (): void => {
      if (this.#misconfigured !== undefined) resume(Effect.fail(this.#misconfigured))
      else if (this.#state._tag === "Up") resume(Effect.void)
      else return
      const at = this.#states.indexOf(look)
      if (at >= 0) this.#states.splice(at, 1)
    }
    this.#states.push(look)
    look()
  })

  /** Keeps it up until the scope ends. */
  readonly run: Effect.Effect<void, never, Scope.Scope> = Effect.gen({ self: this }, function* () {
    this.#fork = yield* FiberSet.makeRuntime<never, void>()
    yield* Effect.forkScoped(this.#forever)
  })

  /** Begins work beside, on the clock of `run` and until its scope ends. */
  fork(work: Effect.Effect<void>): void {
    this.#fork(work)
  }

  /** A place in IB's limit of messages per second. */
  readonly turn = Effect.suspend(() => this.#pacing.turn)

  newRequestId(): number {
    return this.#requestId++
  }

  /**
   * Asks over the present connection. `start` writes the request, hears its answers and calls `answered`; it returns what
   * calls the listening off. Silence is `IbUnanswered`: unknown.
   */
  ask<A>(
    question: string,
    start: (
      wire: IbWire,
      requestId: number,
      answered: (answer: A) => void
    ) => ReadonlyArray<() => void>
  ): Effect.Effect<A, IbQueryFault> {
    const { answerMs } = this.#options
    const asked = Effect.gen({ self: this }, function* () {
      const wire = yield* this.wire
      yield* this.turn
      return yield* this.#question(wire, question, start)
    })
    return Effect.timeoutOrElse(asked, {
      duration: answerMs,
      orElse: () => Effect.fail(new IbUnanswered({ question, waitedMs: answerMs }))
    })
  }

  /** Returns when everything that the server wrote before it heard of this has been heard. */
  readonly echo: Effect.Effect<void, IbQueryFault> = Effect.suspend(() =>
    this.ask<void>("reqCurrentTime", (wire, _requestId, answered) => {
      const heard = (): void => answered()
      this.#echoes.push(heard)
      wire.send((api) => api.reqCurrentTime())
      return [
        () => {
          // Answers come in order: a place that is given up must stay in the queue.
          const at = this.#echoes.indexOf(heard)
          if (at >= 0) this.#echoes[at] = () => {}
        }
      ]
    })
  )

  #question<A>(
    wire: IbWire,
    question: string,
    start: (
      wire: IbWire,
      requestId: number,
      answered: (answer: A) => void
    ) => ReadonlyArray<() => void>
  ): Effect.Effect<A, IbQueryFault> {
    return Effect.callback<A, IbQueryFault>((resume) => {
      const requestId = this.newRequestId()
      const offs: Array<() => void> = []
      let isOver = false
      const end = (result: Effect.Effect<A, IbQueryFault>): void => {
        if (isOver) return
        isOver = true
        this.#refusals.delete(requestId)
        for (const off of offs.splice(0)) off()
        resume(result)
      }
      const lost = ({ message }: IbWireFault): void => {
        end(Effect.fail(new IbConnectionLost({ place: this.place, why: message })))
      }
      this.#refusals.set(requestId, (code, why) =>
        end(Effect.fail(new IbQuestionRefused({ question, code, why })))
      )
      if (!wire.isOpen) return lost(new IbConnectionLost({ place: this.place, why: this.#why() }))
      offs.push(wire.onClosed(lost))
      const more = start(wire, requestId, (answer) => end(Effect.succeed(answer)))
      if (isOver) for (const off of more) off()
      else offs.push(...more)
      return Effect.sync(() => {
        isOver = true
        this.#refusals.delete(requestId)
        for (const off of offs.splice(0)) off()
      })
    })
  }

  #why(): string {
    return this.#state._tag === "Down" ? this.#state.why : `it is ${this.#state._tag}`
  }

  #become(state: IbLinkState): void {
    this.#state = state
    this.#owner.onState?.(state)
    for (const look of [...this.#states]) look()
  }

  readonly #forever: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    const { retryMinMs, retryMaxMs } = this.#options
    let delayMs = retryMinMs
    for (;;) {
      const exit = yield* Effect.exit(Effect.scoped(this.#once))
      const fault = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      if (fault instanceof IbMisconfigured) {
        this.#misconfigured = fault
        this.#become({ _tag: "Down", why: fault.message })
        return
      }
      if (this.#state._tag === "Up" || this.#state._tag === "Severed") delayMs = retryMinMs
      const why = fault instanceof Error ? fault.message : String(fault)
      this.#become({ _tag: "Down", why, ...(fault instanceof IbRefused && { code: fault.code }) })
      yield* Effect.sleep(delayMs)
      delayMs = Math.min(delayMs * 2, retryMaxMs)
    }
  })

  /** One connection from its opening to its end: always fails, with why. */
  readonly #once: Effect.Effect<never, Fault, Scope.Scope> = Effect.gen(
    { self: this },
    function* () {
      const wire = yield* Effect.acquireRelease(
        Effect.sync(() => this.#newWire()),
        (each) =>
          Effect.sync(() => {
            each.close(new IbConnectionLost({ place: this.place, why: "we closed it" }))
            this.#wire = undefined
          })
      )
      const welcome = yield* this.#welcome(wire)
      yield* this.#checkAccount(welcome)
      this.#nextOrderId = welcome.nextOrderId
      this.#wire = wire
      const lost = Effect.callback<never, Fault>((resume) => {
        const off = wire.onClosed((fault) => resume(Effect.fail(fault)))
        return Effect.sync(off)
      })
      const work = Effect.gen({ self: this }, function* () {
        yield* this.#catchUp
        return yield* this.#options.defences.heartbeat ? this.#heartbeat(wire) : Effect.never
      })
      return yield* Effect.raceFirst(lost, work)
    }
  )

  readonly #catchUp: Effect.Effect<void, IbQueryFault> = Effect.gen({ self: this }, function* () {
    this.#become({ _tag: "CatchingUp" })
    yield* this.#owner.catchUp
    this.#become({ _tag: "Up" })
  })

  #newWire(): IbWire {
    const { host, port, clientId, defences, dial } = this.#options
    const id = defences.fixedClientId ? clientId : clientId + this.#attempts
    this.#attempts++
    const maySend = (orderId: number) =>
      this.#state._tag === "Up" || !defences.freshClient
        ? this.#owner.maySend(orderId)
        : `the link is ${this.#state._tag}`
    const reused = defences.freshClient ? undefined : this.#lastWire?.api
    const way = dial === undefined ? {} : { dial }
    const wire = new IbWire({ host, port, clientId: id, defences, maySend, ...way }, reused)
    this.#lastWire = wire
    this.#echoes = []
    wire.on(EventName.currentTime, () => this.#echoes.shift()?.())
    wire.on(EventName.nextValidId, (orderId: number) => {
      this.#nextOrderId = orderId
    })
    wire.on(EventName.error, (error: Error, code: ErrorCode, id: number) =>
      this.#refusals.get(id)?.(code, error.message)
    )
    wire.on(EventName.info, (_text: string, code: number) => this.#noticed(wire, code))
    this.#owner.attach(wire)
    return wire
  }

  /** 1100: nothing works. 1101 and 1102: it does again; what happened meanwhile was not told. */
  #noticed(wire: IbWire, code: number): void {
    if (this.#wire !== wire) return
    if (code === 1100 && this.#state._tag === "Up") this.#become({ _tag: "Severed" })
    // Otherwise the catching up below asks for the lines as well.
    if (code === 1101 && this.#state._tag !== "Severed") this.#owner.onDataLost?.()
    if ((code === 1101 || code === 1102) && this.#state._tag === "Severed") {
      this.fork(
        Effect.catch(this.#catchUp, ({ message }) =>
          Effect.sync(() => wire.close(new IbConnectionLost({ place: this.place, why: message })))
        )
      )
    }
  }

  #welcome(wire: IbWire): Effect.Effect<IbWelcome, IbWireFault> {
    const { handshakeMs } = this.#options
    return Effect.timeoutOrElse(
      Effect.callback<IbWelcome, IbWireFault>((resume) => {
        const off = wire.onClosed((fault) => resume(Effect.fail(fault)))
        wire.open((welcome) => resume(Effect.succeed(welcome)))
        return Effect.sync(off)
      }),
      {
        duration: handshakeMs,
        orElse: () => {
          const why = `it did not let us in within ${handshakeMs} ms`
          return Effect.fail(new IbUnreachable({ place: this.place, why }))
        }
      }
    )
  }

  #checkAccount({ accounts }: IbWelcome): Effect.Effect<void, IbMisconfigured> {
    return Effect.map(
      Effect.fromResult(accountOf(this.#options, this.place, accounts)),
      (account) => {
        this.#account = account
      }
    )
  }

  #heartbeat(wire: IbWire): Effect.Effect<never, Fault> {
    const beat = Effect.andThen(Effect.sleep(this.#options.heartbeatMs), this.echo)
    return Effect.forever(beat).pipe(
      Effect.tapError(({ message }) =>
        Effect.sync(() =>
          wire.close(new IbConnectionLost({ place: this.place, why: `silent: ${message}` }))
        )
      )
    )
  }
}
