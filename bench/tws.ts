/**
 * Orders through the TWS simulator over a loopback socket, in memory and with its log on disk: the time from writing
 * placeOrder to its first orderStatus, and orders per second with 64 on the way. Its peer is a bare echo of the same bytes
 * over a loopback socket in the same process.
 */
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { connect, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { defaultRules } from "../src/infra/broker/simulated/market.ts"
import { openExchangeFile } from "../src/infra/broker/simulated/medium.ts"
import { liveOptions } from "../src/infra/broker/tws-simulator/office.ts"
import { startTwsServer, type TwsServer } from "../src/infra/broker/tws-simulator/server.ts"
import { syntheticMarket } from "../src/infra/broker/tws-simulator/syntheticMarket.ts"
import { FrameReader, frameOf, openingBytes } from "../src/infra/broker/tws-wire/frames.ts"
import { type LogMedium, makeMemoryMedium } from "../src/infra/log/medium.ts"
import { type Measure, percentileRows, type Row, runAlone } from "./figure.ts"

const warmUp = 200
const trips = 1_500
const burst = 4_000
const onTheWay = 64

/** placeOrder of version 176: a limit of a cent, immediate or cancel: it ends at once and nothing piles up. */
const placeOrder = (orderId: number, conId: number): Uint8Array => {
  const empty = (count: number): ReadonlyArray<string> => Array.from({ length: count }, () => "")
  return frameOf([
    ...[3, orderId, conId, "SPY", "OPT", "", "", "", "", "SMART", "", "USD", "", "", "", ""],
    ...["BUY", 1, "LMT", "0.01", "", "IOC", "", "", "", "0", `bench-${orderId}`, 1, 0],
    ...empty(6),
    ...empty(8),
    ...empty(20),
    ...empty(4),
    ...empty(7),
    ...empty(4),
    ...empty(4),
    ...[0, "", "", "", "", "", "", "", 0],
    ...empty(19),
    ...empty(5)
  ])
}

/** A client of bare frames: hears the order ids of statuses. */
class Client {
  readonly socket: Socket
  readonly #reader = new FrameReader({ opens: false, bytesMax: 1 << 24 })
  #waiting: ((fields: ReadonlyArray<string>) => boolean) | undefined
  #done: (() => void) | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on("data", (bytes: Buffer) => {
      this.#reader.push(bytes)
      for (let next = this.#reader.nextFields(); next !== undefined; ) {
        if (this.#waiting?.(next) === true) {
          this.#waiting = undefined
          this.#done?.()
        }
        next = this.#reader.nextFields()
      }
    })
  }

  /** Ends when a message fits. */
  until(fits: (fields: ReadonlyArray<string>) => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = fits
      this.#done = resolve
    })
  }
}

const isStatus = (fields: ReadonlyArray<string>, orderId: number): boolean =>
  fields[0] === "3" && fields[1] === String(orderId)

const open = async (port: number): Promise<{ client: Client; conId: number }> => {
  const socket = connect(port, "127.0.0.1")
  await once(socket, "connect")
  const client = new Client(socket)
  socket.write(openingBytes(176, 176))
  await client.until(() => true)
  socket.write(frameOf([71, 2, 5, ""]))
  await client.until(([id]) => id === "9")
  const wanted = [0, "SPY", "OPT", "", 600, "C", "", "SMART", "", "USD", "", ""]
  socket.write(frameOf([9, 8, 1, ...wanted, 0, "", "", ""]))
  let conId = 0
  // All of an answer may come in one piece: it is awaited as one.
  await client.until((fields) => {
    if (fields[0] === "10" && conId === 0) conId = Number(fields[12])
    return fields[0] === "52"
  })
  return { client, conId }
}

const measured = async (port: number): Promise<{ times: ReadonlyArray<number>; rate: number }> => {
  const { client, conId } = await open(port)
  const times: Array<number> = []
  let orderId = 0
  for (; orderId < warmUp + trips; ) {
    const id = ++orderId
    const answered = client.until((fields) => isStatus(fields, id))
    const began = performance.now()
    client.socket.write(placeOrder(id, conId))
    await answered
    if (id > warmUp) times.push((performance.now() - began) * 1_000)
  }
  const last = orderId + burst
  let answered = orderId
  const began = performance.now()
  const send = (): void => {
    while (orderId < last && orderId - answered < onTheWay) {
      client.socket.write(placeOrder(++orderId, conId))
    }
  }
  const ended = client.until((fields) => {
    if (!isStatus(fields, answered + 1) || fields[2] !== "Cancelled") return false
    answered++
    send()
    return answered === last
  })
  send()
  await ended
  const rate = (burst * 1_000) / (performance.now() - began)
  client.socket.destroy()
  return { times, rate }
}

const echoed = async (): Promise<ReadonlyArray<number>> => {
  const server = createServer((socket) => {
    socket.setNoDelay(true)
    socket.pipe(socket)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const socket = connect(typeof address === "object" ? address!.port : 0, "127.0.0.1")
  await once(socket, "connect")
  socket.setNoDelay(true)
  const bytes = placeOrder(1, 123_456_789)
  const times: Array<number> = []
  for (let at = 0; at < warmUp + trips; at++) {
    const began = performance.now()
    socket.write(bytes)
    await once(socket, "data")
    if (at >= warmUp) times.push((performance.now() - began) * 1_000)
  }
  socket.destroy()
  server.close()
  return times
}

const serve = (medium: LogMedium): Effect.Effect<TwsServer, unknown, Scope.Scope> => {
  const startMs = Date.UTC(2026, 10, 20, 15)
  return startTwsServer({
    market: syntheticMarket({ symbol: "SPY", seed: 1, listedOn: 20_777, startMs, stepMs: 500 }),
    medium,
    rules: defaultRules,
    options: { ...liveOptions, latencyMs: 0, messagesPerSecondMax: Number.POSITIVE_INFINITY },
    port: 0,
    controlPort: undefined,
    speed: 1
  })
}

const figuresOf = (medium: LogMedium) =>
  Effect.runPromise(
    Effect.scoped(Effect.flatMap(serve(medium), ({ port }) => Effect.promise(() => measured(port))))
  )

const measure: Measure = async (progress) => {
  const peer = { name: "echo of the same bytes", values: await echoed() }
  progress("log in memory")
  const inMemory = await figuresOf(makeMemoryMedium())
  progress("log on disk")
  const directory = mkdtempSync(join(tmpdir(), "optionsib-bench-tws-"))
  try {
    const medium = openExchangeFile(directory)
    const onDisk = await figuresOf(medium)
    medium.close()
    const rate = (what: string, value: number): Row => ({
      what: `orders through loopback TCP, ${what}`,
      unit: "orders/s",
      value,
      samples: burst
    })
    return [
      ...percentileRows("order to first status, log in memory", "us", inMemory.times, peer),
      ...percentileRows("order to first status, log on disk", "us", onDisk.times, peer),
      rate("log in memory", inMemory.rate),
      rate("log on disk", onDisk.rate)
    ]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

await runAlone(measure)
