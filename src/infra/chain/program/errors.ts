/**
 * The vault program's custom error codes by name; the numbers are those of
 * programs/vault/src/error.rs.
 */

/** What no correct client causes: shapes, signatures, accounts, configuration. From 0x100 on. */
export const programFaults = [
  "BadInstruction",
  "NotEnoughAccounts",
  "DuplicateAccount",
  "NotSigner",
  "NotWritable",
  "WrongAdmin",
  "WrongRiskGate",
  "WrongGuardian",
  "WrongTrader",
  "WrongDelegate",
  "WrongAuthority",
  "WrongConfig",
  "WrongVault",
  "WrongTrade",
  "WrongCounterparty",
  "WrongReceipt",
  "WrongMint",
  "WrongVaultTokens",
  "WrongPositionMint",
  "WrongPositionTokens",
  "WrongSettlement",
  "WrongTokenAccount",
  "TokenProgramNotAllowed",
  "CloseAuthorityPresent",
  "DelegatePresent",
  "WrongTokenProgram",
  "WrongSystemProgram",
  "WrongAddress",
  "AlreadyInitialized",
  "Overflow",
  "ConservationBroken",
  "CounterpartyNotActive",
  "NothingPending",
  "TimelockNotOver",
  "LimitOutOfRange",
  "AnchorNotNewer"
] as const

/** What the economics refuse. From 0x200 on. */
export const programRefusals = [
  "AdjustBoundExceeded",
  "AggregateCapExceeded",
  "AmountOutOfRange",
  "CumulativeDecreased",
  "ExpiryOutOfRange",
  "FreezeOutOfRange",
  "FreezePause",
  "Frozen",
  "InsufficientFree",
  "NothingSettled",
  "NotOverdue",
  "NumberOutOfOrder",
  "OrderIdReused",
  "OverReservation",
  "RepeatDiffers",
  "ReservationCanceled",
  "ReservationExpired",
  "TradeCapExceeded",
  "TradeClosed",
  "TradeOverdue",
  "UnknownTrade"
] as const

export type ProgramErrorName = (typeof programFaults)[number] | (typeof programRefusals)[number]

const faultBase = 0x100
const refusalBase = 0x200

/** Undefined where the code is none of this program's: the token or system program refused. */
export const programErrorName = (code: number): ProgramErrorName | undefined =>
  code >= refusalBase ? programRefusals[code - refusalBase] : programFaults[code - faultBase]

export const programErrorCode = (name: ProgramErrorName): number => {
  const refusal = (programRefusals as ReadonlyArray<string>).indexOf(name)
  return refusal >= 0
    ? refusalBase + refusal
    : faultBase + (programFaults as ReadonlyArray<string>).indexOf(name)
}
