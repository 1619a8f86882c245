/** A place to trade in: a data directory, the small session, and settings that point at them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Result, type Scope } from "effect"
import { sealCertificate } from "../../src/infra/certificates/store.ts"
import { decodeSettings } from "../../src/supervisors/settings.ts"
import { runningStrategies } from "../../src/supervisors/tradingDesk.ts"
import {
  commandOf,
  optionsib,
  root,
  start,
  startCommand,
  temporaryFolder,
  writeConfig
} from "./desk.ts"
import { inProcess } from "./inProcess.ts"
import { writeSmallSession } from "./smallSession.ts"

export class Home {
  readonly folder: string
  readonly dataDir: string
  readonly sessions: string
  #configs = 0

  constructor(folder: string) {
    this.folder = folder
    this.dataDir = join(folder, "data")
    this.sessions = join(folder, "sessions")
    mkdirSync(this.dataDir)
  }

  /** A file of settings on the small session, with `changes`. */
  config(changes: object = {}): string {
    const folders = { sessions: this.sessions }
    const own = { folders, storage: { dataDir: this.dataDir }, run: { refreshMs: 50 } }
    return writeConfig(join(this.folder, `config-${this.#configs++}.json`), merged(own, changes))
  }

  path(...parts: ReadonlyArray<string>): string {
    return join(this.dataDir, ...parts)
  }

  /**
   * The same for a strategy with these parameters, with a certificate that says they were examined; `terms` are others
   * than those of the session's.
   */
  certified(parameters: object, changes: object = {}, terms: object = {}): string {
    const certificates = join(this.folder, `certificates-${this.#configs}`)
    const strategies = { volatility: parameters }
    const config = this.config(merged({ folders: { certificates }, strategies }, changes))
    const value: unknown = JSON.parse(readFileSync(config, "utf8"))
    const settings = Result.getOrThrow(decodeSettings([{ file: config, value }]))
    const { hash: _hash, ...issued } = JSON.parse(
      readFileSync(join(root, `config/certificates/volatility-${settings.session}.json`), "utf8")
    )
    const { parametersHash } = runningStrategies(settings)[0]!
    mkdirSync(certificates)
    const certificate = sealCertificate({ ...issued, ...terms, parametersHash })
    writeFileSync(join(certificates, "volatility.json"), JSON.stringify(certificate))
    return config
  }

  /** A command on the settings. */
  readonly run = (...args: ReadonlyArray<string>) => optionsib(...args, "--config", this.config())

  /** The same inside this process. */
  readonly command = (...args: ReadonlyArray<string>) =>
    inProcess(...args, "--config", this.config())

  readonly commandWith = (config: string, ...args: ReadonlyArray<string>) =>
    inProcess(...args, "--config", config)

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
    const home = new Home(folder)
    writeSmallSession(home.sessions)
    return home
  }
)
