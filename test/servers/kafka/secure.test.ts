/** A server that speaks TLS and asks who is there: settings as an operator writes them. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { freePorts, KafkaCluster } from "../../../scripts/servers/kafkaCluster.ts"
import { Journal } from "../../../src/actors/ports/Journal.ts"
import type { KafkaConnection } from "../../../src/infra/journal/kafka/address.ts"
import { openKafkaBooks } from "../../../src/infra/journal/kafka/KafkaBooks.ts"
import { codec, epochRecord } from "../../contract/journal/records.ts"
import { newTopic } from "./kafkaServer.ts"

const user = "desk"
const password = "not-a-secret"
const passwordVariable = "OPTIONSIB_TEST_KAFKA_PASSWORD"

let folder = ""
let port = 0
let certificate = ""

/** A key of the server's own, and its certificate as the desk is given it. */
const makeKey = (): string => {
  const store = join(folder, "server.p12")
  const keys = ["-alias", "server", "-keystore", store, "-storepass", password]
  const who = ["-dname", "CN=localhost", "-ext", "SAN=IP:127.0.0.1,DNS:localhost"]
  const make = ["-genkeypair", "-keyalg", "EC", "-storetype", "PKCS12", "-validity", "2"]
  execFileSync("keytool", [...make, ...keys, ...who], { stdio: "ignore" })
  certificate = join(folder, "server.pem")
  execFileSync("keytool", ["-exportcert", "-rfc", "-file", certificate, ...keys], {
    stdio: "ignore"
  })
  return store
}

beforeAll(async () => {
  folder = mkdtempSync(join(process.env.OPTIONSIB_KAFKA_FOLDER ?? tmpdir(), "kafka-"))
  port = (await freePorts(1))[0]!
  const store = makeKey()
  const login = "listener.name.secure"
  const plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
  const scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
  const cluster = await KafkaCluster.create(folder, 1, 0, {
    port,
    settings: [
      `${login}.ssl.keystore.location=${store}`,
      `${login}.ssl.keystore.password=${password}`,
      `${login}.ssl.keystore.type=PKCS12`,
      `${login}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512`,
      `${login}.plain.sasl.jaas.config=${plain} required user_${user}="${password}";`,
      `${login}.scram-sha-512.sasl.jaas.config=${scram} required;`
    ],
    formatArguments: ["--add-scram", `SCRAM-SHA-512=[name=${user},password=${password}]`]
  })
  cluster.startAll()
  await cluster.ready()
  process.env[passwordVariable] = password
})

afterAll(async () => {
  delete process.env[passwordVariable]
  await KafkaCluster.find(folder)?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const sound = (): KafkaConnection => ({
  connectTries: 3,
  requestMsMax: 10_000,
  tls: true,
  tlsCaFile: certificate,
  tlsCertificateFile: "",
  tlsKeyFile: "",
  sasl: "scram-sha-512",
  username: user,
  passwordVariable
})

const booksBy = (connection: KafkaConnection) =>
  openKafkaBooks({
    address: { brokers: [`127.0.0.1:${port}`], topic: newTopic() },
    connection,
    make: { partitions: 1, replicationFactor: 1 }
  })

describe("a Kafka behind TLS and a password", () => {
  for (const sasl of ["plain", "scram-sha-512"] as const) {
    it.live(`keeps a book for who knows the password, by ${sasl}`, () =>
      Effect.gen(function* () {
        const books = yield* booksBy({ ...sound(), sasl })
        const entry = yield* books.registry.claim("alpha", () => null)
        const layer = books.journal(codec, entry, { commitRetryMsMax: 5_000 })
        yield* Effect.gen(function* () {
          const journal = yield* Journal
          const writer = yield* journal.openWriter
          writer.append(epochRecord(0, 1))
          yield* writer.commit
          assert.strictEqual((yield* journal.openReader).head().seq, 0)
        }).pipe(Effect.scoped, Effect.provide(layer))
      }).pipe(Effect.scoped)
    )
  }

  it.live(
    "is refused in words without the password, with a wrong one, and without its authority",
    () =>
      Effect.gen(function* () {
        const refused = (connection: KafkaConnection) =>
          Effect.flip(Effect.scoped(booksBy(connection)))
        const unset = yield* refused({ ...sound(), passwordVariable: "OPTIONSIB_TEST_UNSET" })
        assert.match(unset.why, /environment variable OPTIONSIB_TEST_UNSET/)
        const wrong = yield* refused({ ...sound(), passwordVariable: "HOME" })
        assert.match(wrong.why, /[Aa]uthentication/)
        const stranger = yield* refused({ ...sound(), tlsCaFile: "" })
        assert.match(stranger.why, /self-signed certificate/)
        const missing = yield* refused({ ...sound(), tlsCaFile: join(folder, "none.pem") })
        assert.match(missing.why, /storage\.kafka\.tlsCaFile: ENOENT/)
      })
  )
})
