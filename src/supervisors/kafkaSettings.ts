/** How the journal reaches its Kafka; of no effect while the journal is elsewhere. Older runs' settings lack it. */
import { Effect, Schema } from "effect"

const whole = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const defaults = {
  partitions: 16,
  replicationFactor: 0,
  connectTries: 6,
  requestMsMax: 10_000,
  commitRetryMsMax: 60_000,
  tls: false,
  tlsCaFile: "",
  tlsCertificateFile: "",
  tlsKeyFile: "",
  sasl: "none" as const,
  username: "",
  passwordVariable: "OPTIONSIB_KAFKA_PASSWORD"
}

export const KafkaSettings = Schema.Struct({
  partitions: whole(1, 10_000),
  replicationFactor: whole(0, 9),
  connectTries: whole(1, 100),
  requestMsMax: whole(1_000, 600_000),
  commitRetryMsMax: whole(0, 3_600_000),
  tls: Schema.Boolean,
  tlsCaFile: Schema.String,
  tlsCertificateFile: Schema.String,
  tlsKeyFile: Schema.String,
  sasl: Schema.Literals(["none", "plain", "scram-sha-256", "scram-sha-512"]),
  username: Schema.String,
  passwordVariable: Schema.NonEmptyString
}).pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaults)))
