/** Shows faults: some at once, others lie in wait for what they strike. */
import type { DueFault } from "./FaultBoard.ts"
import type { TwsFault } from "./faults.ts"
import type { Office } from "./office.ts"
import type { Desks } from "./Reception.ts"
import { textOf } from "./words.ts"

/** How long a nightly reset lasts unless told. */
const resetMs = 30_000

export class FaultDesk {
  readonly #office: Office
  readonly #desks: Desks
  readonly #goDown: (untilMs: number) => void

  constructor(office: Office, desks: Desks, goDown: (untilMs: number) => void) {
    this.#office = office
    this.#desks = desks
    this.#goDown = goDown
  }

  show(due: DueFault): void {
    if (this.#begins(due.fault)) due.struck()
    else this.#office.faults.arm(due)
  }

  /** False for what has to lie in wait. */
  #begins(fault: TwsFault): boolean {
    const { faults, nowMs, market } = this.#office
    const lastingMs = (forMs: number | undefined): number =>
      forMs === undefined ? Number.POSITIVE_INFINITY : nowMs() + forMs
    switch (fault.kind) {
      case "lost": {
        faults.isLost = true
        this.#noticeAll(1100)
        if (fault.forMs === undefined) return true
        const { subscriptionsLost = false } = fault
        const atMs = nowMs() + fault.forMs
        faults.schedule({ kind: "restored", atMs, subscriptionsLost }, nowMs(), market.startMs)
        return true
      }
      case "restored":
        this.#restore(fault.subscriptionsLost ?? false)
        return true
      case "farm":
        this.#noticeAll(fault.code, fault.farm ?? "usfarm")
        return true
      case "cancelled":
        this.#desks.orders.cancelOldest()
        return true
      case "reset":
        this.#goDown(nowMs() + (fault.forMs ?? resetMs))
        this.#noticeAll(1100)
        for (const connection of [...this.#office.connections()]) {
          this.#office.close(connection, "the gateway restarts for the night")
        }
        return true
      case "zombie":
        for (const connection of this.#office.connections()) connection.isZombie = true
        return true
      case "silent":
        faults.silentUntilMs = lastingMs(fault.forMs)
        return true
      case "deadQuotes":
        faults.deadQuotesUntilMs = lastingMs(fault.forMs)
        return true
      case "noGreeks":
        faults.noGreeksUntilMs = lastingMs(fault.forMs)
        return true
      default:
        return false
    }
  }

  #restore(subscriptionsLost: boolean): void {
    const { faults, connections } = this.#office
    faults.isLost = false
    if (subscriptionsLost) {
      for (const connection of connections()) this.#desks.quotes.forget(connection)
    }
    this.#noticeAll(subscriptionsLost ? 1101 : 1102)
  }

  #noticeAll(code: number, farm = ""): void {
    for (const connection of this.#office.connections()) {
      if (connection.phase !== "started") continue
      this.#office.tell(connection, -1, code, `${textOf(code)}${farm}`)
    }
  }
}
