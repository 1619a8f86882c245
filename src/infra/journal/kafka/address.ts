/** `kafka://HOST:PORT[,HOST:PORT...]/TOPIC` and what of the settings makes a client of it. */
import { readFileSync } from "node:fs"
import { Effect } from "effect"
import type { KafkaConfig, SASLOptions } from "kafkajs"
import { LogRefused } from "./kafkaLog.ts"

export interface KafkaAddress {
  readonly brokers: ReadonlyArray<string>
  readonly topic: string
}

/** How to reach the servers; as in the settings' section storage.kafka. */
export interface KafkaConnection {
  readonly connectTries: number
  readonly requestMsMax: number
  readonly tls: boolean
  /** PEM files; "" for none. */
  readonly tlsCaFile: string
  readonly tlsCertificateFile: string
  readonly tlsKeyFile: string
  readonly sasl: "none" | "plain" | "scram-sha-256" | "scram-sha-512"
  readonly username: string
  /** Name of the environment variable that holds the password. */
  readonly passwordVariable: string
}

/** The parts of an address that has the form; undefined where it has not. */
export const parseKafkaAddress = (text: string): KafkaAddress | undefined => {
  const parts = /^kafka:\/\/([^/\s]+)\/([A-Za-z0-9._-]{1,200})$/.exec(text)
  if (parts === null) return undefined
  const brokers = parts[1]!.split(",")
  const isWhole = brokers.every((broker) => /^[^:\s]+:\d{1,5}$/.test(broker))
  return isWhole ? { brokers, topic: parts[2]! } : undefined
}

const clientId = "optionsib"
const connectMsMax = 3_000
const firstPauseMs = 100
const pauseMsMax = 2_000

/** A client's configuration. Fails where a file or the password is missing. */
export const clientConfig = (
  { brokers }: KafkaAddress,
  connection: KafkaConnection
): Effect.Effect<KafkaConfig, LogRefused> =>
  Effect.try({
    try: () => {
      const sasl = saslOf(connection)
      return {
        clientId,
        brokers: [...brokers],
        connectionTimeout: connectMsMax,
        requestTimeout: connection.requestMsMax,
        retry: {
          retries: Math.max(connection.connectTries, brokers.length) - 1,
          initialRetryTime: firstPauseMs,
          maxRetryTime: pauseMsMax
        },
        ...(connection.tls && { ssl: tlsOf(connection) }),
        ...(sasl !== undefined && { sasl })
      }
    },
    catch: (error) => new LogRefused({ why: (error as Error).message })
  })

const tlsOf = ({ tlsCaFile, tlsCertificateFile, tlsKeyFile }: KafkaConnection) => ({
  ...(tlsCaFile !== "" && { ca: [readPem("tlsCaFile", tlsCaFile)] }),
  ...(tlsCertificateFile !== "" && { cert: readPem("tlsCertificateFile", tlsCertificateFile) }),
  ...(tlsKeyFile !== "" && { key: readPem("tlsKeyFile", tlsKeyFile) })
})

const readPem = (setting: string, file: string): string => {
  try {
    return readFileSync(file, "utf8")
  } catch (error) {
    throw new Error(`storage.kafka.${setting}: ${(error as Error).message}`)
  }
}

const saslOf = (connection: KafkaConnection): SASLOptions | undefined => {
  const { sasl: mechanism, username, passwordVariable } = connection
  if (mechanism === "none") return undefined
  const password = process.env[passwordVariable]
  if (password === undefined || username === "") {
    throw new Error(
      `storage.kafka.sasl is ${mechanism}: it needs storage.kafka.username, and the password in the environment variable ${passwordVariable}`
    )
  }
  return { mechanism, username, password } as SASLOptions
}
