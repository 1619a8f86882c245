/** A span that has begun: gathers attributes and events until it ends. */
import type {
  Attributes,
  AttributeValue,
  SpanEvent,
  TraceSpan
} from "../../actors/ports/Telemetry.ts"

interface Beginning {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly kind: TraceSpan["kind"]
  readonly startMs: number
}

export class OpenSpan {
  readonly spanId: string
  readonly startMs: number
  readonly #beginning: Beginning
  readonly #attributes: Record<string, AttributeValue>
  readonly #events: Array<SpanEvent> = []

  constructor(beginning: Beginning, attributes: Attributes) {
    this.#beginning = beginning
    this.spanId = beginning.spanId
    this.startMs = beginning.startMs
    this.#attributes = { ...attributes }
  }

  set(attributes: Attributes): void {
    Object.assign(this.#attributes, attributes)
  }

  event(name: string, timeMs: number, attributes: Attributes): void {
    this.#events.push({ name, timeMs, attributes })
  }

  end(endMs: number, attributes: Attributes = {}, error?: string): TraceSpan {
    return {
      ...this.#beginning,
      endMs,
      attributes: { ...this.#attributes, ...attributes },
      events: this.#events,
      error
    }
  }
}
