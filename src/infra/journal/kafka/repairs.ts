/**
 * Repairs to kafkajs 2.2.4, which is no longer maintained: imported before its first connection.
 *
 * Its request queue sets a timer anew whenever one fires, needed or not, a thousand times a second for each connection,
 * and with a negative delay, of which Node warns. It is needed only while requests wait.
 */
import { createRequire } from "node:module"

interface RequestQueue {
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  readonly pending: ReadonlyArray<unknown>
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}

/** How often waiting requests are looked at where no throttle says when. */
const checkMs = 10

const requestQueue = createRequire(import.meta.url)("kafkajs/src/network/requestQueue") as {
  readonly prototype: RequestQueue
}

requestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return
  const throttledMs = this.throttledUntil - Date.now()
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    throttledMs > 0 ? throttledMs : checkMs
  )
}
