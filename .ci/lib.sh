# shellcheck shell=bash
#
# What the scripts in this folder share; they source it.
#
# They bring up the real programs that the end-to-end tests talk to, on a fresh
# Debian machine whose own release is too old for some of them. What Debian has
# newer comes from its next release, but never into the system: it is unpacked
# in a cache folder, and the machine's apt configuration stays as it is. The
# mirror is the one that the machine is configured with.
#
# Everything is kept in $EXTENSION_CI_CACHE, by default ~/.cache/extension-ci.
# To start afresh: stop the daemons and remove that folder (as root).

# The Debian release with Docker 26 and Wine 10.
NEWER_RELEASE=trixie
DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

CACHE=$(realpath --canonicalize-missing \
  "${EXTENSION_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/extension-ci}")
mkdir -p "$CACHE"

# Put before a command that needs root.
AS_ROOT=()
if ((EUID != 0)); then AS_ROOT=(sudo --non-interactive); fi

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# with_lock NAME COMMAND…: runs COMMAND while no other script holds that lock.
with_lock() {
  local lock=$CACHE/$1.lock
  shift
  (
    flock 9
    "$@" 9>&- # no daemon that COMMAND leaves behind may keep the lock
  ) 9>"$lock"
}

# make_once FOLDER COMMAND…: has COMMAND fill a new, empty folder, whose path it
# gets as its last argument. Only a finished one gets the name FOLDER, so one
# that is there is complete, and is left alone.
make_once() {
  if [[ ! -d $1 ]]; then with_lock "$(basename "$1")" make_now "$@"; fi
}

make_now() {
  local folder=$1 partial=$1.partial
  shift
  if [[ -d $folder ]]; then return; fi # made while we waited for the lock
  "${AS_ROOT[@]}" rm -rf --one-file-system "$partial"
  mkdir -p "$partial"
  "$@" "$partial"
  "${AS_ROOT[@]}" mv "$partial" "$folder"
}

# cargo_tool NAME VERSION [SHA256]: puts cargo's subcommand NAME first on PATH. With SHA256 it is
# the wheel with this hash, which Astral builds for x86-64 Linux; elsewhere, and without SHA256,
# cargo compiles it.
cargo_tool() {
  local tool=$CACHE/$1-$2
  make_once "$tool" get_cargo_tool "$@"
  PATH=$tool/bin:$PATH
}

get_cargo_tool() {
  local name=$1 version=$2 folder=${!#}
  if (($# == 4)) && [[ $(uname --machine) == x86_64 ]]; then
    echo "astral-dev-toolchain-$name==$version --hash=sha256:$3" >"$folder/requirements.txt"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
      --require-hashes --no-deps --target "$folder" --requirement "$folder/requirements.txt"
  else
    cargo install --quiet --locked "$name@$version" --root "$folder"
  fi
}

# apt_install PACKAGE…: installs those that are missing, from the machine's own
# release. Package lists are updated only if they turn out to be too old.
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

# The source line of the newer release on the machine's own Debian mirror.
newer_source() {
  local mirrors
  mirrors=$(debian_mirrors)
  if [[ -z $mirrors ]]; then # apt doesn't know before it has package lists
    with_lock apt "${AS_ROOT[@]}" apt-get update --quiet=2 >&2
    mirrors=$(debian_mirrors)
  fi
  if [[ -z $mirrors ]]; then fail "apt has no Debian mirror among its sources"; fi
  echo "deb [signed-by=$DEBIAN_KEYRING] ${mirrors%%$'\n'*} $NEWER_RELEASE main"
}

debian_mirrors() {
  # shellcheck disable=SC2016 # apt replaces it, not the shell
  apt-get indextargets --format '$(REPO_URI)' \
    'Created-By: Packages' 'Label: Debian' 'Component: main'
}

# unpack_newer PACKAGE… FOLDER: downloads packages of the newer release and
# unpacks them in FOLDER, without their dependencies and installation scripts.
unpack_newer() {
  local folder=${!#} packages=("${@:1:$#-1}")
  local apt=$folder/.apt deb
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
  for deb in "$apt"/*.deb; do dpkg-deb --extract "$deb" "$folder"; done
  rm -rf "$apt"
}

# daemon_start FOLDER COMMAND…: starts COMMAND, which must have FOLDER among its
# arguments, in a session of its own, with FOLDER/log and FOLDER/pid.
daemon_start() {
  local folder=$1
  shift
  rm -f "$folder/pid"
  # shellcheck disable=SC2016 # for the inner shell, which COMMAND replaces
  "${AS_ROOT[@]}" setsid --fork sh -c 'echo $$ >"$0/pid"; exec "$@"' "$folder" "$@" \
    </dev/null &>"$folder/log"
  until [[ -s $folder/pid ]]; do sleep 0.05; done
}

# daemon_runs FOLDER: is it (still) there, and not another one with its number?
daemon_runs() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) || return 1
  grep --quiet --fixed-strings --text "$1/" "/proc/$pid/cmdline" 2>/dev/null
}

# daemon_await FOLDER SECONDS CHECK…: waits until CHECK succeeds.
daemon_await() {
  local folder=$1 deadline=$((SECONDS + $2))
  shift 2
  until "$@" &>/dev/null; do
    if ! daemon_runs "$folder" || ((SECONDS > deadline)); then
      tail -n 30 "$folder/log" >&2
      fail "no answer; above, the end of $folder/log"
    fi
    sleep 0.2
  done
}

# daemon_stop FOLDER: ends it, and returns when it is gone.
daemon_stop() {
  local folder=$1 deadline=$((SECONDS + 20)) pid
  daemon_runs "$folder" || return 0
  pid=$(cat "$folder/pid")
  "${AS_ROOT[@]}" kill "$pid"
  while daemon_runs "$folder"; do
    if ((SECONDS > deadline)); then "${AS_ROOT[@]}" kill -KILL "$pid" || true; fi
    sleep 0.1
  done
}
