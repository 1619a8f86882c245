/** A gateway on some server, with settings for tests: waits are on the test's clock, so nothing times out by itself. */
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { makeInstruments } from "../../../../src/domain/market/contract.ts"
import { type IbBroker, openIbBroker } from "../../../../src/infra/broker/ib/ibBroker.ts"
import type { IbBrokerOptions } from "../../../../src/infra/broker/ib/ibBrokerOptions.ts"
import { listed } from "../../../../src/infra/broker/ib/ibContracts.ts"
import type { IbLinkOptions } from "../../../../src/infra/broker/ib/ibLink.ts"
import { allDefences, type IbDefences } from "../../../../src/infra/broker/ib/ibWire.ts"
import { makeMemoryMedium } from "../../../../src/infra/log/medium.ts"

export const clientId = 7

export const linkOptions = (
  port: number,
  change: Partial<IbLinkOptions> = {},
  off: Partial<IbDefences> = {}
): IbLinkOptions => ({
  host: "127.0.0.1",
  port,
  clientId,
  account: "",
  live: false,
  handshakeMs: 5_000,
  answerMs: 5_000,
  heartbeatMs: 10_000,
  retryMinMs: 100,
  retryMaxMs: 1_000,
  requestsPerSecondMax: 10_000,
  ...change,
  defences: { ...allDefences, ...off }
})

const day = "2015-12-24"

/** 0 stock; 1 C745, 2 P745, 3 C750, 4 P750. */
export const instruments = makeInstruments(
  "GOOG",
  [745, 750].flatMap((strike) =>
    (["Call", "Put"] as const).map((optionType) => ({
      underlying: "GOOG",
      optionType,
      strikeMicros: strike * 1_000_000,
      expiration: day,
      exerciseStyle: "American" as const,
      multiplier: 100
    }))
  )
)

/** 10:31 in New York on a trading day. */
export const noonMs = Date.UTC(2015, 11, 24, 15, 31)

export const deskOptions = (
  link: IbLinkOptions,
  change: Partial<IbBrokerOptions> = {}
): IbBrokerOptions => ({
  link,
  list: listed(instruments),
  medium: makeMemoryMedium(),
  nowMs: () => noonMs,
  leaseProblem: () => "",
  commissionWaitMs: 5_000,
  ...change
})

/** Opened and up. */
export const openDesk = Effect.fnUntraced(function* (options: IbBrokerOptions) {
  const broker = yield* openIbBroker(options)
  yield* broker.link.untilUp
  return broker
})

/** A turn of the event loop, for sockets: the clock of the test stands still meanwhile. */
export const aMoment = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

export const untilDown = ({ link }: IbBroker) =>
  Effect.gen(function* () {
    while (link.state._tag !== "Down") yield* aMoment
  })

/** Lets the gateway notice what happened to the socket, then wait for its next attempt, and catch up. */
export const reconnected = (broker: IbBroker) =>
  Effect.gen(function* () {
    yield* untilDown(broker)
    yield* TestClock.adjust(1_000)
    yield* broker.link.untilUp
  })
