/** Every promise that is followed record by record. */
import type { Settings } from "../../supervisors/settings.ts"
import type { Invariant } from "../Watch.ts"
import { limits } from "./limits.ts"
import { conservation } from "./money.ts"
import { durableGate, oneOrderPerIntent, threeYes, withinProposal } from "./orders.ts"

export const invariantsOf = ({ risk }: Settings): ReadonlyArray<Invariant> => [
  durableGate(),
  oneOrderPerIntent(),
  threeYes(),
  withinProposal(),
  conservation(),
  ...limits(risk)
]
