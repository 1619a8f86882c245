/** Fault plans for the toy desk. */
import type { FaultHook } from "../../../src/actors/runtime/handle.ts"
import { nameHash, uniformAt } from "../../../src/domain/chance.ts"

/**
 * Crashes at boundaries chosen by (seed, point, actor, seq), each boundary once: the same on every host.
 *
 * Quotes crash their actors less often: of two crashes in one batch of quotes the later is taken back with its quote, and
 * a fault that strikes once does not strike again.
 */
export const onceEach = (seed: number, share: number): FaultHook => {
  const done = new Set<string>()
  return (point, actor, record) => {
    const limit = record.type === "Quote" ? share / 4 : share
    if (uniformAt(seed, nameHash(`${point} ${actor}`), record.seq) >= limit) return
    const key = `${point} ${actor} ${record.seq}`
    if (done.has(key)) return
    done.add(key)
    throw new Error(`injected at ${point}`)
  }
}
