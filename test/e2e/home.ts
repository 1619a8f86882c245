/** A place to trade in: a data directory, the small session, and settings that point at them. */
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { commandOf, optionsib, start, startCommand, temporaryFolder, writeConfig } from "./desk.ts"
import { writeSmallSession } from "./smallSession.ts"

export class Home {
  readonly folder: string
  readonly dataDir: string
  #configs = 0

  constructor(folder: string) {
    this.folder = folder
    this.dataDir = join(folder, "data")
    mkdirSync(this.dataDir)
  }

  /** A file of settings on the small session, with `changes`. */
  config(changes: object = {}): string {
    const folders = { sessions: join(this.folder, "sessions") }
    const own = { folders, storage: { dataDir: this.dataDir }, run: { refreshMs: 50 } }
    return writeConfig(join(this.folder, `config-${this.#configs++}.json`), merged(own, changes))
  }

  path(...parts: ReadonlyArray<string>): string {
    return join(this.dataDir, ...parts)
  }

  /** A command on the settings. */
  readonly run = (...args: ReadonlyArray<string>) => optionsib(...args, "--config", this.config())

  readonly runWith = (config: string, ...args: ReadonlyArray<string>) =>
    optionsib(...args, "--config", config)

  readonly start = (...args: ReadonlyArray<string>) => start(...args, "--config", this.config())

  readonly startWith = (config: string, ...args: ReadonlyArray<string>) =>
    start(...args, "--config", config)

  /** As `start`, where no file may grow beyond so many blocks of 512 bytes. */
  readonly startLimited = (blocks: number, ...args: ReadonlyArray<string>) =>
    startCommand("/bin/sh", [
      "-c",
      `ulimit -f ${blocks}; exec "$@"`,
      "sh",
      ...commandOf(...args, "--config", this.config())
    ])
}

const merged = (below: object, above: object): object => {
  const result: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const known = result[key]
    result[key] =
      typeof known === "object" && typeof value === "object" ? { ...known, ...value } : value
  }
  return result
}

export const makeHome: Effect.Effect<Home, never, Scope.Scope> = Effect.map(
  temporaryFolder,
  (folder) => {
    writeSmallSession(join(folder, "sessions"))
    return new Home(folder)
  }
)
