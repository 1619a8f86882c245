//! The Vault: one account per trader that holds the trader's USDT.
//!
//! Money leaves by settle (the trader's delegate and the risk gate sign; as many position tokens
//! come in), by withdraw (the trader signs, free money only) and, within a small bound per trade,
//! by a negative adjustment. INTERFACE.md is the contract; `src/domain/vault` is the reference
//! model.
#![cfg_attr(target_arch = "bpf", no_std)]

mod books;
mod checks;
mod config;
mod cpi;
mod error;
mod state;
mod swap;
mod trade;
mod vault;

use crate::checks::Cx;
use crate::error::Fault;
use pinocchio::{no_allocator, program_entrypoint, AccountView, Address, ProgramResult};

program_entrypoint!(process, 16);
no_allocator!();

/// Says nothing: a message would pull in core's formatting code.
#[cfg(target_arch = "bpf")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unsafe { pinocchio::syscalls::abort() }
}

fn process(program: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let Some((tag, rest)) = data.split_first() else {
        return Err(Fault::BadInstruction.into());
    };
    let cx = &Cx::new(program, accounts, rest);
    match tag {
        12 => swap::settle(cx),
        14 => swap::close(cx),
        11 => trade::reserve(cx),
        13 => trade::cancel(cx),
        15 => swap::adjust(cx),
        18 => vault::anchor(cx),
        0 => config::initialize_config(cx),
        1 => config::propose_config(cx),
        2 => config::apply_config(cx),
        3 => config::cancel_proposal(cx),
        4 => config::register_counterparty(cx),
        5 => config::set_counterparty(cx),
        6 => vault::initialize_vault(cx),
        7 => vault::open_position(cx),
        8 => vault::set_delegate(cx),
        9 => vault::deposit(cx),
        10 => vault::withdraw(cx),
        16 => vault::freeze(cx),
        17 => vault::thaw(cx),
        19 => trade::overdue(cx),
        20 => trade::write_off(cx),
        21 => vault::note(cx),
        22 => vault::absorb(cx),
        _ => Err(Fault::BadInstruction.into()),
    }
}
