import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { root, startCommand } from "./desk.ts"
import { makeHome } from "./home.ts"

const majorOf = (node: string): number =>
  Number(execFileSync(node, ["-p", "process.versions.node.split('.')[0]"], { encoding: "utf8" }))

/** A Node on this machine that is too old for the desk. */
const oldNode = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => folder !== "" && !folder.includes("node_modules"))
  .map((folder) => join(folder, "node"))
  .find((node) => existsSync(node) && majorOf(node) < 22)

/** The entry point without its types, as the build makes it, in front of the sources; with or without the bundled Node. */
const entryPoint = (withBundledNode: boolean): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "optionsib-entry-"))
      const main = stripTypeScriptTypes(readFileSync(join(root, "src/main.ts"), "utf8"))
      writeFileSync(join(folder, "main.js"), main)
      writeFileSync(join(folder, "app.ts"), `import ${JSON.stringify(join(root, "src/app.ts"))}\n`)
      writeFileSync(join(folder, "package.json"), '{"type":"module"}')
      if (withBundledNode) symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
      return folder
    }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )

// Where no such Node is installed there is nothing to start it with.
describe.skipIf(oldNode === undefined)(`Under an old Node (${oldNode})`, () => {
  it.effect("goes on under the bundled one, passing output, exit codes and signals on", () =>
    Effect.gen(function* () {
      const main = join(yield* entryPoint(true), "main.js")
      const home = yield* makeHome
      const bad = yield* (yield* startCommand(oldNode!, [main, "run", "--speed", "fast"])).ended
      assert.strictEqual(bad.code, 2)
      assert.include(bad.err, 'run.speed is "fast"')
      const args = ["run", "--config", home.config(), "--speed", "1000"]
      const desk = yield* startCommand(oldNode!, [main, ...args])
      yield* desk.printed("09:35")
      desk.signal("SIGTERM")
      const { code, out, err } = yield* desk.ended
      assert.strictEqual(code, 143, err)
      assert.include(out, "stopped in order on SIGTERM")
    }).pipe(Effect.scoped)
  )

  it.effect("says what to do where no bundled one is installed", () =>
    Effect.gen(function* () {
      const main = join(yield* entryPoint(false), "main.js")
      const { code, err } = yield* (yield* startCommand(oldNode!, [main])).ended
      assert.strictEqual(code, 1)
      assert.match(err, /^optionsib: Node 22\.22 or newer is needed, this is \d+\.[^\n]+\n$/)
    }).pipe(Effect.scoped)
  )
})
