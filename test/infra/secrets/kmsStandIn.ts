/**
 * A KMS of one key on 127.0.0.1: GenerateDataKey and Decrypt of the JSON protocol, with the key's own AES-256-GCM and the
 * encryption context authenticated, as KMS does it.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

export interface KmsStandIn {
  readonly endpoint: string
  /** Names of the operations that were asked, in order. */
  readonly asked: ReadonlyArray<string>
  /** Whether each request was signed for KMS (SigV4). */
  readonly unsigned: () => number
  readonly close: () => Promise<void>
}

interface Asked {
  readonly KeyId: string
  readonly KeySpec?: string
  readonly CiphertextBlob?: string
  readonly EncryptionContext?: Readonly<Record<string, string>>
}

export const startKms = async (keyId: string): Promise<KmsStandIn> => {
  const masterKey = randomBytes(32)
  const asked: Array<string> = []
  let unsigned = 0

  const operations: Record<string, (body: Asked) => object> = {
    "TrentService.GenerateDataKey": ({ KeyId, KeySpec, EncryptionContext }) => {
      if (KeyId !== keyId) throw new KmsError("NotFoundException", `Key '${KeyId}' does not exist`)
      if (KeySpec !== "AES_256") throw new KmsError("ValidationException", "KeySpec")
      const plain = randomBytes(32)
      const nonce = randomBytes(12)
      const cipher = createCipheriv("aes-256-gcm", masterKey, nonce)
      cipher.setAAD(Buffer.from(JSON.stringify(EncryptionContext ?? {})))
      const blob = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
      const texts = { Plaintext: plain.toString("base64"), CiphertextBlob: blob.toString("base64") }
      return { KeyId: keyId, ...texts }
    },
    "TrentService.Decrypt": ({ CiphertextBlob, EncryptionContext }) => {
      const blob = Buffer.from(CiphertextBlob ?? "", "base64")
      try {
        const decipher = createDecipheriv("aes-256-gcm", masterKey, blob.subarray(0, 12))
        decipher.setAAD(Buffer.from(JSON.stringify(EncryptionContext ?? {})))
        decipher.setAuthTag(blob.subarray(-16))
        const plain = Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()])
        return { KeyId: keyId, Plaintext: plain.toString("base64") }
      } catch {
        throw new KmsError("InvalidCiphertextException", "")
      }
    }
  }

  const server = createServer((request, response) => {
    const parts: Array<Buffer> = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => {
      const target = String(request.headers["x-amz-target"])
      asked.push(target)
      const authorization = request.headers.authorization ?? ""
      if (!/^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/[^/]+\/kms\//.test(authorization)) unsigned++
      const send = (status: number, body: object) =>
        response
          .writeHead(status, { "content-type": "application/x-amz-json-1.1" })
          .end(JSON.stringify(body))
      try {
        const operation = operations[target]
        if (operation === undefined) throw new KmsError("UnknownOperationException", target)
        send(200, operation(JSON.parse(Buffer.concat(parts).toString()) as Asked))
      } catch (thrown) {
        const { name, message } = thrown as Error
        send(400, { __type: name, message })
      }
    })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    asked,
    unsigned: () => unsigned,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      })
  }
}

class KmsError extends Error {
  override readonly name: string
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}
