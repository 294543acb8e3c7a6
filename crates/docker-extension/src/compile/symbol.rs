//! Symbols that are in no macOS library: which crate requires them, and how to continue.
//!
//! `rust-lld` and zig leave them to macOS, which looks for them when the program starts, so one link is
//! enough. Then the program itself shows which ones they are. If a crate declares the symbol in a framework, it
//! may only be missing from the lists in `data/macos`. All others are errors.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use camino::Utf8Path;
use cargo_metadata::Package;
use memchr::memmem::Finder;
use object::read::{ImportFlags, NameOrOrdinal};
use object::{Object, macho};

use super::crates::{self, Crates};
use crate::cargo::build::BuildScriptOutput;
use crate::error::Error;
use crate::files;
use crate::foreign::{self, CustomConditions, Declarations};
use crate::platform::Arch;
use crate::project::added_symbols;
use crate::text;

/// Symbols that are in no list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnknownSymbols(Vec<Unknown>);

impl fmt::Display for UnknownSymbols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let described = text::list(&described(&self.0));
        let symbols = if self.0.len() == 1 { "symbol" } else { "symbols" };
        write!(f, "unknown macOS {symbols}: {described}")
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Unknown {
    /// In the linker's spelling.
    symbol: String,
    /// The crate that declares it.
    package: Option<String>,
    /// The framework in which the crate declares it. Several if the crate does not say which of its
    /// frameworks has the symbol.
    frameworks: Vec<String>,
}

fn described(unknown: &[Unknown]) -> Vec<String> {
    let described = unknown.iter().map(|Unknown { symbol, package, frameworks }| {
        let of = match &frameworks[..] {
            [] => String::new(),
            [name] => format!(" of the framework {name}"),
            names => format!(" of one of the frameworks {}", text::list(names)),
        };
        let by = package.as_ref().map(|package| format!(", required by {package}"));
        format!("`{symbol}`{of}{}", by.unwrap_or_default())
    });
    described.collect()
}

impl UnknownSymbols {
    pub(super) fn error(&self) -> Error {
        Error::new(self.to_string()).help(format!(
            "correct the symbol's name, or, if macOS has it, add {} as docs/linking.md explains, or build on a \
             Mac",
            added_symbols::places(&self.by_library())
        ))
    }

    /// The symbols by the names of their libraries: libSystem's if no crate names a framework.
    fn by_library(&self) -> BTreeMap<String, Vec<String>> {
        let mut by_library = BTreeMap::<String, Vec<String>>::new();
        for Unknown { symbol, frameworks, .. } in &self.0 {
            let library = frameworks.first().cloned().unwrap_or_else(|| "System".to_owned());
            by_library.entry(library).or_default().push(symbol.clone());
        }
        by_library
    }

    pub(super) fn symbols(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|unknown| unknown.symbol.as_str())
    }

    /// Those that are declared in a framework, so that macOS may find them at load time, and the others.
    pub(super) fn split(self) -> (Option<Self>, Option<Self>) {
        let (found, missing): (Vec<_>, Vec<_>) =
            self.0.into_iter().partition(|unknown| !unknown.frameworks.is_empty());
        let some = |unknown: Vec<Unknown>| (!unknown.is_empty()).then_some(Self(unknown));
        (some(found), some(missing))
    }

    /// The warning that macOS resolves them at load time.
    pub(super) fn warning(&self) -> String {
        let (them, they_are) =
            if self.0.len() == 1 { ("it", "it is") } else { ("them", "they are") };
        format!(
            "{self}; macOS resolves {them} when the program starts, and does not start the program if \
             {they_are} missing (`--deny-unknown-symbols` makes this an error); if macOS has {them}, add {} \
             as docs/linking.md explains",
            added_symbols::places(&self.by_library())
        )
    }
}

/// The symbols that a program for macOS leaves to the search at load time, because the linker found them in
/// no library. Empty if the file is not such a program: another check reports that.
pub(super) fn unbound_in(program: &Utf8Path) -> files::Result<BTreeSet<String>> {
    let bytes = files::read(program)?;
    let file = object::File::parse(&*bytes).ok();
    let imports = file.as_ref().and_then(|file| file.imports().ok()).into_iter().flatten();
    let is_unbound = |flags| {
        matches!(flags, ImportFlags::MachOBind { dylib, .. }
            if dylib == macho::BIND_SPECIAL_DYLIB_FLAT_LOOKUP)
    };
    let unbound = imports.flatten().filter(|import| is_unbound(import.flags()));
    let names = unbound.filter_map(|import| match import.name() {
        NameOrOrdinal::Name(name) => Some(String::from_utf8_lossy(name).into_owned()),
        NameOrOrdinal::Ordinal(_) => None,
    });
    Ok(names.collect())
}

/// The error for symbols that the linker did not find on a system where programs can't be linked without.
pub(super) fn undefined(symbols: &[String]) -> Error {
    let quoted: Vec<String> = symbols.iter().map(|symbol| format!("`{symbol}`")).collect();
    let (noun, are) = if symbols.len() == 1 { ("symbol", "is") } else { ("symbols", "are") };
    Error::new(format!("the {noun} {} {are} undefined", text::list(&quoted))).help(
        "link the library that defines it (`#[link(name = \"…\")]`, or `cargo::rustc-link-lib` in a build \
         script), or compile the C source that does",
    )
}

/// Finds the crates and frameworks of `symbols`.
pub(super) fn explain(crates: &Crates<'_>, symbols: &BTreeSet<String>) -> UnknownSymbols {
    let mut unknown = Vec::new();
    let mut rest: Vec<&String> = symbols.iter().collect();
    // Searching is much faster than parsing.
    let packages: Vec<&Package> =
        crates.packages.iter().filter(|package| mentions(package, crates, symbols)).collect();
    // Conditions may be set in other ways than by a build script, such as in RUSTFLAGS.
    for knowledge in [Knowledge::BuildScripts, Knowledge::Nothing] {
        if rest.is_empty() {
            break;
        }
        let declared =
            packages.iter().map(|package| CrateDeclarations::of(package, crates, knowledge));
        let declared: Vec<CrateDeclarations<'_>> = declared.collect();
        rest.retain(|symbol| {
            let found = declared.iter().find_map(|declared| declared.find(symbol));
            unknown.extend(found.clone());
            found.is_none()
        });
    }
    unknown.extend(rest.into_iter().map(|symbol| Unknown {
        symbol: symbol.clone(),
        package: None,
        frameworks: Vec::new(),
    }));
    unknown.sort_by(|one, other| one.symbol.cmp(&other.symbol));
    UnknownSymbols(unknown)
}

/// The symbols that the packages declare in each of the frameworks.
pub(super) fn declared_in(
    frameworks: &[String],
    packages: &[&Package],
    crates: &Crates<'_>,
) -> BTreeMap<String, Vec<String>> {
    let mut declared: BTreeMap<String, Vec<String>> =
        frameworks.iter().map(|name| (name.clone(), Vec::new())).collect();
    for package in packages {
        let found = CrateDeclarations::of(package, crates, Knowledge::BuildScripts);
        for item in found.declarations.items {
            if let Some(library) = item.library.filter(|library| library.is_framework)
                && let Some(symbols) = declared.get_mut(&library.name)
                && !symbols.contains(&item.symbol)
            {
                symbols.push(item.symbol);
            }
        }
    }
    declared
}

/// Whether a crate's sources, or those that its build script wrote, contain the name of a symbol.
fn mentions(package: &Package, crates: &Crates<'_>, symbols: &BTreeSet<String>) -> bool {
    // C puts `_` before every name.
    let names = symbols.iter().map(|symbol| symbol.strip_prefix('_').unwrap_or(symbol));
    let names: Vec<Finder<'_>> = names.map(Finder::new).collect();
    let names = &names[..];
    let is_in = |source: &str| names.iter().any(|name| name.find(source.as_bytes()).is_some());
    let own = package.manifest_path.parent().into_iter();
    let generated = crates.scripts_of(package).map(|script| &*script.directory);
    own.chain(generated).any(|directory| crates::any_source(directory, is_in))
}

/// The source of the conditions for `cfg`.
#[derive(Clone, Copy)]
enum Knowledge {
    BuildScripts,
    Nothing,
}

/// The declarations of a crate.
struct CrateDeclarations<'a> {
    package: &'a Package,
    declarations: Declarations,
    /// The frameworks that its build script links.
    frameworks: Vec<String>,
}

impl<'a> CrateDeclarations<'a> {
    fn of(package: &'a Package, crates: &Crates<'_>, knowledge: Knowledge) -> Self {
        let scripts: Vec<&BuildScriptOutput> = crates.scripts_of(package).collect();
        let conditions = scripts.iter().flat_map(|it| it.conditions.iter().cloned()).collect();
        let custom = match knowledge {
            Knowledge::BuildScripts => CustomConditions::Set(&conditions),
            Knowledge::Nothing => CustomConditions::Unknown,
        };
        let targets = package.targets.iter();
        let targets =
            targets.filter(|target| target.is_lib() || target.is_rlib() || target.is_bin());
        let generated = scripts.iter().flat_map(|script| sources_in(&script.directory));
        let roots = targets.map(|target| target.src_path.clone()).chain(generated);
        let mut declarations = Declarations::default();
        for root in roots {
            for arch in Arch::ALL {
                let found = foreign::declarations_if(&root, arch, custom);
                declarations.items.extend(found.items);
                declarations.libraries.extend(found.libraries);
            }
        }
        let printed = scripts.iter().flat_map(|script| &script.libraries);
        let frameworks = printed.filter_map(|library| library.strip_prefix("framework="));
        Self { package, declarations, frameworks: frameworks.map(str::to_owned).collect() }
    }

    fn find(&self, symbol: &str) -> Option<Unknown> {
        let item = self.declarations.items.iter().find(|item| item.symbol == symbol)?;
        let frameworks = match &item.library {
            Some(library) if library.is_framework => vec![library.name.clone()],
            Some(_) => Vec::new(),
            // A crate may name its frameworks only once, in a separate block or in its build script.
            None => self.all_frameworks(),
        };
        let package = Some(crates::described(self.package));
        Some(Unknown { symbol: symbol.to_owned(), package, frameworks })
    }

    fn all_frameworks(&self) -> Vec<String> {
        let blocks = self.declarations.libraries.iter().filter(|library| library.is_framework);
        let names = blocks.map(|library| library.name.clone()).chain(self.frameworks.clone());
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// The Rust sources that a build script wrote.
fn sources_in(directory: &Utf8Path) -> Vec<camino::Utf8PathBuf> {
    let entries = files::entries(directory).unwrap_or_default().into_iter();
    let sources = entries.filter(|entry| entry.path().extension() == Some("rs"));
    sources.map(|entry| entry.path().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::write;
    use crate::platform::{HostPlatform, Os};

    fn unknown(frameworks: &[&str]) -> UnknownSymbols {
        UnknownSymbols(vec![Unknown {
            symbol: "_SecNew".to_owned(),
            package: Some("the crate `sec` 1.0.0".to_owned()),
            frameworks: frameworks.iter().map(|&name| name.to_owned()).collect(),
        }])
    }

    #[test]
    fn macos_resolves_only_symbols_of_frameworks_at_load_time() {
        assert_eq!(unknown(&["Security"]).split(), (Some(unknown(&["Security"])), None));
        assert_eq!(unknown(&[]).split(), (None, Some(unknown(&[]))));
    }

    #[test]
    fn the_error_names_symbol_framework_and_crate() {
        let expected = "unknown macOS symbol: `_SecNew` of the framework Security, required by the crate \
        `sec` 1.0.0";
        assert_eq!(unknown(&["Security"]).to_string(), expected);
        let several = unknown(&["IOKit", "Security"]).to_string();
        assert!(several.contains("of one of the frameworks IOKit and Security"), "{several}");
        let advice = unknown(&[]).error();
        assert!(!advice.advice().unwrap().contains("zig"), "zig links with the same lists");
    }

    /// Finds `_SecNew` in a crate whose build script gave these instructions.
    fn found(source: &str, conditions: &[&str], libraries: &[&str]) -> String {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        write(&dir.join("lib.rs"), source).unwrap();
        let target = serde_json::json!({
            "kind": ["lib"], "crate_types": ["lib"], "name": "sec", "src_path": dir.join("lib.rs"),
            "edition": "2024", "doc": true, "doctest": true, "test": true,
        });
        let package = serde_json::json!({
            "name": "sec", "version": "1.0.0", "id": "sec", "source": null, "dependencies": [],
            "targets": [target], "features": {}, "manifest_path": dir.join("Cargo.toml"),
        });
        let package: Package = serde_json::from_value(package).unwrap();
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let platform = HostPlatform::new(Os::Darwin, Arch::Amd64);
        let script = BuildScriptOutput {
            package: package.id.clone(),
            target: Some(platform.triple()),
            conditions: texts(conditions),
            libraries: texts(libraries),
            directory: dir.join("out"),
        };
        let scripts = [script];
        let crates = Crates { platform, packages: vec![package], scripts: &scripts };
        explain(&crates, &["_SecNew".to_owned()].into()).to_string()
    }

    const DECLARED: &str = "`_SecNew` of the framework Security, required by the crate `sec` 1.0.0";

    #[test]
    fn a_declaration_behind_an_alias_of_the_build_script_is_found() {
        let source = "#[cfg(platform_mac)]\n#[link(name = \"Security\", kind = \"framework\")]\n\
                      extern \"C\" { fn SecNew(); }\n\
                      #[cfg(platform_win)]\nextern \"C\" { fn SecNew(); }";
        assert!(found(source, &["platform_mac"], &[]).ends_with(DECLARED));
        // Set in another way, which nobody reports.
        assert!(found(source, &[], &[]).ends_with(DECLARED));
    }

    #[test]
    fn the_framework_may_be_named_by_the_build_script_only() {
        let source = "extern \"C\" { fn SecNew(); }";
        assert!(found(source, &[], &["framework=Security"]).ends_with(DECLARED));
        let without = found(source, &[], &["z"]);
        assert!(without.ends_with("`_SecNew`, required by the crate `sec` 1.0.0"), "{without}");
    }
}
