# Shared by the scripts of this folder; not run by itself.
# Caches lie outside the clone, so that clones share them and none grows: CARGO_TARGET_DIR moves the build directory.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/grandstand
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
BINARY=$CARGO_TARGET_DIR/debug/grandstand

say() { printf '\n== %s\n' "$*" >&2; }

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Installs Debian packages when allowed to, or names the command that does.
apt_install() {
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    if command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
      as_root=(sudo)
    else
      fail "missing: $*. Install it: sudo apt-get install $*"
    fi
  fi
  command -v apt-get > /dev/null || fail "missing: $*. Install it with your system's package manager"
  say "Installing $*"
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -qq < /dev/null >&2
  "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@" < /dev/null >&2
}

# need COMMAND PACKAGE...: the command is there afterwards.
need() {
  local command=$1
  shift
  command -v "$command" > /dev/null || apt_install "$@"
  command -v "$command" > /dev/null || fail "$command is still missing after installing $*"
}

# Debian keeps PostgreSQL's programs out of the PATH; the tests look there, too.
need_postgres() {
  local found
  found=$(command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' || true)
  [ -n "$found" ] || apt_install postgresql
  [ "$(id -u)" != 0 ] || need setpriv util-linux
}

need_cargo() {
  command -v cargo > /dev/null || fail "cargo is missing. Install Rust 1.95 or newer: https://rustup.rs"
  # Some crates build C.
  need cc build-essential
}

node_major() { node --version 2> /dev/null | sed 's/^v\([0-9]*\).*/\1/'; }

need_node() {
  need node nodejs npm
  need npm npm
  [ "$(node_major)" -ge 20 ] || fail "Node.js $(node --version) is too old; 20.19 or newer is needed: https://nodejs.org"
}

# npm_ci FOLDER: its node_modules are those of its lock.
npm_ci() {
  local mark=$1/node_modules/.lock-installed
  if ! cmp -s "$1/package-lock.json" "$mark"; then
    say "Installing npm packages of $1"
    npm ci --prefix "$1" --no-audit --no-fund --loglevel=error < /dev/null
    cp "$1/package-lock.json" "$mark"
  fi
}

build_web() {
  need_node
  npm_ci web
  say "Building the web app"
  npm run --prefix web --silent build
}

# The built page is there and nothing it is made of is newer.
web_is_built() {
  local page=web/app/dist/index.html
  [ -f "$page" ] && [ -d web/node_modules ] || return 1
  [ -z "$(find web openapi -newer "$page" -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path 'web/e2e/*' \
    -print -quit)" ]
}

build_server() {
  need_cargo
  say "Building the server"
  cargo build --locked --workspace
}
