/** Secrets in a file: sealed under a data key that another key wraps. */
import * as fs from "node:fs"
import { Effect } from "effect"
import {
  type SecretStore,
  type SecretsPlace,
  SecretsUnavailable
} from "../../actors/ports/Secrets.ts"
import { openDataKeys } from "./dataKeys.ts"
import { readEnvelope, type SecretValues, seal, unseal } from "./envelope.ts"
import { writeWhole } from "./wholeFile.ts"

export const openSecretFile = ({ file, protection }: SecretsPlace): SecretStore => {
  const keys = openDataKeys(protection)

  const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, SecretsUnavailable> =>
    Effect.tryPromise({
      try: run,
      catch: (thrown) =>
        new SecretsUnavailable({
          place: file,
          why: thrown instanceof Error ? thrown.message : String(thrown)
        })
    })

  const write = async (values: SecretValues): Promise<void> => {
    const { dataKey, as } = await keys.make()
    writeWhole(file, seal(values, dataKey, as))
  }

  const readAll = async (): Promise<SecretValues> => {
    if (!fs.existsSync(file)) throw new Error("there is no such file; `secrets init` makes it")
    const envelope = readEnvelope(fs.readFileSync(file, "utf8"))
    if (envelope === undefined) throw new Error("it is damaged, or no file of secrets")
    const values = unseal(envelope, await keys.unwrap(envelope.dataKey))
    if (values === undefined) throw new Error("it was changed, or its data key is another's")
    return values
  }

  return {
    place: file,
    protection: keys.description,
    exists: attempt(async () => fs.existsSync(file)),
    create: (values) =>
      attempt(async () => {
        if (fs.existsSync(file)) {
          throw new Error("the file exists; remove it yourself where it may go")
        }
        await write(values)
      }),
    read: attempt(readAll),
    set: (name, value) =>
      attempt(async () => write(sorted(new Map([...(await readAll()), [name, value]])))),
    rotate: attempt(async () => {
      const values = await readAll()
      await keys.renewed(() => write(values))
    })
  }
}

const sorted = (values: SecretValues): SecretValues =>
  new Map([...values].sort(([a], [b]) => (a < b ? -1 : 1)))
