/** The broker contract on the IB gateway: through the TWS simulator over loopback TCP. */
import { Effect, Exit, Scope } from "effect"
import { listed } from "../../../src/infra/broker/ib/ibContracts.ts"
import { makeMemoryMedium } from "../../../src/infra/log/medium.ts"
import { deskOptions, linkOptions, openDesk } from "../../infra/broker/ib/ibDesk.ts"
import { type LoopbackTws, openLoopbackTws } from "../../infra/broker/ib/loopbackTws.ts"
import { type BrokerShape, market } from "../../infra/broker/world.ts"
import { brokerContract, type VenueUnderTest } from "./brokerContract.ts"

/** A gateway of its own scope on the same server and log: its process may die alone. */
const venue = (
  tws: LoopbackTws,
  medium = makeMemoryMedium()
): Effect.Effect<VenueUnderTest, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const life = yield* Scope.fork(yield* Effect.scope)
    const options = deskOptions(linkOptions(tws.port), {
      list: listed(market.instruments),
      medium,
      nowMs: () => tws.engine.nowMs
    })
    const desk = yield* Effect.provideService(openDesk(options), Scope.Scope, life)
    const { port } = desk
    const at = (nowMs: number) => Effect.sync(() => tws.engine.advanceTo(nowMs))
    const broker: BrokerShape = {
      ...port,
      submit: (order, nowMs) => Effect.andThen(at(nowMs), port.submit(order, nowMs)),
      replace: (change, nowMs) => Effect.andThen(at(nowMs), port.replace(change, nowMs)),
      cancel: (clOrdID, nowMs) => Effect.andThen(at(nowMs), port.cancel(clOrdID, nowMs)),
      query: (clOrdID, nowMs) => Effect.andThen(at(nowMs), port.query(clOrdID, nowMs))
    }
    return {
      broker,
      quote: (shown) =>
        Effect.andThen(
          Effect.sync(() => tws.quote(shown)),
          Effect.orDie(desk.quiet)
        ),
      reopen: Effect.gen(function* () {
        yield* Scope.close(life, Exit.void)
        yield* tws.deserted
        return yield* venue(tws, medium)
      })
    }
  })

brokerContract(
  "IB gateway, through the TWS simulator",
  Effect.flatMap(openLoopbackTws, (tws) => venue(tws))
)
