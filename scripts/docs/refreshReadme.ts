/**
 * Replaces the transcripts in README.md by what the commands print now: each block behind `<!-- output: NAME -->`.
 *
 * `node scripts/docs/refreshReadme.ts`, after `npm run build`; takes about a minute. `[...]` marks what was left out.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")
const readme = join(root, "README.md")
const left = "[...]"

const lines = (dataDir: string, words: string): ReadonlyArray<string> => {
  const flags = ["--data-dir", dataDir]
  const result = spawnSync(process.execPath, ["dist/main.js", ...words.split(" "), ...flags], {
    cwd: root,
    encoding: "utf8"
  })
  if (result.status !== 0) throw new Error(`${words} ended with ${result.status}: ${result.stderr}`)
  return result.stdout.trimEnd().split("\n")
}

/** The lines from the first that matches `from` through the first after it that matches `to`. */
const between = (all: ReadonlyArray<string>, from: RegExp, to: RegExp): ReadonlyArray<string> => {
  const first = all.findIndex((line) => from.test(line))
  const length = all.slice(first).findIndex((line, at) => at > 0 && to.test(line))
  if (first < 0 || length < 0) throw new Error(`no lines from ${from} to ${to}`)
  return all.slice(first, first + length + 1)
}

/** The first trade, from its proposal to the end of the minute in which it filled; then what it came to. */
const tradeLines = (all: ReadonlyArray<string>, tradeId: string): ReadonlyArray<string> => {
  const own = new RegExp(` ${tradeId}: `)
  const complete = all.find((line) => own.test(line) && line.includes("complete: "))
  return [...between(all, own, /^\d\d:\d\d [A-Z]+ /), left, complete!]
}

/** Long lists of what came to nothing are cut. */
const summaryLines = (all: ReadonlyArray<string>): ReadonlyArray<string> => {
  const summary = between(all, /^Run run-/, /^State hash/)
  const nothing = summary.indexOf("Came to nothing")
  const end = summary.indexOf("", nothing)
  if (nothing < 0 || end - nothing <= 5) return summary
  return [...summary.slice(0, nothing + 4), `  ${left}`, ...summary.slice(end)]
}

const transcripts = (folder: string): Readonly<Record<string, ReadonlyArray<string>>> => {
  const calm = join(folder, "calm")
  const run = lines(calm, "run --broker ib --speed 1000")
  const lookFurther = run.map((line) => /audit trade (\S+)/.exec(line)?.[1])
  const tradeId = lookFurther.find((id) => id !== undefined)
  if (tradeId === undefined) throw new Error("the default session made no trade")
  const audit = lines(calm, `audit trade ${tradeId}`)
  const chaos = "run --broker ib --speed max --chaos crash:executor@11:52 --chaos crash:vault@11:53"
  const pace = (line: string): string => line.replace("1000 times", "210 times")
  return {
    run: [
      ...run.slice(0, 11).map(pace),
      left,
      ...tradeLines(run, tradeId),
      left,
      ...summaryLines(run)
    ],
    audit: [
      `$ node dist/main.js audit trade ${tradeId}`,
      left,
      ...between(audit, /^ {2}leg /, /^ {2}cognition/)
    ],
    replay: ["$ node dist/main.js replay --verify", ...lines(calm, "replay --verify")],
    chaos: [
      `$ node dist/main.js ${chaos}`,
      left,
      ...lines(join(folder, "chaos"), chaos).filter((line) =>
        /^(Supervision|Chain head|State hash)/.test(line)
      )
    ]
  }
}

const folder = mkdtempSync(join(tmpdir(), "optionsib-readme-"))
try {
  const blocks = transcripts(folder)
  const text = readFileSync(readme, "utf8").replace(
    /<!-- output: (\w+) -->\n```\n[\s\S]*?\n```/g,
    (_, name: string) => {
      const block = blocks[name]
      if (block === undefined) throw new Error(`README.md asks for output ${name}`)
      return `<!-- output: ${name} -->\n\`\`\`\n${block.join("\n")}\n\`\`\``
    }
  )
  writeFileSync(readme, text)
} finally {
  rmSync(folder, { recursive: true })
}
