/**
 * The real Jaeger, built once from the Go module proxy and kept in the user's cache folder.
 *
 * Cold it takes some twenty minutes of two cores and 2.5 GB of Go's own caches; the binary has 85 MB.
 */
import { spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { homedir, tmpdir } from "node:os"
import * as path from "node:path"
import { Missing } from "./kafkaJars.ts"

export const jaegerVersion = "2.13.0"

/** Jaeger 2.13.0 is `cmd/jaeger` of this module; its tag was cut together with v2.13.0. */
const module = "github.com/jaegertracing/jaeger"
const moduleVersion = "v1.76.0"
const goVersionMin = 1.24

const goMod = `module optionsib.invalid/jaeger

go 1.24.6

require ${module} ${moduleVersion}

replace github.com/Shopify/sarama => github.com/Shopify/sarama v1.33.0
`

/**
 * What pins the build: the module's own digest covers its go.sum, whose digests cover everything below it. The
 * module's go.sum is taken as ours, because not every collector module has an entry in the checksum database.
 */
const goSum = `${module} ${moduleVersion} h1:sWCOOF1dr+NL0PLil7mFo3BqqQL8k4WiM7aguFbc14g=
${module} ${moduleVersion}/go.mod h1:hqcuJlLDTv7G2x5eFd/BhwcPdLxj3N+90aKhIzdOcKo=
`

export const jaegerBinary = path.join(
  process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"),
  "optionsib",
  `jaeger-${jaegerVersion}`,
  "jaeger"
)

export const jaegerIsBuilt = (): boolean => fs.existsSync(jaegerBinary)

/** Throws `Missing`, with what to do, where it is not built. */
export const requireJaeger = (): string => {
  if (jaegerIsBuilt()) return jaegerBinary
  throw new Missing(
    `there is no ${jaegerBinary}: build it with npm run dev:jaeger -- build (some 20 minutes, once)`
  )
}

/** Throws `Missing` where no Go that is new enough is on the path. */
const requireGo = (): void => {
  const asked = spawnSync("go", ["version"], { encoding: "utf8" })
  const version = /go(\d+\.\d+)/.exec(asked.stdout ?? "")?.[1]
  if (version !== undefined && isRecent(version)) return
  const found = version === undefined ? "there is no go" : `the go there is version ${version}`
  throw new Missing(
    `Jaeger ${jaegerVersion} is built with Go ${goVersionMin} or later and ${found}: sudo snap install go --classic`
  )
}

const isRecent = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = String(goVersionMin).split(".").map(Number)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

/** Builds where it is not built yet; `jobs`: compilers at once. Resolves with the binary. Throws `Missing`. */
export const buildJaeger = async (jobs: number): Promise<string> => {
  if (jaegerIsBuilt()) return jaegerBinary
  requireGo()
  const work = fs.mkdtempSync(path.join(tmpdir(), "optionsib-jaeger-"))
  try {
    fs.writeFileSync(path.join(work, "go.mod"), goMod)
    fs.writeFileSync(path.join(work, "go.sum"), goSum)
    const told = await go(work, jobs, ["mod", "download", "-json", `${module}@${moduleVersion}`])
    const { Dir } = JSON.parse(told) as { readonly Dir: string }
    fs.appendFileSync(path.join(work, "go.sum"), fs.readFileSync(path.join(Dir, "go.sum")))
    const named = `${module}/internal/version.latestVersion=v${jaegerVersion}`
    const built = path.join(work, "jaeger")
    const flags = ["-trimpath", "-ldflags", `-s -w -X ${named}`, "-o", built]
    await go(work, jobs, ["build", ...flags, `${module}/cmd/jaeger`])
    fs.mkdirSync(path.dirname(jaegerBinary), { recursive: true })
    // A copy beside it, then a rename: another that looks meanwhile sees no half of it.
    const beside = `${jaegerBinary}.${process.pid}`
    fs.copyFileSync(built, beside)
    fs.renameSync(beside, jaegerBinary)
    return jaegerBinary
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
}

/** What it printed; its progress and errors go to stderr. */
const go = (folder: string, jobs: number, args: ReadonlyArray<string>): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = {
      ...process.env,
      GOFLAGS: `-buildvcs=false -mod=mod -p=${jobs}`,
      CGO_ENABLED: "0"
    }
    const stdio = ["ignore", "pipe", "inherit"] as const
    // At the lowest priority: who builds in the background goes on working.
    const child = spawn("nice", ["-n", "19", "go", ...args], {
      cwd: folder,
      env,
      stdio: [...stdio]
    })
    let output = ""
    child.stdout!.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.on("error", reject)
    child.on("close", (code) =>
      code === 0 ? resolve(output) : reject(new Error(`go ${args[0]} ended with code ${code}`))
    )
  })
