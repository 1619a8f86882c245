/** A stored snapshot as text that proves itself: its SHA-256, a line end, and the canonical JSON that this is of. */
import { hash } from "node:crypto"
import { Result, Schema } from "effect"
import type { StoredSnapshot } from "../../actors/ports/Journal.ts"
import { canonicalJson } from "../../domain/journal/canonicalJson.ts"

/** Older snapshots than this many newest are removed. */
export const snapshotsKept = 2

const hashHexLength = 64

const SnapshotOfBook = Schema.Struct({
  book: Schema.String,
  seq: Schema.Int,
  link: Schema.String,
  stateHash: Schema.String,
  body: Schema.String
})
const decodeSnapshot = Schema.decodeUnknownResult(Schema.fromJsonString(SnapshotOfBook))

export const snapshotText = (book: string, snapshot: StoredSnapshot): string => {
  const { seq, link, stateHash, body } = snapshot
  const text = canonicalJson({ book, seq, link, stateHash, body })
  return `${hash("sha256", text)}\n${text}`
}

/** The snapshot; fails, in words, where the text is not whole or is of another book. */
export const parseSnapshot = (
  book: string,
  text: string
): Result.Result<StoredSnapshot, string> => {
  const body = text.slice(hashHexLength + 1)
  if (text[hashHexLength] !== "\n" || hash("sha256", body) !== text.slice(0, hashHexLength)) {
    return Result.fail("its hash is not that of its text")
  }
  const decoded = decodeSnapshot(body)
  if (Result.isFailure(decoded)) return Result.fail("it is not a snapshot")
  const { book: owner, ...snapshot } = decoded.success
  return owner === book ? Result.succeed(snapshot) : Result.fail(`it is of book ${owner}`)
}
