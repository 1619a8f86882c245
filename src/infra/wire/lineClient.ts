/**
 * Asks a server on this machine, one JSON line per question and per answer, one question at a time.
 *
 * A question that got no answer may have been heard all the same: `WireDown` says that nobody knows. The next question
 * connects anew.
 */
import { createConnection, type Socket } from "node:net"
import { Effect, Schema, type Scope, Semaphore } from "effect"

/** The server cannot be asked. What became of the question is not known, unless `sent` is false. */
export class WireDown extends Schema.TaggedError<WireDown>()("WireDown", {
  place: Schema.String,
  why: Schema.String,
  sent: Schema.Boolean
}) {
  override get message() {
    return `${this.place}: ${this.why}`
  }
}

export interface WireAddress {
  readonly host: string
  readonly port: number
}

export interface LineClientOptions {
  readonly address: WireAddress
  readonly answerMsMax: number
  /** Asked first on every connection. */
  readonly greeting: () => unknown
  /** Asked before that: "" or why it may not greet now. */
  readonly mayGreet: () => string
}

/** HOST:PORT of this machine; undefined where the text is not that. */
export const parseAddress = (text: string): WireAddress | undefined => {
  const parts = /^(127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})$/.exec(text)
  return parts === null
    ? undefined
    : { host: parts[1]!.replace(/[[\]]/g, ""), port: Number(parts[2]) }
}

export const answerBytesMax = 1 << 26

export class LineClient {
  readonly place: string
  readonly #options: LineClientOptions
  readonly #oneAtATime = Semaphore.makeUnsafe(1)
  #socket: Socket | undefined
  #text = ""
  #waiting: ((answer: string | WireDown) => void) | undefined

  private constructor(options: LineClientOptions) {
    this.#options = options
    this.place = `${options.address.host}:${options.address.port}`
  }

  /** Let go with the scope. Connects at the first question. */
  static open(options: LineClientOptions): Effect.Effect<LineClient, never, Scope.Scope> {
    return Effect.acquireRelease(
      Effect.sync(() => new LineClient(options)),
      (client) => Effect.sync(() => client.#close())
    )
  }

  /** `mayLeave` is asked immediately before the write: "" or why not. Fails with `WireDown`, or with the server's words. */
  ask(question: unknown, mayLeave = (): string => ""): Effect.Effect<unknown, WireDown> {
    return this.#oneAtATime.withPermit(
      Effect.gen({ self: this }, function* () {
        if (this.#socket === undefined) {
          yield* this.#connect
          yield* this.#exchange(this.#options.greeting(), this.#options.mayGreet)
        }
        return yield* this.#exchange(question, mayLeave)
      })
    )
  }

  readonly #connect = Effect.callback<void, WireDown>((resume) => {
    const socket = createConnection({ ...this.#options.address, noDelay: true })
    const failed = (error: Error) => {
      socket.destroy()
      resume(Effect.fail(this.#down(error.message, false)))
    }
    socket.setTimeout(this.#options.answerMsMax, () => failed(new Error("no answer")))
    socket.once("error", failed)
    socket.once("connect", () => {
      socket.setTimeout(0)
      socket.off("error", failed)
      this.#text = ""
      this.#socket = socket
      socket.setEncoding("utf8")
      socket.on("data", (text: string) => this.#heard(text))
      socket.on("error", (error) => this.#lost(socket, error.message))
      socket.on("close", () => this.#lost(socket, "the connection was closed"))
      resume(Effect.void)
    })
    return Effect.sync(() => socket.destroy())
  })

  #exchange(question: unknown, mayLeave: () => string): Effect.Effect<unknown, WireDown> {
    const line = `${JSON.stringify(question)}\n`
    return Effect.callback<string, WireDown>((resume) => {
      const socket = this.#socket
      if (socket === undefined) return resume(Effect.fail(this.#down("not connected", false)))
      const tooLate = setTimeout(() => {
        this.#lost(socket, `no answer within ${this.#options.answerMsMax} ms`)
      }, this.#options.answerMsMax)
      this.#waiting = (answer) => {
        clearTimeout(tooLate)
        this.#waiting = undefined
        resume(typeof answer === "string" ? Effect.succeed(answer) : Effect.fail(answer))
      }
      const held = mayLeave()
      if (held !== "") return this.#waiting(this.#down(held, false))
      socket.write(line)
    }).pipe(Effect.flatMap((answer) => this.#read(answer)))
  }

  #read(line: string): Effect.Effect<unknown, WireDown> {
    const answer = parse(line)
    if (answer === undefined) return Effect.fail(this.#down("its answer is not one", true))
    return "error" in answer
      ? Effect.fail(this.#down(String(answer.error), false))
      : Effect.succeed(answer.answer)
  }

  #heard(text: string): void {
    this.#text += text
    const end = this.#text.indexOf("\n")
    if (end < 0) {
      if (this.#text.length > answerBytesMax) this.#lost(this.#socket, "its answer has no end")
      return
    }
    const line = this.#text.slice(0, end)
    this.#text = this.#text.slice(end + 1)
    this.#waiting?.(line)
  }

  #lost(socket: Socket | undefined, why: string): void {
    if (socket === undefined || socket !== this.#socket) return
    this.#close()
    this.#waiting?.(this.#down(why, true))
  }

  #close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #down(why: string, sent: boolean): WireDown {
    return new WireDown({ place: this.place, why, sent })
  }
}

const parse = (
  line: string
): { readonly error?: unknown; readonly answer?: unknown } | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === "object" && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
