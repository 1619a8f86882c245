//! The admin's side: roles and limits with a timelock, and the allow-list of counterparties.

use crate::checks::{
    canonical, is, key_at, mint, now_ms, outside_account, signed_by, system, token, u64_at, Cx,
    AMOUNT_MAX,
};
use crate::cpi::{create, initialize_mint, Creation, TOKEN};
use crate::error::{ensure, Fault};
use crate::state::{load, load_mut, start, Config, Counterparty, Key, Limits, Roles};
use pinocchio::{cpi::Seed, error::ProgramError, ProgramResult};

const DAY_MS: u64 = 86_400_000;
/// A freeze or a timelock longer than this would itself strand capital.
const FREEZE_MS_CEILING: u64 = 30 * DAY_MS;
const TIMELOCK_MS_CEILING: u64 = 30 * DAY_MS;
const DURATION_MS_CEILING: u64 = 3_660 * DAY_MS;

#[inline(never)]
fn limits_at<const N: usize>(data: &[u8; N], at: usize) -> Result<Limits, ProgramError> {
    let limits = Limits {
        trade_max: u64_at(data, at),
        outstanding_max: u64_at(data, at + 8),
        adjust_max: u64_at(data, at + 16),
        reservation_ms_max: u64_at(data, at + 24),
        freeze_ms_max: u64_at(data, at + 32),
        trade_ms_max: u64_at(data, at + 40),
        timelock_ms: u64_at(data, at + 48),
    };
    let amounts = limits.trade_max >= 1
        && limits.trade_max <= AMOUNT_MAX
        && limits.outstanding_max >= 1
        && limits.outstanding_max <= AMOUNT_MAX
        && limits.adjust_max <= AMOUNT_MAX;
    let durations = limits.reservation_ms_max >= 1
        && limits.reservation_ms_max <= DURATION_MS_CEILING
        && limits.freeze_ms_max >= 1
        && limits.freeze_ms_max <= FREEZE_MS_CEILING
        && limits.trade_ms_max >= 1
        && limits.trade_ms_max <= DURATION_MS_CEILING
        && limits.timelock_ms <= TIMELOCK_MS_CEILING;
    ensure(amounts && durations, Fault::LimitOutOfRange)?;
    Ok(limits)
}

#[inline(always)]
fn take_limits(into: &mut Limits, from: &Limits) {
    into.trade_max = from.trade_max;
    into.outstanding_max = from.outstanding_max;
    into.adjust_max = from.adjust_max;
    into.reservation_ms_max = from.reservation_ms_max;
    into.freeze_ms_max = from.freeze_ms_max;
    into.trade_ms_max = from.trade_ms_max;
    into.timelock_ms = from.timelock_ms;
}

#[inline(always)]
fn take_roles(into: &mut Roles, admin: &Key, risk_gate: &Key, guardian: &Key) {
    into.admin = *admin;
    into.risk_gate = *risk_gate;
    into.guardian = *guardian;
}

/// Now, or after the timelock once somebody's vault relies on the configuration.
#[inline(always)]
fn effective_at(config: &Config, now: u64) -> Result<u64, ProgramError> {
    if config.vaults == 0 {
        return Ok(now);
    }
    now.checked_add(config.limits.timelock_ms).ok_or(Fault::Overflow.into())
}

#[inline(never)]
pub fn initialize_config(cx: &Cx) -> ProgramResult {
    let data = cx.data::<121>()?;
    let [payer, admin, config, mint_account, system_program] = cx.accounts::<5>(2)?;
    ensure(admin.is_signer(), Fault::NotSigner)?;
    system(system_program)?;
    mint(mint_account)?;
    let limits = limits_at(data, 65)?;
    let (creator, mint_key) = (admin.address().as_array(), mint_account.address().as_array());
    let bump = data[0];
    canonical(config, &[b"config", creator, mint_key], bump, cx.program)?;
    create(
        &Creation {
            payer,
            account: config,
            owner: cx.program,
            space: core::mem::size_of::<Config>() as u64,
        },
        &[Seed::from(b"config"), Seed::from(creator), Seed::from(mint_key), Seed::from(&[bump])],
    )?;
    let record = start::<Config>(config, bump, 6);
    record.creator = *creator;
    record.mint = *mint_key;
    take_roles(&mut record.roles, creator, key_at(data, 1), key_at(data, 33));
    take_limits(&mut record.limits, &limits);
    Ok(())
}

#[inline(never)]
pub fn propose_config(cx: &Cx) -> ProgramResult {
    let data = cx.data::<152>()?;
    let [admin, config_account] = cx.accounts::<2>(1)?;
    let config = load_mut::<Config>(config_account, cx.program)?;
    signed_by(admin, &config.roles.admin, Fault::WrongAdmin)?;
    let limits = limits_at(data, 96)?;
    config.effective_at = effective_at(config, now_ms()?)?;
    config.head.word = 1;
    take_roles(&mut config.pending_roles, key_at(data, 0), key_at(data, 32), key_at(data, 64));
    take_limits(&mut config.pending_limits, &limits);
    Ok(())
}

#[inline(never)]
pub fn apply_config(cx: &Cx) -> ProgramResult {
    cx.data::<0>()?;
    let [admin, config_account] = cx.accounts::<2>(1)?;
    let config = load_mut::<Config>(config_account, cx.program)?;
    signed_by(admin, &config.roles.admin, Fault::WrongAdmin)?;
    ensure(config.head.word == 1, Fault::NothingPending)?;
    ensure(now_ms()? >= config.effective_at, Fault::TimelockNotOver)?;
    let Config { roles, pending_roles, limits, pending_limits, .. } = config;
    take_roles(roles, &pending_roles.admin, &pending_roles.risk_gate, &pending_roles.guardian);
    take_limits(limits, pending_limits);
    config.head.word = 0;
    Ok(())
}

/// The admin, or the guardian against a stolen admin key: but not against its own replacement
/// alone.
#[inline(never)]
pub fn cancel_proposal(cx: &Cx) -> ProgramResult {
    cx.data::<0>()?;
    let [who, config_account] = cx.accounts::<2>(1)?;
    let config = load_mut::<Config>(config_account, cx.program)?;
    let vetoes = is(who, &config.roles.guardian) && !replaces_guardian_only(config);
    ensure(is(who, &config.roles.admin) || vetoes, Fault::WrongAdmin)?;
    ensure(who.is_signer(), Fault::NotSigner)?;
    ensure(config.head.word == 1, Fault::NothingPending)?;
    config.head.word = 0;
    Ok(())
}

fn replaces_guardian_only(config: &Config) -> bool {
    let Config { roles, pending_roles, limits, pending_limits, .. } = config;
    roles.admin == pending_roles.admin
        && roles.risk_gate == pending_roles.risk_gate
        && limits.trade_max == pending_limits.trade_max
        && limits.outstanding_max == pending_limits.outstanding_max
        && limits.adjust_max == pending_limits.adjust_max
        && limits.reservation_ms_max == pending_limits.reservation_ms_max
        && limits.freeze_ms_max == pending_limits.freeze_ms_max
        && limits.trade_ms_max == pending_limits.trade_ms_max
        && limits.timelock_ms == pending_limits.timelock_ms
}

#[inline(never)]
pub fn register_counterparty(cx: &Cx) -> ProgramResult {
    let data = cx.data::<2>()?;
    #[rustfmt::skip] // It would put all names on one line.
    let [
        payer, admin, authority, config_account, counterparty, settlement, position_mint,
        system_program, token_program
    ] = cx.accounts::<9>(3)?;
    let config = load::<Config>(config_account, cx.program)?;
    signed_by(admin, &config.roles.admin, Fault::WrongAdmin)?;
    ensure(authority.is_signer(), Fault::NotSigner)?;
    system(system_program)?;
    token(token_program)?;
    outside_account(settlement, &config.mint, authority.address().as_array())?;
    let (config_key, settlement_key) =
        (config_account.address().as_array(), settlement.address().as_array());
    let (bump, mint_bump) = (data[0], data[1]);
    let counterparty_key = counterparty.address().as_array();
    canonical(counterparty, &[b"counterparty", config_key, settlement_key], bump, cx.program)?;
    canonical(position_mint, &[b"claim", counterparty_key], mint_bump, cx.program)?;
    create(
        &Creation {
            payer,
            account: counterparty,
            owner: cx.program,
            space: core::mem::size_of::<Counterparty>() as u64,
        },
        &[
            Seed::from(b"counterparty"),
            Seed::from(config_key),
            Seed::from(settlement_key),
            Seed::from(&[bump]),
        ],
    )?;
    create(
        &Creation { payer, account: position_mint, owner: &TOKEN, space: 82 },
        &[Seed::from(b"claim"), Seed::from(counterparty_key), Seed::from(&[mint_bump])],
    )?;
    initialize_mint(position_mint, counterparty.address(), config.head.detail)?;
    let record = start::<Counterparty>(counterparty, bump, mint_bump);
    record.config = *config_key;
    record.authority = *authority.address().as_array();
    record.settlement = *settlement_key;
    record.position_mint = *position_mint.address().as_array();
    record.active_from = effective_at(config, now_ms()?)?;
    Ok(())
}

/// Both may disable, at once; only the admin may enable, after the timelock.
#[inline(never)]
pub fn set_counterparty(cx: &Cx) -> ProgramResult {
    let data = cx.data::<1>()?;
    let [who, config_account, counterparty_account] = cx.accounts::<3>(1)?;
    let config = load::<Config>(config_account, cx.program)?;
    let counterparty = load_mut::<Counterparty>(counterparty_account, cx.program)?;
    ensure(is(config_account, &counterparty.config), Fault::WrongCounterparty)?;
    let disabled = data[0];
    ensure(disabled <= 1, Fault::BadInstruction)?;
    ensure(
        is(who, &config.roles.admin) || (disabled == 1 && is(who, &config.roles.guardian)),
        Fault::WrongAdmin,
    )?;
    ensure(who.is_signer(), Fault::NotSigner)?;
    if counterparty.head.word == 1 && disabled == 0 {
        counterparty.active_from = effective_at(config, now_ms()?)?;
    }
    counterparty.head.word = disabled as u32;
    Ok(())
}
