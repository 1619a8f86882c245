/** The real process, as an operator starts it: its arguments, what it prints, its signals, its exit. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { Yaml } from "effect/encoding"

export const root = join(import.meta.dirname, "../..")
const entry = join(root, "src/main.ts")

/** Compiled sources are kept between processes: half of a short run is else spent on compiling. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "optionsib-compile-cache") }

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

/** A running process; killed with its scope where it still runs. */
export class Desk {
  out = ""
  err = ""
  readonly ended: Effect.Effect<Ended>
  readonly #child: ChildProcess
  #look: () => void = () => {}

  constructor(command: string, args: ReadonlyArray<string>, cwd: string) {
    this.#child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] })
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.out += text
      this.#look()
    })
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.err += text
      this.#look()
    })
    const closed = new Promise<Ended>((resolve, reject) => {
      this.#child.once("error", reject)
      this.#child.once("close", (code, signal) => {
        resolve({ code, signal, out: this.out, err: this.err })
        this.#look()
      })
    })
    this.ended = Effect.promise(() => closed)
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Whether SIGSTOP has it. */
  get isStopped(): boolean {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "latin1")
    return /^[tT]/.test(stat.slice(stat.lastIndexOf(")") + 2))
  }

  /** Waits until its standard output, or its error output, holds `text`; dies where it ends without. */
  printed(text: string | RegExp, on: "out" | "err" = "out"): Effect.Effect<void> {
    const has = () => (typeof text === "string" ? this[on].includes(text) : text.test(this[on]))
    return Effect.promise(
      () =>
        new Promise<void>((resolve, reject) => {
          this.#look = () => {
            if (has()) resolve()
            else if (!this.isRunning) reject(new Error(`never printed ${text}: ${this.err}`))
          }
          this.#look()
        })
    )
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }
}

export const startCommand = (
  command: string,
  args: ReadonlyArray<string>,
  cwd = tmpdir()
): Effect.Effect<Desk, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new Desk(command, args, cwd)),
    (desk) => {
      desk.signal("SIGKILL")
      return desk.ended
    }
  )

export const commandOf = (...args: ReadonlyArray<string>): readonly [string, ...Array<string>] => [
  process.execPath,
  entry,
  ...args
]

export const start = (...args: ReadonlyArray<string>) => {
  const [command, ...rest] = commandOf(...args)
  return startCommand(command, rest)
}

/** Runs to its end. */
export const optionsib = (...args: ReadonlyArray<string>): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(start(...args), (desk) => desk.ended))

export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "optionsib-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

type Plain = { readonly [key: string]: unknown }

const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const over = (below: unknown, above: unknown): unknown =>
  isPlain(below) && isPlain(above)
    ? {
        ...below,
        ...Object.fromEntries(Object.entries(above).map(([k, v]) => [k, over(below[k], v)]))
      }
    : above

/** Writes config/main.yaml with `changes` over it; JSON is YAML. */
export const writeConfig = (file: string, changes: object): string => {
  const main = Yaml.parse(readFileSync(join(root, "config/main.yaml"), "utf8"))
  writeFileSync(file, JSON.stringify(over(main, changes)))
  return file
}

export interface Summary {
  readonly runId: string
  readonly records: number
  readonly inputs: number
  readonly events: number
  readonly orders: number
  readonly fills: number
  readonly realizedPnl: string
  readonly fees: string
  readonly vault: { readonly free: string; readonly reserved: string; readonly settling: string }
  readonly trades: ReadonlyArray<{
    readonly tradeId: string
    readonly legs: string
    readonly state: string
    readonly openedAt: string
  }>
  readonly refusals: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly restarts: number
  readonly headHash: string
  readonly stateHash: string
}

/** The one object that `run --json` prints. */
export const summaryOf = ({ out, err, code }: Ended): Summary => {
  const lines = out.trimEnd().split("\n")
  if (lines.length !== 1) throw new Error(`exit ${code}, ${lines.length} lines, not one\n${err}`)
  return JSON.parse(lines[0]!)
}
