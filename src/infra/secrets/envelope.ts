/**
 * The sealed form of secrets: a data key wrapped by what protects it, and the values under that data key.
 *
 * AES-256-GCM with a fresh key and nonce at every write; the header is authenticated, so a wrapped key cannot be moved to
 * another file's values.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { Option, Redacted, Schema } from "effect"

const Wrapping = Schema.Struct({
  kind: Schema.Literals(["keyFile", "passphrase", "awsKms"]),
  /** The recipient of a key file, the id of a KMS key, "" for a passphrase. */
  key: Schema.String,
  /** Base64. */
  wrapped: Schema.String
})
export type Wrapping = typeof Wrapping.Type

const Envelope = Schema.Struct({
  format: Schema.Literal("optionsib-secrets"),
  version: Schema.Literal(1),
  dataKey: Wrapping,
  /** Base64 of nonce, ciphertext and tag. */
  sealed: Schema.String
})
export type Envelope = typeof Envelope.Type

export type SecretValues = ReadonlyMap<string, Redacted.Redacted<string>>

export const dataKeyBytes = 32
const nonceBytes = 12
const tagBytes = 16

const Values = Schema.fromJsonString(Schema.Record(Schema.String, Schema.String))
const decodeEnvelope = Schema.decodeUnknownOption(Schema.fromJsonString(Envelope))
const decodeValues = Schema.decodeUnknownOption(Values)

/** Authenticated with the values. */
const header = ({ kind, key, wrapped }: Wrapping): Buffer =>
  Buffer.from(`optionsib-secrets 1 ${kind} ${key} ${wrapped}`)

export const seal = (values: SecretValues, dataKey: Uint8Array, dataKeyAs: Wrapping): string => {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv("aes-256-gcm", dataKey, nonce)
  cipher.setAAD(header(dataKeyAs))
  const plain = JSON.stringify(
    Object.fromEntries([...values].map(([name, value]) => [name, Redacted.value(value)]))
  )
  const sealed = Buffer.concat([nonce, cipher.update(plain, "utf8"), cipher.final()])
  const envelope: Envelope = {
    format: "optionsib-secrets",
    version: 1,
    dataKey: dataKeyAs,
    sealed: Buffer.concat([sealed, cipher.getAuthTag()]).toString("base64")
  }
  return `${JSON.stringify(envelope, null, 2)}\n`
}

/** Undefined where the text is no envelope of ours. */
export const readEnvelope = (text: string): Envelope | undefined =>
  Option.getOrUndefined(decodeEnvelope(text))

/** Sorted by name; undefined where a byte is not what was sealed, or the key is another. */
export const unseal = (envelope: Envelope, dataKey: Uint8Array): SecretValues | undefined => {
  const bytes = Buffer.from(envelope.sealed, "base64")
  if (bytes.length < nonceBytes + tagBytes || dataKey.length !== dataKeyBytes) return undefined
  const decipher = createDecipheriv("aes-256-gcm", dataKey, bytes.subarray(0, nonceBytes))
  decipher.setAAD(header(envelope.dataKey))
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  let plain: string
  try {
    const open = decipher.update(bytes.subarray(nonceBytes, -tagBytes))
    plain = Buffer.concat([open, decipher.final()]).toString("utf8")
  } catch {
    return undefined
  }
  const values = Option.getOrUndefined(decodeValues(plain))
  if (values === undefined) return undefined
  const names = Object.keys(values).sort()
  return new Map(names.map((name) => [name, Redacted.make(values[name]!)]))
}
