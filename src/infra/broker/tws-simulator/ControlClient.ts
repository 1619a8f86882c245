/** Steps a TWS simulator over its control channel: docs/tws-simulator.md tells the protocol. */
import { createConnection, type Socket } from "node:net"
import { Effect, Option, Schema, type Scope } from "effect"

/** The control channel cannot be asked any more: nobody knows how far the simulator's time has come. */
export class ControlLost extends Schema.TaggedError<ControlLost>()("ControlLost", {
  place: Schema.String,
  why: Schema.String
}) {
  override get message() {
    return `the control channel at ${this.place} does not answer: ${this.why}`
  }
}

const Standing = Schema.fromJsonString(
  Schema.Struct({ atMs: Schema.Finite, nextDueMs: Schema.NullOr(Schema.Finite) })
)
const decodeStanding = Schema.decodeUnknownOption(Standing)

export class ControlClient {
  readonly place: string
  readonly #socket: Socket
  readonly #answerMsMax: number
  #text = ""
  #waiting: ((answer: string | ControlLost) => void) | undefined
  #nextDueMs = Number.POSITIVE_INFINITY
  #atMs = 0

  private constructor(socket: Socket, place: string, answerMsMax: number) {
    this.#socket = socket
    this.place = place
    this.#answerMsMax = answerMsMax
  }

  /** Connects and asks where the simulator stands. Closed with the scope. */
  static open(
    port: number,
    answerMsMax: number
  ): Effect.Effect<ControlClient, ControlLost, Scope.Scope> {
    const place = `127.0.0.1:${port}`
    const connect = Effect.callback<ControlClient, ControlLost>((resume) => {
      const socket = createConnection({ host: "127.0.0.1", port, noDelay: true })
      const client = new ControlClient(socket, place, answerMsMax)
      socket.setEncoding("utf8")
      socket.once("connect", () => resume(Effect.succeed(client)))
      socket.on("data", (text: string) => client.#heard(text))
      socket.on("error", ({ message }) => {
        client.#lost(message)
        resume(Effect.fail(new ControlLost({ place, why: message })))
      })
      socket.on("close", () => client.#lost("it was closed"))
    })
    return Effect.acquireRelease(connect, (client) =>
      Effect.sync(() => client.#socket.destroy())
    ).pipe(Effect.tap((client) => client.#ask({ status: true })))
  }

  /** Epoch ms of the simulator's next own event as it last told; Infinity for none. */
  nextDueMs(): number {
    return this.#nextDueMs
  }

  /** The simulator's clock as it last told, epoch ms. */
  atMs(): number {
    return this.#atMs
  }

  /** Moves its clock to `toMs` and lets it handle everything due by then. */
  advance(toMs: number): Effect.Effect<void, ControlLost> {
    return this.#ask({ advanceToMs: toMs })
  }

  /** Asks when its next event is: an order may have made one. */
  get look(): Effect.Effect<void, ControlLost> {
    return this.#ask({ status: true })
  }

  #ask(request: object): Effect.Effect<void, ControlLost> {
    const answer = Effect.callback<string, ControlLost>((resume) => {
      this.#waiting = (said) => {
        this.#waiting = undefined
        resume(typeof said === "string" ? Effect.succeed(said) : Effect.fail(said))
      }
      this.#socket.write(`${JSON.stringify(request)}\n`)
    })
    return Effect.timeoutOrElse(answer, {
      duration: this.#answerMsMax,
      orElse: () => Effect.fail(this.#fault(`no answer within ${this.#answerMsMax} ms`))
    }).pipe(
      Effect.flatMap((line) => {
        const standing = Option.getOrUndefined(decodeStanding(line))
        if (standing === undefined) return Effect.fail(this.#fault(`it said ${line.slice(0, 200)}`))
        this.#atMs = standing.atMs
        this.#nextDueMs = standing.nextDueMs ?? Number.POSITIVE_INFINITY
        return Effect.void
      })
    )
  }

  #heard(text: string): void {
    this.#text += text
    const end = this.#text.indexOf("\n")
    if (end < 0) return
    const line = this.#text.slice(0, end)
    this.#text = this.#text.slice(end + 1)
    this.#waiting?.(line)
  }

  #lost(why: string): void {
    this.#waiting?.(this.#fault(why))
  }

  #fault(why: string): ControlLost {
    return new ControlLost({ place: this.place, why })
  }
}
