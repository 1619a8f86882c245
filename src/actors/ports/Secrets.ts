/**
 * Keys and passwords at rest, by name. A value is only ever handed out redacted: it prints as nothing, and no
 * record, log line or error carries it.
 */
import { type Effect, type Redacted, Schema } from "effect"

/** The file is missing, damaged, not ours, or its key does not open it. Never says what is in it. */
export class SecretsUnavailable extends Schema.TaggedError<SecretsUnavailable>()(
  "SecretsUnavailable",
  { place: Schema.String, why: Schema.String }
) {
  override get message(): string {
    return `the secrets at ${this.place} cannot be used: ${this.why}`
  }
}

/** Where secrets lie and what wraps their data key. Paths are absolute. */
export interface SecretsPlace {
  readonly file: string
  readonly protection: SecretsProtection
}

export type SecretsProtection =
  /** An age identity in a file of its own, mode 0600. */
  | { readonly kind: "keyFile"; readonly keyFile: string }
  | {
      readonly kind: "passphrase"
      readonly passphrase: Redacted.Redacted<string>
      /** Base-2 logarithm of scrypt's work; 18 takes a second or two. */
      readonly scryptLogN: number
    }
  /** `endpoint`: "" for Amazon's own. Credentials are the SDK's matter. */
  | {
      readonly kind: "awsKms"
      readonly keyId: string
      readonly region: string
      readonly endpoint: string
    }

/** The secrets of one place, by name: letters, digits and hyphens. Every call reads the file anew; a change is whole on disk, or not at all. */
export interface SecretStore {
  readonly place: string
  /** One clause for people: what wraps the data key. */
  readonly protection: string
  readonly exists: Effect.Effect<boolean, SecretsUnavailable>
  /** Makes the file, and the key file where that protects it and is missing. Fails where the file exists. */
  readonly create: (
    values: ReadonlyMap<string, Redacted.Redacted<string>>
  ) => Effect.Effect<void, SecretsUnavailable>
  /** Sorted by name. */
  readonly read: Effect.Effect<ReadonlyMap<string, Redacted.Redacted<string>>, SecretsUnavailable>
  readonly set: (
    name: string,
    value: Redacted.Redacted<string>
  ) => Effect.Effect<void, SecretsUnavailable>
  /** A new data key, wrapped anew; a key file gets a new identity. Values stay. */
  readonly rotate: Effect.Effect<void, SecretsUnavailable>
}
