//! What foreign functions and variables a crate declares for macOS, and in which library it says
//! that they are: read from its sources.
//!
//! This is where the names in `data/macos` come from, and how a symbol that the linker misses is
//! traced to the crate that wants it. It is no Rust parser: it follows `mod`, `cfg`, `cfg_if!` and
//! `cfg_select!`,
//! and reads the blocks `extern "C" { … }`. What other macros put together stays
//! unseen.

use camino::{Utf8Path, Utf8PathBuf};

use crate::files;

pub mod cfg;
mod tokens;

use cfg::Arch;
use tokens::{Token, end_of_group, group, tokens};

/// A foreign function or variable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declaration {
    /// Its name as the linker knows it: C's names with `_` before them.
    pub symbol: String,
    /// The library that the block around it names.
    pub library: Option<Library>,
}

/// What `#[link(…)]` names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Library {
    /// `Security`, `objc`.
    pub name: String,
    /// Whether it is a framework.
    pub is_framework: bool,
}

/// What a crate says about foreign code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declarations {
    /// Its functions and variables.
    pub items: Vec<Declaration>,
    /// Every library that one of its blocks names, empty blocks as well.
    pub libraries: Vec<Library>,
}

/// What the crate whose `lib.rs` or `main.rs` is `root` declares on macOS, on this CPU. A file that
/// isn't there declares nothing.
pub fn declarations(root: &Utf8Path, arch: Arch) -> Declarations {
    let mut reader = Reader { arch, found: Declarations::default() };
    let folder = root.parent().unwrap_or(root);
    reader.file(root, folder);
    reader.found
}

struct Reader {
    arch: Arch,
    found: Declarations,
}

/// Where the files of modules are looked for.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The folder of a module's own modules.
    modules: &'a Utf8Path,
    /// The folder of the file that is read, to which `#[path]` is relative.
    file: &'a Utf8Path,
}

impl Reader {
    fn file(&mut self, path: &Utf8Path, modules: &Utf8Path) {
        let Ok(source) = files::read_text(path) else { return };
        let file = path.parent().unwrap_or(path);
        self.items(&tokens(&source), Place { modules, file });
    }

    fn items(&mut self, tokens: &[Token], place: Place<'_>) {
        let mut attributes: Vec<&[Token]> = Vec::new();
        let mut position = 0;
        while let Some(token) = tokens.get(position) {
            let next = tokens.get(position + 1);
            position = match token {
                Token::Sign('#') if next.is_some_and(|next| next.is('[')) => {
                    attributes.push(group(tokens, position + 1));
                    end_of_group(tokens, position + 1)
                }
                Token::Sign('#') if next.is_some_and(|next| next.is('!')) => {
                    let attribute = group(tokens, position + 2);
                    if cfg::effective(&[attribute], self.arch).is_none() {
                        return;
                    }
                    end_of_group(tokens, position + 2)
                }
                Token::Sign('{') => {
                    if cfg::effective(&attributes, self.arch).is_some() {
                        self.items(group(tokens, position), place);
                    }
                    attributes.clear();
                    end_of_group(tokens, position)
                }
                Token::Sign(';' | ',') => {
                    attributes.clear();
                    position + 1
                }
                Token::Word(word) if word == "mod" => {
                    let end = self.module(&tokens[position..], &attributes, place);
                    attributes.clear();
                    position + end
                }
                // The macros of Objective-C's crates that stand for a block with the ABI of C.
                Token::Word(word)
                    if is_block_macro(word) && next.is_some_and(|next| next.is('!')) =>
                {
                    self.block(group(tokens, position + 2), &attributes);
                    attributes.clear();
                    end_of_group(tokens, position + 2)
                }
                Token::Word(word) if word == "macro_rules" => {
                    attributes.clear();
                    end_of_group(tokens, position + 3)
                }
                Token::Word(word) if word == "cfg_select" => {
                    attributes.clear();
                    self.selection(group(tokens, position + 2), place);
                    end_of_group(tokens, position + 2)
                }
                Token::Word(word) if word == "extern" => {
                    let start = position + 1 + usize::from(matches!(next, Some(Token::Text(_))));
                    if tokens.get(start).is_some_and(|token| token.is('{')) {
                        self.block(group(tokens, start), &attributes);
                        attributes.clear();
                        end_of_group(tokens, start)
                    } else {
                        position + 1
                    }
                }
                Token::Word(word) if word == "if" && next.is_some_and(|next| next.is('#')) => {
                    position + self.choice(&tokens[position..], place)
                }
                _ => position + 1,
            };
        }
    }

    /// `mod name;` or `mod name { … }`; returns how many tokens it has.
    fn module(&mut self, tokens: &[Token], attributes: &[&[Token]], place: Place<'_>) -> usize {
        let Some(name) = tokens.get(1).and_then(Token::word) else { return 1 };
        let effective = cfg::effective(attributes, self.arch);
        let own = place.modules.join(name);
        match (tokens.get(2), effective) {
            (Some(Token::Sign('{')), Some(_)) => {
                self.items(group(tokens, 2), Place { modules: &own, file: place.file });
                end_of_group(tokens, 2)
            }
            (Some(Token::Sign('{')), None) => end_of_group(tokens, 2),
            (Some(Token::Sign(';')), Some(attributes)) => {
                let (file, modules) = module_file(value(&attributes, "path"), name, place);
                self.file(&file, &modules);
                3
            }
            _ => 2,
        }
    }

    /// `if #[cfg(a)] { … } else if #[cfg(b)] { … } else { … }`, as it stands in `cfg_if!`; returns
    /// how many tokens it has.
    fn choice(&mut self, tokens: &[Token], place: Place<'_>) -> usize {
        let mut position = 0;
        let mut may_be_reached = true;
        while tokens.get(position).and_then(Token::word) == Some("if") {
            let (holds, may_fail) = self.branches(group(tokens, position + 2));
            let start = end_of_group(tokens, position + 2);
            if may_be_reached && holds {
                self.items(group(tokens, start), place);
            }
            may_be_reached &= may_fail;
            position = end_of_group(tokens, start);
            if tokens.get(position).and_then(Token::word) != Some("else") {
                return position;
            }
            position += 1;
        }
        if may_be_reached {
            self.items(group(tokens, position), place);
        }
        end_of_group(tokens, position)
    }

    /// What `#[cfg(…)]` says of the branch that it stands before, and of the next one.
    fn branches(&self, attribute: &[Token]) -> (bool, bool) {
        cfg::branches(group(attribute, 1), self.arch)
    }

    /// The inside of `cfg_select! { a => { … } b => { … } _ => { … } }`.
    fn selection(&mut self, tokens: &[Token], place: Place<'_>) {
        let mut rest = tokens;
        let is_arrow = |pair: &[Token]| pair[0].is('=') && pair[1].is('>');
        while let Some(arrow) = rest.windows(2).position(is_arrow) {
            let (holds, may_fail) = match &rest[..arrow] {
                [Token::Word(word)] if word == "_" => (true, false),
                condition => cfg::branches(condition, self.arch),
            };
            if holds {
                self.items(group(rest, arrow + 2), place);
            }
            if !may_fail {
                return;
            }
            let end = end_of_group(rest, arrow + 2);
            let comma = usize::from(rest.get(end).is_some_and(|token| token.is(',')));
            rest = rest.get(end + comma..).unwrap_or_default();
        }
    }

    /// The inside of `extern "C" { … }`.
    fn block(&mut self, tokens: &[Token], attributes: &[&[Token]]) {
        let Some(effective) = cfg::effective(attributes, self.arch) else { return };
        let library = effective.iter().find_map(|attribute| library(attribute));
        self.found.libraries.extend(library.clone());
        let mut attributes: Vec<&[Token]> = Vec::new();
        let mut position = 0;
        while let Some(token) = tokens.get(position) {
            position = match token {
                Token::Sign('#') => {
                    attributes.push(group(tokens, position + 1));
                    end_of_group(tokens, position + 1)
                }
                Token::Sign('(' | '[' | '{') => end_of_group(tokens, position),
                Token::Sign(';') => {
                    attributes.clear();
                    position + 1
                }
                Token::Word(word) if word == "fn" || word == "static" => {
                    let is_mutable = tokens.get(position + 1).and_then(Token::word) == Some("mut");
                    let name = position + 1 + usize::from(is_mutable);
                    if let Some(name) = tokens.get(name).and_then(Token::word) {
                        self.item(name, &attributes, library.as_ref());
                    }
                    attributes.clear();
                    end_of_item(tokens, name)
                }
                _ => position + 1,
            };
        }
    }

    fn item(&mut self, name: &str, attributes: &[&[Token]], library: Option<&Library>) {
        let Some(attributes) = cfg::effective(attributes, self.arch) else { return };
        let name = value(&attributes, "link_name").unwrap_or(name);
        // A name that begins with this character is the linker's own already.
        let symbol = match name.strip_prefix('\u{1}') {
            Some(symbol) => symbol.to_owned(),
            None => format!("_{name}"),
        };
        self.found.items.push(Declaration { symbol, library: library.cloned() });
    }
}

fn is_block_macro(name: &str) -> bool {
    name == "extern_c" || name == "extern_c_unwind"
}

/// The position of the `;` that ends a foreign item; those within brackets are part of it.
fn end_of_item(tokens: &[Token], start: usize) -> usize {
    let mut position = start;
    while let Some(token) = tokens.get(position) {
        match token {
            Token::Sign(';') => return position,
            Token::Sign('(' | '[' | '{') => position = end_of_group(tokens, position),
            _ => position += 1,
        }
    }
    position
}

/// The file of a module, and the folder of its own modules.
fn module_file(path: Option<&str>, name: &str, place: Place<'_>) -> (Utf8PathBuf, Utf8PathBuf) {
    if let Some(path) = path {
        let file = place.file.join(path);
        let folder = file.parent().unwrap_or(place.file).to_owned();
        let is_root = file.file_name() == Some("mod.rs");
        let modules = if is_root { folder } else { place.modules.join(name) };
        return (file, modules);
    }
    let folder = place.modules.join(name);
    let beside = folder.with_extension("rs");
    let file = if beside.is_file() { beside } else { folder.join("mod.rs") };
    (file, folder)
}

/// The value of `name = "value"` among the attributes.
fn value<'a>(attributes: &[&'a [Token]], name: &str) -> Option<&'a str> {
    attributes.iter().rev().find_map(|attribute| match attribute {
        [Token::Word(word), Token::Sign('='), Token::Text(value)] if word == name => {
            Some(value.as_str())
        }
        _ => None,
    })
}

/// Reads `link(name = "Security", kind = "framework")`.
fn library(attribute: &[Token]) -> Option<Library> {
    if attribute.first().and_then(Token::word) != Some("link") {
        return None;
    }
    let values = group(attribute, 1);
    let of = |key: &str| {
        let position = values.iter().position(|token| token.word() == Some(key))?;
        match values.get(position + 2) {
            Some(Token::Text(value)) => Some(value.clone()),
            _ => None,
        }
    };
    Some(Library { name: of("name")?, is_framework: of("kind").as_deref() == Some("framework") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)], arch: &'static str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        for (name, source) in files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, source).unwrap();
        }
        let found = declarations(&folder.join("lib.rs"), Arch(arch)).items.into_iter();
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
        assert_eq!(read(&[("lib.rs", source)], "aarch64"), expected);
    }

    #[test]
    fn the_linker_name_goes_before_the_rust_name() {
        let source = "extern {\n\
                      #[cfg_attr(target_arch = \"x86_64\", link_name = \"stat$INODE64\")]\n\
                      fn stat();\n    #[link_name = \"\\u{1}raw\"] fn other(); }";
        assert_eq!(read(&[("lib.rs", source)], "x86_64"), ["_stat$INODE64", "raw"]);
        assert_eq!(read(&[("lib.rs", source)], "aarch64"), ["_stat", "raw"]);
    }

    #[test]
    fn modules_are_followed_where_they_are_for_macs() {
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
        assert_eq!(read(&files, "aarch64"), ["_select", "_apple", "_named", "_deep"]);
    }

    #[test]
    fn what_is_no_rust_declares_nothing() {
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
        ] {
            assert_eq!(read(&[("lib.rs", source)], "aarch64"), Vec::<String>::new(), "{source}");
        }
    }
}
