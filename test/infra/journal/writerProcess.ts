/**
 * A process that holds a book and commits turns until it is killed. Prints `held` or the refusal, then each durable seq.
 * Run: node writerProcess.ts DIRECTORY
 */
import { Effect } from "effect"
import { makeFileJournal } from "../../../src/infra/journal/file/FileJournal.ts"
import { codec, turnAt } from "../../contract/journal/records.ts"
import { appendAll } from "./simulated.ts"

const directory = process.argv[2]!

const program = Effect.gen(function* () {
  const journal = makeFileJournal(codec, { directory, book: "alpha", segmentBytesMax: 20_000 })
  const writer = yield* journal.openWriter
  process.stdout.write("held\n")
  for (;;) {
    const next = writer.durableThrough() + 1
    for (let seq = next; seq < next + 20; seq += turnAt(seq).length) appendAll(writer, turnAt(seq))
    yield* writer.commit
    process.stdout.write(`${writer.durableThrough()}\n`)
  }
}).pipe(Effect.scoped)

await Effect.runPromise(program).catch((error: Error) => process.stdout.write(`${error.message}\n`))
