/** docs/reliability.md says what the lists say that the tests run. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { bugTable, failureTable } from "../../scripts/docs/reliabilityTables.ts"
import { bugs } from "../simulation/planted/bugs.ts"
import { byPlan, elsewhere } from "../simulation/publicFailures.ts"

const root = join(import.meta.dirname, "../..")
const text = readFileSync(join(root, "docs/reliability.md"), "utf8")

describe("docs/reliability.md", () => {
  it("lists every planted bug, as scripts/docs/refreshReliability.ts writes them", () => {
    assert.isAtLeast(bugs.length, 24)
    assert.include(text, `<!-- bugs -->\n${bugTable(bugs)}\n<!-- /bugs -->`)
  })

  it("lists every failure of others that is held against ours", () => {
    const table = failureTable(byPlan, elsewhere)
    assert.include(text, `<!-- failures -->\n${table}\n<!-- /failures -->`)
  })

  it("names only files that exist", () => {
    const paths = [...text.matchAll(/`((?:src|test|docs|scripts)\/[\w./-]*)`/g)]
    assert.isAbove(paths.length, 20)
    for (const [, path] of paths) assert.isTrue(existsSync(join(root, path!)), path)
  })

  it("has a row for each promise from 5.1 to 5.8", () => {
    for (let promise = 1; promise <= 8; promise++) assert.include(text, `| 5.${promise} `)
  })
})
