/**
 * A strategy's licence to trade: what validation found on data from before the session it was
 * issued for.
 *
 * Without a valid one every proposal of the strategy is refused. Dates are "YYYY-MM-DD" and compare
 * as text.
 */
import { Schema } from "effect"
import { parseDate } from "../market/civilDate.ts"

const Sha256Hex = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{64}$/, { expected: "64 lower-case hex digits" })
)
const MarketDate = Schema.String.check(
  Schema.makeFilter((text: string) => parseDate(text) !== undefined, {
    expected: "a date YYYY-MM-DD that exists"
  })
)

const fields = {
  certificateId: Schema.String,
  strategyId: Schema.String,
  strategyVersion: Schema.String,
  /** SHA-256 of the strategy's parameters, canonical JSON. */
  parametersHash: Sha256Hex,
  /** What it was validated on. */
  validatedOn: Schema.Array(Schema.Struct({ path: Schema.String, sha256: Sha256Hex })),
  /** Market date of the last data seen, inclusive; before every session it is good for. */
  dataThrough: MarketDate,
  /** The session (dataset) that it was issued for, by name. */
  issuedFor: Schema.String,
  /** First and last session date it is good for, both inclusive. */
  validFrom: MarketDate,
  expires: MarketDate,
  /** Figures of the validation, by name; ratios and counts as numbers, units in the names. */
  metrics: Schema.Record(Schema.String, Schema.Finite),
  /** Whether the figures met the validation's own bar. */
  passed: Schema.Boolean
}

/** What the hash is over. */
export const CertificateBody = Schema.Struct(fields)
export type CertificateBody = typeof CertificateBody.Type

/** `hash`: SHA-256 of the body's canonical JSON, hex. */
export const Certificate = Schema.Struct({ ...fields, hash: Sha256Hex })
export type Certificate = typeof Certificate.Type

/**
 * The text that the hash is over: the body as JSON in the order of its schema, record keys sorted.
 */
export const certificateText = (certificate: CertificateBody): string => {
  const { metrics, ...rest } = certificate
  const sorted = Object.fromEntries(
    Object.entries(metrics).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  )
  return JSON.stringify(encodeBody({ ...rest, metrics: sorted }))
}

const encodeBody = Schema.encodeSync(Schema.toCodecJson(CertificateBody))

/** The strategy and session that a certificate is held against. */
export interface CertificateUse {
  readonly strategyId: string
  readonly strategyVersion: string
  readonly parametersHash: string
  /** Date of the trading day. */
  readonly sessionDate: string
  /** SHA-256 of `certificateText`, computed by whoever read the file. */
  readonly computedHash: string
}

/** Why it does not license this use, one reason each with the values; empty where it does. */
export const checkCertificate = (
  certificate: Certificate,
  use: CertificateUse
): ReadonlyArray<string> => {
  const { sessionDate } = use
  const differs = (name: string, certified: string, actual: string): string | undefined =>
    certified === actual
      ? undefined
      : `certificate-${name}: certified ${shown(certified)}, the desk runs ${shown(actual)}`
  return [
    certificate.hash === use.computedHash
      ? undefined
      : `certificate-altered: its hash says ${shown(certificate.hash)}, ` +
        `its content is ${shown(use.computedHash)}`,
    differs("strategy", certificate.strategyId, use.strategyId),
    differs("version", certificate.strategyVersion, use.strategyVersion),
    differs("parameters", certificate.parametersHash, use.parametersHash),
    certificate.passed ? undefined : "certificate-failed: the validation did not pass",
    certificate.dataThrough < sessionDate
      ? undefined
      : `certificate-lookahead: validated on data through ${certificate.dataThrough}, ` +
        `the session is ${sessionDate}`,
    certificate.validFrom <= sessionDate
      ? undefined
      : `certificate-early: valid from ${certificate.validFrom}, the session is ${sessionDate}`,
    sessionDate <= certificate.expires
      ? undefined
      : `certificate-expired: expired ${certificate.expires}, the session is ${sessionDate}`
  ].filter((reason) => reason !== undefined)
}

const shown = (text: string): string => (text.length > 16 ? `${text.slice(0, 16)}…` : text)
