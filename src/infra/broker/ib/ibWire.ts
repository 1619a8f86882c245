/**
 * One TCP connection to TWS or IB Gateway: the client library held by the collar.
 *
 * Invariant: a library instance lives for one connection, so what it queued while disconnected is never sent later; a
 * request is written at once or refused; an order passes `maySend` immediately before the write; bytes that are not the
 * protocol end the connection before anything of them is used. The library (@stoqey/ib 1.6.10) leaves these to others.
 */
import { EventName, IBApi } from "@stoqey/ib"
import { type IbDial, type LibrarySocket, useLine } from "./ibDial.ts"
import { IbConnectionLost, IbRefused, IbUnreachable, IbWireCorrupt } from "./ibFaults.ts"

/** Each is on. The tests switch one off to show what it is for. */
export interface IbDefences {
  /** A new library instance per connection, and no request to one that is down. */
  readonly freshClient: boolean
  /** Waiting requests wait with us, where a drop fails them, not in the library's limiter. */
  readonly ownPacing: boolean
  /** The same client id on every connection. */
  readonly fixedClientId: boolean
  /** A server that says nothing is noticed. */
  readonly heartbeat: boolean
  /** Orders say that they are to be transmitted. */
  readonly explicitTransmit: boolean
  /** Completed orders below version 177 are given the form that the library reads. */
  readonly readableCompleted: boolean
  /** Lease and `sendBefore` are looked at immediately before the write. */
  readonly sendCheck: boolean
  /** Price increments are those of contract details, not of tick parameters. */
  readonly detailIncrements: boolean
  /** The bid's size in a price message is heard, as the ask's is. */
  readonly bidSizes: boolean
}

export const allDefences: IbDefences = {
  freshClient: true,
  ownPacing: true,
  fixedClientId: true,
  heartbeat: true,
  explicitTransmit: true,
  readableCompleted: true,
  sendCheck: true,
  detailIncrements: true,
  bidSizes: true
}

export interface IbWireOptions {
  readonly host: string
  readonly port: number
  readonly clientId: number
  readonly defences: IbDefences
  /** Why this order may not be written now; undefined where it may. Asked immediately before the write. */
  readonly maySend: (orderId: number) => string | undefined
  /** The way to the server; a TCP socket where it is left out. */
  readonly dial?: IbDial
}

/** Once all of them are known the connection can be used. */
export interface IbWelcome {
  readonly serverVersion: number
  readonly accounts: ReadonlyArray<string>
  readonly nextOrderId: number
}

export type IbWireFault = IbUnreachable | IbRefused | IbWireCorrupt | IbConnectionLost

/** Messages of the server, by the library's event names. */
type Handler = (...values: ReadonlyArray<never>) => void

const placeOrderId = 3
const completedOrderId = "101"
const tickPriceId = "1"
const tickSizeId = "2"
/** Of a price message: what it is about, and its size; the size's own tick. */
const bid = { price: "1", size: "0", typeAt: 3, sizeAt: 5 }
/** Below this version a completed order carries a field more, and the library does not know. */
const noFaProfileVersion = 177
const faProfileAt = 31
/** Where a percent offset, always a number, stands in the form that the library reads. */
const percentOffsetAt = 34
const frameBytesMax = 1_048_576
const versions = { least: 157, most: 200 }
/** Codes of the library itself, not of the server. */
const notTheProtocol = new Set([505, 507, 508])
const notLetIn = new Set([503, 506])
/** Notices that say why a connection is about to end. */
export const clientIdInUse = 326

/** What of the library is private and needed: looked for at start, since another version may have moved it. */
interface Insides {
  readonly controller?: {
    onMessage?: (tokens: Array<string>) => void
    readonly socket?: LibrarySocket & {
      send: (tokens: Array<unknown>) => void
      readonly client?: { readonly setNoDelay?: (isOn: boolean) => void }
    }
  }
}

export class IbWire {
  readonly place: string
  readonly #options: IbWireOptions
  readonly #api: IBApi
  readonly #closers: Array<(fault: IbWireFault) => void> = []
  readonly #refusals = new Map<number, string>()
  #accounts: ReadonlyArray<string> | undefined
  #nextOrderId: number | undefined
  #serverVersion = 0
  #fault: IbWireFault | undefined
  #isAsked = false
  #welcomed: ((welcome: IbWelcome) => void) | undefined
  #header = 0
  #headerBytes = 0
  #bodyBytes = 0

  constructor(options: IbWireOptions, reused?: IBApi) {
    const { host, port, clientId, defences } = options
    this.#options = options
    this.place = `${host}:${port}`
    const maxReqPerSec = defences.ownPacing ? 1_000_000 : 40
    this.#api = reused ?? new IBApi({ host, port, clientId, maxReqPerSec })
    this.#guard()
    this.#listen()
  }

  /** Connects; `welcomed` is called once the server has told accounts and the next order id. */
  open(welcomed: (welcome: IbWelcome) => void): void {
    this.#welcomed = welcomed
    this.#api.connect(this.#options.clientId)
    // A request would wait for the other side's acknowledgement of the one before it, some 40 ms.
    ;(this.#api as unknown as Insides).controller?.socket?.client?.setNoDelay?.(true)
  }

  get api(): IBApi {
    return this.#api
  }

  get isOpen(): boolean {
    return this.#fault === undefined
  }

  /** Writes a request now; throws the fault where the connection is gone. */
  send(request: (api: IBApi) => void): void {
    if (this.#fault !== undefined && this.#options.defences.freshClient) throw this.#fault
    this.#isAsked = true
    try {
      request(this.#api)
    } finally {
      this.#isAsked = false
    }
  }

  /** Writes an order; the reason where `maySend` kept it back: then not a byte of it left. */
  sendOrder(orderId: number, request: (api: IBApi) => void): string | undefined {
    this.#refusals.delete(orderId)
    this.send(request)
    return this.#refusals.get(orderId)
  }

  /** Hears one kind of message until it is called off. */
  on<Values extends ReadonlyArray<unknown>>(
    event: EventName,
    handler: (...values: Values) => void
  ): () => void {
    const guarded = (...values: ReadonlyArray<unknown>): void => {
      if (this.#fault === undefined) handler(...(values as unknown as Values))
    }
    this.#api.on(event as EventName.error, guarded as Handler as never)
    return () => {
      this.#api.off(event as EventName.error, guarded as Handler as never)
    }
  }

  /** Called once, with the reason, when the connection ends; at once where it has. */
  onClosed(closed: (fault: IbWireFault) => void): () => void {
    if (this.#fault !== undefined) closed(this.#fault)
    else this.#closers.push(closed)
    return () => {
      const at = this.#closers.indexOf(closed)
      if (at >= 0) this.#closers.splice(at, 1)
    }
  }

  /** Ends the connection; nothing that is still on its way is heard. */
  close(fault: IbWireFault): void {
    if (this.#fault !== undefined) return
    this.#fault = fault
    this.#api.disconnect()
    for (const closed of this.#closers.splice(0)) closed(fault)
  }

  #corrupt(why: string): void {
    this.close(new IbWireCorrupt({ place: this.place, why }))
  }

  #listen(): void {
    this.on(EventName.server, (version: number) => {
      this.#serverVersion = version
      if (!(version >= versions.least && version <= versions.most)) {
        const allowed = `${versions.least} to ${versions.most} are allowed`
        const why = `its protocol version was ${version}, ${allowed}`
        this.close(new IbRefused({ place: this.place, code: 506, why }))
      }
    })
    this.on(EventName.managedAccounts, (accounts: string) => {
      this.#accounts = accounts.split(",").filter((account) => account !== "")
      this.#welcome()
    })
    this.on(EventName.nextValidId, (orderId: number) => {
      this.#nextOrderId = orderId
      this.#welcome()
    })
    this.on(EventName.info, (text: string, code: number) => {
      if (code !== clientIdInUse) return
      const why = `client id ${this.#options.clientId} is in use by another connection`
      this.close(new IbRefused({ place: this.place, code, why: `${why} (${text})` }))
    })
    this.on(EventName.error, (error: Error, code: number, id: number) => {
      if (id !== -1) return
      if (notTheProtocol.has(code)) this.#corrupt(error.message)
      else if (notLetIn.has(code)) {
        this.close(new IbRefused({ place: this.place, code, why: error.message }))
      } else if (code === 502) {
        this.close(new IbUnreachable({ place: this.place, why: error.message }))
      }
    })
    this.on(EventName.disconnected, () => {
      const why = "the other side closed it"
      this.close(
        this.#nextOrderId === undefined
          ? new IbUnreachable({ place: this.place, why })
          : new IbConnectionLost({ place: this.place, why })
      )
    })
  }

  #welcome(): void {
    const accounts = this.#accounts
    const nextOrderId = this.#nextOrderId
    if (accounts === undefined || nextOrderId === undefined) return
    const welcomed = this.#welcomed
    this.#welcomed = undefined
    // The library writes nothing before it has told everyone of the order id.
    const welcome = { serverVersion: this.#serverVersion, accounts, nextOrderId }
    queueMicrotask(() => welcomed?.(welcome))
  }

  #guard(): void {
    const { controller } = this.#api as unknown as Insides
    const socket = controller?.socket
    const onMessage = controller?.onMessage?.bind(controller)
    const isKnown = typeof socket?.send === "function" && typeof socket.onData === "function"
    if (controller === undefined || onMessage === undefined || !isKnown) {
      throw new Error("@stoqey/ib has changed inside: src/infra/broker/ib/ibWire.ts needs 1.6.10")
    }
    if (this.#options.dial !== undefined) useLine(socket, this.#options.dial)
    const send = socket.send.bind(socket)
    const onData = socket.onData.bind(socket)
    socket.send = (tokens) => {
      if (this.#fault !== undefined && this.#options.defences.freshClient) {
        // Outside a request of ours it is one of the library's timers: nobody could catch it.
        if (this.#isAsked) throw this.#fault
        return
      }
      const [message, id] = tokens.flat(5)
      if (message === placeOrderId && this.#options.defences.sendCheck) {
        const orderId = Number(id)
        const why = this.#options.maySend(orderId)
        if (why !== undefined) {
          this.#refusals.set(orderId, why)
          return
        }
      }
      send(tokens)
    }
    controller.onMessage = (tokens) => {
      const isLonger = tokens[0] === completedOrderId && this.#serverVersion < noFaProfileVersion
      // A server may know this client and leave the field out.
      const hasProfile = !/^[-\d]/.test(tokens[percentOffsetAt] ?? "")
      const isMended = isLonger && hasProfile && this.#options.defences.readableCompleted
      onMessage(isMended ? tokens.toSpliced(faProfileAt, 1) : tokens)
      if (tokens[0] !== tickPriceId || tokens[bid.typeAt] !== bid.price) return
      const [, version = "", id = ""] = tokens
      const size = tokens[bid.sizeAt] ?? ""
      if (size !== "" && this.#options.defences.bidSizes) {
        onMessage([tickSizeId, version, id, bid.size, size])
      }
    }
    socket.onData = (bytes) => {
      if (this.#fault !== undefined && this.#options.defences.freshClient) return
      const why = this.#frameFault(bytes)
      if (why !== undefined) return this.#corrupt(why)
      try {
        onData(bytes)
      } catch (cause) {
        this.#corrupt(cause instanceof Error ? cause.message : String(cause))
      }
    }
  }

  /** Follows the frames: the library loops for ever on a negative length and gathers any amount for a huge one. */
  #frameFault(bytes: Buffer): string | undefined {
    for (let at = 0; at < bytes.length; ) {
      if (this.#bodyBytes > 0) {
        const take = Math.min(this.#bodyBytes, bytes.length - at)
        this.#bodyBytes -= take
        at += take
        continue
      }
      this.#header = (this.#header * 256 + bytes[at++]!) % 4_294_967_296
      if (++this.#headerBytes < 4) continue
      if (this.#header < 1 || this.#header > frameBytesMax) {
        return `a frame of ${this.#header} bytes, 1 to ${frameBytesMax} are allowed`
      }
      this.#bodyBytes = this.#header
      this.#header = 0
      this.#headerBytes = 0
    }
    return undefined
  }
}
