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

/** Pays free USDT out to the trader's own account. The chain refuses more than is free. */
export const WithdrawFunds = recordType(
  "WithdrawFunds",
  Schema.Struct({ withdrawalId: Schema.String, amountMicros: Schema.BigInt })
)

/** Nothing is reserved and nothing leaves the vault for so long, ms. Closings and deposits go on. */
export const FreezeVault = recordType(
  "FreezeVault",
  Schema.Struct({ forMs: Schema.Int, reason: Schema.String })
)

/** Ends a freeze; what the chain refused meanwhile is asked again. */
export const ThawVault = recordType("ThawVault", Schema.Struct({ reason: Schema.String }))

/** Writes the journal's head to the chain now, beside the anchors that come at intervals. */
export const AnchorJournal = recordType("AnchorJournal", Schema.Struct({ reason: Schema.String }))

export const operatorTypes = [
  HaltTrading,
  ResumeTrading,
  CancelAllOrders,
  DepositFunds,
  WithdrawFunds,
  FreezeVault,
  ThawVault,
  AnchorJournal
] as const
