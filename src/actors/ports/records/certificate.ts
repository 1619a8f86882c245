/** Certificates as they come in at a session's start, from the source "certificates". */
import { Schema } from "effect"
import { Certificate } from "../../../domain/certificates/certificate.ts"
import { recordType } from "../../../domain/journal/record.ts"

/** Input: a certificate file that was read. A later one for the same strategy replaces it. */
export const CertificatePresented = recordType(
  "CertificatePresented",
  Schema.Struct({
    certificate: Certificate,
    /** SHA-256 of `certificateText(certificate)`, as computed at reading. */
    computedHash: Schema.String
  })
)

export const certificateTypes = [CertificatePresented] as const
