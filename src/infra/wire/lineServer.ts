/** Answers questions on this machine: a JSON line each, in order, from any number of connections. */
import { createServer, type Server, type Socket } from "node:net"
import { Effect, Exit, Schema, Scope } from "effect"
import { answerBytesMax, WireDown } from "./lineClient.ts"

/** What the server says instead of an answer; the question had no effect. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", { why: Schema.String }) {
  override get message() {
    return this.why
  }
}

/** One connection: its questions come one at a time. What it holds goes with its scope. */
export type Conversation = (question: unknown) => Effect.Effect<unknown, Refused, Scope.Scope>

/** Listens on 127.0.0.1 until the scope ends; `port` 0 takes a free one. Returns the port. */
export const serveLines = (
  port: number,
  converse: () => Conversation
): Effect.Effect<number, WireDown, Scope.Scope> =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.once("close", () => sockets.delete(socket))
      attend(socket, converse())
    })
    yield* Effect.addFinalizer(() =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
    )
    return yield* listen(server, port)
  })

const listen = (server: Server, port: number): Effect.Effect<number, WireDown> =>
  Effect.callback((resume) => {
    const place = `127.0.0.1:${port}`
    server.once("error", (error) => {
      resume(Effect.fail(new WireDown({ place, why: error.message, sent: false })))
    })
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

/** Answers a connection's lines in order, until it ends or says what is no line of JSON. */
const attend = (socket: Socket, conversation: Conversation): void => {
  const scope = Scope.makeUnsafe()
  let text = ""
  let waiting: Array<string> = []
  let isBusy = false
  const answerNext = (): void => {
    const line = waiting.shift()
    if (line === undefined || isBusy || socket.destroyed) return
    isBusy = true
    const question = parse(line)
    if (question === undefined) {
      socket.end(`${JSON.stringify({ error: "the question is not a line of JSON" })}\n`)
      return
    }
    const answering = conversation(question.value).pipe(Scope.provide(scope))
    Effect.runFork(answering).addObserver((exit) => {
      isBusy = false
      if (!socket.destroyed) socket.write(`${JSON.stringify(told(exit))}\n`)
      answerNext()
    })
  }
  socket.setNoDelay(true)
  socket.setEncoding("utf8")
  socket.on("data", (part: string) => {
    text += part
    const lines = text.split("\n")
    text = lines.pop()!
    if (text.length > answerBytesMax) return socket.destroy()
    waiting = [...waiting, ...lines]
    answerNext()
    return
  })
  socket.on("error", () => socket.destroy())
  socket.once("close", () => {
    waiting = []
    Effect.runFork(Scope.close(scope, Exit.void))
  })
}

const told = (exit: Exit.Exit<unknown, Refused>): unknown => {
  if (Exit.isSuccess(exit)) return { answer: exit.value }
  const error = Exit.findErrorOption(exit)
  return { error: error._tag === "Some" ? error.value.why : String(exit.cause) }
}

const parse = (line: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(line) as unknown }
  } catch {
    return undefined
  }
}
