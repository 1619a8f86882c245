/** Data keys made and opened by AWS KMS. Its SDK is loaded when first asked, since few runs need it. */

interface KmsPlace {
  readonly keyId: string
  readonly region: string
  /** "" for Amazon's own. */
  readonly endpoint: string
}

interface Kms {
  readonly generate: () => Promise<{
    readonly dataKey: Uint8Array
    readonly wrapped: Uint8Array
  }>
  readonly decrypt: (keyId: string, wrapped: Uint8Array) => Promise<Uint8Array>
}

/** Bound to the wrapped key: KMS refuses to open it for another purpose, and logs it. */
const context = { purpose: "optionsib-secrets" }

export const openKms = ({ keyId, region, endpoint }: KmsPlace): Kms => {
  const load = async () => {
    const sdk = await import("@aws-sdk/client-kms")
    const client = new sdk.KMSClient({
      region,
      maxAttempts: 3,
      ...(endpoint !== "" && { endpoint })
    })
    return { sdk, client }
  }
  return {
    generate: () =>
      told(async () => {
        const { sdk, client } = await load()
        const made = await client.send(
          new sdk.GenerateDataKeyCommand({
            KeyId: keyId,
            KeySpec: "AES_256",
            EncryptionContext: context
          })
        )
        return { dataKey: given(made.Plaintext), wrapped: given(made.CiphertextBlob) }
      }),
    decrypt: (usedKeyId, wrapped) =>
      told(async () => {
        const { sdk, client } = await load()
        const opened = await client.send(
          new sdk.DecryptCommand({
            KeyId: usedKeyId,
            CiphertextBlob: wrapped,
            EncryptionContext: context
          })
        )
        return given(opened.Plaintext)
      })
  }
}

const given = (bytes: Uint8Array | undefined): Uint8Array => {
  if (bytes === undefined) throw new Error("it answered without a key")
  return bytes
}

/** Names of KMS's errors are safe to tell; what they carry may not be. */
const told = async <A>(ask: () => Promise<A>): Promise<A> => {
  try {
    return await ask()
  } catch (thrown) {
    const { name, message } = thrown as Error
    throw new Error(`AWS KMS refused or is away: ${name}: ${message}`)
  }
}
