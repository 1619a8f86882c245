/** What is wrong with bytes on a TWS socket. Whoever reads them closes the connection: nothing after them has a meaning. */
import { Schema } from "effect"

export class WireFault extends Schema.TaggedError<WireFault>()("WireFault", {
  /** Where it was found: "frame", "opening" or the name of a message. */
  place: Schema.String,
  why: Schema.String
}) {
  override get message() {
    return `bad bytes on the TWS wire, ${this.place}: ${this.why}`
  }
}
