/** Serves /metrics on 127.0.0.1, and nothing else. Books of one process that name the same port share it. */
import { createServer, type Server } from "node:http"
import { Effect, type Scope } from "effect"
import {
  type Metric,
  MetricsPortUnavailable,
  type ReadMetrics
} from "../../actors/ports/Telemetry.ts"
import { openMetricsType, plainType, prometheusText } from "./prometheus.ts"

interface Listening {
  readonly server: Server
  readonly readers: Set<ReadMetrics>
}

export class MetricsServers {
  readonly #byPort = new Map<number, Listening>()

  /** Gives the port, which is picked where 0 is asked for. */
  readonly serve = (
    port: number,
    read: ReadMetrics
  ): Effect.Effect<number, MetricsPortUnavailable, Scope.Scope> =>
    Effect.map(
      Effect.acquireRelease(this.#join(port, read), (listening) => this.#leave(listening, read)),
      portOf
    )

  #join(port: number, read: ReadMetrics): Effect.Effect<Listening, MetricsPortUnavailable> {
    return Effect.suspend(() => {
      const shared = this.#byPort.get(port)
      if (shared !== undefined) {
        shared.readers.add(read)
        return Effect.succeed(shared)
      }
      const readers = new Set([read])
      return Effect.map(listen(port, serverOf(readers)), (server) => {
        const listening = { server, readers }
        this.#byPort.set(portOf(listening), listening)
        return listening
      })
    })
  }

  #leave(listening: Listening, read: ReadMetrics): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      listening.readers.delete(read)
      if (listening.readers.size > 0) {
        resume(Effect.void)
        return
      }
      this.#byPort.delete(portOf(listening))
      listening.server.closeAllConnections()
      listening.server.close(() => resume(Effect.void))
    })
  }
}

const portOf = ({ server }: Listening): number =>
  (server.address() as { readonly port: number }).port

/** One family per name, with the points of all readers. */
const readAll = (readers: ReadonlySet<ReadMetrics>): ReadonlyArray<Metric> => {
  const families = new Map<string, Metric>()
  for (const read of readers) {
    for (const metric of read()) {
      const points = [...(families.get(metric.name)?.points ?? []), ...metric.points]
      families.set(metric.name, { ...metric, points })
    }
  }
  return [...families.values()]
}

const serverOf = (readers: ReadonlySet<ReadMetrics>): Server =>
  createServer((request, response) => {
    const { method, url, headers } = request
    if (new URL(url ?? "/", "http://127.0.0.1").pathname !== "/metrics") {
      response.writeHead(404, { "content-type": "text/plain" }).end("only /metrics is here\n")
    } else if (method !== "GET" && method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end()
    } else {
      const openMetrics = headers.accept?.includes("application/openmetrics-text") === true
      response
        .writeHead(200, { "content-type": openMetrics ? openMetricsType : plainType })
        .end(prometheusText(readAll(readers), openMetrics))
    }
  })

const listen = (port: number, server: Server): Effect.Effect<Server, MetricsPortUnavailable> =>
  Effect.callback((resume) => {
    server.once("error", ({ message }) =>
      resume(Effect.fail(new MetricsPortUnavailable({ port, why: message })))
    )
    server.listen(port, "127.0.0.1", () => {
      // A desk that is done does not stay for a scraper.
      server.unref()
      resume(Effect.succeed(server))
    })
  })
