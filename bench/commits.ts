/** Commit latency of the file journal, one turn per commit, against a bare write and fdatasync. Run: node bench/commits.ts */
import { Effect } from "effect"
import { kernelTypes } from "../src/actors/ports/records/kernel.ts"
import { marketTypes } from "../src/actors/ports/records/market.ts"
import { makeRecordCodec } from "../src/domain/journal/codec.ts"
import { makeFileJournal } from "../src/infra/journal/file/FileJournal.ts"
import { openBareSync } from "./bareSync.ts"
import { temporaryFolder } from "./desk.ts"
import { type Measure, percentileRows, runAlone } from "./figure.ts"
import { quoteAt } from "./quotes.ts"

const codec = makeRecordCodec([...kernelTypes, ...marketTypes])
const commits = 1_500
const warmUp = 200
const turnRecords = 3

const measure: Measure = (progress) =>
  Effect.gen(function* () {
    progress(`${commits} commits of ${turnRecords} records, each beside a bare one`)
    const directory = yield* temporaryFolder
    const writer = yield* makeFileJournal(codec, { directory, book: "bench" }).openWriter
    const bare = openBareSync(directory)
    const ours: Array<number> = []
    const theirs: Array<number> = []
    // One of each in turn, so that both meet the same disk and the same load.
    for (let seq = 0; seq < (warmUp + commits) * turnRecords; ) {
      for (let k = 0; k < turnRecords; k++, seq++) writer.append(quoteAt(seq))
      const began = performance.now()
      yield* writer.commit
      ours.push(performance.now() - began)
      theirs.push(bare.once())
    }
    bare.close()
    return percentileRows("commit of 3 records", "ms", ours.slice(warmUp), {
      name: "bare write + fdatasync",
      values: theirs.slice(warmUp)
    })
  }).pipe(Effect.scoped, Effect.orDie, Effect.runPromise)

await runAlone(measure)
