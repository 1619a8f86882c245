import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { Configuration } from "../../src/actors/ports/Configuration.ts"
import * as YamlFiles from "../../src/infra/config/yamlFiles.ts"
import { decodeSettings } from "../../src/supervisors/settings.ts"
import { configHash } from "../../src/supervisors/tradingDesk.ts"

const root = path.join(import.meta.dirname, "../..")

const files = Effect.provide(
  Effect.flatMap(Configuration, ({ read }) => read({ config: undefined, env: "dev" })),
  YamlFiles.layer(path.join(root, "config"))
)

const withExecution = (change: object) =>
  Effect.map(files, (layers) =>
    decodeSettings([...layers, { file: "test", value: { execution: change } }])
  )

const faults = (change: object) =>
  Effect.map(withExecution(change), (decoded) => {
    assert(Result.isFailure(decoded))
    return decoded.failure.message
  })

describe("Settings of walking orders", () => {
  it.effect("are off in the file, and settings from before them decide the same", () =>
    Effect.gen(function* () {
      const layers = yield* files
      const today = Result.getOrThrow(decodeSettings(layers))
      assert.strictEqual(today.execution.walk.steps, 0)
      const older = layers.map(({ file, value }) => {
        const { execution, ...rest } = value as { execution?: { walk?: unknown } }
        if (execution === undefined) return { file, value }
        const { walk: _walk, ...before } = execution
        return { file, value: { ...rest, execution: before } }
      })
      const decoded = Result.getOrThrow(decodeSettings(older))
      assert.deepStrictEqual(decoded.execution.walk, today.execution.walk)
      assert.strictEqual(configHash(decoded), configHash(today))
    })
  )

  it.effect("decide nothing while they are off, and are part of the hash when on", () =>
    Effect.gen(function* () {
      const hashOf = (walk: object) =>
        Effect.map(withExecution({ walk }), (decoded) => configHash(Result.getOrThrow(decoded)))
      const off = yield* hashOf({ steps: 0 })
      assert.strictEqual(yield* hashOf({ steps: 0, everyMs: 30_000, startShare: 1 }), off)
      const on = yield* hashOf({ steps: 3 })
      assert.notStrictEqual(on, off)
      assert.notStrictEqual(yield* hashOf({ steps: 3, startShare: 0.5 }), on)
    })
  )

  it.effect("are refused where they cannot be: too many steps for the time, a share above 1", () =>
    Effect.gen(function* () {
      assert.match(
        yield* faults({ walk: { steps: 20, everyMs: 15_000 } }),
        /below workMsMax 300000/
      )
      assert.match(
        yield* faults({ walk: { steps: 1, startShare: 1.5 } }),
        /execution\.walk\.startShare/
      )
      assert.match(yield* faults({ walk: { paces: 1 } }), /execution\.walk\.paces is not a setting/)
      assert.match(yield* faults({ walks: {} }), /known there: .*walk/)
    })
  )
})
