/** Who receives which kind of record, in tree order. */
import type { ActorCell } from "./ActorCell.ts"

const nobody: ReadonlyArray<ActorCell> = []

export class Router {
  /** All cells in tree order. */
  readonly cells: ReadonlyArray<ActorCell>
  readonly #byId: ReadonlyMap<string, ActorCell>
  readonly #byType = new Map<string, ReadonlyArray<ActorCell>>()

  /** `order`: the start order of the tree. Throws where it and the cells differ. */
  constructor(cells: ReadonlyArray<ActorCell>, order: ReadonlyArray<string>) {
    const byId = new Map(cells.map((cell) => [cell.id, cell]))
    for (const id of byId.keys()) {
      if (!order.includes(id)) throw new Error(`actor ${id} has no place in the supervision tree`)
    }
    this.#byId = byId
    this.cells = order.flatMap((id) => byId.get(id) ?? [])
    const types = new Set(cells.flatMap((cell) => cell.behavior.messages.map(({ of }) => of.type)))
    for (const type of types) {
      this.#byType.set(
        type,
        this.cells.filter((cell) => cell.subscription(type) !== undefined)
      )
    }
  }

  subscribers(type: string): ReadonlyArray<ActorCell> {
    return this.#byType.get(type) ?? nobody
  }

  cell(id: string): ActorCell {
    const cell = this.#byId.get(id)
    if (cell === undefined) throw new Error(`there is no actor ${id}`)
    return cell
  }
}
