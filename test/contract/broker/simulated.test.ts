import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { openExchangeFile } from "../../../src/infra/broker/simulated/medium.ts"
import { type LogMedium, makeMemoryMedium } from "../../../src/infra/log/medium.ts"
import { openWorld, type Shown } from "../../infra/broker/world.ts"
import { brokerContract, type VenueUnderTest } from "./brokerContract.ts"

/** The exchange of a session is shown the quotes again when it is reopened: so are those of the tests. */
const venue = (
  medium: () => LogMedium,
  shown: ReadonlyArray<Shown>
): Effect.Effect<VenueUnderTest, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const opened = yield* Effect.acquireRelease(Effect.sync(medium), (each) =>
      Effect.sync(() => each.close())
    )
    const world = yield* openWorld(opened)
    const quotes: Array<Shown> = []
    const quote = (each: Shown) =>
      Effect.sync(() => {
        quotes.push(each)
        world.quote(each)
      })
    for (const each of shown) yield* quote(each)
    return { broker: world.broker, quote, reopen: Effect.suspend(() => venue(medium, quotes)) }
  })

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "exchange-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

brokerContract(
  "simulated exchange, log in memory",
  Effect.suspend(() => {
    const medium = makeMemoryMedium()
    return venue(() => medium, [])
  })
)
brokerContract(
  "simulated exchange, log in a file",
  Effect.flatMap(directory, (path) => venue(() => openExchangeFile(path), []))
)
