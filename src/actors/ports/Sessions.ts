/** Recorded sessions by name. */
import { Context, type Effect, Schema } from "effect"
import type { SessionQuotes } from "../../domain/market/sessionQuotes.ts"

/** There is no such session, or its files are not what they say; one sentence. */
export class SessionUnavailable extends Schema.TaggedError<SessionUnavailable>()(
  "SessionUnavailable",
  { why: Schema.String }
) {
  override get message(): string {
    return this.why
  }
}

export class Sessions extends Context.Service<
  Sessions,
  {
    /** `folder`: absolute, or below the product's own. */
    readonly load: (
      folder: string,
      name: string
    ) => Effect.Effect<SessionQuotes, SessionUnavailable>
  }
>()("optionsib/actors/ports/Sessions") {}
