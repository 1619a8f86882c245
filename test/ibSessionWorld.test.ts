/** A session over the wire, stepped by hand: what somebody else does in its account. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { Yaml } from "effect/encoding"
import { openIbSession } from "../src/ibSessionWorld.ts"
import { loadSession } from "../src/infra/data/SessionFile.ts"
import { decodeSettings } from "../src/supervisors/settings.ts"
import { writeSmallSession } from "./e2e/smallSession.ts"
import { buyStock, openStranger } from "./infra/broker/ib/stranger.ts"

const file = "config/main.yaml"
const main: unknown = Yaml.parse(readFileSync(join(import.meta.dirname, "..", file), "utf8"))
const reconcileMs = 120_000
const settings = Result.getOrThrow(
  decodeSettings([
    { file, value: main },
    { file: "test", value: { brokers: { use: "ib", ib: { reconcileMs } } } }
  ])
)

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "optionsib-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

describe("A session over the wire", () => {
  it.live("finds what others trade in its account within its named bound of session time", () =>
    Effect.gen(function* () {
      const sessions = yield* folder
      writeSmallSession(sessions)
      const session = yield* loadSession(sessions, "goog-2015-12-24")
      const world = { contentHash: "", history: [], folder: undefined, leaseProblem: () => "" }
      const {
        broker,
        notices,
        world: stepped
      } = yield* openIbSession({
        ...{ settings, session },
        ...world
      })
      const outside = stepped.outside!
      const port = Number(/serves .* at 127\.0\.0\.1:(\d+)/.exec(notices.join("\n"))![1])
      const begunMs = session.days[0]!.openMs
      /** Steps to that many minutes after the open; when something was said first, minutes. */
      const step = (minutes: number) =>
        Effect.gen(function* () {
          const untilMs = begunMs + minutes * 60_000
          while (outside.nextDueMs() <= untilMs) {
            const atMs = outside.nextDueMs()
            yield* outside.advance(atMs, untilMs)
            if (broker.speaker.nextDueMs() !== Number.POSITIVE_INFINITY) {
              return (atMs - begunMs) / 60_000
            }
          }
          return undefined
        })
      assert.isUndefined(yield* step(10))
      const buying = yield* Effect.forkChild(
        buyStock(yield* openStranger(port), { symbol: "GOOG", limit: 900, state: "Filled" })
      )
      const foundAt = yield* step(20)
      assert.isDefined(foundAt)
      assert.isAtMost(foundAt!, 10 + reconcileMs / 60_000 + 1)
      const report = broker.speaker.next()
      assert(report.type === "Unexplained")
      assert.deepStrictEqual(report.payload.instruments, [0])
      assert.isDefined(buying.pollUnsafe())
      assert.isUndefined(yield* step(20))
    })
  )
})
