//! `rust-mingw`: the MinGW libraries that the Rust project distributes. rustup installs them only on
//! Windows, but the toolchain's manifest has their URL and hash.

use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use lzma_rust2::XzReader;
use target_lexicon::Triple;

use super::cache;
use super::rust::Toolchain;
use crate::error::{Error, Result};
use crate::files::{self, IoContext};
use crate::http;
use crate::interrupt::Interruptible;
use crate::platform::{HostPlatform, Os};
use crate::progress::Step;

/// The file in which rustup keeps the toolchain's manifest.
const MANIFEST: &str = "lib/rustlib/multirust-channel-manifest.toml";
/// The part of the manifest's URLs after the server.
const ON_SERVER: &str = "/dist/";
/// A target's directory for the files that a C compiler would otherwise provide.
const SELF_CONTAINED: &str = "lib/self-contained";

/// The limit of the download, in bytes. The archive has about 5 MB.
const LARGEST_ARCHIVE: u64 = 200_000_000;

/// Whether `rust-mingw` is available for a platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MingwState {
    /// It is installed, or not needed.
    #[default]
    Ready,
    Download,
    /// The toolchain does not list it.
    Unknown,
}

/// Where the libraries are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// In the toolchain, which is one for Windows.
    Toolchain(Utf8PathBuf),
    /// On Rust's server.
    Server { address: String, sha256: String },
}

/// The source of the libraries for `platform`, if the toolchain has or lists them.
fn source(toolchain: &Toolchain, platform: HostPlatform) -> Option<Source> {
    let triple = platform.triple();
    let own = toolchain.sysroot.join("lib/rustlib").join(triple.to_string()).join(SELF_CONTAINED);
    if own.join("libkernel32.a").is_file() {
        return Some(Source::Toolchain(own));
    }
    let manifest = files::read_text(&toolchain.sysroot.join(MANIFEST)).ok()?;
    let server = std::env::var("RUSTUP_DIST_SERVER").ok().filter(|server| !server.is_empty());
    read_manifest(&manifest, &triple, server.as_deref())
}

/// Finds the archive in a channel manifest. The manifest has 30 000 lines, so only the table of this
/// target is parsed.
fn read_manifest(manifest: &str, triple: &Triple, server: Option<&str>) -> Option<Source> {
    let head = format!("[pkg.rust-mingw.target.{triple}]\n");
    let (_, table) = manifest.split_once(&head)?;
    let table = table.split("\n[").next()?;
    let value = |key: &str| {
        let line = table.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""))?;
        line.strip_suffix('"').map(str::to_owned)
    };
    let address = match (value("xz_url")?, server) {
        (address, None) => address,
        (address, Some(server)) => on_mirror(&address, server)?,
    };
    Some(Source::Server { address, sha256: value("xz_hash")? })
}

/// The same file on another server: like rustup, the server is replaced by `RUSTUP_DIST_SERVER`.
fn on_mirror(address: &str, server: &str) -> Option<String> {
    let (_, path) = address.split_once(ON_SERVER)?;
    Some(format!("{}{ON_SERVER}{path}", server.trim_end_matches('/')))
}

/// The directory of the libraries, downloaded if it is not in the cache.
pub(super) fn provide(
    toolchain: &Toolchain,
    platform: HostPlatform,
    step: &Step<'_>,
) -> Result<Utf8PathBuf> {
    let no_source = || unavailable("the Rust toolchain does not list it");
    match source(toolchain, platform).ok_or_else(no_source)? {
        Source::Toolchain(directory) => Ok(directory),
        Source::Server { address, sha256 } => {
            let directory = cached(platform, &sha256)?;
            cache::once(&directory, step.progress(), |directory| {
                step.progress().note(format_args!(
                    "downloading rust-mingw to link for {platform} (about 5 MB, once)"
                ));
                fetch(&address, &sha256, directory)
            })?;
            Ok(directory)
        }
    }
}

/// The directory in the cache, named after the archive's hash.
fn cached(platform: HostPlatform, sha256: &str) -> files::Result<Utf8PathBuf> {
    let hash = sha256.get(..16).unwrap_or(sha256);
    Ok(cache::directory()?.join(format!("rust-mingw-{}-{hash}", platform.triple())))
}

/// Whether the libraries for `platform` are available. Downloads nothing.
pub(super) fn state(toolchain: &Toolchain, platform: HostPlatform) -> MingwState {
    if platform.os != Os::Windows {
        return MingwState::Ready;
    }
    match source(toolchain, platform) {
        None => MingwState::Unknown,
        Some(Source::Toolchain(_)) => MingwState::Ready,
        Some(Source::Server { sha256, .. }) => match cached(platform, &sha256) {
            Ok(directory) if directory.exists() => MingwState::Ready,
            _ => MingwState::Download,
        },
    }
}

fn unavailable(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new("can't get `rust-mingw`, which is required to link for Windows")
        .because(reason)
        .help(
            "check the network connection and that `curl` is installed, set RUSTUP_DIST_SERVER to a mirror \
             of Rust's server, or link with zig: `--linker zig`",
        )
}

fn fetch(address: &str, sha256: &str, directory: &Utf8Path) -> Result<()> {
    let archive = directory.join("rust-mingw.tar.xz");
    http::download(address, sha256, LARGEST_ARCHIVE, &archive).map_err(unavailable)?;
    let unpacked = unpack(Interruptible(files::open(&archive)?), directory);
    let count = unpacked.doing("unpack", &archive)?;
    std::fs::remove_file(&archive).doing("remove", &archive)?;
    if count == 0 {
        return Err(unavailable(format!("`{address}` contains no libraries")));
    }
    Ok(())
}

/// Unpacks only the libraries, directly into the directory.
fn unpack(archive: impl Read, directory: &Utf8Path) -> io::Result<usize> {
    let mut count = 0;
    for entry in tar::Archive::new(XzReader::new(archive, false)).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let is_library = path.parent().is_some_and(|parent| parent.ends_with(SELF_CONTAINED));
        let name = path.file_name().and_then(|name| name.to_str());
        if let (true, true, Some(name)) = (is_library, entry.header().entry_type().is_file(), name)
        {
            io::copy(&mut entry, &mut std::fs::File::create(directory.join(name))?)?;
            count += 1;
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[pkg.rust-mingw]\nversion = \"1\"\n\n\
        [pkg.rust-mingw.target.aarch64-pc-windows-gnullvm]\navailable = false\n\n\
        [pkg.rust-mingw.target.x86_64-pc-windows-gnu]\navailable = true\n\
        url = \"https://rust.example/dist/a.tar.gz\"\nhash = \"00\"\n\
        xz_url = \"https://rust.example/dist/a.tar.xz\"\nxz_hash = \"01\"\n\n[pkg.rust-src]\n";

    fn address(triple: &str, server: Option<&str>) -> Option<String> {
        match read_manifest(MANIFEST, &triple.parse().unwrap(), server)? {
            Source::Server { address, sha256 } => Some(format!("{address} {sha256}")),
            Source::Toolchain(_) => None,
        }
    }

    #[test]
    fn url_and_hash_come_from_the_toolchains_manifest() {
        let expected = "https://rust.example/dist/a.tar.xz 01";
        assert_eq!(address("x86_64-pc-windows-gnu", None).as_deref(), Some(expected));
        assert_eq!(address("aarch64-pc-windows-gnullvm", None), None);
        assert_eq!(address("x86_64-pc-windows-msvc", None), None);
    }

    #[test]
    fn a_mirror_replaces_the_server_as_in_rustup() {
        let expected = "https://mirror.example/rust/dist/a.tar.xz 01";
        let mirror = Some("https://mirror.example/rust/");
        assert_eq!(address("x86_64-pc-windows-gnu", mirror).as_deref(), Some(expected));
    }

    #[test]
    fn a_truncated_archive_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(directory.path()).unwrap();
        assert!(unpack(&b""[..], directory).is_err());
        assert!(unpack(&b"\xfd7zXZ\0\0\x04"[..], directory).is_err());
    }
}
