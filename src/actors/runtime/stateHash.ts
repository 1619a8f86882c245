/** The hash of a book's state: of every actor but those that know of restarts, in tree order. */
import { createHash } from "node:crypto"
import { orderedJson } from "../../domain/journal/canonicalJson.ts"
import type { ActorCell } from "./ActorCell.ts"

/** SHA-256 (hex) of one actor's state and event count. */
export const cellHash = (cell: ActorCell): string =>
  createHash("sha256")
    .update(
      orderedJson({ actor: cell.id, eventCount: cell.eventCount, state: cell.encodedState() })
    )
    .digest("hex")

/** SHA-256 (hex) over the actors' hashes. Equal for a run and its replay, and for a run that never crashed. */
export const stateHash = (cells: ReadonlyArray<ActorCell>): string => {
  const hash = createHash("sha256")
  for (const cell of cells) {
    if (cell.behavior.outsideStateHash !== true) hash.update(cellHash(cell))
  }
  return hash.digest("hex")
}
