/**
 * Adds a stub to package-lock.json for each optional platform binary that the lock lacks.
 *
 * `npm ci` refuses a lock without them, and a registry may carry only some platforms' binaries. A stub names its
 * os and cpu, so it is skipped where they do not match. Run by `npm run lock` after every change of dependencies.
 */
import { readFileSync, writeFileSync } from "node:fs"

interface LockEntry {
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly optional?: boolean
  readonly os?: ReadonlyArray<string>
  readonly cpu?: ReadonlyArray<string>
}

const systems = ["darwin", "win32", "linux", "freebsd", "openbsd", "netbsd", "android", "aix"]
const processors = ["arm64", "x64", "arm", "ia32", "ppc64", "riscv64", "s390x", "loong64"]
const lockFile = "package-lock.json"
const lock = JSON.parse(readFileSync(lockFile, "utf8")) as { packages: Record<string, LockEntry> }

/** The places where node would look for `name`, from the folder of the package that asks for it up to the root. */
const candidates = (asker: string, name: string): ReadonlyArray<string> => {
  const places: Array<string> = []
  for (
    let at = asker;
    at !== "";
    at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))
  )
    places.push(`${at}/node_modules/${name}`)
  return [...places, `node_modules/${name}`]
}

let added = 0
for (const [asker, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (candidates(asker, name).some((place) => lock.packages[place] !== undefined)) continue
    const words = name.split(/[-/]/)
    const os = systems.filter((system) => words.includes(system))
    const cpu = processors.filter((processor) => words.includes(processor))
    lock.packages[`node_modules/${name}`] = {
      version: range.replace(/^[\^~]/, ""),
      optional: true,
      ...(cpu.length > 0 && { cpu }),
      ...(os.length > 0 && { os })
    }
    added++
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
)
writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${lockFile}: ${added} platform stubs added`)
