/** Runs a peer's command to its end, and where peers are kept. */
import { spawn } from "node:child_process"
import { homedir } from "node:os"
import { join } from "node:path"

/** Peers are installed here once. */
export const peersFolder = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
  "optionsib"
)

export interface Ran {
  /** Null where it could not be started or was ended. */
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** Ends the command after `timeout` ms. Never rejects. */
export const run = (
  command: string,
  args: ReadonlyArray<string>,
  timeout: number,
  folder: string = process.cwd()
): Promise<Ran> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], timeout })
    let output = ""
    let errors = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString()
    })
    child.on("error", ({ message }) => resolve({ code: null, output, errors: message }))
    child.on("close", (code) => resolve({ code, output, errors }))
  })

export const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? ""
