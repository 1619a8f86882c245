//! What the program refuses, by name. Numbers are stable; INTERFACE.md lists them in this order.

use pinocchio::error::ProgramError;

/// What no correct client causes: shapes, signatures, accounts, configuration.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq)]
pub enum Fault {
    BadInstruction = 0x100,
    NotEnoughAccounts,
    DuplicateAccount,
    NotSigner,
    NotWritable,
    WrongAdmin,
    WrongRiskGate,
    WrongGuardian,
    WrongTrader,
    WrongDelegate,
    WrongAuthority,
    WrongConfig,
    WrongVault,
    WrongTrade,
    WrongCounterparty,
    WrongReceipt,
    WrongMint,
    WrongVaultTokens,
    WrongPositionMint,
    WrongPositionTokens,
    WrongSettlement,
    WrongTokenAccount,
    TokenProgramNotAllowed,
    CloseAuthorityPresent,
    DelegatePresent,
    WrongTokenProgram,
    WrongSystemProgram,
    WrongAddress,
    AlreadyInitialized,
    Overflow,
    ConservationBroken,
    CounterpartyNotActive,
    NothingPending,
    TimelockNotOver,
    LimitOutOfRange,
    AnchorNotNewer,
}

/// What the economics refuse: the same names as in `src/domain/vault/instruction.ts`.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq)]
pub enum Refusal {
    AdjustBoundExceeded = 0x200,
    AggregateCapExceeded,
    AmountOutOfRange,
    CumulativeDecreased,
    ExpiryOutOfRange,
    FreezeOutOfRange,
    FreezePause,
    Frozen,
    InsufficientFree,
    NothingSettled,
    NotOverdue,
    NumberOutOfOrder,
    OrderIdReused,
    OverReservation,
    RepeatDiffers,
    ReservationCanceled,
    ReservationExpired,
    TradeCapExceeded,
    TradeClosed,
    TradeOverdue,
    UnknownTrade,
}

impl From<Fault> for ProgramError {
    #[inline(always)]
    fn from(fault: Fault) -> Self {
        ProgramError::Custom(fault as u32)
    }
}

impl From<Refusal> for ProgramError {
    #[inline(always)]
    fn from(refusal: Refusal) -> Self {
        ProgramError::Custom(refusal as u32)
    }
}

#[inline(always)]
pub fn ensure(holds: bool, otherwise: impl Into<ProgramError>) -> Result<(), ProgramError> {
    if holds {
        Ok(())
    } else {
        Err(otherwise.into())
    }
}
