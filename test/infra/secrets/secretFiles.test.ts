import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import type { SecretsProtection } from "../../../src/actors/ports/Secrets.ts"
import { openSecretFile } from "../../../src/infra/secrets/secretFiles.ts"
import { startKms } from "./kmsStandIn.ts"

const folder = () => fs.mkdtempSync(path.join(tmpdir(), "secrets-"))
const secret = "b1946ac92492d2347c6235b4d2611184"
const values = new Map([["trader", Redacted.make(secret)]])
const keyFileIn = (at: string): SecretsProtection => ({
  kind: "keyFile",
  keyFile: path.join(at, "secrets.key")
})
const openIn = (at: string, protection: SecretsProtection = keyFileIn(at)) =>
  openSecretFile({ file: path.join(at, "secrets.vault"), protection })

const plain = (found: ReadonlyMap<string, Redacted.Redacted<string>>) =>
  [...found].map(([name, value]) => [name, Redacted.value(value)])

const lawsOf = (name: string, protection: (at: string) => SecretsProtection) => {
  it.effect(`${name}: gives back what was put in, and keeps it out of the file`, () =>
    Effect.gen(function* () {
      const at = folder()
      const store = openIn(at, protection(at))
      yield* store.create(values)
      yield* store.set("gate", Redacted.make("another"))
      assert.deepStrictEqual(plain(yield* openIn(at, protection(at)).read), [
        ["gate", "another"],
        ["trader", secret]
      ])
      for (const file of fs.readdirSync(at)) {
        const text = fs.readFileSync(path.join(at, file), "utf8")
        assert.notInclude(text, secret)
        assert.notInclude(text, Buffer.from(secret).toString("base64").slice(0, 20))
      }
    })
  )

  it.effect(`${name}: a changed byte of the header or of the values opens nothing`, () =>
    Effect.gen(function* () {
      const at = folder()
      const store = openIn(at, protection(at))
      yield* store.create(values)
      const file = path.join(at, "secrets.vault")
      const whole = JSON.parse(fs.readFileSync(file, "utf8"))
      const flip = (text: string) => {
        const bytes = Buffer.from(text, "base64")
        bytes[bytes.length - 1]! ^= 1
        return bytes.toString("base64")
      }
      const damaged = [
        { ...whole, sealed: flip(whole.sealed) },
        { ...whole, dataKey: { ...whole.dataKey, wrapped: flip(whole.dataKey.wrapped) } }
      ]
      for (const change of damaged) {
        fs.writeFileSync(file, JSON.stringify(change))
        const error = yield* Effect.flip(store.read)
        assert.strictEqual(error._tag, "SecretsUnavailable")
        assert.notInclude(error.message, secret)
      }
    })
  )
}

describe("secrets in a file", () => {
  lawsOf("key file", keyFileIn)
  lawsOf("passphrase", () => ({
    kind: "passphrase",
    passphrase: Redacted.make("four plain words here"),
    scryptLogN: 10
  }))

  it.effect("files are private, and an existing one is never replaced by init", () =>
    Effect.gen(function* () {
      const at = folder()
      yield* openIn(at).create(values)
      for (const file of ["secrets.vault", "secrets.key"]) {
        assert.strictEqual(fs.statSync(path.join(at, file)).mode & 0o777, 0o600, file)
      }
      const before = fs.readFileSync(path.join(at, "secrets.vault"), "utf8")
      assert.match((yield* Effect.flip(openIn(at).create(new Map()))).message, /exists/)
      assert.strictEqual(fs.readFileSync(path.join(at, "secrets.vault"), "utf8"), before)
    })
  )

  it.effect("a key file that others may read is refused", () =>
    Effect.gen(function* () {
      const at = folder()
      yield* openIn(at).create(values)
      fs.chmodSync(path.join(at, "secrets.key"), 0o640)
      const { message } = yield* Effect.flip(openIn(at).read)
      assert.match(message, /mode 0640; allowed is 0600/)
    })
  )

  it.effect("rotation changes both keys and no value; the old key opens nothing more", () =>
    Effect.gen(function* () {
      const at = folder()
      yield* openIn(at).create(values)
      const vault = path.join(at, "secrets.vault")
      const key = path.join(at, "secrets.key")
      const [oldKey, oldVault] = [fs.readFileSync(key, "utf8"), fs.readFileSync(vault, "utf8")]
      yield* openIn(at).rotate
      assert.deepStrictEqual(plain(yield* openIn(at).read), [["trader", secret]])
      const [newKey, newVault] = [fs.readFileSync(key, "utf8"), fs.readFileSync(vault, "utf8")]
      assert.notStrictEqual(newKey, oldKey)
      assert.notStrictEqual(
        JSON.parse(newVault).dataKey.wrapped,
        JSON.parse(oldVault).dataKey.wrapped
      )
      fs.writeFileSync(key, oldKey)
      assert.match((yield* Effect.flip(openIn(at).read)).message, /does not open it/)
    })
  )

  it.effect("a wrong passphrase, and another protection than the file's, are said", () =>
    Effect.gen(function* () {
      const at = folder()
      const of = (words: string): SecretsProtection => ({
        kind: "passphrase",
        passphrase: Redacted.make(words),
        scryptLogN: 10
      })
      const right = of("four plain words")
      yield* openIn(at, right).create(values)
      const wrong = of("four other words")
      assert.match((yield* Effect.flip(openIn(at, wrong).read)).message, /passphrase does not/)
      assert.match(
        (yield* Effect.flip(openIn(at).read)).message,
        /protected by passphrase, and the setting secrets.protection is keyFile/
      )
    })
  )

  it.effect("no printed form of what was read holds a value", () =>
    Effect.gen(function* () {
      const at = folder()
      yield* openIn(at).create(values)
      const found = yield* openIn(at).read
      const shown = [inspect(found, { depth: 9 }), JSON.stringify([...found]), String([...found])]
      for (const text of shown) assert.notInclude(text, secret)
    })
  )
})

describe("secrets under AWS KMS", () => {
  it.effect(
    "the data key is made and opened by KMS, in signed requests; another key does not open it",
    () =>
      Effect.gen(function* () {
        const keyId = "arn:aws:kms:eu-west-1:000000000000:key/test"
        const kms = yield* Effect.acquireRelease(
          Effect.promise(() => startKms(keyId)),
          (server) => Effect.promise(server.close)
        )
        const other = yield* Effect.acquireRelease(
          Effect.promise(() => startKms(keyId)),
          (server) => Effect.promise(server.close)
        )
        process.env.AWS_ACCESS_KEY_ID = "AKIDEXAMPLE"
        process.env.AWS_SECRET_ACCESS_KEY = "example"
        const at = folder()
        const by = (endpoint: string, id = keyId): SecretsProtection => ({
          kind: "awsKms",
          keyId: id,
          region: "eu-west-1",
          endpoint
        })
        yield* openIn(at, by(kms.endpoint)).create(values)
        assert.deepStrictEqual(plain(yield* openIn(at, by(kms.endpoint)).read), [
          ["trader", secret]
        ])
        yield* openIn(at, by(kms.endpoint)).rotate
        assert.deepStrictEqual(plain(yield* openIn(at, by(kms.endpoint)).read), [
          ["trader", secret]
        ])
        assert.deepStrictEqual(kms.asked, [
          "TrentService.GenerateDataKey",
          "TrentService.Decrypt",
          "TrentService.Decrypt",
          "TrentService.GenerateDataKey",
          "TrentService.Decrypt"
        ])
        assert.strictEqual(kms.unsigned(), 0)
        assert.match(
          (yield* Effect.flip(openIn(at, by(other.endpoint)).read)).message,
          /InvalidCiphertextException/
        )
        assert.match(
          (yield* Effect.flip(openIn(folder(), by(kms.endpoint, "wrong")).create(values))).message,
          /NotFoundException/
        )
      })
  )
})
