/**
 * A cluster of one node over LiteSVM, as web3.js's `Connection` sees one: JSON-RPC and its websocket on one port of 127.0.0.1.
 *
 * Blocks: each transaction that lands makes one, and `advance` makes empty ones. A blockhash is good for 150 of them, as on a
 * real cluster, and what is sent with an older one is taken and dropped without a word, as there too. Tests break it by `next`.
 */
import { createHash } from "node:crypto"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { PublicKey } from "@solana/web3.js"
import { FailedTransactionMetadata } from "litesvm"
import { type WebSocket, WebSocketServer } from "ws"
import { base58 } from "../../../../src/infra/chain/base58.ts"
import {
  customCode,
  type LiteSvmCluster,
  svmTransaction
} from "../../../../src/infra/chain/litesvm/LiteSvmCluster.ts"

/** What becomes of the next transaction that is sent. */
type Fault =
  /** Taken, and never lands. */
  | "drop"
  /** Lands, and the answer is cut off. */
  | "lose"
  /** Taken, and lands when `release` is called. */
  | "hold"

export interface Facade {
  readonly url: string
  readonly websocketUrl: string
  readonly next: (fault: Fault) => void
  readonly advance: (blocks: number) => void
  readonly release: () => void
  /** Signatures that were sent, repeats included. */
  readonly sent: ReadonlyArray<string>
  /** Of the distinct transactions that landed. */
  readonly landed: () => number
  readonly close: () => Promise<void>
}

const blockhashBlocks = 150

interface Landed {
  readonly slot: number
  readonly err: unknown
  readonly logs: ReadonlyArray<string>
  readonly units: number
}

type Params = ReadonlyArray<never>

export const startFacade = async (
  { svm }: LiteSvmCluster,
  nowMs: () => number
): Promise<Facade> => {
  svm.withBlockhashCheck(false)
  let height = 1
  let blockhash = hashOf(Buffer.from("genesis"))
  /** Last valid height by blockhash. */
  const recent = new Map([[blockhash, height + blockhashBlocks]])
  const landed = new Map<string, Landed>()
  const sent: Array<string> = []
  const faults: Array<Fault> = []
  const held: Array<() => void> = []
  const listeners = new Map<number, { readonly socket: WebSocket; readonly signature: string }>()
  let subscriptions = 0

  const advance = (blocks: number): void => {
    height += blocks
    blockhash = hashOf(Buffer.from(`${blockhash} ${height}`))
    recent.set(blockhash, height + blockhashBlocks)
  }

  const tell = (id: number): void => {
    const { signature, socket } = listeners.get(id)!
    const found = landed.get(signature)
    if (found === undefined) return
    listeners.delete(id)
    const result = { context: { slot: found.slot }, value: { err: found.err } }
    const params = { result, subscription: id }
    socket.send(JSON.stringify({ jsonrpc: "2.0", method: "signatureNotification", params }))
  }

  const land = (signature: string, wire: Uint8Array): void => {
    const transaction = svmTransaction(wire)
    const lastHeight = recent.get(blockhashOf(transaction.messageBytes as unknown as Uint8Array))
    if (landed.has(signature) || lastHeight === undefined || height > lastHeight) return
    const clock = svm.getClock()
    clock.unixTimestamp = BigInt(Math.floor(nowMs() / 1000))
    clock.slot = BigInt(height)
    svm.setClock(clock)
    const result = svm.sendTransaction(transaction)
    const failed = result instanceof FailedTransactionMetadata
    const meta = failed ? result.meta() : result
    landed.set(signature, {
      slot: height,
      err: failed ? errorOf(result) : null,
      logs: meta.logs(),
      units: Number(meta.computeUnitsConsumed())
    })
    advance(1)
    for (const id of [...listeners.keys()]) tell(id)
  }

  const withContext = (value: unknown) => ({
    context: { slot: height, apiVersion: "2.0.0" },
    value
  })
  const account = (address: string) => {
    const found = svm.getAccount(address as never)
    if (!found.exists) return null
    return {
      data: [Buffer.from(found.data).toString("base64"), "base64"],
      executable: found.executable,
      lamports: Number(found.lamports),
      owner: found.programAddress,
      rentEpoch: 0,
      space: found.data.length
    }
  }
  const status = (signature: string) => {
    const found = landed.get(signature)
    return found === undefined
      ? null
      : {
          slot: found.slot,
          confirmations: null,
          err: found.err,
          status: found.err === null ? { Ok: null } : { Err: found.err },
          confirmationStatus: "finalized"
        }
  }

  const methods: Record<string, (params: Params) => unknown> = {
    getVersion: () => ({ "solana-core": "2.0.0", "feature-set": 0 }),
    getSlot: () => height,
    getBlockHeight: () => height,
    getLatestBlockhash: () =>
      withContext({ blockhash, lastValidBlockHeight: recent.get(blockhash) }),
    getAccountInfo: ([address]) => withContext(account(address!)),
    getMultipleAccounts: ([addresses]) =>
      withContext((addresses! as ReadonlyArray<string>).map(account)),
    getSignatureStatuses: ([signatures]) =>
      withContext((signatures! as ReadonlyArray<string>).map(status)),
    getTransaction: ([signature]) => {
      const found = landed.get(signature!)
      return found === undefined
        ? null
        : {
            slot: found.slot,
            blockTime: Math.floor(nowMs() / 1000),
            version: "legacy",
            meta: {
              err: found.err,
              fee: 5000,
              logMessages: found.logs,
              computeUnitsConsumed: found.units,
              preBalances: [],
              postBalances: []
            },
            transaction: {
              signatures: [signature],
              message: {
                accountKeys: [],
                header: {
                  numRequiredSignatures: 1,
                  numReadonlySignedAccounts: 0,
                  numReadonlyUnsignedAccounts: 0
                },
                instructions: [],
                recentBlockhash: blockhash
              }
            }
          }
    }
  }

  /** Undefined where the answer is lost on its way. */
  const call = (request: { id: unknown; method: string; params?: Params }): object | undefined => {
    const answer = (result: unknown) => ({ jsonrpc: "2.0", id: request.id, result })
    if (request.method === "sendTransaction") {
      const wire = Buffer.from(request.params![0]! as string, "base64")
      const signature = base58(wire.subarray(1, 65))
      sent.push(signature)
      const fault = faults.shift()
      if (fault === "hold") held.push(() => land(signature, wire))
      else if (fault !== "drop") land(signature, wire)
      return fault === "lose" ? undefined : answer(signature)
    }
    const method = methods[request.method]
    return method === undefined
      ? { jsonrpc: "2.0", id: request.id, error: { code: -32601, message: "Method not found" } }
      : answer(method(request.params ?? []))
  }

  const http = createServer((request, response) => {
    const parts: Array<Buffer> = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(parts).toString())
      const answers = Array.isArray(body) ? body.map(call) : call(body)
      if (answers === undefined) cutOff(response)
      else
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answers))
    })
  })
  const sockets = new WebSocketServer({ server: http })
  sockets.on("connection", (socket) => {
    socket.on("message", (raw) => {
      const { id, method, params } = JSON.parse(String(raw))
      const answer = (result: unknown) =>
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, result }))
      if (method === "signatureSubscribe") {
        const subscription = ++subscriptions
        listeners.set(subscription, { socket, signature: params[0] })
        answer(subscription)
        tell(subscription)
      } else {
        listeners.delete(params?.[0])
        answer(true)
      }
    })
    socket.on("close", () => {
      for (const [id, each] of listeners) if (each.socket === socket) listeners.delete(id)
    })
  })
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done))
  const { port } = http.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    websocketUrl: `ws://127.0.0.1:${port}`,
    next: (fault) => faults.push(fault),
    advance,
    release: () => {
      for (const each of held.splice(0)) each()
    },
    sent,
    landed: () => landed.size,
    close: () =>
      new Promise((done) => {
        for (const socket of sockets.clients) socket.terminate()
        sockets.close()
        http.closeAllConnections()
        http.close(() => done())
      })
  }
}

const hashOf = (bytes: Uint8Array): string => base58(createHash("sha256").update(bytes).digest())

const cutOff = (response: ServerResponse): void => {
  response.socket?.destroy()
}

/** Of a legacy message: after the header and the accounts. */
const blockhashOf = (message: Uint8Array): string => {
  const at = 4 + message[3]! * 32
  return new PublicKey(message.subarray(at, at + 32)).toBase58()
}

const errorOf = (failed: FailedTransactionMetadata): unknown => {
  const code = customCode(failed)
  return code === undefined ? String(failed.err()) : { InstructionError: [0, { Custom: code }] }
}
