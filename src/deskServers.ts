/** The simulated exchange and the vault's chain as servers: markets from recorded sessions, logs under the data directory. */
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import { Effect, Layer, type Scope } from "effect"
import { makeMarketGateway } from "./actors/gateways/marketGateway.ts"
import { CannotStart } from "./cli/Launcher.ts"
import { type ServerRequest, VenueServers } from "./cli/servers.ts"
import { rulesHash } from "./deskBroker.ts"
import { limitsHash, openDeskChain } from "./deskChain.ts"
import type { SessionQuotes } from "./domain/market/sessionQuotes.ts"
import type { AccountParts } from "./infra/broker/remote/ExchangeAccount.ts"
import * as exchangeServer from "./infra/broker/remote/exchangeServer.ts"
import { openExchangeLog } from "./infra/broker/simulated/exchangeLog.ts"
import { openExchangeFile } from "./infra/broker/simulated/medium.ts"
import * as vaultServer from "./infra/chain/remote/vaultServer.ts"
import { loadSession } from "./infra/data/SessionFile.ts"
import { packageRoot } from "./infra/product.ts"
import { Refused } from "./infra/wire/lineServer.ts"
import { dailyHistoryOf, simulatedMarket, simulatedRules } from "./simulatedWorld.ts"
import type { Settings } from "./supervisors/settings.ts"

const accountForm = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$/

export const layer: Layer.Layer<VenueServers> = Layer.succeed(VenueServers, {
  exchange: Effect.fnUntraced(function* ({ settings, port, tell }: ServerRequest) {
    const sessions = new Map<string, SessionQuotes>()
    const served = exchangeServer.serveExchange({
      port,
      tell,
      rulesHash: rulesHash(settings),
      open: (hello) => openAccount(settings, sessions, hello)
    })
    return yield* Effect.mapError(served, cannotStart)
  }),
  vault: Effect.fnUntraced(function* ({ settings, port, tell }: ServerRequest) {
    const served = vaultServer.serveVault({
      port,
      tell,
      limitsHash: limitsHash(settings),
      open: ({ account, book, seed }) =>
        Effect.gen(function* () {
          const folder = yield* folderOf(settings, "vault", account)
          return yield* Effect.mapError(
            openDeskChain({ settings: { ...settings, book, seed }, folder }),
            refused
          )
        })
    })
    return yield* Effect.mapError(served, cannotStart)
  })
})

const cannotStart = ({ message }: { readonly message: string }) => new CannotStart({ why: message })
const refused = ({ message }: { readonly message: string }) => new Refused({ why: message })

/** The session as recorded here, which must be the desk's own, and the account's log. */
const openAccount = Effect.fnUntraced(function* (
  settings: Settings,
  sessions: Map<string, SessionQuotes>,
  hello: exchangeServer.Hello
): Effect.fn.Return<AccountParts, Refused, Scope.Scope> {
  const { account, contentHash, session: name } = hello
  const directory = path.resolve(packageRoot, settings.folders.sessions)
  const session =
    sessions.get(name) ?? (yield* Effect.mapError(loadSession(directory, name), refused))
  sessions.set(name, session)
  const own = hashOfFile(path.join(directory, name, "session.json"))
  if (own !== contentHash) {
    const why = `session ${name} is not the same here as at the desk: its manifest's hash is ${own}, not ${contentHash}`
    return yield* new Refused({ why })
  }
  const history = yield* Effect.mapError(
    dailyHistoryOf(session, path.join(packageRoot, "data")),
    refused
  )
  const folder = yield* folderOf(settings, "exchange", account)
  const medium = yield* Effect.acquireRelease(
    Effect.try({ try: () => openExchangeFile(folder), catch: (error) => refused(error as Error) }),
    (open) => Effect.sync(() => open.close())
  )
  const market = simulatedMarket(session)
  const log = yield* Effect.fromResult(openExchangeLog(medium, market.name)).pipe(
    Effect.mapError(refused)
  )
  const quotes = makeMarketGateway({ session, contentHash, history })
  return { market, quotes, rules: simulatedRules(settings), log }
})

const folderOf = (
  { storage }: Settings,
  kind: string,
  account: string
): Effect.Effect<string, Refused> => {
  if (!accountForm.test(account)) {
    return Effect.fail(new Refused({ why: `account "${account}" is not a name` }))
  }
  const folder = path.resolve(storage.dataDir, kind, account)
  return Effect.try({
    try: () => {
      fs.mkdirSync(folder, { recursive: true })
      return folder
    },
    catch: (error) => refused(error as Error)
  })
}

const hashOfFile = (file: string): string =>
  createHash("sha256").update(fs.readFileSync(file)).digest("hex")
