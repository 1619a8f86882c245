/** Spans as lines that a reader can compare: name, record, times, what it hangs on. */
import type { TraceSpan } from "../../../src/actors/ports/Telemetry.ts"
import type { ExpectedSpan } from "./expectedSpans.ts"

const lineOf = (name: string, seq: unknown, startMs: number, endMs: number, parent: string) =>
  `${name} of record ${seq}: ${startMs} to ${endMs} below "${parent}"`

export const spanTable = (spans: ReadonlyArray<TraceSpan>): ReadonlyArray<string> => {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  return spans
    .map(({ name, attributes, startMs, endMs, parentSpanId }) => {
      const parent = parentSpanId === "" ? "" : (byId.get(parentSpanId)?.name ?? "missing")
      return lineOf(name, attributes["optionsib.seq"], startMs, endMs, parent)
    })
    .sort()
}

export const expectedTable = (spans: ReadonlyArray<ExpectedSpan>): ReadonlyArray<string> =>
  spans
    .map(({ name, seq, startMs, endMs, parent }) => lineOf(name, seq, startMs, endMs, parent))
    .sort()
