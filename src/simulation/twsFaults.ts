/** What the TWS simulator is told to show for a fault of a plan. */
import type { Fault } from "../domain/chaos/faults.ts"
import { microsPerUsd } from "../domain/market/price.ts"
import type { TwsFault } from "../infra/broker/tws-simulator/faults.ts"

/** Undefined where the fault is not the wire's. */
export const twsFaultOf = (fault: Fault, originMs: number): TwsFault | undefined => {
  const atMs = originMs + fault.atMs
  switch (fault._tag) {
    case "IbExecutionFirst":
      return { kind: "executionFirst", atMs, times: fault.times }
    case "IbStatus":
      return { kind: "orderStatus", how: fault.how, atMs, times: fault.times }
    case "IbSecondPermId":
      return { kind: "secondPermId", atMs, times: fault.times }
    case "IbCancelRace":
      return { kind: "cancelRace", atMs, times: fault.times }
    case "IbIdRollback":
      return { kind: "idRollback", atMs, by: fault.by }
    case "IbLateCommission":
      return { kind: "lateCommission", atMs, byMs: fault.delayMs, times: fault.times }
    case "IbCorrection":
      return {
        ...{ kind: "correction", atMs, byUsd: fault.byMicros / microsPerUsd },
        delayMs: fault.delayMs
      }
    case "IbRefusal":
      return { kind: "refuse", atMs, code: fault.code }
    case "IbCanceled":
      return { kind: "cancelled", atMs }
    case "IbDropAfterOrder":
      return { kind: "dropAfterOrder", atMs }
    case "IbReset":
      return { kind: "reset", atMs, forMs: fault.forMs }
    case "IbLost":
      return { kind: "lost", atMs, forMs: fault.forMs, subscriptionsLost: fault.subscriptionsLost }
    case "IbSilent":
      return { kind: "silent", atMs, forMs: fault.forMs }
    case "IbZombie":
      return { kind: "zombie", atMs }
    case "IbDeadQuotes":
      return { kind: "deadQuotes", atMs, forMs: fault.forMs }
    case "IbPacing":
      return { kind: "pacing", atMs, times: fault.times }
    default:
      return undefined
  }
}
