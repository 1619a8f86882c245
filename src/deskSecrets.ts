/** The secrets of a desk: where its settings say they lie, and the keys of its vault in them. */
import { randomBytes } from "node:crypto"
import * as path from "node:path"
import { Effect, Redacted } from "effect"
import type { SecretStore, SecretsProtection } from "./actors/ports/Secrets.ts"
import { CannotStart } from "./cli/Launcher.ts"
import type { DeskSigners } from "./infra/chain/keys/deskKeys.ts"
import type { Settings } from "./supervisors/settings.ts"

/** Of scrypt: a second or two. */
const scryptLogN = 18
const passphraseVariable = "OPTIONSIB_PASSPHRASE"

/** Loaded on demand: few commands need them. */
export const openSecrets = (settings: Settings): Effect.Effect<SecretStore, CannotStart> =>
  Effect.gen(function* () {
    const protection = yield* protectionOf(settings)
    const { openSecretFile } = yield* Effect.promise(() => import("./infra/secrets/secretFiles.ts"))
    return openSecretFile({ file: below(settings, settings.secrets.file), protection })
  })

const below = ({ storage }: Settings, file: string): string => path.resolve(storage.dataDir, file)

const protectionOf = (settings: Settings): Effect.Effect<SecretsProtection, CannotStart> => {
  const { awsKms, keyFile, protection } = settings.secrets
  switch (protection) {
    case "keyFile":
      return Effect.succeed({ kind: "keyFile", keyFile: below(settings, keyFile) })
    case "passphrase": {
      const passphrase = process.env[passphraseVariable]
      return passphrase === undefined || passphrase === ""
        ? cannot(`secrets.protection is passphrase: set ${passphraseVariable} in the environment`)
        : Effect.succeed({
            kind: "passphrase",
            passphrase: Redacted.make(passphrase),
            scryptLogN
          })
    }
    case "awsKms":
      return awsKms.keyId === "" || awsKms.region === ""
        ? cannot("secrets.protection is awsKms: set secrets.awsKms.keyId and region")
        : Effect.succeed({ kind: "awsKms", ...awsKms })
  }
}

/** New keys for everyone who signs for a vault. */
export const freshKeys = (): Effect.Effect<ReadonlyMap<string, Redacted.Redacted<string>>> =>
  Effect.map(
    loadKeys,
    ({ deskKeyNames }) =>
      new Map(deskKeyNames.map((name) => [name, Redacted.make(randomBytes(32).toString("hex"))]))
  )

/** The chain address of a key of the vault; undefined for any other secret. */
export const addressOfSecret = (
  name: string,
  value: Redacted.Redacted<string>
): Effect.Effect<string | undefined, CannotStart> =>
  Effect.gen(function* () {
    const { deskKeyNames, seedOfSecret } = yield* loadKeys
    if (!(deskKeyNames as ReadonlyArray<string>).includes(name)) return undefined
    const { signerOf } = yield* Effect.promise(() => import("./infra/chain/keys/signers.ts"))
    return yield* Effect.try({
      try: () => signerOf(seedOfSecret(name, value)).publicKey.toBase58(),
      catch: cannotStart
    })
  })

/** Who signs on a cluster. */
export const deskSigners = (settings: Settings): Effect.Effect<DeskSigners, CannotStart> =>
  Effect.gen(function* () {
    const store = yield* openSecrets(settings)
    const values = yield* Effect.mapError(store.read, cannotStart)
    const { signersOfSecrets } = yield* loadKeys
    const signers = yield* Effect.try({ try: () => signersOfSecrets(values), catch: cannotStart })
    return "payer" in signers
      ? signers
      : yield* new CannotStart({
          why: `the secrets at ${store.place} lack ${signers.join(", ")}: \`secrets init\` makes them, \`secrets set NAME\` takes one`
        })
  })

const loadKeys = Effect.promise(() => import("./infra/chain/keys/deskKeys.ts"))

const cannot = (why: string): Effect.Effect<never, CannotStart> =>
  Effect.fail(new CannotStart({ why }))

const cannotStart = (thrown: unknown): CannotStart =>
  new CannotStart({ why: thrown instanceof Error ? thrown.message : String(thrown) })
