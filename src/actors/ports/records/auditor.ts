/** What the audit found. */
import { Schema } from "effect"
import { recordType } from "../../../domain/journal/record.ts"

/**
 * By auditor: journal, broker and vault do not agree and nothing in flight explains it. Blocks new
 * risk until an operator resumes trading. Never followed by an invented fill.
 */
export const DifferenceFound = recordType(
  "DifferenceFound",
  Schema.Struct({
    differences: Schema.Array(
      Schema.Struct({
        /** What is compared: "vault free", "position of instrument 12", "trade X proceeds". */
        what: Schema.String,
        /** Between which two: "journal-vault", "journal-broker", "journal". */
        between: Schema.Literals(["journal-vault", "journal-broker", "journal"]),
        /** Micro-USD, contracts or shares, as decimal text. */
        expected: Schema.String,
        found: Schema.String
      })
    )
  })
)

export const auditorTypes = [DifferenceFound] as const
