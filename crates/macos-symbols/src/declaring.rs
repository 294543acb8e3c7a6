//! The crates whose declarations are a source: `data/crates.txt`.

use camino::Utf8PathBuf;
use cargo_metadata::{Metadata, MetadataCommand, Package};
use xshell::{Shell, cmd};

use crate::Result;

pub const TEXT: &str = include_str!("../data/crates.txt");

/// A line of `crates.txt`.
#[derive(Debug, PartialEq, Eq)]
pub struct DeclaringCrate {
    pub name: String,
    pub version: String,
    /// The library of external blocks without a name, and of classes.
    pub library: Option<String>,
    /// The file with the declarations, if it is not the root of the crate.
    file: Option<String>,
}

pub fn parse(text: &str) -> Result<Vec<DeclaringCrate>> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let crates = lines.map(|line| {
        let mut words = line.split(' ').map(str::to_owned);
        match (words.next(), words.next(), words.next(), words.next(), words.next()) {
            (Some(name), Some(version), Some(library), file, None) => {
                let library = Some(library).filter(|library| library != "-");
                Ok(DeclaringCrate { name, version, library, file })
            }
            _ => {
                let expected = "a crate, its version, its library or `-`, and optionally a file";
                Err(format!("`crates.txt` contains the line `{line}`, expected {expected}").into())
            }
        }
    });
    crates.collect()
}

/// Downloads the crates with cargo, as dependencies of a project that is never built.
pub fn fetch(sh: &Shell, crates: &[DeclaringCrate]) -> Result<Metadata> {
    let project = sh.create_temp_dir()?;
    let _in_project = sh.push_dir(project.path());
    let mut manifest =
        "[package]\nname = \"symbols\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n"
            .to_owned();
    for DeclaringCrate { name, version, .. } in crates {
        manifest += &format!("{name} = {{ version = \"={version}\", default-features = false }}\n");
    }
    sh.write_file("Cargo.toml", manifest)?;
    sh.write_file("src/lib.rs", "")?;
    let metadata = MetadataCommand::new().current_dir(project.path()).exec()?;
    cmd!(sh, "cargo fetch --locked").quiet().run()?;
    Ok(metadata)
}

impl DeclaringCrate {
    /// The path of the file to read first.
    pub fn root(&self, metadata: &Metadata) -> Result<Utf8PathBuf> {
        let Self { name, version, file, .. } = self;
        let is_it = |package: &&Package| {
            *package.name == *name && package.version.to_string().starts_with(version)
        };
        let package = metadata.packages.iter().find(is_it);
        let package = package.ok_or_else(|| format!("cargo did not fetch `{name}` {version}"))?;
        if let Some(file) = file {
            let path = package.manifest_path.with_file_name(file);
            let missing = || format!("`{name}` {version} has no file `{file}`").into();
            return path.is_file().then_some(path).ok_or_else(missing);
        }
        let library = package.targets.iter().find(|target| target.is_lib() || target.is_rlib());
        let library =
            library.ok_or_else(|| format!("`{name}` {version} is not a library crate"))?;
        Ok(library.src_path.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_are_listed_with_version_and_library() {
        let crates = parse(TEXT).unwrap();
        let libc = crates.iter().find(|declaring| declaring.name == "libc").unwrap();
        assert_eq!(libc.library.as_deref(), Some("System"));
        let lists =
            crate::list_file::read_all(&Shell::new().unwrap(), &crate::directory()).unwrap();
        for library in crates.iter().filter_map(|declaring| declaring.library.as_ref()) {
            assert!(lists.iter().any(|list| list.name() == library), "{library}");
        }
    }

    #[test]
    fn an_incomplete_line_is_named_in_the_error() {
        let error = parse("# libc\nlibc 0.2.1\n").unwrap_err();
        assert!(error.to_string().contains("`libc 0.2.1`"), "{error}");
    }
}
