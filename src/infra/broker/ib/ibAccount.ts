/** Which of the accounts at the server is traded on, and whether it is of the kind that is meant. */
import { Result } from "effect"
import { IbMisconfigured } from "./ibFaults.ts"

/** A paper account begins with D. */
const isPaper = (account: string): boolean => account.startsWith("D")

/** `account`: "" for the only one. `live`: real money is meant. */
export const accountOf = (
  { account, live }: { readonly account: string; readonly live: boolean },
  place: string,
  accounts: ReadonlyArray<string>
): Result.Result<string, IbMisconfigured> => {
  const fail = (why: string) => Result.fail(new IbMisconfigured({ why }))
  const known = accounts.join(", ")
  const chosen = account === "" ? accounts[0] : accounts.find((each) => each === account)
  if (chosen === undefined) {
    return fail(`brokers.ib.account is ${account}; ${place} manages ${known || "none"}`)
  }
  if (account === "" && accounts.length > 1) {
    return fail(`brokers.ib.account must name one of the accounts at ${place}: ${known}`)
  }
  if (live && isPaper(chosen)) {
    return fail(`live trading is switched on and account ${chosen} at ${place} is a paper account`)
  }
  if (!live && !isPaper(chosen)) {
    return fail(
      `account ${chosen} at ${place} is a live account: brokers.ib.live is false, so nothing is sent to it`
    )
  }
  return Result.succeed(chosen)
}
