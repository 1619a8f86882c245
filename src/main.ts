/**
 * The entry point: checks the Node version, re-executes under the bundled Node where the host's is too old, then loads
 * the composition root. It imports nothing that an old Node cannot load.
 */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"

/** Oldest Node that runs the desk. */
const required = { major: 22, minor: 22 }

const fits = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  return major > required.major || (major === required.major && minor >= required.minor)
}

/** The Node that came with the optional dependency; undefined where this platform has none. */
const bundledNode = (): string | undefined => {
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`
  try {
    const file = createRequire(import.meta.url).resolve(`${name}/bin/node`)
    return existsSync(file) ? file : undefined
  } catch {
    return undefined
  }
}

const reexecute = (node: string): void => {
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], { stdio: "inherit" })
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"] as const
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on("error", (error) => {
    console.error(`optionsib: the bundled Node at ${node} does not start: ${error.message}`)
    process.exit(1)
  })
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    for (const name of signals) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}

if (fits(process.versions.node)) {
  await import("./app.ts")
} else {
  const node = process.env.OPTIONSIB_REEXECUTED === "1" ? undefined : bundledNode()
  if (node === undefined) {
    console.error(
      `optionsib: Node ${required.major}.${required.minor} or newer is needed, this is ${process.versions.node}, and no bundled Node fits ${process.platform}-${process.arch}; install Node 24 or newer, or run npm ci with optional dependencies`
    )
    process.exit(1)
  }
  process.env.OPTIONSIB_REEXECUTED = "1"
  reexecute(node)
}
