/**
 * The TWS simulator's engine as a world on virtual time, and lines to it in place of sockets.
 *
 * It outlives the desk's processes, as TWS does: while the desk is away it goes on, and its faults lie in wait. Bytes take
 * a moment in each direction; those of a process that dies still arrive.
 */
import { Effect } from "effect"
import { tradingDay } from "../domain/market/calendar.ts"
import type { IbDial, IbLineListener } from "../infra/broker/ib/ibDial.ts"
import { liveOptions } from "../infra/broker/tws-simulator/office.ts"
import { openTwsEngine } from "../infra/broker/tws-simulator/openEngine.ts"
import { sessionMarket } from "../infra/broker/tws-simulator/sessionMarket.ts"
import type { TwsEngine } from "../infra/broker/tws-simulator/TwsEngine.ts"
import type { MarketBar } from "../infra/broker/tws-simulator/twsMarket.ts"
import type { LogMedium } from "../infra/log/medium.ts"
import { simulatedRules } from "../simulatedWorld.ts"
import type { Strikes } from "./Strikes.ts"
import type { Stage } from "./stage.ts"
import { twsFaultOf } from "./twsFaults.ts"
import type { VirtualTime } from "./VirtualTime.ts"

/** From one end of a line to the other. */
export const travelMs = 1

/** One direction of a line: what is written in one moment arrives together. */
class Direction {
  readonly #time: VirtualTime
  readonly #arrive: (bytes: Buffer) => void
  #waiting: Array<Uint8Array> = []

  constructor(time: VirtualTime, arrive: (bytes: Buffer) => void) {
    this.#time = time
    this.#arrive = arrive
  }

  write(bytes: Uint8Array): void {
    this.#waiting.push(bytes)
    if (this.#waiting.length > 1) return
    this.later(() => {
      const all = Buffer.concat(this.#waiting)
      this.#waiting = []
      this.#arrive(all)
    })
  }

  /** After everything that was written before. */
  later(run: () => void): void {
    this.#time.at(this.#time.currentTimeMillisUnsafe() + travelMs, run)
  }
}

interface Line {
  readonly toClient: Direction
  readonly listener: IbLineListener
}

export class SimulatedTws {
  readonly dial: IbDial
  /** When each entry of its log was written, epoch ms. */
  readonly writtenMs: ReadonlyArray<number>
  readonly #engine: TwsEngine
  readonly #time: VirtualTime
  readonly #lines: Map<number, Line>
  #connections = 0

  private constructor(
    engine: TwsEngine,
    time: VirtualTime,
    lines: Map<number, Line>,
    writtenMs: ReadonlyArray<number>
  ) {
    this.#engine = engine
    this.#time = time
    this.#lines = lines
    this.writtenMs = writtenMs
    this.dial = (listener) => this.#open(listener)
    time.add({
      nextDueMs: () => engine.nextDueMs(),
      happen: (nowMs) => engine.advanceTo(nowMs)
    })
  }

  static open(
    stage: Stage,
    medium: LogMedium,
    time: VirtualTime,
    strikes: Strikes
  ): Effect.Effect<SimulatedTws> {
    const { session, settings } = stage
    const own = stage.history.find(({ symbol }) => symbol === session.underlying)
    const lines = new Map<number, Line>()
    const sink = {
      write: (connection: number, bytes: Uint8Array) =>
        lines.get(connection)?.toClient.write(bytes),
      close: (connection: number) => {
        const line = lines.get(connection)
        lines.delete(connection)
        line?.toClient.later(line.listener.ended)
      }
    }
    const timed = withTimes(medium, time)
    return openTwsEngine({
      market: sessionMarket(session, (own?.bars ?? []).map(barOf)),
      medium: timed.medium,
      rules: simulatedRules(settings),
      options: liveOptions,
      sink
    }).pipe(
      Effect.orDie,
      Effect.map(({ engine }) => {
        const { openMs } = session.days[0]!
        strikes.given((planned, struck) => {
          const fault = twsFaultOf(planned, openMs)
          if (fault !== undefined) engine.inject(fault, struck)
          return fault
        })
        return new SimulatedTws(engine, time, lines, timed.writtenMs)
      })
    )
  }

  #open(listener: IbLineListener): ReturnType<IbDial> {
    const time = this.#time
    const connection = ++this.#connections
    const toServer = new Direction(time, (bytes) => {
      this.#catchUp()
      // Before the market opens its own clock stands still.
      this.#engine.receive(connection, bytes, time.currentTimeMillisUnsafe())
    })
    const toClient = new Direction(time, listener.data)
    this.#lines.set(connection, { toClient, listener })
    toServer.later(() => {
      this.#catchUp()
      this.#engine.open(connection)
      toClient.later(listener.connected)
    })
    return {
      write: (bytes) => toServer.write(bytes),
      end: () => {
        this.#lines.delete(connection)
        toServer.later(() => {
          this.#catchUp()
          this.#engine.closed(connection)
        })
      }
    }
  }

  #catchUp(): void {
    this.#engine.advanceTo(this.#time.currentTimeMillisUnsafe())
  }
}

const withTimes = (medium: LogMedium, time: VirtualTime) => {
  const writtenMs: Array<number> = []
  let isBegun = false
  const append: LogMedium["append"] = (line) => {
    medium.append(line)
    // The first line names the session.
    if (isBegun) writtenMs.push(time.currentTimeMillisUnsafe())
    isBegun = true
  }
  return { medium: { ...medium, append }, writtenMs }
}

const barOf = ({
  date,
  ...bar
}: Omit<MarketBar, "timeMs"> & { readonly date: string }): MarketBar => ({
  ...bar,
  timeMs: tradingDay(date)?.openMs ?? 0
})
