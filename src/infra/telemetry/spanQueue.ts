/**
 * Spans on their way to a collector: a bounded queue and one fiber that empties it.
 *
 * What does not fit, or what the collector does not take, is dropped and counted; the journal can send it again.
 */
import { Deferred, Effect, Queue, type Scope } from "effect"
import type { SpanExporter, SpanQueue, TraceSpan } from "../../actors/ports/Telemetry.ts"

interface QueueLimits {
  readonly spansMax: number
  readonly batchMax: number
  /** The first span of a batch waits so long for others, wall ms: each batch is a request. */
  readonly gatherMs: number
  /** For sending what waits at the end, wall ms. */
  readonly drainMsMax: number
}

const usualLimits: QueueLimits = {
  spansMax: 8_192,
  batchMax: 512,
  gatherMs: 1_000,
  drainMsMax: 3_500
}

export const makeSpanQueue = (
  exporter: SpanExporter,
  limits = usualLimits
): Effect.Effect<SpanQueue, never, Scope.Scope> =>
  Effect.gen(function* () {
    const waiting = yield* Queue.dropping<TraceSpan>(limits.spansMax)
    let offered = 0
    let sent = 0
    let dropped = 0
    let isDraining = false
    const endIsNear = yield* Deferred.make<void>()
    const settled = (): boolean => sent + dropped === offered
    let whenSettled = (): void => {}
    const sendBatch = Effect.gen(function* () {
      yield* Queue.peek(waiting)
      yield* Effect.raceFirst(Effect.sleep(limits.gatherMs), Deferred.await(endIsNear))
      const batch = yield* Queue.takeBetween(waiting, 1, limits.batchMax)
      const taken = yield* Effect.match(exporter.send(batch), {
        onFailure: () => false,
        onSuccess: () => true
      })
      if (taken) sent += batch.length
      else dropped += batch.length
      // At the end a collector that is away is not asked again and again.
      if (!taken && isDraining) dropped += (yield* Queue.clear(waiting)).length
      if (settled()) whenSettled()
    })
    yield* Effect.forkScoped(Effect.forever(sendBatch))
    const allSettled = Effect.callback<void>((resume) => {
      whenSettled = () => resume(Effect.void)
      if (settled()) whenSettled()
    })
    return {
      offer: (spans) => {
        offered += spans.length
        for (const span of spans) if (!Queue.offerUnsafe(waiting, span)) dropped++
      },
      counts: () => ({ sent, dropped, waiting: offered - sent - dropped }),
      drain: Effect.gen(function* () {
        isDraining = true
        yield* Deferred.succeed(endIsNear, undefined)
        yield* Effect.timeoutOption(allSettled, limits.drainMsMax)
        dropped += offered - sent - dropped
      })
    }
  })
