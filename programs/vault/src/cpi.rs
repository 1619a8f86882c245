//! Calls to the token and system programs.

use crate::error::{ensure, Fault};
use pinocchio::{
    cpi::{CpiAccount, Seed, Signer},
    error::ProgramError,
    instruction::{InstructionAccount, InstructionView},
    sysvars::{rent::Rent, Sysvar},
    AccountView, Address, ProgramResult,
};

pub const SYSTEM: Address = Address::new_from_array([0; 32]);
/// TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA
pub const TOKEN: Address = Address::new_from_array([
    6, 221, 246, 225, 215, 101, 161, 147, 217, 203, 225, 70, 206, 235, 121, 172, 28, 180, 133, 237,
    95, 91, 55, 145, 58, 140, 245, 133, 126, 255, 0, 169,
]);

/// `sol_invoke_signed_c` directly: the crate's wrapper ends in a compiler fence, which this back
/// end cannot select; the syscall is opaque to the compiler, which is fence enough.
#[inline(always)]
fn invoke<const N: usize>(
    instruction: &InstructionView,
    accounts: &[&AccountView; N],
    signers: &[Signer],
) -> ProgramResult {
    #[cfg(target_arch = "bpf")]
    {
        #[repr(C)]
        struct Call<'a> {
            program_id: *const Address,
            accounts: *const InstructionAccount<'a>,
            accounts_len: u64,
            data: *const u8,
            data_len: u64,
        }
        let mut infos = [const { core::mem::MaybeUninit::<CpiAccount>::uninit() }; N];
        for (info, account) in infos.iter_mut().zip(accounts) {
            CpiAccount::init_from_account_view(account, info);
        }
        let call = Call {
            program_id: instruction.program_id,
            accounts: instruction.accounts.as_ptr(),
            accounts_len: instruction.accounts.len() as u64,
            data: instruction.data.as_ptr(),
            data_len: instruction.data.len() as u64,
        };
        // SAFETY: all pointers outlive the call.
        let result = unsafe {
            pinocchio::syscalls::sol_invoke_signed_c(
                &call as *const _ as *const u8,
                infos.as_ptr() as *const u8,
                N as u64,
                signers.as_ptr() as *const u8,
                signers.len() as u64,
            )
        };
        if result != 0 {
            return Err(ProgramError::from(result));
        }
    }
    #[cfg(not(target_arch = "bpf"))]
    let _ = core::hint::black_box((instruction, accounts, signers));
    Ok(())
}

/// SPL Token's Transfer, MintTo and Burn differ in their number and who signs.
#[inline(always)]
fn token_call(
    op: u8,
    first: &AccountView,
    second: &AccountView,
    authority: &AccountView,
    amount: u64,
    signers: &[Signer],
) -> ProgramResult {
    let mut data = [0u8; 9];
    data[0] = op;
    data[1..9].copy_from_slice(&amount.to_le_bytes());
    invoke(
        &InstructionView {
            program_id: &TOKEN,
            data: &data,
            accounts: &[
                InstructionAccount::writable(first.address()),
                InstructionAccount::writable(second.address()),
                InstructionAccount::readonly_signer(authority.address()),
            ],
        },
        &[first, second, authority],
        signers,
    )
}

/// Moves `amount`; both accounts are known to be of one mint.
#[inline(always)]
pub fn transfer(
    from: &AccountView,
    to: &AccountView,
    authority: &AccountView,
    amount: u64,
    signers: &[Signer],
) -> ProgramResult {
    token_call(3, from, to, authority, amount, signers)
}

#[inline(always)]
pub fn mint_to(
    mint: &AccountView,
    to: &AccountView,
    authority: &AccountView,
    amount: u64,
    signers: &[Signer],
) -> ProgramResult {
    token_call(7, mint, to, authority, amount, signers)
}

#[inline(always)]
pub fn burn(
    from: &AccountView,
    mint: &AccountView,
    authority: &AccountView,
    amount: u64,
    signers: &[Signer],
) -> ProgramResult {
    token_call(8, from, mint, authority, amount, signers)
}

/// InitializeAccount3: an SPL token account whose owner is a program address.
pub fn initialize_token_account(
    account: &AccountView,
    mint: &AccountView,
    owner: &Address,
) -> ProgramResult {
    let mut data = [0u8; 33];
    data[0] = 18;
    data[1..].copy_from_slice(owner.as_array());
    invoke(
        &InstructionView {
            program_id: &TOKEN,
            data: &data,
            accounts: &[
                InstructionAccount::writable(account.address()),
                InstructionAccount::readonly(mint.address()),
            ],
        },
        &[account, mint],
        &[],
    )
}

/// InitializeMint2, without a freeze authority.
pub fn initialize_mint(mint: &AccountView, authority: &Address, decimals: u8) -> ProgramResult {
    let mut data = [0u8; 35];
    data[0] = 20;
    data[1] = decimals;
    data[2..34].copy_from_slice(authority.as_array());
    invoke(
        &InstructionView {
            program_id: &TOKEN,
            data: &data,
            accounts: &[InstructionAccount::writable(mint.address())],
        },
        &[mint],
        &[],
    )
}

/// What to create, and where.
pub struct Creation<'a> {
    pub payer: &'a AccountView,
    pub account: &'a AccountView,
    pub owner: &'a Address,
    pub space: u64,
}

/// Creates the account of a program address. Lamports that a stranger sent there first are no
/// hindrance: then it is topped up, allocated and assigned, which needs the address's own
/// signature.
#[inline(never)]
pub fn create(creation: &Creation, seeds: &[Seed]) -> ProgramResult {
    let Creation { payer, account, owner, space } = creation;
    ensure(account.is_writable() && payer.is_writable(), Fault::NotWritable)?;
    ensure(payer.is_signer(), Fault::NotSigner)?;
    ensure(account.is_data_empty() && account.owned_by(&SYSTEM), Fault::AlreadyInitialized)?;
    let rent = Rent::get()?.try_minimum_balance(*space as usize)?;
    let signers = [Signer::from(seeds)];
    if account.lamports() == 0 {
        let mut data = [0u8; 52];
        data[4..12].copy_from_slice(&rent.to_le_bytes());
        data[12..20].copy_from_slice(&space.to_le_bytes());
        data[20..52].copy_from_slice(owner.as_array());
        return invoke(
            &InstructionView {
                program_id: &SYSTEM,
                data: &data,
                accounts: &[
                    InstructionAccount::writable_signer(payer.address()),
                    InstructionAccount::writable_signer(account.address()),
                ],
            },
            &[payer, account],
            &signers,
        );
    }
    if account.lamports() < rent {
        let mut data = [0u8; 12];
        data[0] = 2;
        data[4..12].copy_from_slice(&(rent - account.lamports()).to_le_bytes());
        invoke(
            &InstructionView {
                program_id: &SYSTEM,
                data: &data,
                accounts: &[
                    InstructionAccount::writable_signer(payer.address()),
                    InstructionAccount::writable(account.address()),
                ],
            },
            &[payer, account],
            &[],
        )?;
    }
    let mut allocate = [0u8; 12];
    allocate[0] = 8;
    allocate[4..12].copy_from_slice(&space.to_le_bytes());
    let mut assign = [0u8; 36];
    assign[0] = 1;
    assign[4..36].copy_from_slice(owner.as_array());
    for data in [&allocate[..], &assign[..]] {
        invoke(
            &InstructionView {
                program_id: &SYSTEM,
                data,
                accounts: &[InstructionAccount::writable_signer(account.address())],
            },
            &[account],
            &signers,
        )?;
    }
    Ok(())
}
