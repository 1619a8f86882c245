/**
 * Takes the vault program's guards away, one at a time, and sees that a test notices.
 *
 * `node scripts/vault/mutants.ts [TEXT]`: only mutants whose guard contains TEXT. Builds each in a
 * temporary folder (about
 * two seconds), runs the program's tests against it, and prints what survived; exit 1 if anything
 * did that is not
 * listed as equivalent below.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")
const program = join(root, "programs/vault")

const guards = [
  "ensure",
  "signed_by",
  "system",
  "token",
  "mint",
  "writable",
  "canonical",
  "outside_account",
  "token_account",
  "position",
  "frozen",
  "conserved",
  "balanced"
]

/** Guards that another one stands behind, and which. */
const equivalents: ReadonlyArray<readonly [place: string, text: string, reason: string]> = []

interface Mutant {
  readonly file: string
  readonly line: number
  /** The guard, on one line. */
  readonly text: string
  readonly source: string
}

/** The end of the call that starts at `start`: past its closing parenthesis. */
const endOfCall = (source: string, start: number): number => {
  let depth = 0
  for (let at = source.indexOf("(", start); at < source.length; at++) {
    if (source[at] === "(") depth += 1
    if (source[at] === ")") depth -= 1
    if (depth === 0) return at + 1
  }
  throw new Error(`unbalanced parentheses after ${start}`)
}

const mutantsOf = (file: string): ReadonlyArray<Mutant> => {
  const source = readFileSync(join(program, "src", file), "utf8")
  const mutants: Array<Mutant> = []
  for (const match of source.matchAll(new RegExp(`^ +(?:${guards.join("|")})\\(`, "gm"))) {
    const start = match.index + match[0].search(/\S/)
    const end = endOfCall(source, start)
    const call = source.slice(start, end)
    const isStatement = source.startsWith("?;", end)
    // The other kind is a function's last word.
    if (!isStatement && !/^\n\s*\}/.test(source.slice(end))) continue
    const instead = isStatement ? `let _ = ${call};` : `{ let _ = ${call}; Ok(()) }`
    const rest = source.slice(isStatement ? end + 2 : end)
    mutants.push({
      file,
      line: source.slice(0, start).split("\n").length,
      text: call.replace(/\s+/g, " "),
      source: source.slice(0, start) + instead + rest
    })
  }
  return mutants
}

const wanted = process.argv[2] ?? ""
const tools = execFileSync(join(root, "scripts/vault/toolchain.sh"), { encoding: "utf8" }).trim()
const work = mkdtempSync(join(tmpdir(), "vault-mutants-"))
process.on("exit", () => rmSync(work, { recursive: true, force: true }))

const build = (mutant: Mutant): string => {
  const copy = join(work, "repository")
  rmSync(copy, { recursive: true, force: true })
  cpSync(join(root, "scripts/vault"), join(copy, "scripts/vault"), { recursive: true })
  cpSync(program, join(copy, "programs/vault"), { recursive: true })
  writeFileSync(join(copy, "programs/vault/src", mutant.file), mutant.source)
  const { status, stderr } = spawnSync(join(copy, "scripts/vault/build.sh"), {
    encoding: "utf8",
    env: { ...process.env, VAULT_TOOLCHAIN: tools }
  })
  if (status !== 0) throw new Error(`${mutant.file}:${mutant.line} does not build: ${stderr}`)
  return join(copy, "programs/vault/vault.so")
}

/** Quick ones first; the walk only for what they left alive. */
const suites = [["program", "configuration", "wrongAccounts"], ["random"]]

const isKilled = (path: string): boolean =>
  suites.some((names) => {
    const files = names.map((name) => `test/infra/chain/program/${name}.test.ts`)
    const { status } = spawnSync(
      "npx",
      ["--no-install", "vitest", "run", "--bail", "1", ...files],
      {
        cwd: root,
        env: { ...process.env, OPTIONSIB_VAULT_PROGRAM: path },
        stdio: "ignore"
      }
    )
    return status !== 0
  })

const reasonOf = ({ file, text }: Mutant): string | undefined =>
  equivalents.find(([place, part]) => place === file && text.includes(part))?.[2]

const mutants = readdirSync(join(program, "src"))
  .filter((file) => file.endsWith(".rs"))
  .sort()
  .flatMap(mutantsOf)
  .filter(({ text }) => text.includes(wanted))
let survivors = 0
for (const mutant of mutants) {
  const place = `${mutant.file}:${mutant.line}`
  const killed = isKilled(build(mutant))
  const reason = reasonOf(mutant)
  if (!killed && reason === undefined) survivors += 1
  const verdict = killed ? "killed" : reason === undefined ? "SURVIVED" : `equivalent: ${reason}`
  console.log(`${place.padEnd(16)} ${verdict.padEnd(9)} ${mutant.text.slice(0, 110)}`)
}
console.log(`${mutants.length} mutants, ${survivors} survived without a reason`)
process.exitCode = survivors === 0 ? 0 : 1
