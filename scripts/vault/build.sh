#!/usr/bin/env bash
# Builds programs/vault into programs/vault/vault.so and writes its SHA-256 beside it.
# --check: builds elsewhere, from a copy, and compares; says NOT RUN where the toolchain cannot be installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(cd "$here/../../programs/vault" && pwd)
mode=${1:-build}
[[ $mode == build || $mode == --check ]] || {
  echo "build.sh: argument was $mode, allowed are none and --check" >&2
  exit 2
}

status=0
reason=$(mktemp)
tools=$("$here/toolchain.sh" 2> "$reason") || status=$?
if [[ $status -eq 3 && $mode == --check ]]; then
  echo "vault:check NOT RUN: $(cat "$reason")"
  exit 0
elif [[ $status -ne 0 ]]; then
  cat "$reason" >&2
  exit "$status"
fi

# VAULT_WORK: a folder to build in and keep, so that the crates are built once.
work=${VAULT_WORK:-$(mktemp -d)}
trap 'rm -f "$reason"; [[ -n ${VAULT_WORK:-} ]] || rm -rf "$work"' EXIT
mkdir -p "$work"
rm -rf "$work/src"
cp -r "$program/Cargo.toml" "$program/Cargo.lock" "$program/src" "$work/"
export LD_LIBRARY_PATH=$tools/rust/usr/lib/x86_64-linux-gnu
export RUSTC=$tools/rust/usr/bin/rustc
export PATH=$tools/linker/bin:$PATH
export CARGO_TARGET_DIR=$work/target
export CARGO_TARGET_BPFEL_UNKNOWN_NONE_LINKER=sbpf-linker
flags=(-Cpanic=abort -Crelocation-model=static -Ctarget-cpu=v2
  -Clink-arg=--disable-memory-builtins -Clink-arg=--export=entrypoint
  -Clink-arg=--llvm-args=-bpf-stack-size=4096
  "--remap-path-prefix=$work=/src" "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo")
joined=$(printf '%s\x1f' "${flags[@]}")
export CARGO_ENCODED_RUSTFLAGS=${joined%$'\x1f'}
cd "$work"
cargo build --release --locked --quiet --target bpfel-unknown-none
built=$CARGO_TARGET_DIR/bpfel-unknown-none/release/libvault_program.so
hash=$(sha256sum < "$built" | cut -d' ' -f1)

if [[ $mode == --check ]]; then
  committed=$(sha256sum < "$program/vault.so" | cut -d' ' -f1)
  written=$(cut -d' ' -f1 "$program/vault.so.sha256")
  if [[ $hash != "$committed" || $hash != "$written" ]]; then
    echo "vault:check: source builds $hash, vault.so is $committed, vault.so.sha256 says $written" >&2
    exit 1
  fi
  echo "vault:check: the source builds vault.so, sha256 $hash"
else
  cp "$built" "$program/vault.so"
  chmod 644 "$program/vault.so"
  echo "$hash  vault.so" > "$program/vault.so.sha256"
  echo "programs/vault/vault.so $(stat -c %s "$program/vault.so") bytes, sha256 $hash"
fi
