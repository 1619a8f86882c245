/** The faults that the TWS simulator can be told to show: a list in a file, or one at a time. */
import { Result, Schema } from "effect"

const moment = {
  /** Epoch ms of the market's clock from which it is in force; now where neither is told. */
  atMs: Schema.optionalKey(Schema.Int),
  /** The same, counted from the start of the market's clock. */
  afterMs: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)))
}
const forMs = Schema.Int.check(Schema.isGreaterThan(0))
const times = Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0)))

/** Codes with which requests are refused, and which of them. */
export const refusedBy = {
  103: "PlaceOrder",
  110: "PlaceOrder",
  201: "PlaceOrder",
  321: "PlaceOrder",
  200: "ContractDetails",
  162: "History",
  322: "MarketData",
  354: "MarketData",
  326: "StartApi",
  10147: "CancelOrder",
  10148: "CancelOrder"
} as const

/** Every fault; what each one does is told in docs/tws-simulator.md. `times`: so often, 1 unless told. */
export const TwsFault = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("lost"),
    ...moment,
    forMs: Schema.optionalKey(forMs),
    subscriptionsLost: Schema.optionalKey(Schema.Boolean)
  }),
  Schema.Struct({
    kind: Schema.Literal("restored"),
    ...moment,
    subscriptionsLost: Schema.optionalKey(Schema.Boolean)
  }),
  Schema.Struct({
    kind: Schema.Literal("farm"),
    ...moment,
    code: Schema.Literals([2103, 2104, 2105, 2106, 2107, 2108, 2110, 2119, 2157, 2158, 1300]),
    farm: Schema.optionalKey(Schema.String)
  }),
  Schema.Struct({
    kind: Schema.Literal("refuse"),
    ...moment,
    code: Schema.Literals([103, 110, 162, 200, 201, 321, 322, 326, 354, 10147, 10148]),
    text: Schema.optionalKey(Schema.String),
    times
  }),
  Schema.Struct({ kind: Schema.Literal("cancelled"), ...moment, times }),
  Schema.Struct({
    kind: Schema.Literal("orderStatus"),
    ...moment,
    how: Schema.Literals(["repeat", "skip", "late"]),
    times
  }),
  Schema.Struct({ kind: Schema.Literal("executionFirst"), ...moment, times }),
  Schema.Struct({ kind: Schema.Literal("lateCommission"), ...moment, byMs: forMs, times }),
  Schema.Struct({
    kind: Schema.Literal("correction"),
    ...moment,
    byUsd: Schema.Finite,
    delayMs: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
    times
  }),
  Schema.Struct({ kind: Schema.Literal("secondPermId"), ...moment, times }),
  Schema.Struct({ kind: Schema.Literal("cancelRace"), ...moment, times }),
  Schema.Struct({ kind: Schema.Literal("idRollback"), ...moment, by: forMs, times }),
  Schema.Struct({ kind: Schema.Literal("reset"), ...moment, forMs: Schema.optionalKey(forMs) }),
  Schema.Struct({ kind: Schema.Literal("zombie"), ...moment }),
  Schema.Struct({ kind: Schema.Literal("silent"), ...moment, forMs }),
  Schema.Struct({ kind: Schema.Literal("pacing"), ...moment, times }),
  Schema.Struct({ kind: Schema.Literal("deadQuotes"), ...moment, forMs }),
  Schema.Struct({ kind: Schema.Literal("noGreeks"), ...moment, forMs: Schema.optionalKey(forMs) }),
  Schema.Struct({ kind: Schema.Literal("dropAfterOrder"), ...moment, times })
])
export type TwsFault = typeof TwsFault.Type

const FaultsFile = Schema.Struct({ faults: Schema.Array(TwsFault) })
const decodeFile = Schema.decodeUnknownResult(FaultsFile)
const decodeOne = Schema.decodeUnknownResult(TwsFault)
const strict = { onExcessProperty: "error", errors: "all" } as const

const kinds = [
  ..."lost restored farm refuse cancelled orderStatus executionFirst lateCommission".split(" "),
  ..."correction secondPermId cancelRace idRollback reset zombie silent pacing".split(" "),
  ..."deadQuotes noGreeks dropAfterOrder".split(" ")
]

/** A faults file's content: `{ faults: [...] }`. Fails with one sentence. */
export const decodeFaults = (content: unknown): Result.Result<ReadonlyArray<TwsFault>, string> => {
  const list = listOf(content)
  if (list === undefined) return Result.fail(`it must be {faults: [...]}, a list of faults`)
  for (const [at, fault] of list.entries()) {
    const decoded = decodeFault(fault)
    if (Result.isFailure(decoded)) return Result.fail(`fault ${at + 1}: ${decoded.failure}`)
  }
  return Result.map(
    Result.mapError(decodeFile(content, strict), () => "it holds more than faults"),
    ({ faults }) => faults
  )
}

/** One fault. Fails with one sentence. */
export const decodeFault = (value: unknown): Result.Result<TwsFault, string> => {
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : value
  if (!kinds.includes(String(kind))) {
    return Result.fail(
      `kind is ${JSON.stringify(kind)?.slice(0, 60)}; allowed: ${kinds.join(", ")}`
    )
  }
  return Result.mapError(decodeOne(value, strict), (issue) => sentence(String(issue), kind))
}

const listOf = (content: unknown): ReadonlyArray<unknown> | undefined => {
  if (typeof content !== "object" || content === null || !("faults" in content)) return undefined
  return Array.isArray(content.faults) ? content.faults : undefined
}

const sentence = (issue: string, kind: unknown): string =>
  `${kind} is not right: ${issue
    .split("\n")
    .map((line) => line.trim())
    .join(" ")
    .slice(0, 300)}`
