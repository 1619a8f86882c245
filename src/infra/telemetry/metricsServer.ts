/** Serves /metrics on 127.0.0.1, and nothing else. */
import { createServer, type Server } from "node:http"
import { Effect, type Scope } from "effect"
import { MetricsPortUnavailable, type ReadMetrics } from "../../actors/ports/Telemetry.ts"
import { openMetricsType, plainType, prometheusText } from "./prometheus.ts"

export const serveMetrics = (
  port: number,
  read: ReadMetrics
): Effect.Effect<number, MetricsPortUnavailable, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(listen(port, serverOf(read)), (server) =>
      Effect.callback<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
    ),
    (server) => (server.address() as { readonly port: number }).port
  )

const serverOf = (read: ReadMetrics): Server =>
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
        .end(prometheusText(read(), openMetrics))
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
