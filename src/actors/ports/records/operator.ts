/** What an operator commands. Inputs on the control lane; imperative names. */
import { Schema } from "effect"
import { recordType } from "../../../domain/journal/record.ts"

export const operatorSource = "operator"

/** The kill switch: no new risk, working orders canceled. Hedges and closings go on. */
export const HaltTrading = recordType("HaltTrading", Schema.Struct({ reason: Schema.String }))

export const ResumeTrading = recordType("ResumeTrading", Schema.Struct({ reason: Schema.String }))

export const CancelAllOrders = recordType(
  "CancelAllOrders",
  Schema.Struct({ reason: Schema.String })
)

/** Puts the trader's USDT into the vault: the first deposit comes from the configuration. */
export const DepositFunds = recordType(
  "DepositFunds",
  Schema.Struct({ depositId: Schema.String, amountMicros: Schema.BigInt })
)

export const operatorTypes = [HaltTrading, ResumeTrading, CancelAllOrders, DepositFunds] as const
