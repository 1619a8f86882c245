/** The TWS simulator on loopback sockets: the wire, and the control channel beside it. Logic is in the engine. */
import { createServer, type Server, type Socket } from "node:net"
import { Deferred, Effect, Schema, type Scope } from "effect"
import type { ExchangeLogDamaged } from "../simulated/exchangeLog.ts"
import { answerControl } from "./control.ts"
import { type EngineParts, openTwsEngine } from "./openEngine.ts"
import type { TwsEngine } from "./TwsEngine.ts"

/** The simulator could not be started, or had to stop. */
export class TwsServerStopped extends Schema.TaggedError<TwsServerStopped>()("TwsServerStopped", {
  why: Schema.String
}) {
  override get message() {
    return `the TWS simulator stopped: ${this.why}`
  }
}

export interface TwsServerParts extends Omit<EngineParts, "sink"> {
  /** 0 takes a free one. */
  readonly port: number
  /** Opens the control channel, by which alone time then moves. */
  readonly controlPort: number | undefined
  /** Market's time per time of the machine's clock; of no effect with a control channel. */
  readonly speed: number
}

export interface TwsServer {
  readonly engine: TwsEngine
  readonly port: number
  readonly controlPort: number | undefined
  /** Bytes of a torn tail that were cut from its log. */
  readonly cutBytes: number
  /** Fails when it can no longer serve: its log cannot be written. */
  readonly stopped: Effect.Effect<never, TwsServerStopped>
}

const host = "127.0.0.1"
/** Between two looks at the machine's clock. */
const tickMs = 20
/** Who reads no more than this behind is cut off. */
const unreadBytesMax = 1 << 28

/** Serves until its scope closes. */
export const startTwsServer = (
  parts: TwsServerParts
): Effect.Effect<TwsServer, TwsServerStopped | ExchangeLogDamaged, Scope.Scope> =>
  Effect.gen(function* () {
    const sockets = new Map<number, Socket>()
    const failed = yield* Deferred.make<never, TwsServerStopped>()
    const sink = {
      write: (connection: number, bytes: Uint8Array) => {
        const socket = sockets.get(connection)
        if (socket === undefined) return
        socket.write(bytes)
        if (socket.writableLength > unreadBytesMax) socket.destroy()
      },
      close: (connection: number) => {
        const socket = sockets.get(connection)
        sockets.delete(connection)
        // What was written before goes out first; a client that does not close its side is not waited for.
        socket?.end(() => socket.destroy())
      }
    }
    const { engine, cutBytes } = yield* openTwsEngine({ ...parts, sink })
    const isStepped = parts.controlPort !== undefined
    const marketNow = marketClock(engine.nowMs, parts.speed)
    /** A log that cannot be written ends it: what it would say next might not be so after a restart. */
    const guarded = (run: () => void): void => {
      try {
        run()
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause)
        Deferred.doneUnsafe(failed, Effect.fail(new TwsServerStopped({ why })))
        for (const socket of sockets.values()) socket.destroy()
      }
    }
    const advance = (): void => {
      if (!isStepped) engine.advanceTo(marketNow())
    }
    let accepted = 0
    const wire = createServer((socket) => {
      const connection = ++accepted
      sockets.set(connection, socket)
      socket.setNoDelay(true)
      socket.on("error", () => socket.destroy())
      socket.on("close", () => {
        sockets.delete(connection)
        guarded(() => engine.closed(connection))
      })
      socket.on("data", (bytes: Buffer) => {
        guarded(() => {
          advance()
          engine.receive(connection, bytes, Date.now())
        })
      })
      guarded(() => {
        advance()
        engine.open(connection)
      })
    })
    const port = yield* listen(wire, parts.port)
    const control = createServer((socket) => serveControl(socket, engine, guarded))
    const controlPort = isStepped ? yield* listen(control, parts.controlPort!) : undefined
    if (!isStepped) {
      yield* Effect.acquireRelease(
        Effect.sync(() => setInterval(() => guarded(advance), tickMs)),
        (timer) => Effect.sync(() => clearInterval(timer))
      )
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const socket of sockets.values()) socket.destroy()
      })
    )
    return { engine, port, controlPort, cutBytes, stopped: Deferred.await(failed) }
  })

const marketClock = (startMs: number, speed: number): (() => number) => {
  const beganMs = performance.now()
  return () => Math.floor(startMs + (performance.now() - beganMs) * speed)
}

const listen = (
  server: Server,
  port: number
): Effect.Effect<number, TwsServerStopped, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<number, TwsServerStopped>((resume) => {
      server.once("error", (cause: NodeJS.ErrnoException) => {
        const why =
          cause.code === "EADDRINUSE"
            ? `port ${port} of ${host} is in use`
            : `port ${port} of ${host} cannot be opened: ${cause.message}`
        resume(Effect.fail(new TwsServerStopped({ why })))
      })
      server.listen(port, host, () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" ? address!.port : port))
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
      })
  )

const lineBytesMax = 1 << 16

const serveControl = (
  socket: Socket,
  engine: TwsEngine,
  guarded: (run: () => void) => void
): void => {
  let pending = ""
  socket.setEncoding("utf8")
  socket.setNoDelay(true)
  socket.on("error", () => socket.destroy())
  socket.on("data", (text) => {
    pending += text
    for (let end = pending.indexOf("\n"); end >= 0; end = pending.indexOf("\n")) {
      const line = pending.slice(0, end).trim()
      pending = pending.slice(end + 1)
      if (line === "") continue
      guarded(() => socket.write(`${JSON.stringify(answerControl(engine, line))}\n`))
    }
    if (pending.length > lineBytesMax) socket.destroy()
  })
}
