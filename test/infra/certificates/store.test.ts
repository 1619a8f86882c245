import { createHash } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { CertificatePresented } from "../../../src/actors/ports/records/certificate.ts"
import {
  type Certificate,
  type CertificateBody,
  checkCertificate
} from "../../../src/domain/certificates/certificate.ts"
import { parametersText, volatilityDefaults } from "../../../src/domain/strategies/parameters.ts"
import {
  presentCertificates,
  readCertificates,
  sealCertificate,
  writeCertificate
} from "../../../src/infra/certificates/store.ts"

const root = fileURLToPath(new URL("../../..", import.meta.url))
const committed = join(root, "config", "certificates")
const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex")

const body = (over: Partial<CertificateBody> = {}): CertificateBody => ({
  certificateId: "c",
  strategyId: "volatility",
  strategyVersion: "1",
  parametersHash: sha256("p"),
  validatedOn: [],
  dataThrough: "2015-12-23",
  issuedFor: "goog-2015-12-24",
  validFrom: "2015-12-24",
  expires: "2016-01-22",
  metrics: { trades: 3, hitRate: 0.5 },
  passed: true,
  ...over
})

const inFolder = <A, E>(use: (folder: string) => Effect.Effect<A, E>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "certificates-"))),
    use,
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )

describe("certificate files", () => {
  it.effect("come back as they were written, with the hash of what they say", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const certificate = sealCertificate(body())
        yield* writeCertificate(folder, certificate)
        const read = yield* readCertificates(folder)
        assert.deepStrictEqual(read, [{ certificate, computedHash: certificate.hash }])
      })
    )
  )

  it.effect("show that they were altered", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const file = yield* writeCertificate(folder, sealCertificate(body({ passed: false })))
        writeFileSync(file, readFileSync(file, "utf8").replace('"passed": false', '"passed": true'))
        const [altered] = yield* readCertificates(folder)
        assert.isTrue(altered!.certificate.passed)
        assert.notStrictEqual(altered!.computedHash, altered!.certificate.hash)
      })
    )
  )

  it.effect("stop the start where one is not a certificate, and are none in a missing folder", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* readCertificates(join(folder, "none")), [])
        writeFileSync(join(folder, "x.json"), '{"certificateId": 3}')
        const error = yield* Effect.flip(readCertificates(folder))
        assert.match(error.message, /x\.json: is not a certificate/)
      })
    )
  )

  it.effect(
    "are presented by strategy: the one in force, else the last, else the first to come",
    () =>
      inFolder((folder) =>
        Effect.gen(function* () {
          const periods = [
            ["a", "2015-10-01", "2015-10-30"],
            ["b", "2015-11-01", "2015-11-30"],
            ["c", "2016-02-01", "2016-03-01"]
          ] as const
          for (const [certificateId, validFrom, expires] of periods) {
            yield* writeCertificate(
              folder,
              sealCertificate(body({ certificateId, validFrom, expires }))
            )
          }
          const shownOn = (date: string) =>
            Effect.map(presentCertificates(folder, date), (inputs) =>
              inputs.map(
                ({ payload }) => (payload as { certificate: Certificate }).certificate.certificateId
              )
            )
          assert.deepStrictEqual(yield* shownOn("2015-11-05"), ["b"])
          assert.deepStrictEqual(yield* shownOn("2015-12-24"), ["b"])
          assert.deepStrictEqual(yield* shownOn("2015-09-01"), ["a"])
        })
      )
  )

  it.effect("are inputs that the desk knows", () =>
    Effect.gen(function* () {
      const [input] = yield* presentCertificates(committed, "2015-12-24")
      assert.strictEqual(input!.type, CertificatePresented.type)
      assert.strictEqual(input!.sourceSeq, 1)
      yield* Schema.encodeUnknownEffect(CertificatePresented.schema)(input!.payload)
    })
  )
})

describe("the committed certificates", () => {
  const sessions = [
    ["goog-2015-12-24", "2015-12-24"],
    ["twx-2014-06-05", "2014-06-05"]
  ] as const
  for (const [session, date] of sessions) {
    it.effect(`license the default strategy for ${session}`, () =>
      Effect.gen(function* () {
        const [input] = yield* presentCertificates(committed, date)
        const { certificate, computedHash } = input!.payload as {
          certificate: Certificate
          computedHash: string
        }
        assert.strictEqual(certificate.issuedFor, session)
        const use = {
          strategyId: "volatility",
          strategyVersion: "1",
          parametersHash: sha256(parametersText(volatilityDefaults)),
          sessionDate: date,
          computedHash
        }
        assert.deepStrictEqual(checkCertificate(certificate, use), [])
      })
    )

    it.effect(`of ${session} name the data that they were made from, as it is here`, () =>
      Effect.gen(function* () {
        const all = yield* readCertificates(committed)
        const own = all.find(({ certificate }) => certificate.issuedFor === session)!
        assert.isTrue(own.certificate.dataThrough < date)
        assert.isAbove(own.certificate.validatedOn.length, 10)
        for (const file of own.certificate.validatedOn) {
          assert.strictEqual(sha256(readFileSync(join(root, file.path))), file.sha256, file.path)
        }
      })
    )
  }
})
