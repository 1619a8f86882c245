/** What wraps and unwraps a data key: an age identity in a file, a passphrase, or AWS KMS. */
import { randomBytes } from "node:crypto"
import { Decrypter, Encrypter } from "age-encryption"
import { Redacted } from "effect"
import type { SecretsProtection } from "../../actors/ports/Secrets.ts"
import { dataKeyBytes, type Wrapping } from "./envelope.ts"
import { openKeyFile } from "./keyFile.ts"
import { openKms } from "./kms.ts"

/** Functions reject with a sentence that holds no key. */
export interface DataKeys {
  /** For people. */
  readonly description: string
  /** A fresh data key, and its wrapping. */
  readonly make: () => Promise<{ readonly dataKey: Uint8Array; readonly as: Wrapping }>
  readonly unwrap: (wrapping: Wrapping) => Promise<Uint8Array>
  /** Renews the wrapping key around `rewrap`, so that the file opens whatever is cut short. */
  readonly renewed: (rewrap: () => Promise<void>) => Promise<void>
}

export const openDataKeys = (protection: SecretsProtection): DataKeys => {
  switch (protection.kind) {
    case "keyFile":
      return keyFileKeys(protection.keyFile)
    case "passphrase":
      return passphraseKeys(protection)
    case "awsKms":
      return kmsKeys(protection)
  }
}

const keyFileKeys = (file: string): DataKeys => {
  const keys = openKeyFile(file)
  return {
    description: `age, with the key in ${file}`,
    make: async () => {
      const recipient = await keys.recipient()
      const dataKey = randomBytes(dataKeyBytes)
      const encrypter = new Encrypter()
      encrypter.addRecipient(recipient)
      const wrapped = base64(await encrypter.encrypt(dataKey))
      return { dataKey, as: { kind: "keyFile", key: recipient, wrapped } }
    },
    unwrap: async ({ kind, wrapped }) => {
      checkKind(kind, "keyFile")
      const decrypter = new Decrypter()
      for (const identity of keys.identities()) decrypter.addIdentity(identity)
      return decrypter.decrypt(bytesOf(wrapped)).catch(() => {
        throw new Error(`the key in ${file} does not open it`)
      })
    },
    renewed: (rewrap) => keys.renewed(rewrap)
  }
}

const passphraseKeys = ({
  passphrase,
  scryptLogN
}: Extract<SecretsProtection, { readonly kind: "passphrase" }>): DataKeys => ({
  description: "age, with a passphrase",
  make: async () => {
    if (Redacted.value(passphrase).length < passphraseLengthMin) {
      throw new Error(`the passphrase is shorter than ${passphraseLengthMin} characters`)
    }
    const dataKey = randomBytes(dataKeyBytes)
    const encrypter = new Encrypter()
    encrypter.setPassphrase(Redacted.value(passphrase))
    encrypter.setScryptWorkFactor(scryptLogN)
    const wrapped = base64(await encrypter.encrypt(dataKey))
    return { dataKey, as: { kind: "passphrase", key: "", wrapped } }
  },
  unwrap: async ({ kind, wrapped }) => {
    checkKind(kind, "passphrase")
    const decrypter = new Decrypter()
    decrypter.addPassphrase(Redacted.value(passphrase))
    return decrypter.decrypt(bytesOf(wrapped)).catch(() => {
      throw new Error("the passphrase does not open it")
    })
  },
  renewed: (rewrap) => rewrap()
})

const passphraseLengthMin = 10

const kmsKeys = (protection: Extract<SecretsProtection, { readonly kind: "awsKms" }>): DataKeys => {
  const kms = openKms(protection)
  return {
    description: `AWS KMS key ${protection.keyId} in ${protection.region}`,
    make: async () => {
      const { dataKey, wrapped } = await kms.generate()
      return {
        dataKey,
        as: { kind: "awsKms", key: protection.keyId, wrapped: base64(wrapped) }
      }
    },
    unwrap: async ({ kind, key, wrapped }) => {
      checkKind(kind, "awsKms")
      return kms.decrypt(key, bytesOf(wrapped))
    },
    renewed: (rewrap) => rewrap()
  }
}

const checkKind = (found: Wrapping["kind"], configured: Wrapping["kind"]): void => {
  if (found === configured) return
  throw new Error(
    `it is protected by ${found}, and the setting secrets.protection is ${configured}`
  )
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")
const bytesOf = (text: string): Uint8Array => Buffer.from(text, "base64")
