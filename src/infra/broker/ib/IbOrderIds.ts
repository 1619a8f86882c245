/** Which order an id of the broker's means: ours of any sending, or any permId that it was given. */
import type { IbOrder } from "./ibOrder.ts"

export class IbOrderIds {
  readonly #byOrderId = new Map<number, IbOrder>()
  readonly #byPermId = new Map<number, IbOrder>()
  #orderIdMax = 0

  /** The highest order id that was ever used. */
  get orderIdMax(): number {
    return this.#orderIdMax
  }

  byOrderId(orderId: number): IbOrder | undefined {
    return this.#byOrderId.get(orderId)
  }

  /** There may be a second one for an order. */
  byPermId(permId: number | undefined): IbOrder | undefined {
    return permId === undefined ? undefined : this.#byPermId.get(permId)
  }

  sent(orderId: number, order: IbOrder): void {
    this.#orderIdMax = Math.max(this.#orderIdMax, orderId)
    this.#byOrderId.set(orderId, order)
  }

  named(permId: number, order: IbOrder): void {
    this.#byPermId.set(permId, order)
  }
}
