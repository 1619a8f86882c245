#!/usr/bin/env bash
# Puts what builds the vault program under the user's cache; nothing is installed system-wide.
#
# Debian's rustc-web has a prebuilt core for bpfel-unknown-none and its own LLVM, which sbpf-linker (from crates)
# loads: so neither a nightly compiler nor Solana's platform tools are needed. Prints the folder.
# Exit 3: it cannot be installed here, with the reason in one sentence.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rust_version=1.96.0+dfsg1-1~deb12u2
llvm_version=1:22.1.8-1~deb12u1
linker_version=0.1.9
root=${XDG_CACHE_HOME:-$HOME/.cache}/optionsib/vault-toolchain
stamp="$root/installed"
wanted="$rust_version $llvm_version $linker_version"

if [[ -f $stamp && $(cat "$stamp") == "$wanted" ]]; then
  echo "$root"
  exit 0
fi

cannot() {
  echo "the vault toolchain cannot be installed here: $1" >&2
  exit 3
}
[[ $(uname -sm) == "Linux x86_64" ]] || cannot "it is for Linux x86_64, this is $(uname -sm)"
for tool in apt-get dpkg cargo sha256sum; do
  command -v "$tool" > /dev/null || cannot "there is no $tool"
done

mkdir -p "$root"
work=$(mktemp -d "$root/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
apt-get update -qq > apt.log 2>&1 || true
apt-get download -qq "rustc-web=$rust_version" "libstd-rust-web-1.96=$rust_version" \
  "libstd-rust-web-dev=$rust_version" "libstd-rust-web-dev-bpf=$rust_version" \
  "libllvm22=$llvm_version" >> apt.log 2>&1 || cannot "apt has no rustc-web $rust_version: $(tail -1 apt.log)"
sha256sum --check --quiet "$here/toolchain.sha256" || cannot "a package differs from scripts/vault/toolchain.sha256"
rm -rf "$root/rust"
for package in *.deb; do dpkg -x "$package" "$root/rust"; done
cargo install "sbpf-linker@$linker_version" --locked --quiet --root "$root/linker" > cargo.log 2>&1 ||
  cannot "cargo could not build sbpf-linker $linker_version: $(tail -1 cargo.log)"
echo "$wanted" > "$stamp"
echo "$root"
