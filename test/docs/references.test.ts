/** The documents name only files, commands, options and settings that exist. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const root = join(import.meta.dirname, "../..")
const read = (file: string): string => readFileSync(join(root, file), "utf8")

const decisions = readdirSync(join(root, "docs/decisions"))
  .sort()
  .map((name) => `docs/decisions/${name}`)
const documents = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "docs/family-tree.md",
  "docs/claims.md",
  "docs/supervision.md",
  "docs/tracing.md",
  "docs/chaos.md",
  "docs/interactive-brokers.md",
  "docs/operations.md",
  "docs/reliability.md",
  "docs/tws-simulator.md",
  "docs/vault.md",
  ...decisions
]

const rootFolders = "src|test|docs|config|data|models|scripts|bench|examples"

for (const document of documents) {
  describe(document, () => {
    const text = read(document)

    it("names only files that exist", () => {
      const paths = text.matchAll(new RegExp(`\`((?:${rootFolders})/[\\w./-]*)\``, "g"))
      for (const [, path] of paths) {
        assert.isTrue(existsSync(join(root, path!)), `there is no ${path}`)
      }
    })

    it("links only to files that exist", () => {
      for (const [, link] of text.matchAll(/\]\(([^)#]+)\)/g)) {
        if (link!.startsWith("https://")) continue
        const target = join(root, dirname(document), link!)
        assert.isTrue(existsSync(target), `there is no ${link}`)
      }
    })
  })
}

describe("README.md", () => {
  const text = read("README.md")
  const source = readdirSync(join(root, "src/cli"))
    .map((name) => read(`src/cli/${name}`))
    .join("\n")

  it("shows only commands that the command line has", () => {
    const commands = [...text.matchAll(/node dist\/main\.js ([a-z][a-z-]*)(?: ([a-z]+))?/g)]
    assert.isAbove(commands.length, 10)
    for (const [, command, below] of commands) {
      assert.match(source, new RegExp(`Command\\.make\\(\\s*"${command}"`), command)
      if (["audit", "runs"].includes(command!)) assert.include(source, `"${below}"`, below)
    }
  })

  it("shows only options that the command line has", () => {
    const options = new Set(
      [...text.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, name]) => name!)
    )
    for (const option of options) {
      if (option === "help" || option === "version") continue
      assert.match(source, new RegExp(`Flag\\.\\w+\\("${option}"`), option)
    }
  })

  it("names only npm scripts that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> }
    for (const [, run, name] of text.matchAll(/npm (run )?([a-z]+)/g)) {
      if (run === undefined && !["start", "test"].includes(name!)) continue
      assert.property(scripts, name!)
    }
  })
})

describe("docs/decisions/0005-dependencies.md", () => {
  it("has a line for every dependency, with its version", () => {
    const text = read("docs/decisions/0005-dependencies.md")
    const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>
    const kinds = ["dependencies", "optionalDependencies", "devDependencies"]
    for (const [name, version] of kinds.flatMap((kind) => Object.entries(manifest[kind] ?? {}))) {
      assert.include(text, `\`${name}\` ${version}`)
    }
  })
})

describe("decisions", () => {
  it("are numbered without a gap, and each says what it gave up and when to look again", () => {
    decisions.forEach((file, at) => {
      assert.match(file, new RegExp(`/${String(at + 1).padStart(4, "0")}-[a-z0-9-]+\\.md$`))
      const text = read(file)
      assert.match(text, new RegExp(`^# ${at + 1}\\. `), file)
      for (const part of ["**Context.**", "**Decision.**", "**Given up.**", "**Revisit**"]) {
        assert.include(text, part, file)
      }
    })
  })
})
