/** What a corrected execution, or a commission that came late, makes of what was told of its order. */
import type { LegPiece } from "../../../domain/trading/comboFills.ts"
import { isWorking, type OrderMessage } from "../../../domain/trading/orderLifeCycle.ts"
import { correct, type ToldUnits } from "../../../domain/trading/toldFills.ts"
import { type IbOrder, legOf } from "./ibOrder.ts"
import { execIDOf } from "./ibReports.ts"

export interface Amendment {
  readonly told: ToldUnits
  readonly message: OrderMessage
}

/** An execution as it was heard last, whole. */
export const pieceOf = (order: IbOrder, base: string, commissionMicros: bigint): LegPiece => {
  const { word } = order.heard.get(base)!
  return {
    execID: base,
    leg: legOf(order, word),
    lastQty: word.quantity,
    lastPxMicros: word.priceMicros,
    commissionMicros
  }
}

/** Corrects the fills of the order in place; answers what is to be told of it. */
export const amendment = (
  order: IbOrder,
  base: string,
  commissionMicros: bigint
): ReadonlyArray<Amendment> => {
  const before = order.told
  const piece = pieceOf(order, base, commissionMicros)
  const { fills, told, changed } = correct(order.fills, before, piece)
  order.fills = fills
  order.told = told
  return changed.map((at) => {
    const each = told[at]!
    const execID = execIDOf(each)
    const execRefID = execIDOf(before[at]!)
    return {
      told: each,
      message:
        each.now === undefined
          ? { _tag: "Busted", execID, execRefID }
          : {
              ...{ _tag: "Corrected", execID, execRefID },
              lastQty: each.now.units,
              lastPxMicros: each.now.netMicros
            }
    }
  })
}

/** An id that was not told before: units that were taken back may become whole again. */
export const newExecID = ({ told }: IbOrder, execIDs: ReadonlyArray<string>): string => {
  const id = execIDs.join("+")
  const times = told.filter(({ execID }) => execID === id || execID.startsWith(`${id}#`)).length
  return times === 0 ? id : `${id}#${times + 1}`
}

/** A correction took whole units away; negative gives them back. What the broker counted before it counted them too. */
export const takeBack = (order: IbOrder, units: number): void => {
  order.takenBack = Math.max(0, order.takenBack + units)
  const end = order.pendingEnd
  if (end === undefined || units <= 0) return
  order.pendingEnd = { ...end, venueCumQty: Math.max(0, end.venueCumQty - units) }
}

/** Legs of an order that is over make no whole units: the account holds what the desk does not count. */
export const isUneven = ({ life, fills, pendingEnd }: IbOrder): boolean =>
  !isWorking(life) && pendingEnd === undefined && fills.waiting.length > 0
