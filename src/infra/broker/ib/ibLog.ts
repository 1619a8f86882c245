/**
 * The gateway's own durable log: one line per word; the first names the account and the client id. It is never rebuilt from the desk's journal: it numbers what the broker said, which the journal cannot.
 *
 * A last line that is not whole was never acted on: a torn tail, cut at opening. Damage before the end stops the gateway.
 */
import { Option, Result, Schema } from "effect"
import { lineWriter, readLines } from "../../log/lines.ts"
import type { LogMedium } from "../../log/medium.ts"
import { IbOrders } from "./ibOrders.ts"
import { IbWord } from "./ibWords.ts"

/** The log is not what was written, or is another account's. */
export class IbLogUnusable extends Schema.TaggedError<IbLogUnusable>()("IbLogUnusable", {
  place: Schema.String,
  why: Schema.String
}) {
  override get message() {
    return `the broker gateway's log at ${this.place} cannot be used: ${this.why}`
  }
}

export interface IbLog {
  readonly words: ReadonlyArray<IbWord>
  readonly cutBytes: number
  /** Durable when it returns. Throws `IbLogUnusable` once it could not be written, and from then on always. */
  readonly append: (word: IbWord) => void
}

const Header = Schema.Struct({
  format: Schema.Literal("optionsib ib gateway"),
  /** 1: told corrections and late commissions as unexplained. */
  version: Schema.Literals([1, 2]),
  account: Schema.String,
  clientId: Schema.Int
})
const HeaderJson = Schema.fromJsonString(Header)
const WordJson = Schema.fromJsonString(Schema.toCodecJson(IbWord))
const encodeHeader = Schema.encodeSync(HeaderJson)
const decodeHeader = Schema.decodeUnknownOption(HeaderJson)
const encodeWord = Schema.encodeSync(WordJson)
const decodeWord = Schema.decodeUnknownOption(WordJson)

/** Reads a medium, cuts its torn tail, writes the header where there is none. May throw what the medium throws. */
export const openIbLog = (
  medium: LogMedium,
  whose: { readonly account: string; readonly clientId: number }
): Result.Result<IbLog, IbLogUnusable> => {
  const { place } = medium
  const unusable = (why: string) => Result.fail(new IbLogUnusable({ place, why }))
  const { lines, tornBytes, badLine, cut } = readLines(medium)
  if (badLine > 0) return unusable(`the checksum of line ${badLine} is wrong`)
  const [first, ...rest] = lines
  if (first !== undefined) {
    const header = Option.getOrUndefined(decodeHeader(first))
    if (header === undefined) return unusable("line 1 is not the header of such a log")
    if (header.account !== whose.account || header.clientId !== whose.clientId) {
      const its = `account ${header.account} and client id ${header.clientId}`
      return unusable(`it is of ${its}, the settings say ${whose.account} and ${whose.clientId}`)
    }
  }
  const words: Array<IbWord> = []
  for (const [at, line] of rest.entries()) {
    const word = Option.getOrUndefined(decodeWord(line))
    if (word === undefined) return unusable(`line ${at + 2} is not an entry of this version`)
    words.push(word)
  }
  cut()
  const writer = lineWriter(medium, (why) => new IbLogUnusable({ place, why }))
  if (first === undefined) {
    const header = { format: "optionsib ib gateway", version: 2, ...whose } as const
    writer.append(encodeHeader(header))
  } else if (decodeHeader(first).pipe(Option.exists(({ version }) => version === 1))) {
    const continued = continuedAt(words)
    if (continued === undefined) return unusable(toldOtherwise)
    if (continued !== "already") {
      words.push(continued)
      writer.append(encodeWord(continued))
    }
  }
  const append = (word: IbWord) => writer.append(encodeWord(word))
  return Result.succeed({ words, cutBytes: tornBytes, append })
}

const toldOtherwise =
  "an older build told of its corrections or late commissions in reports of other numbers: end this run with that build"

/**
 * The word with which a log of version 1 goes on; undefined where it cannot: what it said after a fill was told made
 * other reports then, and their numbers are in the book.
 */
const continuedAt = (words: ReadonlyArray<IbWord>): IbWord | "already" | undefined => {
  if (words.some(({ _tag }) => _tag === "Continued")) return "already"
  const orders = new IbOrders()
  for (const word of words) orders.take(word)
  return orders.hasAmended ? undefined : { _tag: "Continued", atMs: words.at(-1)?.atMs ?? 0 }
}
