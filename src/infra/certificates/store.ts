/**
 * Certificates as files: config/certificates/ID.json, one each, with the hash of what they say.
 *
 * A file that cannot be read as a certificate stops the start: silently trading without it would look like a refusal
 * of the strategy, and silently trading with another one would be worse.
 */
import { createHash } from "node:crypto"
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Result, Schema } from "effect"
import { CertificatePresented } from "../../actors/ports/records/certificate.ts"
import {
  Certificate,
  type CertificateBody,
  certificateText
} from "../../domain/certificates/certificate.ts"
import type { InputDraft } from "../../domain/journal/record.ts"

export class CertificateUnreadable extends Schema.TaggedError<CertificateUnreadable>()(
  "CertificateUnreadable",
  { file: Schema.String, why: Schema.String }
) {
  override get message(): string {
    return `certificate ${this.file}: ${this.why}`
  }
}

/** A certificate and the SHA-256 of its text as computed at reading: an altered one differs from its own `hash`. */
export interface PresentedCertificate {
  readonly certificate: Certificate
  readonly computedHash: string
}

export const sealCertificate = (body: CertificateBody): Certificate => ({
  ...body,
  hash: hashOf(body)
})

/** All certificates of a folder in order of file name; none where there is no such folder. */
export const readCertificates = (
  directory: string
): Effect.Effect<ReadonlyArray<PresentedCertificate>, CertificateUnreadable> =>
  Effect.gen(function* () {
    const names = yield* Effect.tryPromise({
      try: () => readdir(directory),
      catch: (cause) => cause
    }).pipe(
      Effect.catch((cause) =>
        isMissing(cause)
          ? Effect.succeed<Array<string>>([])
          : Effect.fail(new CertificateUnreadable({ file: directory, why: String(cause) }))
      )
    )
    const files = names.filter((name) => name.endsWith(".json")).sort()
    return yield* Effect.forEach(files, (name) => readCertificate(join(directory, name)))
  })

/** Writes ID.json, over an older one of that id; returns its path. */
export const writeCertificate = (
  directory: string,
  certificate: Certificate
): Effect.Effect<string, CertificateUnreadable> => {
  const file = join(directory, `${certificate.certificateId}.json`)
  const text = `${JSON.stringify(encode(certificate), null, 2)}\n`
  return Effect.tryPromise({
    try: async () => {
      await mkdir(directory, { recursive: true })
      await writeFile(file, text)
      return file
    },
    catch: (cause) =>
      new CertificateUnreadable({ file, why: `cannot be written: ${String(cause)}` })
  })
}

/**
 * What the desk is shown at the start of a session: for each strategy the certificate in force on that date, or else the
 * last one before it, or else the first one after it, so that a refusal can say expired or too early.
 */
export const presentCertificates = (
  directory: string,
  sessionDate: string
): Effect.Effect<ReadonlyArray<InputDraft>, CertificateUnreadable> =>
  Effect.map(readCertificates(directory), (all) =>
    chosenFor(all, sessionDate).map((presented, index) => ({
      ...CertificatePresented.make(presented),
      source: "certificates",
      sourceSeq: index + 1
    }))
  )

const chosenFor = (
  all: ReadonlyArray<PresentedCertificate>,
  sessionDate: string
): ReadonlyArray<PresentedCertificate> => {
  const strategies = [...new Set(all.map(({ certificate }) => certificate.strategyId))].sort()
  return strategies.flatMap((strategyId) => {
    const own = all
      .filter(({ certificate }) => certificate.strategyId === strategyId)
      .sort((a, b) => compare(a.certificate.validFrom, b.certificate.validFrom))
    const started = own.filter(({ certificate }) => certificate.validFrom <= sessionDate)
    const chosen = started.at(-1) ?? own[0]
    return chosen === undefined ? [] : [chosen]
  })
}

const readCertificate = (
  file: string
): Effect.Effect<PresentedCertificate, CertificateUnreadable> =>
  Effect.tryPromise({
    try: () => readFile(file, "utf8"),
    catch: (cause) => new CertificateUnreadable({ file, why: `cannot be read: ${String(cause)}` })
  }).pipe(
    Effect.flatMap((text) =>
      Effect.fromResult(
        Result.mapBoth(decode(text), {
          onSuccess: (certificate) => ({ certificate, computedHash: hashOf(certificate) }),
          onFailure: (error) =>
            new CertificateUnreadable({
              file,
              why: `is not a certificate: ${error.message.replace(/\s+/g, " ")}`
            })
        })
      )
    )
  )

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Certificate))
const encode = Schema.encodeSync(Schema.toCodecJson(Certificate))

const hashOf = (body: CertificateBody): string =>
  createHash("sha256").update(certificateText(body)).digest("hex")

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "ENOENT"

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
