import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  Certificate,
  type CertificateBody,
  certificateText,
  checkCertificate
} from "../../../src/domain/certificates/certificate.ts"

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")
const body: CertificateBody = {
  certificateId: "c1",
  strategyId: "spread",
  strategyVersion: "1.0.0",
  parametersHash: sha256("parameters"),
  validatedOn: [{ path: "data/x.csv", sha256: sha256("x") }],
  dataThrough: "2015-12-23",
  issuedFor: "goog-2015-12-24",
  validFrom: "2015-12-24",
  expires: "2015-12-31",
  metrics: { trades: 12, hitRatio: 0.5 },
  passed: true
}
const certificate: Certificate = { ...body, hash: sha256(certificateText(body)) }
const use = {
  strategyId: "spread",
  strategyVersion: "1.0.0",
  parametersHash: sha256("parameters"),
  sessionDate: "2015-12-24",
  computedHash: certificate.hash
}
const words = (change: Partial<Certificate>, other: Partial<typeof use> = {}) =>
  checkCertificate({ ...certificate, ...change }, { ...use, ...other }).map(
    (reason) => reason.split(":")[0]
  )

describe("Certificate", () => {
  it("licenses the strategy, parameters and session that it was issued for", () => {
    assert.deepStrictEqual(checkCertificate(certificate, use), [])
    assert.deepStrictEqual(words({}, { sessionDate: "2015-12-31" }), [])
  })

  it("names each thing that is wrong", () => {
    assert.deepStrictEqual(words({}, { strategyId: "other" }), ["certificate-strategy"])
    assert.deepStrictEqual(words({}, { strategyVersion: "2" }), ["certificate-version"])
    assert.deepStrictEqual(words({}, { parametersHash: sha256("") }), ["certificate-parameters"])
    assert.deepStrictEqual(words({ passed: false }), ["certificate-failed"])
    assert.deepStrictEqual(words({ dataThrough: "2015-12-24" }), ["certificate-lookahead"])
    assert.deepStrictEqual(words({ validFrom: "2015-12-25" }), ["certificate-early"])
    assert.deepStrictEqual(words({}, { sessionDate: "2016-01-01" }), ["certificate-expired"])
    assert.deepStrictEqual(words({}, { computedHash: sha256("") }), ["certificate-altered"])
    assert.deepStrictEqual(words({ passed: false }, { sessionDate: "2016-01-01" }), [
      "certificate-failed",
      "certificate-expired"
    ])
  })

  it("changes its hash with each part of its body, and with no order of metrics", () => {
    const texts = [
      body,
      { ...body, passed: false },
      { ...body, expires: "2016-01-01" },
      { ...body, validatedOn: [] },
      { ...body, metrics: { trades: 13, hitRatio: 0.5 } }
    ].map(certificateText)
    assert.strictEqual(new Set(texts).size, texts.length)
    assert.strictEqual(
      certificateText({ ...body, metrics: { hitRatio: 0.5, trades: 12 } }),
      texts[0]
    )
  })

  it("is refused by its schema with a date that does not exist or a hash that is none", () => {
    const decode = Schema.decodeUnknownResult(Certificate)
    assert.strictEqual(decode(certificate)._tag, "Success")
    assert.strictEqual(decode({ ...certificate, expires: "2015-02-30" })._tag, "Failure")
    assert.strictEqual(decode({ ...certificate, hash: "abc" })._tag, "Failure")
  })
})
