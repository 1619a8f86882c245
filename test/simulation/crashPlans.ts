/** When and where things break, from a seed. */
import type { FaultHook, FaultPoint } from "../../src/actors/runtime/handle.ts"
import { nameHash, uniformAt } from "../../src/domain/chance.ts"
import type { KillPoint } from "./deskSimulation.ts"

const hashes = new Map<string, number>()

/** Whether chance strikes this boundary. Quotes, of which there are many, are struck less often and at one point only. */
const strikes = (
  seed: number,
  share: number,
  point: FaultPoint,
  actor: string,
  record: { readonly type: string; readonly seq: number }
): boolean => {
  const isQuote = record.type === "Quote"
  if (isQuote && point !== "evolve") return false
  const boundary = `${point} ${actor}`
  const hash = hashes.get(boundary) ?? nameHash(boundary)
  hashes.set(boundary, hash)
  return uniformAt(seed, hash, record.seq) < (isQuote ? share / 300 : share)
}

/** Crashes at most once in `quietMs` of the session: each restart is then immediate and delays nothing. */
export const loneCrashes = (
  seed: number,
  share: number,
  quietMs: number
): FaultHook & { count: () => number } => {
  let lastMs = Number.NEGATIVE_INFINITY
  let count = 0
  const hook: FaultHook = (point, actor, record) => {
    if (record.logicalTimeMs - lastMs < quietMs) return
    if (!strikes(seed, share, point, actor, record)) return
    lastMs = record.logicalTimeMs
    count++
    throw new Error(`injected at ${point}`)
  }
  return Object.assign(hook, { count: () => count })
}

/** Crashes wherever chance says, up to `most` times at one boundary: delays, chains going down, poison. */
export const manyCrashes = (seed: number, share: number, most: number): FaultHook => {
  const struck = new Map<string, number>()
  return (point, actor, record) => {
    if (!strikes(seed, share, point, actor, record)) return
    const key = `${point} ${actor} ${record.seq}`
    const count = struck.get(key) ?? 0
    if (count >= most) return
    struck.set(key, count + 1)
    throw new Error(`injected at ${point}`)
  }
}

/** Kills the process at gateway boundaries and after commits, in the first `lives` lives. */
export const kills =
  (seed: number, life: number, lives: number, share: number) =>
  (point: KillPoint, timeMs: number): boolean =>
    life < lives && uniformAt(seed, life, nameHash(point), timeMs) < share
