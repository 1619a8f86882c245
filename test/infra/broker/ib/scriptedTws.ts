/**
 * A server of a few lines that says exactly what a test tells it to, over loopback TCP: for what no sound server does.
 * The TWS simulator is for everything else.
 */
import { createServer, type Server, type Socket } from "node:net"
import { Effect, type Scope } from "effect"

type Field = string | number
export type Fields = ReadonlyArray<Field>

/** Client to server ids. */
export const asks = {
  placeOrder: "3",
  cancelOrder: "4",
  openOrders: "5",
  executions: "7",
  contractDetails: "9",
  history: "20",
  allOpenOrders: "16",
  currentTime: "49",
  positions: "61",
  startApi: "71",
  secDefOptParams: "78",
  completedOrders: "99",
  marketData: "1"
} as const

const frame = (fields: Fields): Buffer => {
  const body = Buffer.from(fields.map((field) => `${field}\0`).join(""), "utf8")
  const header = Buffer.alloc(4)
  header.writeUInt32BE(body.length)
  return Buffer.concat([header, body])
}

export class Visit {
  readonly socket: Socket
  /** Every message after the handshake, fields as text. */
  readonly heard: Array<ReadonlyArray<string>> = []
  clientId = ""

  constructor(socket: Socket) {
    this.socket = socket
  }

  say(...fields: Fields): void {
    this.socket.write(frame(fields))
  }

  asked(id: string): ReadonlyArray<ReadonlyArray<string>> {
    return this.heard.filter((message) => message[0] === id)
  }
}

/** What the server answers to one message; undefined leaves it to the sound answers. */
export type Script = (message: ReadonlyArray<string>, visit: Visit) => boolean | undefined

export class ScriptedTws {
  readonly visits: Array<Visit> = []
  /** Asked first; true where it dealt with the message. */
  script: Script = () => undefined
  account = "DU1"
  nextOrderId = 1
  version: Field = 176
  readonly #server: Server
  readonly #watchers: Array<() => void> = []

  constructor() {
    this.#server = createServer((socket) => this.#visited(socket))
  }

  listen(port: number, listening: (port: number) => void): void {
    this.#server.listen(port, "127.0.0.1", () => {
      const address = this.#server.address()
      listening(typeof address === "object" && address !== null ? address.port : 0)
    })
  }

  close(): void {
    for (const { socket } of this.visits) socket.destroy()
    this.#server.close()
  }

  get last(): Visit {
    return this.visits.at(-1)!
  }

  /** Returns once a condition on what was heard holds. */
  until(isSo: () => boolean): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const look = (): void => {
        if (!isSo()) return
        const at = this.#watchers.indexOf(look)
        if (at >= 0) this.#watchers.splice(at, 1)
        resume(Effect.void)
      }
      this.#watchers.push(look)
      look()
    })
  }

  #visited(socket: Socket): void {
    const visit = new Visit(socket)
    this.visits.push(visit)
    socket.setNoDelay(true)
    let bytes = Buffer.alloc(0)
    let isGreeted = false
    socket.on("error", () => {})
    socket.on("close", () => this.#look())
    socket.on("data", (more) => {
      bytes = Buffer.concat([bytes, more as Buffer])
      if (!isGreeted) {
        if (bytes.length < 8 || bytes.length < 8 + bytes.readUInt32BE(4)) return
        bytes = bytes.subarray(8 + bytes.readUInt32BE(4))
        isGreeted = true
        visit.say(this.version, "20151224 15:30:00 UTC")
      }
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32BE(0)) {
        const length = bytes.readUInt32BE(0)
        const text = bytes.subarray(4, 4 + length).toString("utf8")
        bytes = bytes.subarray(4 + length)
        this.#heard(text.split("\0").slice(0, -1), visit)
      }
      this.#look()
    })
  }

  #look(): void {
    for (const look of [...this.#watchers]) look()
  }

  #heard(message: ReadonlyArray<string>, visit: Visit): void {
    visit.heard.push(message)
    if (this.script(message, visit) === true) return
    const [id, first, second] = message
    switch (id) {
      case asks.startApi:
        visit.clientId = second!
        visit.say(15, 1, this.account)
        visit.say(9, 1, this.nextOrderId)
        break
      case asks.currentTime:
        visit.say(49, 1, 1_450_971_000)
        break
      case asks.openOrders:
      case asks.allOpenOrders:
        visit.say(53, 1)
        break
      case asks.completedOrders:
        visit.say(102)
        break
      case asks.executions:
        visit.say(55, 1, second!)
        break
      case asks.positions:
        visit.say(62, 1)
        break
      case asks.contractDetails:
        this.#details(message, second!, visit)
        break
      case asks.secDefOptParams:
        visit.say(76, first!)
        break
    }
  }

  /** One stock, conId 1, and calls and puts at 745 and 750 of any expiration asked for, conIds 11 to 14. */
  #details(message: ReadonlyArray<string>, requestId: string, visit: Visit): void {
    const [symbol, secType, expiry] = message.slice(4, 7) as [string, string, string]
    const contracts =
      secType === "STK"
        ? [{ conId: 1, strike: 0, right: "" }]
        : [745, 750].flatMap((strike, at) => [
            { conId: 11 + at * 2, strike, right: "C" },
            { conId: 12 + at * 2, strike, right: "P" }
          ])
    for (const { conId, strike, right } of contracts) {
      const isStock = secType === "STK"
      visit.say(
        ...[10, requestId, symbol, secType, expiry, strike, right, "SMART", "USD", symbol, symbol],
        ...[
          symbol,
          conId,
          isStock ? 0.01 : 0.05,
          isStock ? "" : 100,
          "LMT",
          "SMART",
          1,
          1,
          "Alphabet"
        ],
        ...["NASDAQ", expiry.slice(0, 6), "", "", "", "US/Eastern", "", "", "", "", 0, 1, symbol],
        ...["STK", "", expiry, "", 1, 1, 1]
      )
    }
    visit.say(52, 1, requestId)
  }
}

/** A server on a free port, closed with the scope. */
export const openScriptedTws: Effect.Effect<
  { readonly tws: ScriptedTws; readonly port: number },
  never,
  Scope.Scope
> = Effect.acquireRelease(
  Effect.callback((resume) => {
    const tws = new ScriptedTws()
    tws.listen(0, (port) => resume(Effect.succeed({ tws, port })))
  }),
  ({ tws }) => Effect.sync(() => tws.close())
)
