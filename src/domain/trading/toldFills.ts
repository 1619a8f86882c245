/**
 * Whole units of an order as they were told, and what becomes of them when one of their executions is corrected.
 *
 * Invariant: what is told and what waits are together exactly the latest revision of every execution, contract by
 * contract and cent by cent. Only changes of what was told are told; an execution that filled twice changes both.
 */
import { type ComboFills, type LegPiece, takeUnits, type UnitFill } from "./comboFills.ts"

/** A Trade that was told. `revision`: 1 is the Trade itself. */
export interface ToldUnits {
  readonly execID: string
  readonly revision: number
  /** What the Trade said. */
  readonly first: UnitFill
  /** What it is now, and of which pieces; undefined and none where nothing is left of it. */
  readonly now: UnitFill | undefined
  readonly pieces: ReadonlyArray<LegPiece>
}

export const toldUnits = (
  execID: string,
  fill: UnitFill,
  pieces: ReadonlyArray<LegPiece>
): ToldUnits => ({ execID, revision: 1, first: fill, now: fill, pieces })

export interface Corrected {
  readonly fills: ComboFills
  readonly told: ReadonlyArray<ToldUnits>
  /** Places in `told` of what is to be told again. */
  readonly changed: ReadonlyArray<number>
}

/** An execution is `piece` from now on, whole: `lastQty` is all of it, `commissionMicros` all of its commission. */
export const correct = (
  fills: ComboFills,
  told: ReadonlyArray<ToldUnits>,
  piece: LegPiece
): Corrected => {
  const isIt = isOf(piece.execID)
  // What a fill was made of it may be made of again, also where nothing is left of it.
  const homes = [...told.keys()].filter((at) => isMadeOf(told[at]!, piece))
  if (homes.length === 0) {
    return { fills: { ...fills, waiting: replaced(fills.waiting, piece) }, told, changed: [] }
  }
  const next = [...told]
  const changed: Array<number> = []
  let waiting = fills.waiting
  let left = piece
  for (const at of homes) {
    const was = told[at]!
    const isLast = at === homes.at(-1)
    // Earlier ones keep their part of it. The last may take all that is left, and the rests of its other executions.
    const before = was.pieces.find(isIt)?.lastQty ?? 0
    const part = isLast ? left : { ...left, lastQty: Math.min(left.lastQty, before) }
    const isMine = (each: LegPiece) => isLast && isMadeOf(was, each)
    const rests = waiting.filter((each) => isMine(each) && !isIt(each))
    const pool = rests.reduce(merged, replaced(was.pieces, part))
    const taken = takeUnits({ ...fills, waiting: pool })
    const placed = taken?.pieces.find(isIt) ?? { lastQty: 0, commissionMicros: 0n }
    left = {
      ...left,
      lastQty: left.lastQty - placed.lastQty,
      commissionMicros: left.commissionMicros - placed.commissionMicros
    }
    const rest = (taken?.rest.waiting ?? pool).filter((each) => isLast || !isIt(each))
    waiting = [...waiting.filter((each) => !isMine(each) && !isIt(each)), ...rest].reduce(
      merged,
      []
    )
    const isChanged = !isSame(was.now, taken?.fill)
    if (isChanged) changed.push(at)
    const revision = was.revision + (isChanged ? 1 : 0)
    next[at] = { ...was, revision, now: taken?.fill, pieces: taken?.pieces ?? [] }
  }
  return { fills: { ...fills, waiting }, told: next, changed }
}

const isOf =
  (execID: string) =>
  (piece: LegPiece): boolean =>
    piece.execID === execID

const isMadeOf = ({ first }: ToldUnits, { execID }: LegPiece): boolean =>
  first.execIDs.includes(execID)

/** In its place, or last; what is of nothing is left out. */
const replaced = (pieces: ReadonlyArray<LegPiece>, piece: LegPiece): ReadonlyArray<LegPiece> =>
  (pieces.some(isOf(piece.execID))
    ? pieces.map((each) => (each.execID === piece.execID ? piece : each))
    : [...pieces, piece]
  ).filter(({ lastQty }) => lastQty > 0)

/** Parts of one execution are one piece. */
const merged = (pieces: ReadonlyArray<LegPiece>, more: LegPiece): ReadonlyArray<LegPiece> => {
  const at = pieces.findIndex(isOf(more.execID))
  if (at === -1) return [...pieces, more]
  const same = pieces[at]!
  return pieces.with(at, {
    ...same,
    lastQty: same.lastQty + more.lastQty,
    commissionMicros: same.commissionMicros + more.commissionMicros
  })
}

const isSame = (a: UnitFill | undefined, b: UnitFill | undefined): boolean => {
  if (a === undefined || b === undefined) return a === b
  const isAlike =
    a.units === b.units &&
    a.commissionMicros === b.commissionMicros &&
    a.legs.length === b.legs.length
  return (
    isAlike &&
    a.legs.every((leg, at) => {
      const other = b.legs[at]!
      return leg.lastQty === other.lastQty && leg.lastPxMicros === other.lastPxMicros
    })
  )
}
