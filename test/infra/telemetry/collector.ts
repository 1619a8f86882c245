/** An OTLP/HTTP collector that keeps what it is sent, or refuses it. */
import { createServer } from "node:http"
import { Effect, type Scope } from "effect"

interface OtlpValue {
  readonly stringValue?: string
  readonly intValue?: number | string
  readonly doubleValue?: number
  readonly boolValue?: boolean
  readonly arrayValue?: { readonly values: ReadonlyArray<OtlpValue> }
}

interface OtlpAttribute {
  readonly key: string
  readonly value: OtlpValue
}

interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: ReadonlyArray<OtlpAttribute>
  readonly events: ReadonlyArray<{ readonly name: string; readonly timeUnixNano: string }>
  readonly status: { readonly code: number; readonly message?: string }
}

interface Received {
  readonly path: string
  readonly body: unknown
}

export interface Collector {
  readonly url: string
  readonly received: Array<Received>
  readonly spans: () => ReadonlyArray<OtlpSpan>
  readonly resource: () => Readonly<Record<string, OtlpValue>>
  /** The status that the next requests are answered with; 200 at first. */
  answer: number
}

interface TraceRequest {
  readonly resourceSpans: ReadonlyArray<{
    readonly resource: { readonly attributes: ReadonlyArray<OtlpAttribute> }
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<OtlpSpan> }>
  }>
}

export const startCollector: Effect.Effect<Collector, never, Scope.Scope> = Effect.gen(
  function* () {
    const received: Array<Received> = []
    const traces = () =>
      received
        .filter(({ path }) => path === "/v1/traces")
        .flatMap(({ body }) => (body as TraceRequest).resourceSpans)
    const collector = {
      url: "",
      received,
      answer: 200,
      spans: () => traces().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      resource: () =>
        Object.fromEntries(
          traces()[0]!.resource.attributes.map(({ key, value }) => [key, value] as const)
        )
    }
    const server = createServer((request, response) => {
      let text = ""
      request.on("data", (chunk: Buffer) => {
        text += chunk.toString()
      })
      request.on("end", () => {
        if (collector.answer === 200) received.push({ path: request.url!, body: JSON.parse(text) })
        response.writeHead(collector.answer, { "content-type": "application/json" }).end("{}")
      })
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.callback<void>((resume) => {
          server.closeAllConnections()
          server.close(() => resume(Effect.void))
        })
    )
    collector.url = `http://127.0.0.1:${(server.address() as { readonly port: number }).port}`
    return collector
  }
)
