# shellcheck shell=bash
#
# Functions for the scripts in this directory, which source it.
#
# The scripts install and start the programs that the end-to-end tests need, on a
# Debian machine whose release is too old for some of them. These come from the
# next release, on the Debian mirror of the machine's configuration. They are
# unpacked in a cache directory: they are not installed in the system, and the
# configuration of apt does not change.
#
# The cache is $EXTENSION_CI_CACHE, by default ~/.cache/extension-ci. To reset it,
# stop the daemons and remove that directory as root.

# The Debian release with Docker 26 and Wine 10.
NEWER_RELEASE=trixie
DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

CACHE=$(realpath --canonicalize-missing \
  "${EXTENSION_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/extension-ci}")
mkdir -p "$CACHE"

# The prefix of commands that need root.
AS_ROOT=()
if ((EUID != 0)); then AS_ROOT=(sudo --non-interactive); fi

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# with_lock NAME COMMAND…: runs COMMAND while it holds the lock NAME.
with_lock() {
  local lock=$CACHE/$1.lock
  shift
  (
    flock 9
    "$@" 9>&- # daemons that COMMAND starts must not keep the lock
  ) 9>"$lock"
}

# make_once DIRECTORY COMMAND…: creates DIRECTORY unless it exists. COMMAND fills a
# temporary directory, which is its last argument, and which gets the name DIRECTORY
# only if COMMAND succeeds. So an existing DIRECTORY is complete.
make_once() {
  if [[ ! -d $1 ]]; then with_lock "$(basename "$1")" make_now "$@"; fi
}

make_now() {
  local directory=$1 partial=$1.partial
  shift
  if [[ -d $directory ]]; then return; fi # another script created it during the wait
  "${AS_ROOT[@]}" rm -rf --one-file-system "$partial"
  mkdir -p "$partial"
  "$@" "$partial"
  "${AS_ROOT[@]}" mv "$partial" "$directory"
}

# cargo_tool NAME VERSION [SHA256]: puts cargo's subcommand NAME first on PATH. On x86-64 Linux and with
# SHA256, it installs Astral's wheel with this hash; otherwise, cargo compiles the subcommand.
cargo_tool() {
  local tool=$CACHE/$1-$2
  make_once "$tool" get_cargo_tool "$@"
  PATH=$tool/bin:$PATH
}

get_cargo_tool() {
  local name=$1 version=$2 directory=${!#}
  if (($# == 4)) && [[ $(uname --machine) == x86_64 ]]; then
    echo "astral-dev-toolchain-$name==$version --hash=sha256:$3" >"$directory/requirements.txt"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
      --require-hashes --no-deps --target "$directory" --requirement "$directory/requirements.txt"
  else
    cargo install --quiet --locked "$name@$version" --root "$directory"
  fi
}

# apt_install PACKAGE…: installs missing packages from the machine's own release.
# Updates the package lists only if the installation fails with the current ones.
apt_install() {
  local package missing=()
  for package; do
    if [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
      missing+=("$package")
    fi
  done
  if ((${#missing[@]} == 0)); then return; fi
  echo "installing ${missing[*]}"
  with_lock apt apt_install_now "${missing[@]}"
}

apt_install_now() {
  local install=("${AS_ROOT[@]}" env DEBIAN_FRONTEND=noninteractive
    apt-get install --yes --quiet=2 --no-install-recommends -o DPkg::Use-Pty=0 "$@")
  if "${install[@]}" &>"$CACHE/apt.log"; then return; fi
  "${AS_ROOT[@]}" apt-get update --quiet=2
  "${install[@]}" &>"$CACHE/apt.log" || fail "apt-get install $*: $(tail -n 20 "$CACHE/apt.log")"
}

# Prints apt's source line for the newer release on the machine's Debian mirror.
newer_source() {
  local mirrors
  mirrors=$(debian_mirrors)
  if [[ -z $mirrors ]]; then # apt needs package lists to know the mirror
    with_lock apt "${AS_ROOT[@]}" apt-get update --quiet=2 >&2
    mirrors=$(debian_mirrors)
  fi
  if [[ -z $mirrors ]]; then fail "the sources of apt contain no Debian mirror"; fi
  echo "deb [signed-by=$DEBIAN_KEYRING] ${mirrors%%$'\n'*} $NEWER_RELEASE main"
}

debian_mirrors() {
  # shellcheck disable=SC2016 # apt expands it
  apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' 'Label: Debian' 'Component: main'
}

# unpack_newer PACKAGE… DIRECTORY: downloads packages of the newer release, and
# unpacks them in DIRECTORY without dependencies and installation scripts.
unpack_newer() {
  local directory=${!#} packages=("${@:1:$#-1}")
  local apt=$directory/.apt deb
  mkdir -p "$apt/lists/partial" "$apt/archives/partial"
  newer_source >"$apt/sources.list"
  touch "$apt/status"
  local options=(
    --quiet=2
    -o Dir::Etc::SourceList="$apt/sources.list"
    -o Dir::Etc::SourceParts=/dev/null
    -o Dir::Etc::Preferences=/dev/null
    -o Dir::Etc::PreferencesParts=/dev/null
    -o Dir::State::Lists="$apt/lists"
    -o Dir::State::Status="$apt/status"
    -o Dir::Cache="$apt"
    -o APT::Sandbox::User=root
  )
  apt-get "${options[@]}" update
  (cd "$apt" && apt-get "${options[@]}" download "${packages[@]}")
  for deb in "$apt"/*.deb; do dpkg-deb --extract "$deb" "$directory"; done
  rm -rf "$apt"
}

# daemon_start DIRECTORY COMMAND…: starts COMMAND in a new session, and writes
# DIRECTORY/log and DIRECTORY/pid. The arguments of COMMAND must contain DIRECTORY.
daemon_start() {
  local directory=$1
  shift
  rm -f "$directory/pid"
  # shellcheck disable=SC2016 # the inner shell expands it
  "${AS_ROOT[@]}" setsid --fork sh -c 'echo $$ >"$0/pid"; exec "$@"' "$directory" "$@" \
    </dev/null &>"$directory/log"
  until [[ -s $directory/pid ]]; do sleep 0.05; done
}

# daemon_runs DIRECTORY: succeeds if the daemon is running. Another process may have
# its ID, so the command line is compared.
daemon_runs() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) || return 1
  grep --quiet --fixed-strings --text "$1/" "/proc/$pid/cmdline" 2>/dev/null
}

# daemon_await DIRECTORY SECONDS CHECK…: waits until CHECK succeeds.
daemon_await() {
  local directory=$1 deadline=$((SECONDS + $2))
  shift 2
  until "$@" &>/dev/null; do
    if ! daemon_runs "$directory" || ((SECONDS > deadline)); then
      tail -n 30 "$directory/log" >&2
      fail "the daemon does not answer; the end of $directory/log is printed above"
    fi
    sleep 0.2
  done
}

# daemon_stop DIRECTORY: stops the daemon, and waits until it has ended.
daemon_stop() {
  local directory=$1 deadline=$((SECONDS + 20)) pid
  daemon_runs "$directory" || return 0
  pid=$(cat "$directory/pid")
  "${AS_ROOT[@]}" kill "$pid"
  while daemon_runs "$directory"; do
    if ((SECONDS > deadline)); then "${AS_ROOT[@]}" kill -KILL "$pid" || true; fi
    sleep 0.1
  done
}
