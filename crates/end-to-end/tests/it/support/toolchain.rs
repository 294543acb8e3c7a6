//! The machine's toolchain with only the host target, in a private rustup home that can't download: like a
//! machine that never cross-compiled and has no network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::run;

pub struct BareToolchain {
    home: TempDir,
    name: String,
}

pub fn bare() -> BareToolchain {
    super::ready();
    let sysroot = PathBuf::from(run(Command::new("rustc").args(["--print", "sysroot"])).trim());
    let name = sysroot.file_name().unwrap().to_str().unwrap().to_owned();
    let host = host();
    // On the toolchain's disk, because its files are linked, not copied.
    let home = tempfile::tempdir_in(sysroot.parent().unwrap().parent().unwrap()).unwrap();
    let is_wanted = |path: &Path| {
        let rustlib = sysroot.join("lib/rustlib");
        let is_target = path.parent() == Some(&*rustlib) && path.join("lib").is_dir();
        let is_other_target =
            is_target && path.file_name().is_some_and(|name| name != host.as_str());
        !is_other_target && path != rustlib.join("src") && path != sysroot.join("share")
    };
    link(&sysroot, &home.path().join("toolchains").join(&name), &is_wanted);
    let settings = sysroot.parent().unwrap().parent().unwrap().join("settings.toml");
    fs::copy(settings, home.path().join("settings.toml")).unwrap();
    BareToolchain { home, name }
}

impl BareToolchain {
    pub fn set<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        // A name that can't be resolved, so that nothing is sent.
        command
            .env("RUSTUP_HOME", self.home.path())
            .env("RUSTUP_TOOLCHAIN", &self.name)
            .env("RUSTUP_DIST_SERVER", "http://127.0.0.1:9")
    }
}

fn link(from: &Path, to: &Path, is_wanted: &dyn Fn(&Path) -> bool) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().unwrap() {
            _ if !is_wanted(&source) => {}
            kind if kind.is_dir() => link(&source, &target, is_wanted),
            _ if is_rustups_record(&source) => forget_targets(&source, &target),
            _ => fs::hard_link(&source, &target).unwrap(),
        }
    }
}

/// The files in which rustup records what is installed.
fn is_rustups_record(path: &Path) -> bool {
    path.ends_with("rustlib/components") || path.ends_with("rustlib/multirust-config.toml")
}

/// Copies a record without the standard libraries that are left out.
fn forget_targets(record: &Path, copy: &Path) {
    let text = fs::read_to_string(record).unwrap();
    let host = host();
    let is_other = |entry: &str| entry.contains("rust-std") && !entry.contains(&host);
    let kept = if record.ends_with("components") {
        text.lines().filter(|line| !is_other(line)).map(|line| format!("{line}\n")).collect()
    } else {
        let tables = text.split_inclusive("\n\n");
        tables.filter(|table| !is_other(table)).collect::<String>()
    };
    fs::write(copy, kept).unwrap();
}

fn host() -> String {
    let about = run(Command::new("rustc").arg("-vV"));
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    host.to_owned()
}
