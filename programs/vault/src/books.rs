//! The vault's books: entries, events, and what must be true after each instruction.

use crate::checks::token_amount;
use crate::error::{ensure, Fault, Refusal};
use crate::state::{Entry, Key, Vault};
use pinocchio::{error::ProgramError, AccountView, ProgramResult};

/// What an instruction did, as return data and as a log line.
#[repr(C)]
pub struct Event {
    pub tag: u8,
    pub outcome: u8,
    pub zero: u16,
    pub n: u32,
    pub number: u64,
    pub moved: i64,
    pub free: u64,
    pub reserved: u64,
    pub settling: u64,
    pub id: Key,
    pub cumulative: i64,
}

const _: () = assert!(core::mem::size_of::<Event>() == 88);

pub const NO_ID: Key = [0; 32];
const APPLIED: u8 = 0;
const REPEATED: u8 = 1;

/// What is being done: which instruction, on what.
pub struct Deed<'a> {
    pub tag: u8,
    pub n: u32,
    pub id: &'a Key,
    pub cumulative: i64,
}

#[inline(always)]
fn emit(event: &Event) -> ProgramResult {
    #[cfg(target_arch = "bpf")]
    {
        let bytes = event as *const Event as *const u8;
        let slices: [(*const u8, u64); 1] = [(bytes, 88)];
        // SAFETY: `Event` has no padding; the slice descriptor is a pointer and a length, as the
        // runtime reads it.
        unsafe {
            pinocchio::syscalls::sol_set_return_data(bytes, 88);
            pinocchio::syscalls::sol_log_data(slices.as_ptr() as *const u8, 1);
        }
    }
    #[cfg(not(target_arch = "bpf"))]
    core::hint::black_box(event);
    Ok(())
}

#[inline(always)]
fn event_of(vault: &Vault, deed: &Deed, outcome: u8) -> Event {
    Event {
        tag: deed.tag,
        outcome,
        zero: 0,
        n: deed.n,
        number: 0,
        moved: 0,
        free: vault.free,
        reserved: vault.reserved,
        settling: vault.settling,
        id: *deed.id,
        cumulative: deed.cumulative,
    }
}

/// Numbers and tells what was applied; the caller has the balances as they are now.
#[inline(always)]
pub fn applied(vault: &mut Vault, deed: &Deed, moved: i64) -> Result<Entry, ProgramError> {
    vault.entries = vault.entries.checked_add(1).ok_or(Fault::Overflow)?;
    let number = vault.entries;
    emit(&Event { number, moved, ..event_of(vault, deed, APPLIED) })?;
    Ok(Entry {
        number,
        moved,
        free: vault.free,
        reserved: vault.reserved,
        settling: vault.settling,
    })
}

/// It happened before, as entry `number` (0: not known any more).
#[inline(always)]
pub fn repeated(vault: &Vault, deed: &Deed, number: u64) -> ProgramResult {
    emit(&Event { number, ..event_of(vault, deed, REPEATED) })
}

/// Tells of a change that moves no money and takes no number.
#[inline(always)]
pub fn noted(vault: &Vault, deed: &Deed) -> ProgramResult {
    emit(&event_of(vault, deed, APPLIED))
}

/// What the vault held before an instruction, by its books and by its token account.
pub struct Held {
    books: u64,
    tokens: u64,
}

#[inline(always)]
pub fn held(vault: &Vault, tokens: &AccountView) -> Result<Held, ProgramError> {
    let books = vault.free.checked_add(vault.reserved).ok_or(Fault::Overflow)?;
    Ok(Held { books, tokens: token_amount(tokens) })
}

/// Conservation: the token account changed by exactly what the books say and holds at least that
/// (strangers may send more); and what came in less what went out is free, reserved, or with the
/// counterparty.
#[inline(always)]
pub fn conserved(before: &Held, vault: &Vault, tokens: &AccountView) -> ProgramResult {
    let after = held(vault, tokens)?;
    ensure(after.tokens >= after.books, Fault::ConservationBroken)?;
    ensure(
        after.tokens.wrapping_sub(before.tokens) == after.books.wrapping_sub(before.books),
        Fault::ConservationBroken,
    )?;
    balanced(vault)
}

#[inline(always)]
pub fn balanced(vault: &Vault) -> ProgramResult {
    let owed = vault.deposited.wrapping_sub(vault.withdrawn);
    let books = vault.free.wrapping_add(vault.reserved).wrapping_add(vault.counterparty as u64);
    ensure(owed == books, Fault::ConservationBroken)
}

#[inline(always)]
pub fn frozen(vault: &Vault, now: u64) -> ProgramResult {
    ensure(now >= vault.frozen_until, Refusal::Frozen)
}

#[inline(always)]
pub fn add(sum: &mut u64, amount: u64) -> ProgramResult {
    *sum = sum.checked_add(amount).ok_or(Fault::Overflow)?;
    Ok(())
}

#[inline(always)]
pub fn take(sum: &mut u64, amount: u64) -> ProgramResult {
    *sum = sum.checked_sub(amount).ok_or(Fault::Overflow)?;
    Ok(())
}

#[inline(always)]
pub fn add_signed(sum: &mut i64, amount: i64) -> ProgramResult {
    *sum = sum.checked_add(amount).ok_or(Fault::Overflow)?;
    Ok(())
}

/// Numbers of settles, closes and adjusts run from 1 without a gap.
pub enum Order {
    Next,
    /// Done before; its number was the last one.
    Last,
    /// Done before, and others since.
    Earlier,
}

#[inline(always)]
pub fn order(n: u32, last: u32) -> Result<Order, ProgramError> {
    ensure(n >= 1 && n <= last.saturating_add(1), Refusal::NumberOutOfOrder)?;
    Ok(if n > last {
        Order::Next
    } else if n == last {
        Order::Last
    } else {
        Order::Earlier
    })
}
