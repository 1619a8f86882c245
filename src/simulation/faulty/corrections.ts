/** A venue that corrects what it told, when it is looked at for something to say. */
import type { SimulatedBroker } from "../../infra/broker/simulated/broker.ts"
import type { Strikes } from "../Strikes.ts"

export const correctingBroker = (
  { broker, exchange }: SimulatedBroker,
  strikes: Strikes
): SimulatedBroker["broker"] => ({
  ...broker,
  speaker: {
    ...broker.speaker,
    nextDueMs: () => {
      // It strikes once there is something to correct.
      strikes.take("BrokerCorrects", ({ priceMicros, commissionMicros }) =>
        exchange.correctLast(
          { priceMicros, commissionMicros: BigInt(commissionMicros) },
          strikes.nowMs
        )
      )
      return broker.speaker.nextDueMs()
    }
  }
})
