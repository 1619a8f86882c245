/** The simulated outside in processes of its own: where it listens. Decides nothing, so it is no part of the configuration's hash. */
import { Schema } from "effect"

const address = Schema.String.check(
  Schema.isPattern(/^((127\.0\.0\.1|localhost|\[::1\]):\d{1,5})?$/, {
    expected: 'HOST:PORT of this machine, like "127.0.0.1:7500", or ""'
  })
)

export const ServerSettings = Schema.Struct({
  /** `exchange-server`; "" for the simulated exchange inside the process. */
  exchange: address,
  /** `vault-server`; "" for the vault inside the process. */
  vault: address,
  /** How long an answer is waited for, wall ms. */
  answerMsMax: Schema.Int.check(Schema.isBetween({ minimum: 100, maximum: 600_000 }))
})

export const noServers: typeof ServerSettings.Type = {
  exchange: "",
  vault: "",
  answerMsMax: 10_000
}
