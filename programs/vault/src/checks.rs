//! What instructions read and check: data, accounts, signatures, token accounts, time.

use crate::cpi::{SYSTEM, TOKEN};
use crate::error::{ensure, Fault, Refusal};
use crate::state::{load_mut, Key, Trade};
use pinocchio::{
    error::ProgramError,
    sysvars::{clock::Clock, Sysvar},
    AccountView, Address, ProgramResult,
};

/// One instruction. Passed by reference: a BPF call has five argument registers and no more.
pub struct Cx<'a> {
    pub program: &'a Address,
    accounts: &'a [AccountView],
    data: &'a [u8],
}

pub const AMOUNT_MAX: u64 = i64::MAX as u64;

impl<'a> Cx<'a> {
    pub fn new(program: &'a Address, accounts: &'a [AccountView], data: &'a [u8]) -> Self {
        Cx { program, accounts, data }
    }

    /// The first `N` accounts; those after the first `roles` ones are all different. (Roles sign
    /// and hold no state: one key may play several.) The runtime hands over a repeated account as
    /// the same pointer.
    #[inline(always)]
    pub fn accounts<const N: usize>(
        &self,
        roles: usize,
    ) -> Result<&'a [AccountView; N], ProgramError> {
        let accounts = self.accounts.first_chunk::<N>().ok_or(Fault::NotEnoughAccounts)?;
        let mut i = roles;
        while i < N {
            let mut j = i + 1;
            while j < N {
                ensure(
                    accounts[i].account_ptr() != accounts[j].account_ptr(),
                    Fault::DuplicateAccount,
                )?;
                j += 1;
            }
            i += 1;
        }
        Ok(accounts)
    }

    #[inline(always)]
    pub fn data<const N: usize>(&self) -> Result<&'a [u8; N], ProgramError> {
        self.data.try_into().map_err(|_| Fault::BadInstruction.into())
    }
}

#[inline(always)]
pub fn key_at<const N: usize>(data: &[u8; N], at: usize) -> &Key {
    debug_assert!(at + 32 <= N);
    // SAFETY: every caller's offset is a constant within the fixed length of its data.
    unsafe { &*(data.as_ptr().add(at) as *const Key) }
}

#[inline(always)]
pub fn u64_at<const N: usize>(data: &[u8; N], at: usize) -> u64 {
    let mut bytes = [0u8; 8];
    bytes.copy_from_slice(&data[at..at + 8]);
    u64::from_le_bytes(bytes)
}

#[inline(always)]
pub fn i64_at<const N: usize>(data: &[u8; N], at: usize) -> i64 {
    u64_at(data, at) as i64
}

#[inline(always)]
pub fn u32_at<const N: usize>(data: &[u8; N], at: usize) -> u32 {
    let mut bytes = [0u8; 4];
    bytes.copy_from_slice(&data[at..at + 4]);
    u32::from_le_bytes(bytes)
}

/// An amount of at least `least`.
#[inline(always)]
pub fn amount_at<const N: usize>(
    data: &[u8; N],
    at: usize,
    least: i64,
) -> Result<u64, ProgramError> {
    let amount = i64_at(data, at);
    ensure(amount >= least, Refusal::AmountOutOfRange)?;
    Ok(amount as u64)
}

/// Epoch ms, in whole seconds.
#[inline(always)]
pub fn now_ms() -> Result<u64, ProgramError> {
    let seconds = Clock::get()?.unix_timestamp;
    if seconds <= 0 {
        return Ok(0);
    }
    // Checked by comparison: this machine has no multiplication that tells of overflow.
    ensure(seconds as u64 <= AMOUNT_MAX / 1_000, Fault::Overflow)?;
    Ok((seconds as u64).wrapping_mul(1_000))
}

#[inline(always)]
pub fn is(account: &AccountView, key: &Key) -> bool {
    account.address().as_array() == key
}

/// The account is written by a call, which the runtime would refuse without saying which one.
#[inline(always)]
pub fn writable(account: &AccountView) -> ProgramResult {
    ensure(account.is_writable(), Fault::NotWritable)
}

/// The account is this key and signed.
#[inline(always)]
pub fn signed_by(account: &AccountView, key: &Key, wrong: Fault) -> ProgramResult {
    ensure(is(account, key), wrong)?;
    ensure(account.is_signer(), Fault::NotSigner)
}

#[inline(always)]
pub fn system(account: &AccountView) -> ProgramResult {
    ensure(account.address() == &SYSTEM, Fault::WrongSystemProgram)
}

#[inline(always)]
pub fn token(account: &AccountView) -> ProgramResult {
    ensure(account.address() == &TOKEN, Fault::WrongTokenProgram)
}

/// The account is at the canonical address of these seeds: with any other bump one order id could
/// have two accounts.
#[inline(always)]
pub fn canonical(
    account: &AccountView,
    seeds: &[&[u8]],
    bump: u8,
    program: &Address,
) -> ProgramResult {
    let (address, canonical_bump) = Address::find_program_address(seeds, program);
    ensure(account.address() == &address && bump == canonical_bump, Fault::WrongAddress)
}

/// # Safety
/// The data hold at least `at + 32` bytes.
#[inline(always)]
unsafe fn data_key(account: &AccountView, at: usize) -> &Key {
    &*(account.data_ptr().add(at) as *const Key)
}

/// # Safety
/// The data hold at least `at + 4` bytes.
#[inline(always)]
unsafe fn data_u32(account: &AccountView, at: usize) -> u32 {
    core::ptr::read_unaligned(account.data_ptr().add(at) as *const u32)
}

/// An initialized account of the classic token program and this mint. Token-2022 accounts, whose
/// extensions can tax, seize or hide amounts, belong to another program and stop here.
#[inline(always)]
pub fn token_account(account: &AccountView, mint: &Key) -> ProgramResult {
    ensure(account.owned_by(&TOKEN), Fault::TokenProgramNotAllowed)?;
    ensure(account.data_len() == 165, Fault::WrongTokenAccount)?;
    // SAFETY: the length was checked.
    unsafe {
        ensure(*account.data_ptr().add(108) == 1, Fault::WrongTokenAccount)?;
        ensure(data_key(account, 0) == mint, Fault::WrongMint)
    }
}

/// A token account outside the vault: of this mint and owner, and nobody else can move or close it.
#[inline(always)]
pub fn outside_account(account: &AccountView, mint: &Key, owner: &Key) -> ProgramResult {
    token_account(account, mint)?;
    // SAFETY: the length was checked.
    unsafe {
        ensure(data_key(account, 32) == owner, Fault::WrongTokenAccount)?;
        ensure(data_u32(account, 72) == 0, Fault::DelegatePresent)?;
        ensure(data_u32(account, 129) == 0, Fault::CloseAuthorityPresent)
    }
}

/// An initialized mint of the classic token program, of 6 decimals.
pub fn mint(account: &AccountView) -> ProgramResult {
    ensure(account.owned_by(&TOKEN), Fault::TokenProgramNotAllowed)?;
    ensure(account.data_len() == 82, Fault::WrongMint)?;
    // SAFETY: the length was checked.
    let (decimals, initialized) =
        unsafe { (*account.data_ptr().add(44), *account.data_ptr().add(45)) };
    ensure(decimals == 6 && initialized == 1, Fault::WrongMint)
}

/// What a token account holds now; read anew after each call, which changes it behind the
/// compiler's back.
#[inline(always)]
pub fn token_amount(account: &AccountView) -> u64 {
    // SAFETY: only called on token accounts, after their length was checked. The offset is
    // 8-aligned.
    unsafe { core::ptr::read_volatile(account.data_ptr().add(64) as *const u64) }
}

/// The trade of this vault in an account; `UnknownTrade` where nothing was ever reserved there.
#[inline(always)]
pub fn trade_of(
    account: &AccountView,
    vault: &AccountView,
    program: &Address,
) -> Result<&'static mut Trade, ProgramError> {
    if account.is_data_empty() && account.owned_by(&SYSTEM) {
        return Err(Refusal::UnknownTrade.into());
    }
    let trade = load_mut::<Trade>(account, program)?;
    ensure(is(vault, &trade.vault), Fault::WrongTrade)?;
    Ok(trade)
}
