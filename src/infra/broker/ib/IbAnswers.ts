/** What the broker answered to requests about orders: refused cancels by order, changes by request. */
import type { BrokerReport } from "../../../actors/ports/Broker.ts"

export class IbAnswers {
  readonly #cancelRejects = new Map<string, BrokerReport>()
  readonly #changes = new Map<string, BrokerReport>()

  cancelReject(clOrdID: string): BrokerReport | undefined {
    return this.#cancelRejects.get(clOrdID)
  }

  change(requestId: string): BrokerReport | undefined {
    return this.#changes.get(requestId)
  }

  keep(report: BrokerReport): void {
    if (report.type !== "OrderCancelReject" && report.type !== "ExecutionReport") return
    const { clOrdID, requestId } = report.payload
    if (requestId !== undefined) this.#changes.set(requestId, report)
    else if (report.type === "OrderCancelReject") this.#cancelRejects.set(clOrdID, report)
  }
}
