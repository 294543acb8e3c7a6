//! The source of the running tool: the default source for the tool in a new project.

use camino::{Utf8Path, Utf8PathBuf};
use toml_edit::DocumentMut;
use xshell::{Shell, cmd};

use super::tool_source::{CRATE, GitUrl, ToolSource};
use crate::error::{Error, Result};
use crate::process;

/// The directory from which this program was compiled. It may no longer exist.
pub fn sources() -> &'static Utf8Path {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file that only `cargo package` writes.
pub(super) const PACKAGED: &str = "Cargo.toml.orig";

/// Finds the source of the running tool: the one that cargo has recorded, else the directory from which the
/// tool was compiled.
///
/// # Errors
/// The directory no longer exists.
pub fn detect(sh: &Shell) -> Result<ToolSource> {
    let recorded = installed_source().or_else(locked_source);
    match recorded.as_deref().and_then(parse_source_id) {
        Some(source) => Ok(source),
        None => from_directory(sources(), sh),
    }
}

/// The source that `cargo install` has recorded for this program.
fn installed_source() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let root = program.parent()?.parent()?;
    let record: DocumentMut =
        std::fs::read_to_string(root.join(".crates.toml")).ok()?.parse().ok()?;
    // Keys such as `docker-extension 0.1.0 (registry+https://…)`.
    let prefix = format!("{} {} (", CRATE, env!("CARGO_PKG_VERSION"));
    let packages = record.get("v1")?.as_table_like()?;
    let source =
        packages.iter().find_map(|(key, _)| key.strip_prefix(&prefix)?.strip_suffix(')'))?;
    Some(source.to_owned())
}

/// The source in the `Cargo.lock` of the project, if this program is its `cargo xtask`.
fn locked_source() -> Option<String> {
    let package = std::env::var("CARGO_MANIFEST_DIR").ok()?;
    let lock = lock_file_above(package.as_ref())?;
    let lock: DocumentMut = std::fs::read_to_string(lock).ok()?.parse().ok()?;
    let packages = lock.get("package")?.as_array_of_tables()?;
    let is_tool = |package: &&toml_edit::Table| {
        package.get("name").and_then(|name| name.as_str()) == Some(CRATE)
    };
    packages.iter().find(is_tool)?.get("source")?.as_str().map(str::to_owned)
}

/// Reads a source id of cargo; none for a directory.
fn parse_source_id(id: &str) -> Option<ToolSource> {
    const CRATES_IO: [&str; 2] = [
        "registry+https://github.com/rust-lang/crates.io-index",
        "sparse+https://index.crates.io/",
    ];
    if CRATES_IO.contains(&id) {
        let version = env!("CARGO_PKG_VERSION").parse().ok()?;
        return Some(ToolSource::Registry(version));
    }
    let (url, revision) = id.strip_prefix("git+")?.split_once('#')?;
    // The query is the requested branch or tag; the fragment is the revision.
    let url = url.split_once('?').map_or(url, |(url, _)| url);
    Some(ToolSource::Git { url: GitUrl::new(url)?, revision: Some(revision.to_owned()) })
}

fn from_directory(dir: &Utf8Path, sh: &Shell) -> Result<ToolSource> {
    if !dir.join("Cargo.toml").is_file() {
        return Err(Error::new(format!(
            "`{dir}`, the source of this program and the default for `--tool`, does not exist"
        ))
        .help("choose another source, such as `--tool git=https://…`; `--help` lists the kinds")
        .usage());
    }
    if dir.join(PACKAGED).is_file() {
        return Ok(ToolSource::Vendor);
    }
    let path = || ToolSource::Path(dir.to_owned());
    Ok(published_revision(dir, sh).unwrap_or_else(path))
}

/// Some if other machines can fetch the clone's commit: it has no uncommitted changes, and a remote branch
/// contains the commit. None if git fails.
fn published_revision(dir: &Utf8Path, sh: &Shell) -> Option<ToolSource> {
    let git = |args: &[&str]| -> Option<String> {
        let command = cmd!(sh, "git -C {dir} {args...}");
        Some(process::read(command).ok()?.trim().to_owned())
    };
    let changes = git(&["status", "--porcelain", "--", ".", ":/Cargo.toml"])?;
    if !changes.is_empty() {
        return None;
    }
    let revision = git(&["rev-parse", "HEAD"])?;
    let format = "--format=%(refname:lstrip=2)";
    let branches = git(&["for-each-ref", "--contains", "HEAD", format, "refs/remotes"])?;
    let remote = branches.lines().find_map(|branch| Some(branch.split_once('/')?.0))?;
    let url = GitUrl::new(&git(&["remote", "get-url", remote])?)?;
    url.is_network().then_some(ToolSource::Git { url, revision: Some(revision) })
}

/// The lock file of the versions with which the tool was tested.
pub fn lock_file() -> Option<Utf8PathBuf> {
    lock_file_above(sources())
}

fn lock_file_above(dir: &Utf8Path) -> Option<Utf8PathBuf> {
    dir.ancestors().map(|dir| dir.join("Cargo.lock")).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_ids_of_cargo_are_read() {
        let read = |id: &str| parse_source_id(id).map(|source| source.dependency());
        let version = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
        assert_eq!(
            read("registry+https://github.com/rust-lang/crates.io-index").as_deref(),
            Some(&*version)
        );
        assert_eq!(
            read("git+https://a.dev/t?branch=main#0123456789").as_deref(),
            Some(r#"{ git = "https://a.dev/t", rev = "0123456789" }"#)
        );
        assert_eq!(read("path+file:///t"), None);
        assert_eq!(read("registry+https://a.dev/index"), None);
    }

    /// A clone with one commit.
    fn clone(remote: &str, is_pushed: bool) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let sh = Shell::new().unwrap();
        sh.change_dir(dir.path());
        sh.write_file("Cargo.toml", "").unwrap();
        sh.write_file("crate/Cargo.toml", "").unwrap();
        for args in [
            &["init", "--quiet"][..],
            &["add", "."],
            &[
                "-c",
                "user.name=Me",
                "-c",
                "user.email=me@a.dev",
                "commit",
                "--quiet",
                "-m",
                "First",
            ],
            &["remote", "add", "upstream", remote],
        ] {
            cmd!(sh, "git {args...}").quiet().run().unwrap();
        }
        if is_pushed {
            cmd!(sh, "git update-ref refs/remotes/upstream/main HEAD").quiet().run().unwrap();
        }
        dir
    }

    fn source(dir: &tempfile::TempDir) -> ToolSource {
        let dir = Utf8Path::from_path(dir.path()).unwrap().join("crate");
        from_directory(&dir, &Shell::new().unwrap()).unwrap()
    }

    #[test]
    fn a_clone_is_a_git_source_if_its_commit_was_pushed() {
        let pushed = clone("git@a.dev:me/t.git", true);
        let found = source(&pushed);
        assert!(
            matches!(&found, ToolSource::Git { revision: Some(revision), .. } if revision.len() == 40)
        );
        assert!(found.dependency().contains("ssh://git@a.dev/me/t.git"), "{found}");

        std::fs::write(pushed.path().join("crate/new.rs"), "").unwrap();
        assert!(matches!(source(&pushed), ToolSource::Path(_)), "uncommitted changes");
        for (remote, is_pushed) in
            [("https://a.dev/t", false), ("/srv/t", true), ("file:///srv/t", true)]
        {
            let found = source(&clone(remote, is_pushed));
            assert!(matches!(found, ToolSource::Path(_)), "{remote}: {found}");
        }
    }

    #[test]
    fn a_packaged_crate_is_copied_and_a_missing_one_is_an_error() {
        let dir = clone("https://a.dev/t", true);
        std::fs::write(dir.path().join("crate").join(PACKAGED), "").unwrap();
        assert_eq!(source(&dir), ToolSource::Vendor);
        let gone = from_directory(Utf8Path::new("/gone"), &Shell::new().unwrap()).unwrap_err();
        assert!(gone.to_string().contains("`/gone`"), "{gone}");
    }
}
