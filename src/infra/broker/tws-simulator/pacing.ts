/** How many messages a client may send in a second. IB allows 50, warns three times, then disconnects. */

const windowMs = 1_000
const warningsMax = 3

export class Pacing {
  readonly #most: number
  readonly #times: Array<number> = []
  #warnings = 0
  #quietFromMs = 0

  constructor(most: number) {
    this.#most = most
  }

  /** One message at `nowMs`: fine, to be warned of (the count of warnings with it), or too much. */
  count(nowMs: number): "fine" | "close" | number {
    if (this.#most === Number.POSITIVE_INFINITY) return "fine"
    while (this.#times.length > 0 && this.#times[0]! <= nowMs - windowMs) this.#times.shift()
    this.#times.push(nowMs)
    // One warning per window, however many messages are too many in it.
    if (this.#times.length <= this.#most || nowMs < this.#quietFromMs) return "fine"
    this.#quietFromMs = nowMs + windowMs
    return this.warn()
  }

  /** A warning, whatever was counted. */
  warn(): "close" | number {
    this.#warnings++
    return this.#warnings > warningsMax ? "close" : this.#warnings
  }
}

/** Historical data: 60 requests in 10 minutes, none again within 15 s, 5 of one contract within 2 s. */
export class HistoryPacing {
  readonly #asked: Array<{ readonly atMs: number; readonly key: string; readonly conId: number }> =
    []

  /** Whether a request breaks the pacing; counted where it doesn't. */
  violates(key: string, conId: number, nowMs: number): boolean {
    while (this.#asked.length > 0 && this.#asked[0]!.atMs <= nowMs - 600_000) this.#asked.shift()
    const recent = this.#asked.filter((each) => each.conId === conId && each.atMs > nowMs - 2_000)
    const same = this.#asked.some((each) => each.key === key && each.atMs > nowMs - 15_000)
    if (same || recent.length >= 5 || this.#asked.length >= 60) return true
    this.#asked.push({ atMs: nowMs, key, conId })
    return false
  }
}
