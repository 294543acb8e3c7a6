//! The standard library's sources from a Debian mirror: the package `rust-src` in exactly the
//! compiler's version. It is fetched through a private apt root, so that the machine's own apt is not
//! changed. apt checks the archive's signature and the package's hash.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use xshell::{Cmd, Shell, cmd};

use super::cache;
use crate::error::{Error, Result};
use crate::files::{self, IoContext};
use crate::process::{self, ProcessError};
use crate::progress::Step;
use crate::text;

/// Suites with newer compilers than the distribution's, the smallest download first.
const SUITES: [&str; 4] = ["stable-backports", "stable", "testing", "unstable"];
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The directory `library` of the compiler's sources, from the cache or the mirror.
pub(super) fn rust_src(version: &str, sh: &Shell, step: &Step<'_>) -> Result<Utf8PathBuf> {
    let directory = cache::directory()?.join(format!("rust-src-{version}-debian"));
    cache::once(&directory, step.progress(), |directory| fetch(version, directory, sh, step))?;
    Ok(directory.join("library"))
}

fn fetch(version: &str, directory: &Utf8Path, sh: &Shell, step: &Step<'_>) -> Result<()> {
    if which::which("apt-get").is_err() || !Utf8Path::new(KEYRING).is_file() {
        return Err(Error::new("this machine does not have apt with Debian's keys"));
    }
    let mirrors = mirrors(sh)?;
    let apt = Apt::new(directory.join("apt"), sh)?;
    let package = apt.find(&mirrors, version, step)?;
    step.progress().note(format_args!(
        "downloading the standard library's sources: Debian's rust-src {} ({}, once)",
        package.version,
        text::size(package.size)
    ));
    let archive = apt.download(&package)?;

    step.at("unpacking rust-src");
    let unpacked = directory.join("unpacked");
    process::read(cmd!(sh, "dpkg-deb --extract {archive} {unpacked}"))?;
    let library = unpacked.join(format!("usr/src/rustc-{version}/library"));
    if !is_library(&library) {
        return Err(Error::new("the package `rust-src` does not contain the standard library"));
    }
    files::rename(&library, &directory.join("library"))?;
    files::remove_dir(&unpacked)?;
    files::remove_dir(&apt.root)?;
    Ok(())
}

/// The Debian mirrors in apt's configuration, without those that only have security updates.
fn mirrors(sh: &Shell) -> Result<BTreeSet<String>> {
    let format = "$(CREATED_BY)|$(ORIGIN)|$(REPO_URI)";
    let targets = process::read(cmd!(sh, "apt-get indextargets --format {format}"))?;
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
    if mirrors.is_empty() {
        return Err(Error::new("apt is configured without a Debian mirror"));
    }
    Ok(mirrors)
}

struct Package {
    version: String,
    size: u64,
}

/// apt with its own root directory.
struct Apt {
    root: Utf8PathBuf,
    /// Its current directory is the root, because `apt-get download` writes to the current directory.
    sh: Shell,
}

impl Apt {
    fn new(root: Utf8PathBuf, sh: &Shell) -> Result<Self> {
        for directory in ["lists/partial", "cache/archives/partial"] {
            files::create_dir(&root.join(directory))?;
        }
        let sh = sh.clone();
        sh.change_dir(&root);
        Ok(Self { root, sh })
    }

    fn apt_get(&self) -> Cmd<'_> {
        let sh = &self.sh;
        cmd!(sh, "apt-get -q")
            .env("LC_ALL", "C")
            .arg(format!("-oDir::Etc::sourcelist={}/sources.list", self.root))
            .arg("-oDir::Etc::sourceparts=/dev/null")
            .arg(format!("-oDir::State::lists={}/lists", self.root))
            .arg(format!("-oDir::Cache={}/cache", self.root))
            .args(["-oAcquire::Languages=none", "-oAPT::Sandbox::User=root"])
            .arg("-oAcquire::IndexTargets::deb::DEP-11::DefaultEnabled=false")
    }

    /// The package whose upstream version is `version`, from the first suite that has it.
    fn find(&self, mirrors: &BTreeSet<String>, version: &str, step: &Step<'_>) -> Result<Package> {
        let mut unreachable = None;
        let mut has_read_any = false;
        for (mirror, suite) in mirrors.iter().flat_map(|it| SUITES.map(|suite| (it, suite))) {
            step.at(format_args!("looking for rust-src {version} in Debian's {suite}"));
            let list = format!("deb [signed-by={KEYRING}] {mirror} {suite} main\n");
            files::write(&self.root.join("sources.list"), list)?;
            match self.update() {
                Ok(_) => has_read_any = true,
                Err(error @ ProcessError::Failed { .. }) => {
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
            Some(error) if !has_read_any => {
                Err(Error::new("apt can't read any configured Debian mirror").because(error))
            }
            _ => Err(Error::new(format!("no Debian suite has rust-src {version}"))),
        }
    }

    /// Reads the package lists of the suite in `sources.list`.
    fn update(&self) -> Result<String, ProcessError> {
        process::read(self.apt_get().args(["-oAPT::Update::Error-Mode=any", "update"]))
    }

    /// The package from the package lists that were read last.
    fn package(&self, version: &str) -> Result<Option<Package>> {
        let package = format!("rust-src={version}+*");
        match process::read(self.apt_get().args(["download", "--print-uris", &package])) {
            Ok(uris) => Ok(parse_uri(&uris)),
            Err(ProcessError::Failed { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn download(&self, package: &Package) -> Result<Utf8PathBuf> {
        let version = format!("rust-src={}", package.version);
        process::read(self.apt_get().args(["download", &version]))?;
        let is_archive = |name: &str| name.starts_with("rust-src_") && name.ends_with(".deb");
        let entries = files::entries(&self.root)?;
        entries
            .into_iter()
            .find(|entry| is_archive(entry.file_name()))
            .map(|entry| entry.into_path())
            .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound))
            .doing("find the downloaded package in", &self.root)
    }
}

/// Whether `directory` is the `library` directory of a Rust source tree.
pub(super) fn is_library(directory: &Utf8Path) -> bool {
    directory.join("std/Cargo.toml").is_file()
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
    fn version_and_size_are_read_from_the_output_of_apt() {
        let line = "'http://mirror.example/rust-src_1.95.0%2bdfsg1-2_all.deb' \
                    rust-src_1.95.0+dfsg1-2_all.deb 45097356 SHA256:7b76";
        let package = parse_uri(line).unwrap();
        assert_eq!((package.version.as_str(), package.size), ("1.95.0+dfsg1-2", 45_097_356));
        assert!(parse_uri("").is_none());
    }
}
