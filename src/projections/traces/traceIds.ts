/**
 * Ids of traces and spans: digests of where a record stands, so that a replay gives the same trace.
 *
 * The configuration's hash keeps books of the same name apart that ran on other sessions, seeds or settings.
 */
import { createHash } from "node:crypto"

export interface TraceOrigin {
  readonly book: string
  readonly configHash: string
}

const digest = (words: ReadonlyArray<string | number>, hexDigits: number): string =>
  createHash("sha256").update(words.join("\0")).digest("hex").slice(0, hexDigits)

/** 32 hex digits. `seq`: of the proposal that the trace is about. */
export const traceIdOf = ({ book, configHash }: TraceOrigin, seq: number): string =>
  digest(["trace", book, configHash, seq], 32)

/** 16 hex digits. `proposal`: seq of the proposal that the span belongs to, a closing's own. */
export const spanIdOf = (
  { book, configHash }: TraceOrigin,
  span: { readonly proposal: number; readonly seq: number; readonly name: string }
): string => digest(["span", book, configHash, span.proposal, span.seq, span.name], 16)
