//! The swaps: settle, close, and the bounded adjustment.

use crate::books::{
    add, add_signed, applied, conserved, frozen, held, order, repeated, take, Deed, Order,
};
use crate::checks::{
    amount_at, i64_at, is, now_ms, outside_account, signed_by, token, token_amount, trade_of,
    u32_at, writable, Cx,
};
use crate::cpi::{burn, mint_to, transfer};
use crate::error::{ensure, Fault, Refusal};
use crate::state::{load, load_mut, Config, Counterparty, Trade, Vault, CANCELED, CLOSED, OVERDUE};
use pinocchio::{
    cpi::{Seed, Signer},
    error::ProgramError,
    AccountView, ProgramResult,
};

/// The accounts that every swap has.
struct Parties<'a> {
    delegate: &'a AccountView,
    risk_gate: &'a AccountView,
    config: &'a AccountView,
    vault: &'a AccountView,
    counterparty: &'a AccountView,
    tokens: &'a AccountView,
    settlement: &'a AccountView,
    token_program: &'a AccountView,
}

struct Swap {
    config: &'static Config,
    vault: &'static mut Vault,
    counterparty: &'static mut Counterparty,
}

#[inline(always)]
fn open(cx: &Cx, parties: &Parties) -> Result<Swap, ProgramError> {
    let config = load::<Config>(parties.config, cx.program)?;
    let vault = load_mut::<Vault>(parties.vault, cx.program)?;
    let counterparty = load_mut::<Counterparty>(parties.counterparty, cx.program)?;
    ensure(is(parties.config, &vault.config), Fault::WrongConfig)?;
    ensure(counterparty.config == vault.config, Fault::WrongCounterparty)?;
    signed_by(parties.delegate, &vault.delegate, Fault::WrongDelegate)?;
    signed_by(parties.risk_gate, &config.roles.risk_gate, Fault::WrongRiskGate)?;
    ensure(is(parties.tokens, &vault.tokens), Fault::WrongVaultTokens)?;
    writable(parties.tokens)?;
    ensure(is(parties.settlement, &counterparty.settlement), Fault::WrongSettlement)?;
    writable(parties.settlement)?;
    outside_account(parties.settlement, &vault.mint, &counterparty.authority)?;
    token(parties.token_program)?;
    Ok(Swap { config, vault, counterparty })
}

/// The trade and its position account, once the amount is known to be one.
#[inline(always)]
fn trade_with(
    cx: &Cx,
    parties: &Parties,
    account: &AccountView,
) -> Result<&'static mut Trade, ProgramError> {
    let trade = trade_of(account, parties.vault, cx.program)?;
    ensure(is(parties.counterparty, &trade.counterparty), Fault::WrongCounterparty)?;
    Ok(trade)
}

#[inline(always)]
fn position(
    counterparty: &Counterparty,
    mint: &AccountView,
    tokens: &AccountView,
    trade: &Trade,
) -> ProgramResult {
    ensure(is(mint, &counterparty.position_mint), Fault::WrongPositionMint)?;
    writable(mint)?;
    ensure(is(tokens, &trade.position_tokens), Fault::WrongPositionTokens)?;
    writable(tokens)
}

macro_rules! vault_signs {
    ($vault:expr, $call:expr) => {
        $call(&[Signer::from(&[
            Seed::from(b"vault"),
            Seed::from(&$vault.config),
            Seed::from(&$vault.trader),
            Seed::from(&[$vault.head.bump]),
        ])])
    };
}

/// USDT out, as many position tokens in, or nothing at all.
#[inline(never)]
pub fn settle(cx: &Cx) -> ProgramResult {
    let data = cx.data::<12>()?;
    #[rustfmt::skip] // It would put all names on one line.
    let [
        delegate, risk_gate, config, vault, counterparty, trade, tokens, settlement,
        position_mint, position_tokens, token_program
    ] = cx.accounts::<11>(2)?;
    let parties = Parties {
        delegate,
        risk_gate,
        config,
        vault,
        counterparty,
        tokens,
        settlement,
        token_program,
    };
    let swap = open(cx, &parties)?;
    let (n, cumulative) = (u32_at(data, 0), amount_at(data, 4, 1)?);
    let trade = trade_with(cx, &parties, trade)?;
    position(swap.counterparty, position_mint, position_tokens, trade)?;
    let Swap { config, vault: books, counterparty: other } = swap;
    let deed = Deed { tag: 12, n, id: &trade.order_id, cumulative: cumulative as i64 };
    match order(n, trade.settle_n)? {
        Order::Next => {}
        Order::Last => {
            ensure(cumulative == trade.settled, Refusal::RepeatDiffers)?;
            return repeated(books, &deed, trade.settle_entry.number);
        }
        Order::Earlier => return repeated(books, &deed, 0),
    }
    let now = now_ms()?;
    ensure(!trade.is(CLOSED), Refusal::TradeClosed)?;
    ensure(!trade.is(CANCELED), Refusal::ReservationCanceled)?;
    frozen(books, now)?;
    ensure(now < trade.expiry, Refusal::ReservationExpired)?;
    ensure(cumulative <= trade.max_amount, Refusal::OverReservation)?;
    ensure(cumulative >= trade.settled, Refusal::CumulativeDecreased)?;
    ensure(cumulative <= config.limits.trade_max, Refusal::TradeCapExceeded)?;
    ensure(other.head.word == 0 && now >= other.active_from, Fault::CounterpartyNotActive)?;
    let moved = cumulative - trade.settled;
    let before = held(books, tokens)?;
    let positions_before = token_amount(position_tokens);
    let principal_before = trade.principal();
    trade.settled = cumulative;
    trade.settle_n = n;
    let issued = trade.principal() - principal_before;
    take(&mut books.reserved, moved)?;
    add(&mut books.settling, issued)?;
    ensure(books.settling <= config.limits.outstanding_max, Refusal::AggregateCapExceeded)?;
    add_signed(&mut books.counterparty, moved as i64)?;
    add(&mut other.outstanding, issued)?;
    add_signed(&mut other.net, moved as i64)?;
    if moved > 0 {
        vault_signs!(books, |signers: &[Signer]| transfer(
            tokens, settlement, vault, moved, signers
        ))?;
    }
    if issued > 0 {
        mint_to(
            position_mint,
            position_tokens,
            counterparty,
            issued,
            &[Signer::from(&[
                Seed::from(b"counterparty"),
                Seed::from(&other.config),
                Seed::from(&other.settlement),
                Seed::from(&[other.head.bump]),
            ])],
        )?;
    }
    ensure(
        token_amount(position_tokens).wrapping_sub(positions_before) == issued,
        Fault::ConservationBroken,
    )?;
    conserved(&before, books, tokens)?;
    trade.settle_entry = applied(books, &deed, moved as i64)?;
    Ok(())
}

/// USDT back, position tokens burned: principal first; the final closing burns the rest.
#[inline(never)]
pub fn close(cx: &Cx) -> ProgramResult {
    let data = cx.data::<13>()?;
    #[rustfmt::skip] // It would put all names on one line.
    let [
        delegate, risk_gate, authority, config, vault, counterparty, trade, tokens, settlement,
        position_mint, position_tokens, token_program
    ] = cx.accounts::<12>(3)?;
    let parties = Parties {
        delegate,
        risk_gate,
        config,
        vault,
        counterparty,
        tokens,
        settlement,
        token_program,
    };
    let swap = open(cx, &parties)?;
    signed_by(authority, &swap.counterparty.authority, Fault::WrongAuthority)?;
    let (n, cumulative) = (u32_at(data, 0), amount_at(data, 4, 0)?);
    ensure(data[12] <= 1, Fault::BadInstruction)?;
    let is_final = data[12] == 1;
    let trade = trade_with(cx, &parties, trade)?;
    position(swap.counterparty, position_mint, position_tokens, trade)?;
    let Swap { vault: books, counterparty: other, .. } = swap;
    let deed = Deed { tag: 14, n, id: &trade.order_id, cumulative: cumulative as i64 };
    match order(n, trade.close_n)? {
        Order::Next => {}
        Order::Last => {
            ensure(
                cumulative == trade.proceeds && is_final == trade.is(CLOSED),
                Refusal::RepeatDiffers,
            )?;
            return repeated(books, &deed, trade.close_entry.number);
        }
        Order::Earlier => return repeated(books, &deed, 0),
    }
    ensure(!trade.is(CLOSED), Refusal::TradeClosed)?;
    ensure(trade.settled > 0, Refusal::NothingSettled)?;
    ensure(cumulative >= trade.proceeds, Refusal::CumulativeDecreased)?;
    let paid = cumulative - trade.proceeds;
    let before = held(books, tokens)?;
    let positions_before = token_amount(position_tokens);
    let principal_before = trade.principal();
    trade.proceeds = cumulative;
    trade.close_n = n;
    if is_final {
        let freed = trade.unsettled();
        take(&mut books.reserved, freed)?;
        add(&mut books.free, freed)?;
        if trade.is(OVERDUE) {
            take(&mut books.overdue, 1)?;
        }
        trade.head.detail |= CLOSED | CANCELED;
        trade.closed_at = now_ms()?;
    }
    let burned = principal_before - trade.principal();
    add(&mut books.free, paid)?;
    take(&mut books.settling, burned)?;
    add_signed(&mut books.counterparty, -(paid as i64))?;
    take(&mut other.outstanding, burned)?;
    add_signed(&mut other.net, -(paid as i64))?;
    if paid > 0 {
        transfer(settlement, tokens, authority, paid, &[])?;
    }
    if burned > 0 {
        vault_signs!(books, |signers: &[Signer]| burn(
            position_tokens,
            position_mint,
            vault,
            burned,
            signers
        ))?;
    }
    ensure(
        positions_before.wrapping_sub(token_amount(position_tokens)) == burned,
        Fault::ConservationBroken,
    )?;
    conserved(&before, books, tokens)?;
    trade.close_entry = applied(books, &deed, paid as i64)?;
    Ok(())
}

/// Late commissions and corrections, either way, within a small bound per trade.
#[inline(never)]
pub fn adjust(cx: &Cx) -> ProgramResult {
    let data = cx.data::<12>()?;
    #[rustfmt::skip] // It would put all names on one line.
    let [
        delegate, risk_gate, authority, config, vault, counterparty, trade, tokens, settlement,
        token_program
    ] = cx.accounts::<10>(3)?;
    let parties = Parties {
        delegate,
        risk_gate,
        config,
        vault,
        counterparty,
        tokens,
        settlement,
        token_program,
    };
    let swap = open(cx, &parties)?;
    let (n, amount) = (u32_at(data, 0), i64_at(data, 4));
    ensure(is(authority, &swap.counterparty.authority), Fault::WrongAuthority)?;
    ensure(amount <= 0 || authority.is_signer(), Fault::NotSigner)?;
    ensure(amount != i64::MIN, Refusal::AmountOutOfRange)?;
    let trade = trade_with(cx, &parties, trade)?;
    let Swap { config, vault: books, counterparty: other } = swap;
    let sum = trade.adjusted.checked_add(amount);
    let deed = Deed { tag: 15, n, id: &trade.order_id, cumulative: sum.unwrap_or(0) };
    match order(n, trade.adjust_n)? {
        Order::Next => {}
        Order::Last => {
            ensure(amount == trade.last_adjust, Refusal::RepeatDiffers)?;
            let deed = Deed { cumulative: trade.adjusted, ..deed };
            return repeated(books, &deed, trade.adjust_entry.number);
        }
        Order::Earlier => return repeated(books, &Deed { cumulative: trade.adjusted, ..deed }, 0),
    }
    ensure(trade.settled > 0, Refusal::NothingSettled)?;
    let sum = sum.ok_or(Refusal::AdjustBoundExceeded)?;
    ensure(sum.unsigned_abs() <= config.limits.adjust_max, Refusal::AdjustBoundExceeded)?;
    let moved = amount.unsigned_abs();
    let before = held(books, tokens)?;
    trade.adjusted = sum;
    trade.last_adjust = amount;
    trade.adjust_n = n;
    if amount < 0 {
        frozen(books, now_ms()?)?;
        ensure(moved <= books.free, Refusal::InsufficientFree)?;
        take(&mut books.free, moved)?;
    } else {
        add(&mut books.free, moved)?;
    }
    add_signed(&mut books.counterparty, -amount)?;
    add_signed(&mut other.net, -amount)?;
    if amount < 0 {
        vault_signs!(books, |signers: &[Signer]| transfer(
            tokens, settlement, vault, moved, signers
        ))?;
    } else if amount > 0 {
        transfer(settlement, tokens, authority, moved, &[])?;
    }
    conserved(&before, books, tokens)?;
    trade.adjust_entry = applied(books, &deed, amount)?;
    Ok(())
}
