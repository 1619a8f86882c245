/** Looks at each request as it leaves, and kills the process around it by plan. */
import { Effect } from "effect"
import type { RequestGateway } from "../../actors/ports/Gateway.ts"
import { OrderIntent, ReplaceIntent } from "../../actors/ports/records/broker.ts"
import { Killed } from "../Killed.ts"
import type { MeetsRival } from "../Rivalry.ts"
import type { Strikes } from "../Strikes.ts"
import type { Watch } from "../Watch.ts"
import { delayed } from "./latency.ts"

export const faultyGateway = (
  gateway: RequestGateway,
  strikes: Strikes,
  watch: Watch,
  durableThrough: () => number,
  meets?: MeetsRival,
  /** Whether what is sent is looked at by the clock once more: then a pause is slept through, not told. */
  isOnClock = false
): RequestGateway => {
  const around =
    (ask: RequestGateway["perform"]): RequestGateway["perform"] =>
    (request, nowMs) =>
      Effect.suspend(() => {
        strikes.nowMs = Math.max(strikes.nowMs, nowMs)
        watch.request(request, nowMs, durableThrough())
        killIf(strikes, "before request")
        const mayLapse = request.type === OrderIntent.type || request.type === ReplaceIntent.type
        const pausedMs = (mayLapse ? strikes.take("SendPause") : undefined)?.pauseMs ?? 0
        const rival =
          meets === undefined || gateway.id === "inference"
            ? undefined
            : strikes.take("Rival", ({ point }) => point === "before request")
        const first = rival === undefined ? Effect.void : meets!(rival)
        const paused = isOnClock && pausedMs > 0 ? Effect.sleep(pausedMs) : Effect.void
        const before = Effect.andThen(delayed(strikes, gateway.id), paused)
        const asked = Effect.andThen(before, ask(request, isOnClock ? nowMs : nowMs + pausedMs))
        return Effect.tap(Effect.andThen(first, asked), () =>
          Effect.sync(() => killIf(strikes, "after request"))
        )
      })
  return { ...gateway, perform: around(gateway.perform), recover: around(gateway.recover) }
}

const killIf = (strikes: Strikes, point: "before request" | "after request"): void => {
  const kill = strikes.take("ProcessKill", (planned) => planned.point === point)
  if (kill !== undefined) throw new Killed(`killed ${point}`)
}
