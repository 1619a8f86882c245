/** Examples stay small enough to be read at a glance, and run as programs. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"

const root = path.join(import.meta.dirname, "../..")

const examples = [
  { name: "faultUnderTestClock", lines: 40, prints: /^1 restart; same final state: true$/m },
  { name: "customStrategy", lines: 60, prints: /^TradeFilled/m }
]

describe("examples/", () => {
  for (const { name, lines, prints } of examples) {
    const file = path.join(root, "examples", `${name}.ts`)

    it(`${name}.ts has less than ${lines} lines`, () => {
      assert.isBelow(readFileSync(file, "utf8").trimEnd().split("\n").length, lines)
    })

    it(`${name}.ts runs as a program`, () => {
      assert.match(execFileSync(process.execPath, [file], { encoding: "utf8" }), prints)
    })
  }
})
