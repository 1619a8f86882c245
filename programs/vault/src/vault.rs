//! The vault itself: its creation, its delegate, freezing, anchors, notes, and deposits and
//! withdrawals.

use crate::books::{
    add, applied, balanced, conserved, frozen, held, noted, repeated, take, Deed, NO_ID,
};
use crate::checks::{
    amount_at, canonical, is, key_at, mint, now_ms, outside_account, signed_by, system, token,
    token_amount, u32_at, u64_at, writable, Cx, AMOUNT_MAX,
};
use crate::cpi::{create, initialize_token_account, transfer, Creation, TOKEN};
use crate::error::{ensure, Fault, Refusal};
use crate::state::{load, load_mut, start, Config, Counterparty, Entry, Receipt, Vault};
use pinocchio::{
    cpi::{Seed, Signer},
    error::ProgramError,
    AccountView, ProgramResult,
};

#[inline(never)]
pub fn initialize_vault(cx: &Cx) -> ProgramResult {
    let data = cx.data::<34>()?;
    #[rustfmt::skip] // It would put all names on one line.
    let [
        payer, trader, config_account, vault, tokens, mint_account, system_program, token_program
    ] = cx.accounts::<8>(2)?;
    let config = load_mut::<Config>(config_account, cx.program)?;
    ensure(trader.is_signer(), Fault::NotSigner)?;
    system(system_program)?;
    token(token_program)?;
    ensure(is(mint_account, &config.mint), Fault::WrongMint)?;
    mint(mint_account)?;
    let (bump, tokens_bump) = (data[0], data[1]);
    let (config_key, trader_key) =
        (config_account.address().as_array(), trader.address().as_array());
    let vault_key = vault.address().as_array();
    canonical(vault, &[b"vault", config_key, trader_key], bump, cx.program)?;
    canonical(tokens, &[b"tokens", vault_key], tokens_bump, cx.program)?;
    create(
        &Creation {
            payer,
            account: vault,
            owner: cx.program,
            space: core::mem::size_of::<Vault>() as u64,
        },
        &[
            Seed::from(b"vault"),
            Seed::from(config_key),
            Seed::from(trader_key),
            Seed::from(&[bump]),
        ],
    )?;
    create(
        &Creation { payer, account: tokens, owner: &TOKEN, space: 165 },
        &[Seed::from(b"tokens"), Seed::from(vault_key), Seed::from(&[tokens_bump])],
    )?;
    initialize_token_account(tokens, mint_account, vault.address())?;
    let record = start::<Vault>(vault, bump, tokens_bump);
    record.config = *config_key;
    record.trader = *trader_key;
    record.mint = config.mint;
    record.delegate = *key_at(data, 2);
    record.tokens = *tokens.address().as_array();
    add(&mut config.vaults, 1)
}

/// The account of a counterparty's position tokens; anyone may pay for it.
#[inline(never)]
pub fn open_position(cx: &Cx) -> ProgramResult {
    let data = cx.data::<1>()?;
    #[rustfmt::skip] // It would put all names on one line.
    let [
        payer, vault_account, counterparty_account, position_tokens, position_mint,
        system_program, token_program
    ] = cx.accounts::<7>(1)?;
    let vault = load_mut::<Vault>(vault_account, cx.program)?;
    let counterparty = load::<Counterparty>(counterparty_account, cx.program)?;
    ensure(counterparty.config == vault.config, Fault::WrongCounterparty)?;
    ensure(is(position_mint, &counterparty.position_mint), Fault::WrongPositionMint)?;
    system(system_program)?;
    token(token_program)?;
    let bump = data[0];
    let (vault_key, counterparty_key) =
        (vault_account.address().as_array(), counterparty_account.address().as_array());
    canonical(position_tokens, &[b"position", vault_key, counterparty_key], bump, cx.program)?;
    create(
        &Creation { payer, account: position_tokens, owner: &TOKEN, space: 165 },
        &[
            Seed::from(b"position"),
            Seed::from(vault_key),
            Seed::from(counterparty_key),
            Seed::from(&[bump]),
        ],
    )?;
    initialize_token_account(position_tokens, position_mint, vault_account.address())?;
    add(&mut vault.positions, 1)
}

#[inline(never)]
pub fn set_delegate(cx: &Cx) -> ProgramResult {
    let data = cx.data::<32>()?;
    let [trader, vault_account] = cx.accounts::<2>(1)?;
    let vault = load_mut::<Vault>(vault_account, cx.program)?;
    signed_by(trader, &vault.trader, Fault::WrongTrader)?;
    vault.delegate = *key_at(data, 0);
    // A stolen delegate could have anchored the last possible number: the next delegate begins
    // anew.
    vault.anchor_seq = 0;
    vault.anchored_at = 0;
    Ok(())
}

const DEPOSIT: u8 = 0;
const WITHDRAWAL: u8 = 1;
const NOTE: u8 = 2;

/// A new receipt, or the one that was written for this id before.
struct Writing<'a> {
    payer: &'a AccountView,
    account: &'a AccountView,
    vault: &'a AccountView,
    kind: u8,
    bump: u8,
    id: &'a [u8; 32],
}

#[inline(never)]
fn written(cx: &Cx, writing: &Writing) -> Result<Option<&'static Receipt>, ProgramError> {
    if !writing.account.owned_by(cx.program) {
        return Ok(None);
    }
    let receipt = load::<Receipt>(writing.account, cx.program)?;
    ensure(
        is(writing.vault, &receipt.vault)
            && receipt.head.detail == writing.kind
            && &receipt.id == writing.id,
        Fault::WrongReceipt,
    )?;
    Ok(Some(receipt))
}

#[inline(never)]
fn open_receipt(cx: &Cx, writing: &Writing) -> Result<&'static mut Receipt, ProgramError> {
    let Writing { payer, account, vault, kind, bump, id } = writing;
    let vault_key = vault.address().as_array();
    canonical(account, &[b"receipt", vault_key, &[*kind], *id], *bump, cx.program)?;
    create(
        &Creation {
            payer,
            account,
            owner: cx.program,
            space: core::mem::size_of::<Receipt>() as u64,
        },
        &[
            Seed::from(b"receipt"),
            Seed::from(vault_key),
            Seed::from(&[*kind]),
            Seed::from(*id),
            Seed::from(&[*bump]),
        ],
    )?;
    let receipt = start::<Receipt>(account, *bump, *kind);
    receipt.vault = *vault_key;
    receipt.id = **id;
    Ok(receipt)
}

#[inline(always)]
fn fill_receipt(receipt: &mut Receipt, amount: i64, entry: &Entry, now: u64) {
    receipt.amount = amount;
    receipt.number = entry.number;
    receipt.free = entry.free;
    receipt.reserved = entry.reserved;
    receipt.settling = entry.settling;
    receipt.at = now;
}

#[inline(never)]
pub fn deposit(cx: &Cx) -> ProgramResult {
    transfer_funds(cx, DEPOSIT)
}

#[inline(never)]
pub fn withdraw(cx: &Cx) -> ProgramResult {
    transfer_funds(cx, WITHDRAWAL)
}

#[inline(always)]
fn transfer_funds(cx: &Cx, kind: u8) -> ProgramResult {
    let data = cx.data::<41>()?;
    #[rustfmt::skip] // It would put all names on one line.
    let [
        payer, trader, vault_account, tokens, outside, receipt_account, system_program,
        token_program
    ] = cx.accounts::<8>(2)?;
    let vault = load_mut::<Vault>(vault_account, cx.program)?;
    signed_by(trader, &vault.trader, Fault::WrongTrader)?;
    ensure(is(tokens, &vault.tokens), Fault::WrongVaultTokens)?;
    writable(tokens)?;
    system(system_program)?;
    token(token_program)?;
    outside_account(outside, &vault.mint, &vault.trader)?;
    writable(outside)?;
    let (bump, id) = (data[0], key_at(data, 1));
    let amount = amount_at(data, 33, 1)?;
    let deed = Deed { tag: 9 + kind, n: 0, id, cumulative: amount as i64 };
    let writing = Writing { payer, account: receipt_account, vault: vault_account, kind, bump, id };
    if let Some(before) = written(cx, &writing)? {
        ensure(before.amount == amount as i64, Refusal::RepeatDiffers)?;
        return repeated(vault, &deed, before.number);
    }
    let now = now_ms()?;
    let before = held(vault, tokens)?;
    if kind == DEPOSIT {
        let deposited = vault.deposited.checked_add(amount).ok_or(Fault::Overflow)?;
        ensure(deposited <= AMOUNT_MAX, Refusal::AmountOutOfRange)?;
        vault.deposited = deposited;
        add(&mut vault.free, amount)?;
    } else {
        frozen(vault, now)?;
        ensure(amount <= vault.free, Refusal::InsufficientFree)?;
        add(&mut vault.withdrawn, amount)?;
        take(&mut vault.free, amount)?;
    }
    let receipt = open_receipt(cx, &writing)?;
    if kind == DEPOSIT {
        transfer(outside, tokens, trader, amount, &[])?;
    } else {
        transfer(
            tokens,
            outside,
            vault_account,
            amount,
            &[Signer::from(&[
                Seed::from(b"vault"),
                Seed::from(&vault.config),
                Seed::from(&vault.trader),
                Seed::from(&[vault.head.bump]),
            ])],
        )?;
    }
    conserved(&before, vault, tokens)?;
    let entry = applied(vault, &deed, amount as i64)?;
    fill_receipt(receipt, amount as i64, &entry, now);
    Ok(())
}

/// A freeze is bounded from its start, and after it as long a pause follows: a stolen guardian key
/// holds the trader's money at most half of the time.
#[inline(never)]
pub fn freeze(cx: &Cx) -> ProgramResult {
    let data = cx.data::<8>()?;
    let [guardian, config_account, vault_account] = cx.accounts::<3>(1)?;
    let config = load::<Config>(config_account, cx.program)?;
    let vault = load_mut::<Vault>(vault_account, cx.program)?;
    ensure(is(config_account, &vault.config), Fault::WrongConfig)?;
    signed_by(guardian, &config.roles.guardian, Fault::WrongGuardian)?;
    let until = u64_at(data, 0);
    ensure(until <= AMOUNT_MAX, Refusal::FreezeOutOfRange)?;
    let now = now_ms()?;
    let deed = Deed { tag: 16, n: 0, id: &NO_ID, cumulative: until as i64 };
    let running = now < vault.frozen_until;
    if running && until == vault.frozen_until {
        return repeated(vault, &deed, 0);
    }
    let since = if running { vault.frozen_since } else { now };
    ensure(
        until > now && until >= since && until - since <= config.limits.freeze_ms_max,
        Refusal::FreezeOutOfRange,
    )?;
    let lasted = vault.frozen_until.saturating_sub(vault.frozen_since);
    ensure(running || lasted == 0 || now - vault.frozen_until >= lasted, Refusal::FreezePause)?;
    vault.frozen_since = since;
    vault.frozen_until = until;
    noted(vault, &deed)
}

#[inline(never)]
pub fn thaw(cx: &Cx) -> ProgramResult {
    cx.data::<0>()?;
    let [guardian, config_account, vault_account] = cx.accounts::<3>(1)?;
    let config = load::<Config>(config_account, cx.program)?;
    let vault = load_mut::<Vault>(vault_account, cx.program)?;
    ensure(is(config_account, &vault.config), Fault::WrongConfig)?;
    signed_by(guardian, &config.roles.guardian, Fault::WrongGuardian)?;
    let now = now_ms()?;
    let deed = Deed { tag: 17, n: 0, id: &NO_ID, cumulative: now as i64 };
    if now >= vault.frozen_until {
        return repeated(vault, &deed, 0);
    }
    vault.frozen_until = now;
    noted(vault, &deed)
}

/// The journal's chain head: a later one that does not lead through it has lost its tail.
#[inline(never)]
pub fn anchor(cx: &Cx) -> ProgramResult {
    let data = cx.data::<40>()?;
    let [delegate, vault_account] = cx.accounts::<2>(1)?;
    let vault = load_mut::<Vault>(vault_account, cx.program)?;
    signed_by(delegate, &vault.delegate, Fault::WrongDelegate)?;
    let (seq, hash) = (u64_at(data, 0), key_at(data, 8));
    let deed = Deed { tag: 18, n: 0, id: hash, cumulative: seq as i64 };
    if seq == vault.anchor_seq && vault.anchored_at != 0 {
        ensure(hash == &vault.anchor_hash, Refusal::RepeatDiffers)?;
        return repeated(vault, &deed, 0);
    }
    ensure(seq > vault.anchor_seq || vault.anchored_at == 0, Fault::AnchorNotNewer)?;
    vault.anchor_seq = seq;
    vault.anchor_hash = *hash;
    // Never 0: that means no anchor.
    vault.anchored_at = now_ms()?.max(1);
    noted(vault, &deed)
}

/// The desk's own line in the vault's log, under a request's key: what it was answered.
#[inline(never)]
pub fn note(cx: &Cx) -> ProgramResult {
    let data = cx.data::<37>()?;
    let [payer, delegate, vault_account, receipt_account, system_program] = cx.accounts::<5>(2)?;
    let vault = load_mut::<Vault>(vault_account, cx.program)?;
    signed_by(delegate, &vault.delegate, Fault::WrongDelegate)?;
    system(system_program)?;
    let (bump, id, code) = (data[0], key_at(data, 1), u32_at(data, 33));
    let deed = Deed { tag: 21, n: code, id, cumulative: 0 };
    let writing =
        Writing { payer, account: receipt_account, vault: vault_account, kind: NOTE, bump, id };
    if let Some(before) = written(cx, &writing)? {
        ensure(before.head.word == code, Refusal::RepeatDiffers)?;
        return repeated(vault, &deed, before.number);
    }
    let receipt = open_receipt(cx, &writing)?;
    receipt.head.word = code;
    let entry = applied(vault, &deed, 0)?;
    fill_receipt(receipt, 0, &entry, now_ms()?);
    Ok(())
}

/// USDT that strangers sent here becomes the trader's.
#[inline(never)]
pub fn absorb(cx: &Cx) -> ProgramResult {
    cx.data::<0>()?;
    let [trader, vault_account, tokens] = cx.accounts::<3>(1)?;
    let vault = load_mut::<Vault>(vault_account, cx.program)?;
    signed_by(trader, &vault.trader, Fault::WrongTrader)?;
    ensure(is(tokens, &vault.tokens), Fault::WrongVaultTokens)?;
    let books = vault.free.checked_add(vault.reserved).ok_or(Fault::Overflow)?;
    let surplus = token_amount(tokens).checked_sub(books).ok_or(Fault::ConservationBroken)?;
    let deed = Deed { tag: 22, n: 0, id: &NO_ID, cumulative: surplus as i64 };
    if surplus == 0 {
        return repeated(vault, &deed, 0);
    }
    add(&mut vault.free, surplus)?;
    add(&mut vault.deposited, surplus)?;
    ensure(vault.deposited <= AMOUNT_MAX, Refusal::AmountOutOfRange)?;
    balanced(vault)?;
    applied(vault, &deed, surplus as i64)?;
    Ok(())
}
