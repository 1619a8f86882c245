/** What can go wrong between us and Interactive Brokers, one sentence each. */
import { Schema } from "effect"

/** Nothing listens there, or it hung up before it let us in. */
export class IbUnreachable extends Schema.TaggedError<IbUnreachable>()("IbUnreachable", {
  place: Schema.String,
  why: Schema.String
}) {
  override get message() {
    return `TWS or IB Gateway at ${this.place} cannot be reached: ${this.why}`
  }
}

/** It listens and does not want us: client id in use, version, account. Waiting may help only for the client id. */
export class IbRefused extends Schema.TaggedError<IbRefused>()("IbRefused", {
  place: Schema.String,
  code: Schema.Int,
  why: Schema.String
}) {
  override get message() {
    return `TWS or IB Gateway at ${this.place} refused us (code ${this.code}): ${this.why}`
  }
}

/** What the settings want is not what is there: live and paper, account. Never retried. */
export class IbMisconfigured extends Schema.TaggedError<IbMisconfigured>()("IbMisconfigured", {
  why: Schema.String
}) {
  override get message() {
    return this.why
  }
}

/** Bytes that are not the protocol. The connection is closed, nothing of the message is used. */
export class IbWireCorrupt extends Schema.TaggedError<IbWireCorrupt>()("IbWireCorrupt", {
  place: Schema.String,
  why: Schema.String
}) {
  override get message() {
    return `the connection to ${this.place} carried what is not the protocol: ${this.why}`
  }
}

/** The connection ended, or the other side went silent. What was asked over it is not known. */
export class IbConnectionLost extends Schema.TaggedError<IbConnectionLost>()("IbConnectionLost", {
  place: Schema.String,
  why: Schema.String
}) {
  override get message() {
    return `the connection to ${this.place} is lost: ${this.why}`
  }
}

/** No answer in time: unknown, never "none". */
export class IbUnanswered extends Schema.TaggedError<IbUnanswered>()("IbUnanswered", {
  question: Schema.String,
  waitedMs: Schema.Int
}) {
  override get message() {
    return `no answer to ${this.question} within ${this.waitedMs} ms: unknown`
  }
}

/** A question was answered with an error. */
export class IbQuestionRefused extends Schema.TaggedError<IbQuestionRefused>()(
  "IbQuestionRefused",
  {
    question: Schema.String,
    code: Schema.Int,
    why: Schema.String
  }
) {
  override get message() {
    return `${this.question} was refused (code ${this.code}): ${this.why}`
  }
}

export type IbQueryFault = IbConnectionLost | IbUnanswered | IbQuestionRefused
