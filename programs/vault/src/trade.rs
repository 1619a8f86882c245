//! A trade's life without swaps: reserve, cancel, overdue, write-off.

use crate::books::{add, applied, balanced, frozen, repeated, take, Deed};
use crate::checks::{
    amount_at, canonical, is, key_at, now_ms, outside_account, signed_by, system, token, trade_of,
    u64_at, writable, Cx, AMOUNT_MAX,
};
use crate::cpi::{create, transfer, Creation, TOKEN};
use crate::error::{ensure, Fault, Refusal};
use crate::state::{
    load, load_mut, start, Config, Counterparty, Trade, Vault, CANCELED, CLOSED, OVERDUE,
    WRITTEN_OFF,
};
use pinocchio::{
    cpi::{Seed, Signer},
    Address, ProgramResult,
};

#[inline(never)]
pub fn reserve(cx: &Cx) -> ProgramResult {
    let data = cx.data::<49>()?;
    #[rustfmt::skip] // It would put all names on one line.
    let [
        payer, delegate, risk_gate, config_account, vault_account, counterparty_account,
        position_tokens, trade_account, system_program
    ] = cx.accounts::<9>(3)?;
    let config = load::<Config>(config_account, cx.program)?;
    let vault = load_mut::<Vault>(vault_account, cx.program)?;
    let counterparty = load::<Counterparty>(counterparty_account, cx.program)?;
    ensure(is(config_account, &vault.config), Fault::WrongConfig)?;
    ensure(counterparty.config == vault.config, Fault::WrongCounterparty)?;
    signed_by(delegate, &vault.delegate, Fault::WrongDelegate)?;
    signed_by(risk_gate, &config.roles.risk_gate, Fault::WrongRiskGate)?;
    system(system_program)?;
    let (bump, order_id, expiry) = (data[0], key_at(data, 1), u64_at(data, 41));
    let amount = amount_at(data, 33, 1)?;
    let deed = Deed { tag: 11, n: 0, id: order_id, cumulative: amount as i64 };
    if trade_account.owned_by(cx.program) {
        let trade = load::<Trade>(trade_account, cx.program)?;
        ensure(is(vault_account, &trade.vault) && &trade.order_id == order_id, Fault::WrongTrade)?;
        ensure(
            trade.max_amount == amount
                && trade.expiry == expiry
                && is(counterparty_account, &trade.counterparty),
            Refusal::OrderIdReused,
        )?;
        return repeated(vault, &deed, trade.reserve_entry.number);
    }
    let (vault_key, counterparty_key) =
        (vault_account.address().as_array(), counterparty_account.address().as_array());
    canonical(trade_account, &[b"trade", vault_key, order_id], bump, cx.program)?;
    let (position, _) =
        Address::find_program_address(&[b"position", vault_key, counterparty_key], cx.program);
    ensure(position_tokens.address() == &position, Fault::WrongPositionTokens)?;
    ensure(position_tokens.owned_by(&TOKEN), Fault::WrongPositionTokens)?;
    let now = now_ms()?;
    ensure(
        counterparty.head.word == 0 && now >= counterparty.active_from,
        Fault::CounterpartyNotActive,
    )?;
    frozen(vault, now)?;
    ensure(vault.overdue == 0, Refusal::TradeOverdue)?;
    ensure(
        expiry <= AMOUNT_MAX && expiry > now && expiry - now <= config.limits.reservation_ms_max,
        Refusal::ExpiryOutOfRange,
    )?;
    ensure(amount <= config.limits.trade_max, Refusal::TradeCapExceeded)?;
    ensure(amount <= vault.free, Refusal::InsufficientFree)?;
    let mut outstanding = vault.reserved;
    add(&mut outstanding, vault.settling)?;
    add(&mut outstanding, amount)?;
    ensure(outstanding <= config.limits.outstanding_max, Refusal::AggregateCapExceeded)?;
    let due = expiry.checked_add(config.limits.trade_ms_max).ok_or(Fault::Overflow)?;
    create(
        &Creation {
            payer,
            account: trade_account,
            owner: cx.program,
            space: core::mem::size_of::<Trade>() as u64,
        },
        &[Seed::from(b"trade"), Seed::from(vault_key), Seed::from(order_id), Seed::from(&[bump])],
    )?;
    take(&mut vault.free, amount)?;
    add(&mut vault.reserved, amount)?;
    add(&mut vault.trades, 1)?;
    let trade = start::<Trade>(trade_account, bump, 0);
    trade.vault = *vault_key;
    trade.order_id = *order_id;
    trade.counterparty = *counterparty_key;
    trade.position_tokens = *position_tokens.address().as_array();
    trade.max_amount = amount;
    trade.expiry = expiry;
    trade.due = due;
    trade.opened_at = now;
    balanced(vault)?;
    trade.reserve_entry = applied(vault, &deed, amount as i64)?;
    Ok(())
}

#[inline(never)]
pub fn cancel(cx: &Cx) -> ProgramResult {
    cx.data::<0>()?;
    let [delegate, vault_account, trade_account] = cx.accounts::<3>(1)?;
    let vault = load_mut::<Vault>(vault_account, cx.program)?;
    signed_by(delegate, &vault.delegate, Fault::WrongDelegate)?;
    let trade = trade_of(trade_account, vault_account, cx.program)?;
    let deed = Deed { tag: 13, n: 0, id: &trade.order_id, cumulative: trade.settled as i64 };
    if trade.is(CANCELED) {
        return repeated(vault, &deed, trade.cancel_entry.number);
    }
    let freed = trade.unsettled();
    take(&mut vault.reserved, freed)?;
    add(&mut vault.free, freed)?;
    trade.head.detail |= CANCELED;
    balanced(vault)?;
    trade.cancel_entry = applied(vault, &deed, freed as i64)?;
    Ok(())
}

/// Anyone may call it: what a lost key left reserved comes free, what was never closed is marked.
#[inline(never)]
pub fn overdue(cx: &Cx) -> ProgramResult {
    cx.data::<0>()?;
    let [vault_account, trade_account] = cx.accounts::<2>(0)?;
    let vault = load_mut::<Vault>(vault_account, cx.program)?;
    let trade = trade_of(trade_account, vault_account, cx.program)?;
    let now = now_ms()?;
    let freed = if now >= trade.expiry { trade.unsettled() } else { 0 };
    let open = trade.settled > 0 && !trade.is(CLOSED);
    let marks = open && !trade.is(OVERDUE) && now >= trade.due;
    let deed = Deed { tag: 19, n: 0, id: &trade.order_id, cumulative: trade.principal() as i64 };
    if freed == 0 && !marks {
        ensure(open && trade.is(OVERDUE), Refusal::NotOverdue)?;
        return repeated(vault, &deed, trade.overdue_entry.number);
    }
    if freed > 0 {
        take(&mut vault.reserved, freed)?;
        add(&mut vault.free, freed)?;
        trade.head.detail |= CANCELED;
    }
    if marks {
        add(&mut vault.overdue, 1)?;
        trade.head.detail |= OVERDUE;
    }
    balanced(vault)?;
    trade.overdue_entry = applied(vault, &deed, freed as i64)?;
    Ok(())
}

/// The trader takes the claim on a counterparty that never closed into the trader's own hands.
#[inline(never)]
pub fn write_off(cx: &Cx) -> ProgramResult {
    cx.data::<0>()?;
    #[rustfmt::skip] // It would put all names on one line.
    let [
        trader, vault_account, counterparty_account, trade_account, position_tokens, destination,
        token_program
    ] = cx.accounts::<7>(1)?;
    let vault = load_mut::<Vault>(vault_account, cx.program)?;
    let counterparty = load_mut::<Counterparty>(counterparty_account, cx.program)?;
    signed_by(trader, &vault.trader, Fault::WrongTrader)?;
    token(token_program)?;
    let trade = trade_of(trade_account, vault_account, cx.program)?;
    ensure(is(counterparty_account, &trade.counterparty), Fault::WrongCounterparty)?;
    ensure(is(position_tokens, &trade.position_tokens), Fault::WrongPositionTokens)?;
    writable(position_tokens)?;
    outside_account(destination, &counterparty.position_mint, &vault.trader)?;
    writable(destination)?;
    let principal = trade.principal();
    let deed = Deed { tag: 20, n: 0, id: &trade.order_id, cumulative: trade.proceeds as i64 };
    if trade.is(WRITTEN_OFF) {
        return repeated(vault, &deed, trade.close_entry.number);
    }
    ensure(!trade.is(CLOSED), Refusal::TradeClosed)?;
    let now = now_ms()?;
    let from = trade.due.checked_add(trade.due - trade.expiry).ok_or(Fault::Overflow)?;
    ensure(trade.is(OVERDUE) && now >= from, Refusal::NotOverdue)?;
    frozen(vault, now)?;
    take(&mut vault.settling, principal)?;
    take(&mut vault.overdue, 1)?;
    trade.head.detail |= CLOSED | WRITTEN_OFF;
    trade.closed_at = now;
    if principal > 0 {
        transfer(
            position_tokens,
            destination,
            vault_account,
            principal,
            &[Signer::from(&[
                Seed::from(b"vault"),
                Seed::from(&vault.config),
                Seed::from(&vault.trader),
                Seed::from(&[vault.head.bump]),
            ])],
        )?;
    }
    balanced(vault)?;
    trade.close_entry = applied(vault, &deed, principal as i64)?;
    Ok(())
}
