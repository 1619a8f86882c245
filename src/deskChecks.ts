/** What `preflight` looks at: runtime, folders, session, model, certificates. */
import { accessSync, constants, existsSync, mkdirSync, statfsSync } from "node:fs"
import * as path from "node:path"
import { Effect } from "effect"
import type { Check } from "./cli/Launcher.ts"
import { listSessions } from "./infra/data/SessionFile.ts"
import { isOnWallClock } from "./supervisors/ibSettings.ts"
import type { Settings } from "./supervisors/settings.ts"

/** Absolute paths of what a run reads. */
export interface Places {
  readonly sessionsDir: string
  readonly modelsDir: string
  readonly certificatesDir: string
}

/** A session's journal and logs, with room to spare. */
const freeBytesMin = 256 * 1024 * 1024

export const deskChecks = (
  settings: Settings,
  places: Places
): Effect.Effect<ReadonlyArray<Check>> =>
  Effect.sync(() => [
    {
      name: "node",
      ok: true,
      detail: `${process.versions.node} on ${process.platform}-${process.arch}`
    },
    sessionCheck(settings, places),
    modelCheck(settings, places),
    certificateCheck(places),
    dataDirCheck(settings),
    ...brokerCheck(settings)
  ])

const sessionCheck = (settings: Settings, { sessionsDir }: Places): Check => {
  if (isOnWallClock(settings)) {
    const { symbol, hours } = settings.brokers.ib
    const detail = `${symbol} on the wall clock, ${hours === "always" ? "all day" : "in trading hours"}`
    return { name: "session", ok: true, detail }
  }
  const { session } = settings
  const known = listSessions(sessionsDir)
  const ok = known.includes(session)
  return {
    name: "session",
    ok,
    detail: ok
      ? session
      : `there is no session ${session} in ${shown(sessionsDir)}; there are ${known.join(", ") || "none"}`
  }
}

const modelCheck = (settings: Settings, { modelsDir }: Places): Check => {
  const { session, ai, brokers } = settings
  const isWall = isOnWallClock(settings)
  const modelId = isWall ? brokers.ib.model : (ai.models[session] ?? "")
  if (modelId === "") {
    const where = isWall ? "brokers.ib.model" : "ai.models"
    const what = isWall ? brokers.ib.symbol : `session ${session}`
    return { name: "model", ok: false, detail: `${where} names no model for ${what}` }
  }
  const ok = existsSync(path.join(modelsDir, `${modelId}.onnx`))
  return {
    name: "model",
    ok,
    detail: ok ? modelId : `${shown(path.join(modelsDir, `${modelId}.onnx`))} is missing`
  }
}

const certificateCheck = ({ certificatesDir }: Places): Check => ({
  name: "certificates",
  ok: true,
  detail: existsSync(certificatesDir)
    ? shown(certificatesDir)
    : `${shown(certificatesDir)} is missing: every trade will be refused; run validate`
})

/** Relative to the working directory where that is shorter. */
const shown = (file: string): string => {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith("..") ? file : relative
}

const dataDirCheck = ({ storage }: Settings): Check => {
  const folder = path.resolve(storage.dataDir)
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    const { bavail, bsize } = statfsSync(folder)
    const free = bavail * bsize
    const ok = storage.journal === "memory" || free >= freeBytesMin
    const mebibytes = Math.floor(free / 1_048_576)
    return {
      name: "data directory",
      ok,
      detail: ok
        ? `${storage.dataDir}, ${mebibytes} MiB free`
        : `${storage.dataDir} has ${mebibytes} MiB free, ${freeBytesMin / 1_048_576} MiB are needed`
    }
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    return {
      name: "data directory",
      ok: false,
      detail: `${storage.dataDir} cannot be written: ${why}`
    }
  }
}

/** Anything but a simulation needs a broker of its own. */
const brokerCheck = ({ mode, brokers }: Settings): ReadonlyArray<Check> => {
  if (mode === "simulated") return []
  const { host, port, live } = brokers.ib
  const ok = brokers.use === "ib" && live === (mode === "live")
  return [
    {
      name: "broker",
      ok,
      detail: ok
        ? `Interactive Brokers at ${host}:${port}, ${live ? "REAL MONEY" : "paper"}`
        : `mode ${mode} needs a broker: brokers.use "ib" with brokers.ib.live ${mode === "live"}; they are "${brokers.use}" and ${live}: run with --env dev, or configure a broker`
    }
  ]
}
