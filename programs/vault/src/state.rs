//! The program's accounts. Layouts are fixed by INTERFACE.md; every field is little-endian and
//! 8-aligned.

use crate::error::{ensure, Fault};
use pinocchio::{error::ProgramError, AccountView, Address};

pub type Key = [u8; 32];

/// # Safety
/// Implementors are `repr(C)` without padding holes, start with their tag, and any bytes are a
/// valid value.
pub unsafe trait Record {
    const TAG: u8;
    const WRONG: Fault;
}

pub const VERSION: u8 = 1;

/// Tag, version, bump and four bytes that each account uses in its own way.
#[repr(C)]
pub struct Head {
    pub tag: u8,
    pub version: u8,
    pub bump: u8,
    pub detail: u8,
    pub word: u32,
}

/// Amounts are micro-USDT, durations ms.
#[repr(C)]
pub struct Limits {
    pub trade_max: u64,
    pub outstanding_max: u64,
    pub adjust_max: u64,
    pub reservation_ms_max: u64,
    pub freeze_ms_max: u64,
    pub trade_ms_max: u64,
    pub timelock_ms: u64,
}

#[repr(C)]
pub struct Roles {
    pub admin: Key,
    pub risk_gate: Key,
    pub guardian: Key,
}

/// `head.detail`: the mint's decimals; `head.word`: 1 while a proposal is pending.
#[repr(C)]
pub struct Config {
    pub head: Head,
    pub creator: Key,
    pub mint: Key,
    pub roles: Roles,
    pub limits: Limits,
    pub effective_at: u64,
    pub pending_roles: Roles,
    pub pending_limits: Limits,
    pub vaults: u64,
}

/// `head.detail`: the bump of the token account.
#[repr(C)]
pub struct Vault {
    pub head: Head,
    pub config: Key,
    pub trader: Key,
    pub mint: Key,
    pub delegate: Key,
    pub tokens: Key,
    pub free: u64,
    pub reserved: u64,
    pub settling: u64,
    pub counterparty: i64,
    pub deposited: u64,
    pub withdrawn: u64,
    pub entries: u64,
    pub trades: u64,
    pub overdue: u64,
    pub frozen_since: u64,
    pub frozen_until: u64,
    pub anchor_seq: u64,
    pub anchor_hash: Key,
    pub anchored_at: u64,
    pub positions: u64,
    pub spare: u64,
}

/// `head.detail`: the position mint's bump; `head.word`: 1 when disabled.
#[repr(C)]
pub struct Counterparty {
    pub head: Head,
    pub config: Key,
    pub authority: Key,
    pub settlement: Key,
    pub position_mint: Key,
    pub active_from: u64,
    pub outstanding: u64,
    pub net: i64,
}

pub const CANCELED: u8 = 1;
pub const CLOSED: u8 = 2;
pub const OVERDUE: u8 = 4;
pub const WRITTEN_OFF: u8 = 8;

/// The last applied entry of one kind, with the balances just after it.
#[repr(C)]
pub struct Entry {
    pub number: u64,
    pub moved: i64,
    pub free: u64,
    pub reserved: u64,
    pub settling: u64,
}

/// `head.detail`: flags.
#[repr(C)]
pub struct Trade {
    pub head: Head,
    pub vault: Key,
    pub order_id: Key,
    pub counterparty: Key,
    pub max_amount: u64,
    pub expiry: u64,
    pub due: u64,
    pub settled: u64,
    pub proceeds: u64,
    pub adjusted: i64,
    pub last_adjust: i64,
    pub settle_n: u32,
    pub close_n: u32,
    pub adjust_n: u32,
    pub zero: u32,
    pub opened_at: u64,
    pub reserve_entry: Entry,
    pub settle_entry: Entry,
    pub cancel_entry: Entry,
    pub close_entry: Entry,
    pub adjust_entry: Entry,
    pub overdue_entry: Entry,
    pub closed_at: u64,
    pub position_tokens: Key,
}

impl Trade {
    #[inline(always)]
    pub fn is(&self, flag: u8) -> bool {
        self.head.detail & flag != 0
    }

    /// Reserved and not settled: 0 once canceled.
    #[inline(always)]
    pub fn unsettled(&self) -> u64 {
        if self.is(CANCELED) {
            0
        } else {
            self.max_amount.saturating_sub(self.settled)
        }
    }

    /// The trade's position tokens: what is out and not back; nothing once closed.
    #[inline(always)]
    pub fn principal(&self) -> u64 {
        if self.is(CLOSED) {
            0
        } else {
            self.settled.saturating_sub(self.proceeds)
        }
    }
}

/// `head.detail`: its kind; `head.word`: a note's code.
#[repr(C)]
pub struct Receipt {
    pub head: Head,
    pub vault: Key,
    pub id: Key,
    pub amount: i64,
    pub number: u64,
    pub free: u64,
    pub reserved: u64,
    pub settling: u64,
    pub at: u64,
    pub zero: u64,
}

unsafe impl Record for Config {
    const TAG: u8 = 1;
    const WRONG: Fault = Fault::WrongConfig;
}
unsafe impl Record for Vault {
    const TAG: u8 = 2;
    const WRONG: Fault = Fault::WrongVault;
}
unsafe impl Record for Counterparty {
    const TAG: u8 = 3;
    const WRONG: Fault = Fault::WrongCounterparty;
}
unsafe impl Record for Trade {
    const TAG: u8 = 4;
    const WRONG: Fault = Fault::WrongTrade;
}
unsafe impl Record for Receipt {
    const TAG: u8 = 5;
    const WRONG: Fault = Fault::WrongReceipt;
}

const _: () = assert!(core::mem::size_of::<Config>() == 392);
const _: () = assert!(core::mem::size_of::<Vault>() == 320);
const _: () = assert!(core::mem::size_of::<Counterparty>() == 160);
const _: () = assert!(core::mem::size_of::<Trade>() == 464);
const _: () = assert!(core::mem::size_of::<Receipt>() == 128);

/// The record in an account of this program. Callers load each account once: the records of one
/// instruction have different tags or were found distinct, so no two references alias.
#[inline(always)]
pub fn load<T: Record>(
    account: &AccountView,
    program: &Address,
) -> Result<&'static mut T, ProgramError> {
    ensure(account.owned_by(program) && account.data_len() == core::mem::size_of::<T>(), T::WRONG)?;
    let record = unsafe { &mut *(account.data_ptr() as *mut T) };
    ensure(unsafe { *account.data_ptr() } == T::TAG, T::WRONG)?;
    Ok(record)
}

/// As `load`, for a record that the instruction changes.
#[inline(always)]
pub fn load_mut<T: Record>(
    account: &AccountView,
    program: &Address,
) -> Result<&'static mut T, ProgramError> {
    let record = load(account, program)?;
    ensure(account.is_writable(), Fault::NotWritable)?;
    Ok(record)
}

/// A record in an account that was created (zeroed) in this instruction.
#[inline(always)]
pub fn start<T: Record>(account: &AccountView, bump: u8, detail: u8) -> &'static mut T {
    // SAFETY: the caller created the account with the size of T, owned by this program.
    unsafe {
        let head = &mut *(account.data_ptr() as *mut Head);
        head.tag = T::TAG;
        head.version = VERSION;
        head.bump = bump;
        head.detail = detail;
        &mut *(account.data_ptr() as *mut T)
    }
}
