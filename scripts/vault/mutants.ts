/**
 * Takes the vault program's guards away, one at a time, and sees that a test notices.
 *
 * `node scripts/vault/mutants.ts [TEXT]`: only mutants whose file or guard contains TEXT. Builds each in a
 * temporary folder (about
 * two seconds), runs the program's tests against it, and prints what survived; exit 1 if anything
 * did that is not
 * listed as equivalent below.
 */
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { takeTests } from "./testShim.ts"

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
const equivalents: ReadonlyArray<readonly [place: string, text: string, reason: string]> = [
  ["state.rs", "T::TAG", "the accounts of the program all differ in size, which is checked first"],
  ["swap.rs", "== issued", "a token program that mints nothing moves no USDT either: conserved"]
]

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
    env: { ...process.env, VAULT_WORK: join(work, "build") }
  })
  if (status !== 0) throw new Error(`${mutant.file}:${mutant.line} does not build: ${stderr}`)
  return join(copy, "programs/vault/vault.so")
}

const shim = pathToFileURL(join(import.meta.dirname, "testShim.ts")).href
const tests = pathToFileURL(join(root, "test/infra/chain/program/")).href

/** The tests' modules are loaded anew for each mutant, with our collector in the place of their runner. */
let generation = 0
registerHooks({
  resolve: (specifier, context, next) => {
    if (specifier === "@effect/vitest") return { url: shim, shortCircuit: true }
    const resolved = next(specifier, context)
    return resolved.url.startsWith(tests)
      ? { ...resolved, url: `${resolved.url.split("?")[0]}?mutant=${generation}` }
      : resolved
  }
})

/** Quick ones first; the walk only for what they left alive. */
const suites = ["wrongAccounts", "refusals", "program", "configuration", "random"]

/** The first test that fails against this build; undefined where none does. */
const killerOf = async (path: string): Promise<string | undefined> => {
  process.env.OPTIONSIB_VAULT_PROGRAM = path
  generation += 1
  for (const suite of suites) {
    try {
      await import(`${tests}${suite}.test.ts`)
    } catch (error) {
      takeTests()
      return `${suite} does not start: ${String(error).split("\n")[0]}`
    }
    for (const [name, test] of takeTests()) {
      try {
        test()
      } catch {
        return name
      }
    }
  }
  return undefined
}

const reasonOf = ({ file, text }: Mutant): string | undefined =>
  equivalents.find(([place, part]) => place === file && text.includes(part))?.[2]

const intact = await killerOf(join(program, "vault.so"))
if (intact !== undefined) throw new Error(`the program as it is fails: ${intact}`)
const mutants = readdirSync(join(program, "src"))
  .filter((file) => file.endsWith(".rs"))
  .sort()
  .flatMap(mutantsOf)
  .filter(({ file, text }) => `${file} ${text}`.includes(wanted))
let survivors = 0
for (const mutant of mutants) {
  const place = `${mutant.file}:${mutant.line}`
  const killer = await killerOf(build(mutant))
  const reason = reasonOf(mutant)
  if (killer === undefined && reason === undefined) survivors += 1
  const verdict =
    killer !== undefined
      ? `killed by: ${killer}`
      : reason !== undefined
        ? `equivalent: ${reason}`
        : "SURVIVED"
  console.log(`${place.padEnd(16)} ${mutant.text.slice(0, 76).padEnd(76)} ${verdict}`)
}
console.log(`${mutants.length} mutants, ${survivors} survived without a reason`)
process.exitCode = survivors === 0 ? 0 : 1
