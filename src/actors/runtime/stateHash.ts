/** The hash of a book's state: of every actor but those that know of restarts, in tree order. */
import { createHash } from "node:crypto"
import { canonicalJson } from "../../domain/journal/canonicalJson.ts"
import type { ActorCell, CellSnapshot } from "./ActorCell.ts"

/** SHA-256 (hex) over the actors' states and event counts. Equal for a run and its replay, and for a run that never crashed. */
export const stateHash = (cells: ReadonlyArray<ActorCell>): string =>
  hashOfSnapshots(
    cells,
    cells.map((cell) => cell.snapshot())
  )

/** The same, from the cells' snapshots. */
export const hashOfSnapshots = (
  cells: ReadonlyArray<ActorCell>,
  snapshots: ReadonlyArray<CellSnapshot>
): string => {
  const hash = createHash("sha256")
  cells.forEach((cell, at) => {
    const outside = cell.behavior.outsideStateHash
    if (outside === true) return
    const { actor, eventCount, state: whole } = snapshots[at]!
    const state = outside === undefined ? whole : without(whole, outside)
    // Keys sorted: a record decoded from the journal has the keys of its maps in another order than when it was made.
    hash.update(canonicalJson({ actor, eventCount, state }))
  })
  return hash.digest("hex")
}

const without = (state: unknown, keys: ReadonlyArray<string>): unknown =>
  Object.fromEntries(Object.entries(state as object).filter(([key]) => !keys.includes(key)))
