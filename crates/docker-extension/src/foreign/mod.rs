//! The foreign functions and variables that a crate's sources declare for macOS, and the libraries that
//! they name for them.
//!
//! The symbols in `data/macos` come from here, and an undefined symbol is traced to the crate that
//! declares it. This is not a Rust parser: it follows `mod`, `cfg`, `cfg_if!` and `cfg_select!`, and
//! reads external blocks, `extern "C" { … }`, and the Objective-C classes of objc2's `extern_class!`. It does
//! not see blocks that other macros generate.
//!
//! The sources of published crates are untrusted, so reading them is bounded: each file is read once,
//! files that are too large are not read, and groups that are nested too deeply are ignored.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use proc_macro2::Delimiter::{Brace, Bracket};

use crate::files;
use crate::macos_symbols::CLASS;
use crate::platform::Arch;

mod cfg;
mod tokens;

pub use cfg::CustomConditions;
use cfg::{Conditions, split_at_commas};
use tokens::TokenTree::{self, Group, Sign, Text, Word};
use tokens::token_trees;

/// In bytes. Generated bindings have a few megabytes.
const MAX_FILE_SIZE: u64 = 16 * 1024 * 1024;

/// A foreign function, variable or Objective-C class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declaration {
    /// The symbol for the linker: the name in C with `_` in front.
    pub symbol: String,
    /// The library from the attributes of its block.
    pub library: Option<LinkedLibrary>,
}

/// The content of `#[link(…)]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkedLibrary {
    /// For example `Security` or `objc`.
    pub name: String,
    pub is_framework: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declarations {
    pub items: Vec<Declaration>,
    /// Every library that a block names, including empty blocks.
    pub libraries: Vec<LinkedLibrary>,
}

/// The declarations for macOS on this CPU in the crate whose `lib.rs` or `main.rs` is `root`. Files
/// that are missing or not Rust are ignored.
pub fn declarations(root: &Utf8Path, arch: Arch) -> Declarations {
    declarations_if(root, arch, CustomConditions::ByName)
}

/// [`declarations`], if more is known about the conditions for `cfg`.
pub fn declarations_if(root: &Utf8Path, arch: Arch, custom: CustomConditions<'_>) -> Declarations {
    let conditions = Conditions { arch, custom };
    let mut reader =
        CrateReader { conditions, found: Declarations::default(), modules: Vec::new() };
    let modules = root.parent().unwrap_or(root).to_owned();
    let mut waiting = vec![ModuleFile { path: root.to_owned(), modules }];
    let mut seen = BTreeSet::new();
    while let Some(file) = waiting.pop() {
        // Files may include each other in a cycle.
        if file.path.canonicalize().is_ok_and(|path| seen.insert(path)) {
            reader.file(&file);
            // Reversed, so that the first module of this file is the next one to be read.
            waiting.extend(reader.modules.drain(..).rev());
        }
    }
    reader.found
}

/// The file of a module.
struct ModuleFile {
    path: Utf8PathBuf,
    /// The directory of its submodules.
    modules: Utf8PathBuf,
}

/// The directories in which the files of modules are searched.
#[derive(Clone, Copy)]
struct ModulePaths<'a> {
    /// The directory of a module's submodules.
    modules: &'a Utf8Path,
    /// The directory of the current file, to which `#[path]` is relative.
    file: &'a Utf8Path,
}

struct CrateReader<'c> {
    conditions: Conditions<'c>,
    found: Declarations,
    /// The modules of the current file that are in separate files.
    modules: Vec<ModuleFile>,
}

impl CrateReader<'_> {
    fn file(&mut self, ModuleFile { path, modules }: &ModuleFile) {
        let is_readable =
            path.metadata().is_ok_and(|file| file.is_file() && file.len() <= MAX_FILE_SIZE);
        if let Some(source) = is_readable.then(|| files::read_text(path).ok()).flatten() {
            let file = path.parent().unwrap_or(path);
            self.items(&token_trees(&source), ModulePaths { modules, file });
        }
    }

    fn items(&mut self, mut rest: &[TokenTree], paths: ModulePaths<'_>) {
        let mut attributes: Vec<&[TokenTree]> = Vec::new();
        loop {
            rest = match rest {
                [] => return,
                [Sign('#'), Group(Bracket, attribute), rest @ ..] => {
                    attributes.push(attribute);
                    rest
                }
                [Sign('#'), Sign('!'), Group(Bracket, attribute), rest @ ..] => {
                    if cfg::effective(&[attribute], self.conditions).is_none() {
                        return;
                    }
                    rest
                }
                [Group(delimiter, inner), rest @ ..] => {
                    if cfg::effective(&attributes, self.conditions).is_some() {
                        self.items(inner, paths);
                    }
                    // Parentheses and brackets belong to the item of the attribute.
                    if *delimiter == Brace {
                        attributes.clear();
                    }
                    rest
                }
                [Sign(';' | ','), rest @ ..] => {
                    attributes.clear();
                    rest
                }
                [Word(keyword), Word(name), Group(Brace, inner), rest @ ..] if keyword == "mod" => {
                    if cfg::effective(&attributes, self.conditions).is_some() {
                        let modules = paths.modules.join(name);
                        self.items(inner, ModulePaths { modules: &modules, file: paths.file });
                    }
                    attributes.clear();
                    rest
                }
                [Word(keyword), Word(name), Sign(';'), rest @ ..] if keyword == "mod" => {
                    if let Some(attributes) = cfg::effective(&attributes, self.conditions) {
                        let path = value(&attributes, "path");
                        self.modules.push(module_file(path, name, paths));
                    }
                    attributes.clear();
                    rest
                }
                [Word(keyword), Text(_), Group(Brace, block), rest @ ..]
                | [Word(keyword), Group(Brace, block), rest @ ..]
                    if keyword == "extern" =>
                {
                    self.block(block, &attributes);
                    attributes.clear();
                    rest
                }
                [Word(name), Sign('!'), rest @ ..] if name == "macro_rules" => {
                    attributes.clear();
                    match rest {
                        [Word(_), Group(..), rest @ ..] => rest,
                        _ => rest,
                    }
                }
                [Word(name), Sign('!'), Group(_, inner), rest @ ..] if name == "cfg_select" => {
                    self.cfg_select(inner, paths);
                    attributes.clear();
                    rest
                }
                // Macros of Objective-C crates that expand to a block with the C ABI.
                [Word(name), Sign('!'), Group(_, block), rest @ ..]
                    if name == "extern_c" || name == "extern_c_unwind" =>
                {
                    self.block(block, &attributes);
                    attributes.clear();
                    rest
                }
                [Word(name), Sign('!'), Group(_, class), rest @ ..] if name == "extern_class" => {
                    self.class(class);
                    attributes.clear();
                    rest
                }
                [Word(keyword), Sign('#'), rest @ ..] if keyword == "if" => {
                    self.cfg_if(rest, paths)
                }
                [_, rest @ ..] => rest,
            };
        }
    }

    /// Reads `if #[cfg(a)] { … } else if #[cfg(b)] { … } else { … }` of `cfg_if!`, starting at the first
    /// `[`. Returns the rest.
    fn cfg_if<'a>(&mut self, mut rest: &'a [TokenTree], paths: ModulePaths<'_>) -> &'a [TokenTree] {
        let mut may_be_reached = true;
        while let [Group(Bracket, attribute), Group(_, branch), behind @ ..] = rest
            && let [_, Group(_, condition)] = &attribute[..]
        {
            let (holds, may_fail) = cfg::branches(condition, self.conditions);
            if may_be_reached && holds {
                self.items(branch, paths);
            }
            may_be_reached &= may_fail;
            match behind {
                [Word(else_), Word(if_), Sign('#'), next @ ..]
                    if else_ == "else" && if_ == "if" =>
                {
                    rest = next;
                }
                [Word(else_), Group(_, branch), behind @ ..] if else_ == "else" => {
                    if may_be_reached {
                        self.items(branch, paths);
                    }
                    return behind;
                }
                _ => return behind,
            }
        }
        rest
    }

    /// Reads the content of `cfg_select! { a => { … } b => { … } _ => { … } }`.
    fn cfg_select(&mut self, mut rest: &[TokenTree], paths: ModulePaths<'_>) {
        let is_arm = |trees: &[TokenTree]| matches!(trees, [Sign('='), Sign('>'), Group(..)]);
        while let Some(arrow) = rest.windows(3).position(is_arm) {
            let (holds, may_fail) = match &rest[..arrow] {
                [Word(word)] if word == "_" => (true, false),
                condition => cfg::branches(condition, self.conditions),
            };
            if let (true, Group(_, arm)) = (holds, &rest[arrow + 2]) {
                self.items(arm, paths);
            }
            if !may_fail {
                return;
            }
            rest = &rest[arrow + 3..];
            rest = rest.strip_prefix(&[Sign(',')]).unwrap_or(rest);
        }
    }

    /// Reads the content of an external block, `extern "C" { … }`.
    fn block(&mut self, mut rest: &[TokenTree], attributes: &[&[TokenTree]]) {
        let Some(effective) = cfg::effective(attributes, self.conditions) else { return };
        let library = effective.iter().find_map(|attribute| library(attribute));
        self.found.libraries.extend(library.clone());
        let mut attributes: Vec<&[TokenTree]> = Vec::new();
        loop {
            rest = match rest {
                [] => return,
                [Sign('#'), Group(Bracket, attribute), rest @ ..] => {
                    attributes.push(attribute);
                    rest
                }
                [Sign(';'), rest @ ..] => {
                    attributes.clear();
                    rest
                }
                [Word(keyword), item @ ..] if keyword == "fn" || keyword == "static" => {
                    match item {
                        [Word(mut_), Word(name), ..] if mut_ == "mut" => {
                            self.item(name, &attributes, library.as_ref());
                        }
                        [Word(name), ..] => self.item(name, &attributes, library.as_ref()),
                        _ => {}
                    }
                    let end = item.iter().position(|tree| *tree == Sign(';'));
                    &item[end.unwrap_or(item.len())..]
                }
                [_, rest @ ..] => rest,
            };
        }
    }

    /// Reads the content of objc2's `extern_class!`: attributes, and a structure with the class's name.
    fn class(&mut self, mut rest: &[TokenTree]) {
        let mut attributes: Vec<&[TokenTree]> = Vec::new();
        while let [first, behind @ ..] = rest {
            match (first, behind) {
                (Sign('#'), [Group(Bracket, attribute), ..]) => attributes.push(attribute),
                (Word(keyword), [Word(name), ..]) if keyword == "struct" => {
                    let Some(attributes) = cfg::effective(&attributes, self.conditions) else {
                        return;
                    };
                    let class = value(&attributes, "name").unwrap_or(name);
                    let symbol = format!("{CLASS}{class}");
                    self.found.items.push(Declaration { symbol, library: None });
                    return;
                }
                _ => {}
            }
            rest = behind;
        }
    }

    fn item(&mut self, name: &str, attributes: &[&[TokenTree]], library: Option<&LinkedLibrary>) {
        let Some(attributes) = cfg::effective(attributes, self.conditions) else { return };
        let name = value(&attributes, "link_name").unwrap_or(name);
        // The character means that the linker's name follows.
        let symbol = match name.strip_prefix('\u{1}') {
            Some(symbol) => symbol.to_owned(),
            None => format!("_{name}"),
        };
        self.found.items.push(Declaration { symbol, library: library.cloned() });
    }
}

fn module_file(path: Option<&str>, name: &str, paths: ModulePaths<'_>) -> ModuleFile {
    if let Some(path) = path {
        let path = paths.file.join(path);
        let is_root = path.file_name() == Some("mod.rs");
        let directory = path.parent().unwrap_or(paths.file).to_owned();
        let modules = if is_root { directory } else { paths.modules.join(name) };
        return ModuleFile { path, modules };
    }
    let modules = paths.modules.join(name);
    let beside = modules.with_extension("rs");
    let path = if beside.is_file() { beside } else { modules.join("mod.rs") };
    ModuleFile { path, modules }
}

/// The value of `name = "value"` in the attributes.
fn value<'a>(attributes: &[&'a [TokenTree]], name: &str) -> Option<&'a str> {
    attributes.iter().rev().find_map(|attribute| match attribute {
        [Word(word), Sign('='), Text(value)] if word == name => Some(value.as_str()),
        _ => None,
    })
}

/// Parses `link(name = "Security", kind = "framework")`.
fn library(attribute: &[TokenTree]) -> Option<LinkedLibrary> {
    let [Word(link), Group(_, arguments)] = attribute else { return None };
    if link != "link" {
        return None;
    }
    let arguments: Vec<&[TokenTree]> = split_at_commas(arguments).collect();
    Some(LinkedLibrary {
        name: value(&arguments, "name")?.to_owned(),
        is_framework: value(&arguments, "kind") == Some("framework"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)], arch: Arch) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        let directory = Utf8Path::from_path(directory.path()).unwrap();
        for (name, source) in files {
            let path = directory.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, source).unwrap();
        }
        let found = declarations(&directory.join("lib.rs"), arch).items.into_iter();
        found
            .map(|item| match item.library {
                Some(library) => format!("{} in {}", item.symbol, library.name),
                None => item.symbol,
            })
            .collect()
    }

    #[test]
    fn functions_and_variables_are_found_with_their_library() {
        let source = "#[link(name = \"Security\", kind = \"framework\")]\n\
                      unsafe extern \"C-unwind\" {\n\
                          pub fn SecA(a: [u8; 4], b: extern \"C\" fn(c: i32)) -> i32;\n\
                          /// fn comment();\n    pub static mut kSecB: *const u8;\n\
                      }\n\
                      pub extern \"C\" fn own() { extern \"C\" { fn inner(); } }\n\
                      extern_c_unwind! { pub fn objc_a(); }";
        let expected = ["_SecA in Security", "_kSecB in Security", "_inner", "_objc_a"];
        assert_eq!(read(&[("lib.rs", source)], Arch::Arm64), expected);
    }

    #[test]
    fn an_objective_c_class_is_a_symbol() {
        let source = "extern_class!(\n\
                      /// Text.\n#[unsafe(super(NSObject))]\n#[derive(Debug)]\n\
                      pub struct NSArray<ObjectType: ?Sized = AnyObject>;\n);\n\
                      objc2::extern_class!(#[name = \"NSOther\"] pub struct Mine;);\n\
                      #[cfg(target_os = \"ios\")] mod b { extern_class!(pub struct UIView;); }\n\
                      extern_class!(#[cfg(target_os = \"ios\")] pub struct UIKey;);";
        let expected = ["_OBJC_CLASS_$_NSArray", "_OBJC_CLASS_$_NSOther"];
        assert_eq!(read(&[("lib.rs", source)], Arch::Arm64), expected);
    }

    #[test]
    fn the_link_name_takes_precedence_over_the_rust_name() {
        let source = "extern {\n\
                      #[cfg_attr(target_arch = \"x86_64\", link_name = \"stat$INODE64\")]\n\
                      fn stat();\n    #[link_name = \"\\u{1}raw\"] fn other(); }";
        assert_eq!(read(&[("lib.rs", source)], Arch::Amd64), ["_stat$INODE64", "raw"]);
        assert_eq!(read(&[("lib.rs", source)], Arch::Arm64), ["_stat", "raw"]);
    }

    #[test]
    fn modules_are_followed_if_they_are_for_macos() {
        let files = [
            (
                "lib.rs",
                "cfg_select! { windows => { mod windows; } \
                 any(unix, feature = \"a\") => { mod select; } _ => { mod other; } }\n\
                 cfg_if! { if #[cfg(windows)] { mod windows; } \
                 else if #[cfg(unix)] { mod unix; } else { mod other; } }\n\
                 #[path = \"elsewhere/it.rs\"] mod named;\n\
                 mod inline { mod deep; }",
            ),
            ("select.rs", "extern { fn select(); }"),
            ("windows.rs", "extern { fn windows(); }"),
            ("other.rs", "extern { fn other(); }"),
            ("unix/mod.rs", "mod apple; #[cfg(target_os = \"linux\")] mod linux;"),
            ("unix/apple.rs", "extern { fn apple(); }"),
            ("unix/linux.rs", "extern { fn linux(); }"),
            ("elsewhere/it.rs", "extern { fn named(); }"),
            ("inline/deep.rs", "extern { fn deep(); }"),
        ];
        assert_eq!(read(&files, Arch::Arm64), ["_select", "_apple", "_named", "_deep"]);
    }

    #[test]
    fn an_attribute_of_a_function_applies_to_its_body() {
        let source = "#[cfg(windows)] fn a(b: u8, c: u8) { extern { fn windows(); } }\n\
                      #[cfg(unix)] fn a(b: u8, c: u8) { extern { fn unix(); } }";
        assert_eq!(read(&[("lib.rs", source)], Arch::Arm64), ["_unix"]);
    }

    #[test]
    fn modules_in_a_cycle_are_read_once() {
        let files = [
            ("lib.rs", "#[path = \"./lib.rs\"] mod a; mod b; extern { fn a(); }"),
            ("b/mod.rs", "#[path = \"../lib.rs\"] mod c; extern { fn b(); }"),
        ];
        assert_eq!(read(&files, Arch::Arm64), ["_a", "_b"]);
    }

    #[test]
    fn text_that_is_not_rust_declares_nothing() {
        for source in [
            "cfg_select! { a => ",
            "extern {",
            "mod",
            "mod a",
            "if #",
            "extern \"C\" { fn",
            "#![",
            "#",
            "}}}",
            "extern_class!(#[",
            "extern_class!(pub struct",
            "extern_class!(struct);",
        ] {
            assert_eq!(read(&[("lib.rs", source)], Arch::Arm64), Vec::<String>::new(), "{source}");
        }
    }
}
