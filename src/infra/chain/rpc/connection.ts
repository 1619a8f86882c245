/** A connection to a cluster that ends with its scope. */
import { Connection } from "@solana/web3.js"
import { Effect, type Scope } from "effect"

export interface ClusterPlace {
  readonly url: string
  /** "" for the url's own. */
  readonly websocketUrl: string
  readonly commitment: "processed" | "confirmed" | "finalized"
}

export const openConnection = ({
  commitment,
  url,
  websocketUrl
}: ClusterPlace): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(
      () =>
        new Connection(url, {
          commitment,
          disableRetryOnRateLimit: true,
          ...(websocketUrl !== "" && { wsEndpoint: websocketUrl })
        })
    ),
    (connection) => Effect.sync(() => closeWebsocket(connection))
  )

/** web3.js has no way to close its websocket, and left alone it connects again for ever. */
const closeWebsocket = (connection: Connection): void => {
  const { _rpcWebSocket: socket } = connection as unknown as {
    readonly _rpcWebSocket: {
      readonly setAutoReconnect: (reconnect: boolean) => void
      readonly close: (code: number) => void
    }
  }
  socket.setAutoReconnect(false)
  socket.close(1000)
}
