/** A trace as Jaeger's query API tells it. */
interface Tag {
  readonly key: string
  readonly value: unknown
}

interface JaegerSpan {
  readonly traceID: string
  readonly spanID: string
  readonly operationName: string
  readonly references: ReadonlyArray<{ readonly refType: string; readonly spanID: string }>
  /** Microseconds. */
  readonly startTime: number
  readonly duration: number
  readonly tags: ReadonlyArray<Tag>
  readonly logs: ReadonlyArray<{ readonly timestamp: number; readonly fields: ReadonlyArray<Tag> }>
  readonly processID: string
}

export interface JaegerTrace {
  readonly traceID: string
  readonly spans: ReadonlyArray<JaegerSpan>
  readonly processes: Readonly<
    Record<string, { readonly serviceName: string; readonly tags: ReadonlyArray<Tag> }>
  >
}

export const tagOf = ({ tags }: { readonly tags: ReadonlyArray<Tag> }, key: string): unknown =>
  tags.find((tag) => tag.key === key)?.value

export const askTrace = async (queryUrl: string, traceId: string): Promise<JaegerTrace> => {
  const answer = await fetch(`${queryUrl}/api/traces/${traceId}`)
  if (!answer.ok) throw new Error(`Jaeger answered ${answer.status} for trace ${traceId}`)
  const { data } = (await answer.json()) as { readonly data: ReadonlyArray<JaegerTrace> }
  return data[0]!
}

/** Every trace of the service in a span of time (epoch ms). */
export const askTraces = async (
  queryUrl: string,
  from: number,
  to: number
): Promise<ReadonlyArray<JaegerTrace>> => {
  const range = `start=${from * 1000}&end=${to * 1000}`
  const answer = await fetch(`${queryUrl}/api/traces?service=optionsib&limit=500&${range}`)
  return ((await answer.json()) as { readonly data: ReadonlyArray<JaegerTrace> }).data
}
