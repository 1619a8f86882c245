/** The rules of ARCHITECTURE.md and CONTRIBUTING.md that a machine can check. */

import { readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const root = join(import.meta.dirname, "../src")

const arrows = [
  { from: /^domain\//, to: /^domain\// },
  { from: /^actors\/ports\//, to: /^(domain|actors\/ports)\// },
  { from: /^actors\//, to: /^(domain|actors)\// },
  { from: /^supervisors\//, to: /^(domain|actors|supervisors)\// },
  { from: /^projections\//, to: /^(domain|actors\/ports|projections)\// },
  { from: /^cli\//, to: /^(domain|actors|supervisors|projections|cli)\// },
  // The simulation wires the desk as the composition root does, with faults between its parts.
  { from: /^simulation\//, to: /^(?!app|main)/ },
  { from: /^infra\//, to: /^(domain|actors\/ports|infra)\// },
  {
    from: /^(main|app|deskLauncher|deskKafkaRuns|deskBroker|deskIb|deskChain|deskJournal|deskTwsSimulator|deskServers|deskSecrets|deskVault|deskGroups|deskChaos|deskChecks|deskDay|simulatedWorld|ibSessionWorld|ibLiveWorld|ibListing|ibWallDay|simulatedDesk)\.ts$/,
    to: /./
  }
]

const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .sort()

/** Effect's modules that hold values only; all others can start fibers, read clocks or do I/O. */
const pureEffectModules = new Set(["Schema", "SchemaAST", "Result", "Option"])

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1")

const ambient = [/\bDate\.now\b/, /\bnew Date\b/, /\bMath\.random\b/, /\bperformance\.now\b/]
const waiting = [/\basync\b/, /(?<!\.)\bawait\b/, /\bsetTimeout\b/, /\bsetInterval\b/]
const catching = [/\btry \{/, /\bcatch \(/]

/** Pure tables of numbers may be as long as they are. */
const tables = new Set(["domain/pricing/exotics/joeKuo.ts"])

const mayCatch = (file: string): boolean =>
  file.startsWith("infra/") || compositionRoot.has(file) || hosts.has(file)

const compositionRoot = new Set([
  "main.ts",
  "app.ts",
  "deskBroker.ts",
  "deskIb.ts",
  "deskChain.ts",
  "deskJournal.ts",
  "deskLauncher.ts",
  "deskKafkaRuns.ts",
  "deskTwsSimulator.ts",
  "deskServers.ts",
  "deskSecrets.ts",
  "deskVault.ts",
  "deskGroups.ts",
  "deskChaos.ts",
  "deskChecks.ts",
  "deskDay.ts",
  "ibLiveWorld.ts",
  "ibListing.ts",
  "ibSessionWorld.ts",
  "ibWallDay.ts",
  "simulatedWorld.ts",
  "simulatedDesk.ts"
])

/** Hosts turn what an actor throws into a crash; verification turns a difference into its report. */
const hosts = new Set([
  "actors/runtime/StraightHost.ts",
  "actors/runtime/verify.ts",
  "simulation/life.ts"
])

for (const file of files) {
  describe(`src/${file}`, () => {
    const text = readFileSync(join(root, file), "utf8")
    const code = withoutComments(text)

    it("follows the arrows", () => {
      const arrow = arrows.find(({ from }) => from.test(file))
      if (arrow === undefined) return assert.fail(`${file} is in no known folder`)
      for (const [, path] of text.matchAll(/(?:from |import |import\()"(\.[^"]+)"/g)) {
        const target = relative(root, join(root, file, "..", path!))
        assert.match(target, arrow.to, `${file} must not import ${target}`)
        assert.match(target, /\.(ts|json)$/, `${target} must be imported with its ending`)
      }
    })

    it("is one idea of at most 400 lines", () => {
      if (!tables.has(file)) assert.isAtMost(text.split("\n").length, 401)
      assert.notMatch(file, /(^|\/)index\.ts$/)
      assert.notMatch(file, /(utils|common|helpers|misc)/)
    })

    if (file.startsWith("domain/")) {
      it("is pure", () => {
        assert.notMatch(code, /from "node:/)
        for (const [, names] of code.matchAll(/import (?:type )?\{([^}]*)\} from "effect"/g)) {
          for (const name of names!
            .split(",")
            .map((entry) => entry.replace(/\btype\b/, "").trim())) {
            if (name !== "") assert.isTrue(pureEffectModules.has(name), `${name} is not pure`)
          }
        }
        assert.notMatch(code, /\btoLocale|\bIntl\./)
      })
    }

    if (!file.startsWith("infra/") && !compositionRoot.has(file)) {
      it("reads no ambient time or chance and waits only through Effect", () => {
        for (const call of [...ambient, ...waiting]) assert.notMatch(code, call)
      })
    }

    if (!mayCatch(file)) {
      it("leaves what is thrown to supervision", () => {
        for (const word of catching) assert.notMatch(code, word)
      })
    }
  })
}
