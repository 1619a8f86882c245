/**
 * `npm run test:tws`: other people's clients against the TWS simulator, unmodified: ib_async and ib_insync, IB's own ibapi
 * in four versions, IBApiNext, and the Rust crate ibapi where cargo is there; ib_async on a recorded session too. Python packages are installed
 * once into the user's cache folder. A simulator runs as a process of its own on a free port with a new log, and always
 * ends.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { homedir, tmpdir } from "node:os"
import * as path from "node:path"
import { createInterface } from "node:readline"

const root = path.resolve(import.meta.dirname, "../..")
const checks = path.join(root, "test/servers/tws")
const cache = path.join(
  process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"),
  "optionsib",
  "tws-venv"
)
const python = path.join(cache, "bin", "python")
const symbol = "SPY"
/** A recorded session beside the synthetic market, fast enough to go on quoting while it is looked at. */
const session = { name: "goog-2015-12-24", symbol: "GOOG", speed: "60" }
/** Clients of IB in their versions: the oldest and newest, and those between at which the protocol changed. */
const ibapiVersions = [
  { name: "ibapi", version: "9.81.1.post1" },
  { name: "nautilus-ibapi", version: "10.19.4" },
  { name: "nautilus-ibapi", version: "10.30.1" },
  { name: "nautilus-ibapi", version: "10.46.1" }
]
const checkMsMax = 300_000

interface Outcome {
  readonly client: string
  readonly result: "passed" | "failed" | "skipped"
  readonly detail: string
}

const run = (command: string, args: ReadonlyArray<string>, options: object = {}): void => {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", 2, 2], ...options })
  if (status !== 0) {
    throw new Error(`${command} ${args.slice(0, 4).join(" ")} failed: ${error?.message ?? status}`)
  }
}

/** Each version of ibapi lies in a folder of its own: they share a module name. */
const folderOf = (version: string): string => path.join(cache, `ibapi-${version}`)

const installPython = (): void => {
  if (!fs.existsSync(python)) run("python3", ["-m", "venv", cache])
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
  const marker = path.join(cache, "installed-2")
  if (fs.existsSync(marker)) return
  run(python, [...pip, "ib_async==2.1.0", "ib_insync==0.9.86", "protobuf"])
  for (const { name, version } of ibapiVersions) {
    fs.rmSync(folderOf(version), { recursive: true, force: true })
    run(python, [...pip, "--no-deps", "--target", folderOf(version), `${name}==${version}`])
  }
  fs.writeFileSync(marker, "")
}

const simulate = async (
  dataDir: string,
  market: ReadonlyArray<string>
): Promise<{ readonly child: ChildProcess; readonly port: number }> => {
  const args = ["dist/main.js", "tws-simulator", "--port", "0", ...market, "--json"]
  const child = spawn(process.execPath, [...args, "--data-dir", dataDir], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"]
  })
  for await (const line of createInterface({ input: child.stdout! })) {
    return { child, port: JSON.parse(line).port }
  }
  throw new Error("the simulator did not start")
}

const checked = (
  client: string,
  command: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Outcome => {
  console.log(`\n${client}`)
  const { status, stdout } = spawnSync(command, args, {
    cwd: checks,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: checkMsMax,
    env: { ...process.env, ...env }
  })
  const lines = stdout.trim().split("\n")
  for (const line of lines) if (status !== 0 || !line.startsWith("ok")) console.log(`  ${line}`)
  const detail = lines.findLast((line) => line.includes("checks passed")) ?? `exit code ${status}`
  return { client, result: status === 0 ? "passed" : "failed", detail }
}

const rust = (port: string): Outcome => {
  const client = "Rust ibapi 2.12.0"
  if (spawnSync("cargo", ["--version"]).status !== 0) {
    return { client, result: "skipped", detail: "cargo is not on the path" }
  }
  const target = path.join(path.dirname(cache), "tws-rust")
  run("cargo", ["build", "--quiet", "--locked", "--target-dir", target], {
    cwd: path.join(checks, "rust")
  })
  return checked(client, path.join(target, "debug", "tws-check"), [port, symbol])
}

const main = async (): Promise<number> => {
  installPython()
  run(process.execPath, [path.join(root, "node_modules/typescript/bin/tsc"), "-p", root])
  const dataDir = fs.mkdtempSync(path.join(tmpdir(), "optionsib-tws-"))
  const simulators: Array<ChildProcess> = []
  const serve = async (...market: ReadonlyArray<string>): Promise<string> => {
    const { child, port } = await simulate(dataDir, market)
    simulators.push(child)
    return String(port)
  }
  try {
    const port = await serve("--symbol", symbol)
    const outcomes = [
      checked("ib_async 2.1.0", python, ["ib_async_check.py", port, symbol]),
      checked("ib_insync 0.9.86", python, ["ib_async_check.py", port, symbol, "ib_insync"]),
      checked("IBApiNext 1.6.10", process.execPath, ["apiNextCheck.ts", port, symbol]),
      ...ibapiVersions.map(({ version }) =>
        checked(`ibapi ${version}`, python, ["ibapi_check.py", port, symbol, version], {
          PYTHONPATH: folderOf(version)
        })
      ),
      rust(port)
    ]
    const played = await serve("--session", session.name, "--speed", session.speed)
    const onSession = ["ib_async_check.py", played, session.symbol]
    outcomes.push(checked(`ib_async on ${session.symbol}`, python, onSession))
    console.log("")
    for (const { client, result, detail } of outcomes) {
      console.log(`${result.padEnd(8)} ${client.padEnd(22)} ${detail}`)
    }
    return outcomes.every(({ result }) => result !== "failed") &&
      simulators.every(({ exitCode }) => exitCode === null)
      ? 0
      : 1
  } finally {
    for (const simulator of simulators) simulator.kill()
    fs.rmSync(dataDir, { recursive: true, force: true })
  }
}

process.exitCode = await main()
