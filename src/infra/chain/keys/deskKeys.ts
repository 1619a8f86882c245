/**
 * Who signs for a desk's vault. In an embedded session all keys come from the session's seed, so that one seed gives one
 * chain; on a cluster they come out of the secrets.
 */
import { hkdfSync } from "node:crypto"
import { Redacted } from "effect"
import { type ChainSigner, signerOf } from "./signers.ts"

/** `authority` is the settlement counterparty's own; `payer` pays fees and rent and owns nothing else. */
export const deskKeyNames = [
  "admin",
  "authority",
  "delegate",
  "gate",
  "guardian",
  "payer",
  "trader"
] as const
export type DeskKeyName = (typeof deskKeyNames)[number]

export type DeskSigners = Readonly<Record<DeskKeyName, ChainSigner>>

/** For simulations: whoever knows the seed, which is no secret, has the keys. */
export const signersOfSeed = (seed: number, book: string): DeskSigners =>
  signersFrom((name) =>
    Buffer.from(hkdfSync("sha256", Buffer.from(String(seed)), book, `optionsib ${name}`, 32))
  )

const signersFrom = (seedOf: (name: DeskKeyName) => Uint8Array): DeskSigners => ({
  admin: signerOf(seedOf("admin")),
  authority: signerOf(seedOf("authority")),
  delegate: signerOf(seedOf("delegate")),
  gate: signerOf(seedOf("gate")),
  guardian: signerOf(seedOf("guardian")),
  payer: signerOf(seedOf("payer")),
  trader: signerOf(seedOf("trader"))
})

/** Names that are missing, or the signers. A malformed one throws a sentence that names it and shows nothing of it. */
export const signersOfSecrets = (
  secrets: ReadonlyMap<string, Redacted.Redacted<string>>
): DeskSigners | ReadonlyArray<DeskKeyName> => {
  const missing = deskKeyNames.filter((name) => !secrets.has(name))
  return missing.length > 0
    ? missing
    : signersFrom((name) => seedOfSecret(name, secrets.get(name)!))
}

/**
 * A private key as text: 64 hex digits of its seed, or the JSON array of 64 numbers that Solana's tools write (seed, then
 * public key).
 */
export const seedOfSecret = (name: string, secret: Redacted.Redacted<string>): Uint8Array => {
  const text = Redacted.value(secret).trim()
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, "hex")
  const bytes = bytesOfArray(text)
  if (bytes !== undefined) {
    const signer = signerOf(bytes.subarray(0, 32))
    if (signer.publicKey.toBuffer().equals(bytes.subarray(32))) return bytes.subarray(0, 32)
  }
  throw new Error(
    `secret ${name} is no private key: allowed are 64 hex digits, or the JSON array of 64 numbers of a Solana key file`
  )
}

const bytesOfArray = (text: string): Buffer | undefined => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const isBytes =
    Array.isArray(value) &&
    value.length === 64 &&
    value.every((item) => Number.isInteger(item) && item >= 0 && item <= 255)
  return isBytes ? Buffer.from(value as Array<number>) : undefined
}
