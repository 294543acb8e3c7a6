//! The standard library's sources from a Debian mirror: the package `rust-src` of exactly the
//! compiler's version, fetched through a private apt root, so that the machine's own apt stays as
//! it is. apt checks the archive's signature and the package's hash.

use std::collections::BTreeSet;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::{cache, standard_library};
use crate::files::{self, IoContext};
use crate::interrupt;
use crate::process;
use crate::progress::Step;
use crate::text;

/// Where newer compilers than the distribution's own are found, least to download first.
const SUITES: [&str; 4] = ["stable-backports", "stable", "testing", "unstable"];
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Why Debian's sources can't be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// Not a Debian-like machine.
    #[error("this machine has no apt with Debian's keys")]
    NotDebian,
    /// apt is not set up for a Debian mirror.
    #[error("apt knows no Debian mirror")]
    NoMirror,
    /// The mirror can't be reached, or has none of the suites.
    #[error("no Debian mirror that apt knows can be read")]
    Unreachable(#[source] process::ProcessError),
    /// No suite has this version.
    #[error("no suite of Debian has version {0}")]
    NoSuchVersion(String),
    /// The package is not built as it was.
    #[error("the package `rust-src` holds no standard library")]
    Empty,
    /// apt or dpkg failed.
    #[error(transparent)]
    Process(#[from] process::ProcessError),
    /// The cache folder can't be used.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// The person pressed Ctrl-C.
    #[error(transparent)]
    Interrupted(#[from] interrupt::Interrupted),
}

/// The `library` folder of the compiler's sources, from the cache or the mirror.
pub(super) fn rust_src(version: &str, step: &Step<'_>) -> Result<Utf8PathBuf, Error> {
    let folder = cache::folder()?.join(format!("rust-src-{version}-debian"));
    cache::once(&folder, step.progress(), |folder| fetch(version, folder, step))?;
    Ok(folder.join("library"))
}

fn fetch(version: &str, folder: &Utf8Path, step: &Step<'_>) -> Result<(), Error> {
    if which::which("apt-get").is_err() || !Utf8Path::new(KEYRING).is_file() {
        return Err(Error::NotDebian);
    }
    let mirrors = mirrors()?;
    let apt = Apt::new(folder.join("apt"))?;
    let package = apt.find(&mirrors, version, step)?;
    step.progress().note(format_args!(
        "downloading the standard library's sources: Debian's rust-src {} ({}, once)",
        package.version,
        text::size(package.size)
    ));
    let archive = apt.download(&package)?;

    step.at("unpacking rust-src");
    let unpacked = folder.join("unpacked");
    process::read({
        let mut dpkg = Command::new("dpkg-deb");
        dpkg.arg("--extract").args([&archive, &unpacked]);
        dpkg
    })?;
    let library = unpacked.join(format!("usr/src/rustc-{version}/library"));
    if !standard_library::is_library(&library) {
        return Err(Error::Empty);
    }
    files::rename(&library, &folder.join("library"))?;
    files::remove_dir(&unpacked)?;
    files::remove_dir(&apt.root)?;
    Ok(())
}

/// The Debian mirrors that apt is set up for, without the ones for security updates alone.
fn mirrors() -> Result<BTreeSet<String>, Error> {
    let mut command = Command::new("apt-get");
    command.args(["indextargets", "--format", "$(CREATED_BY)|$(ORIGIN)|$(REPO_URI)"]);
    let targets = process::read(command)?;
    let mirrors: BTreeSet<String> = targets
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, '|');
            // The origin is empty before the first `apt-get update`.
            let is_debian = fields.next()? == "Packages" && matches!(fields.next()?, "Debian" | "");
            let mirror = fields.next()?;
            (is_debian && !mirror.contains("security")).then(|| mirror.to_owned())
        })
        .collect();
    if mirrors.is_empty() { Err(Error::NoMirror) } else { Ok(mirrors) }
}

/// A package that can be downloaded.
struct Package {
    version: String,
    size: u64,
}

/// apt with a root of its own.
struct Apt {
    root: Utf8PathBuf,
}

impl Apt {
    fn new(root: Utf8PathBuf) -> Result<Self, Error> {
        for folder in ["lists/partial", "cache/archives/partial"] {
            files::create_dir(&root.join(folder))?;
        }
        Ok(Self { root })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("LC_ALL", "C")
            .arg(format!("-oDir::Etc::sourcelist={}/sources.list", self.root))
            .arg("-oDir::Etc::sourceparts=/dev/null")
            .arg(format!("-oDir::State::lists={}/lists", self.root))
            .arg(format!("-oDir::Cache={}/cache", self.root))
            .args(["-oAcquire::Languages=none", "-oAPT::Sandbox::User=root"])
            .arg("-oAcquire::IndexTargets::deb::DEP-11::DefaultEnabled=false");
        command
    }

    /// The package whose upstream version is `version`, from the first suite that has it.
    fn find(
        &self,
        mirrors: &BTreeSet<String>,
        version: &str,
        step: &Step<'_>,
    ) -> Result<Package, Error> {
        let mut unreachable = None;
        let mut has_read_any = false;
        for (mirror, suite) in mirrors.iter().flat_map(|it| SUITES.map(|suite| (it, suite))) {
            step.at(format_args!("looking for rust-src {version} in Debian's {suite}"));
            let list = format!("deb [signed-by={KEYRING}] {mirror} {suite} main\n");
            files::write(&self.root.join("sources.list"), list)?;
            match self.update() {
                Ok(_) => has_read_any = true,
                Err(error @ process::ProcessError::Failed { .. }) => {
                    unreachable = Some(error);
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            if let Some(package) = self.package(version)? {
                return Ok(package);
            }
        }
        match unreachable {
            Some(error) if !has_read_any => Err(Error::Unreachable(error)),
            _ => Err(Error::NoSuchVersion(version.to_owned())),
        }
    }

    /// Reads what the suite has that stands in the list.
    fn update(&self) -> Result<String, process::ProcessError> {
        let mut update = self.command("apt-get");
        update.args(["-q", "-oAPT::Update::Error-Mode=any", "update"]);
        process::read(update)
    }

    /// The package of the suite that was read last.
    fn package(&self, version: &str) -> Result<Option<Package>, Error> {
        let mut uris = self.command("apt-get");
        uris.args(["-q", "download", "--print-uris"]).arg(format!("rust-src={version}+*"));
        match process::read(uris) {
            Ok(uris) => Ok(parse_uri(&uris)),
            Err(process::ProcessError::Failed { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn download(&self, package: &Package) -> Result<Utf8PathBuf, Error> {
        let mut download = self.command("apt-get");
        download.args(["-q", "download"]).arg(format!("rust-src={}", package.version));
        process::read(download)?;
        let is_archive = |name: &str| name.starts_with("rust-src_") && name.ends_with(".deb");
        let entries = files::entries(&self.root)?;
        entries
            .into_iter()
            .find(|entry| is_archive(entry.file_name()))
            .map(|entry| entry.into_path())
            .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound))
            .doing("find the downloaded package in", &self.root)
            .map_err(Error::from)
    }
}

/// Reads `'<uri>' rust-src_<version>_all.deb <size> SHA256:<hash>`.
fn parse_uri(line: &str) -> Option<Package> {
    let mut words = line.split_whitespace().skip(1);
    let version = words.next()?.strip_prefix("rust-src_")?.strip_suffix("_all.deb")?;
    Some(Package { version: version.to_owned(), size: words.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_and_size_are_read_from_what_apt_prints() {
        let line = "'http://mirror.example/rust-src_1.95.0%2bdfsg1-2_all.deb' \
                    rust-src_1.95.0+dfsg1-2_all.deb 45097356 SHA256:7b76";
        let package = parse_uri(line).unwrap();
        assert_eq!((package.version.as_str(), package.size), ("1.95.0+dfsg1-2", 45_097_356));
        assert!(parse_uri("").is_none());
    }
}
