/** `npm run dev:jaeger` where something is missing or wrong; the server itself is tested by `npm run test:jaeger`. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { root } from "../e2e/desk.ts"

const folder = mkdtempSync(join(tmpdir(), "optionsib-jaeger-script-"))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** On a machine without Go, with nothing built. */
const jaeger = (...args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [join(root, "scripts/servers/jaeger.ts"), ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { HOME: folder, PATH: folder, XDG_CACHE_HOME: join(folder, "cache") }
  })

describe("npm run dev:jaeger", () => {
  it("build names the command that installs Go where there is none", () => {
    const { status, stderr } = jaeger("build")
    assert.strictEqual(status, 1)
    assert.match(
      stderr,
      /^Jaeger 2\.13\.0 is built with Go 1\.24 or later and there is no go: sudo /
    )
    assert.strictEqual(stderr.trimEnd().split("\n").length, 1)
  })

  it("start says what to build where nothing is", () => {
    const { status, stderr } = jaeger("start")
    assert.strictEqual(status, 1)
    assert.include(stderr, join(folder, "cache/optionsib/jaeger-2.13.0/jaeger"))
    assert.include(stderr, "npm run dev:jaeger -- build")
  })

  it("status and stop tell that nothing runs", () => {
    const { status, stdout } = jaeger("status")
    assert.strictEqual(status, 0)
    assert.match(stdout, /built {4}no: npm run dev:jaeger -- build\nrunning {2}no\n/)
    assert.match(jaeger("stop").stdout, /^no Jaeger runs out of /)
  })

  it("refuses ports, numbers of jobs and commands that are none", () => {
    for (const args of [
      ["start", "--otlp-port", "65536"],
      ["start", "--ui-port", "x"],
      ["build", "--jobs", "0"],
      ["restart"],
      ["start", "--what"]
    ]) {
      const { status, stderr } = jaeger(...args)
      assert.strictEqual(status, 1, args.join(" "))
      assert.strictEqual(stderr.trimEnd().split("\n").length, 1, stderr)
    }
  })
})
