//! Compiles `.rc` files, the language in which programs for Windows define their resources.
//!
//! It accepts what GNU's `windres` and Microsoft's `rc` accept, without dialogs, menus, accelerators and
//! fonts: programs without a window have none. The first lines of a file may be for a C preprocessor, which is
//! included.

use camino::{Utf8Path, Utf8PathBuf};

mod code_page;
mod constants;
mod expression;
mod macros;
mod preprocessor;
mod statements;
mod token;

pub use code_page::CodePage;

use super::Resources;
use crate::error::{Error, Result};
use preprocessor::Preprocessor;

/// Reads a file. `None` if it does not exist.
pub type ReadFile<'a> = &'a dyn Fn(&Utf8Path) -> Result<Option<Vec<u8>>>;

/// The options of a resource compiler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RcOptions {
    /// Where to look for files, after the directory of the file that names them.
    pub include_directories: Vec<Utf8PathBuf>,
    /// `NAME` or `NAME=value`.
    pub definitions: Vec<String>,
    pub undefined: Vec<String>,
    pub code_page: Option<CodePage>,
    /// The language of resources in files that set none.
    pub language: Option<u16>,
}

/// Compiles the file at `path`.
///
/// # Errors
/// The file or one that it names can't be read, or it is invalid. The message has the line.
pub fn compile(path: &Utf8Path, options: &RcOptions, read: ReadFile<'_>) -> Result<Resources> {
    let files = FileSearch { options, read };
    let tokens = Preprocessor::new(&files, options)?.run(path)?;
    statements::parse(&tokens, options, &files)
}

/// A line of a file, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RcPosition {
    file: std::rc::Rc<Utf8Path>,
    line: u32,
}

impl RcPosition {
    fn error(&self, what: impl std::fmt::Display) -> Error {
        Error::new(format!("`{}`:{}: {what}", self.file, self.line))
    }
}

/// Finds the files that a file names.
struct FileSearch<'a> {
    options: &'a RcOptions,
    read: ReadFile<'a>,
}

impl FileSearch<'_> {
    /// The path and contents of the file `name`, which the file at `from` names.
    fn find(&self, name: &str, from: &Utf8Path) -> Result<Option<(Utf8PathBuf, Vec<u8>)>> {
        if name.is_empty() {
            return Ok(None);
        }
        let own = from.parent().unwrap_or(Utf8Path::new("")).to_owned();
        let here = Utf8PathBuf::new();
        for directory in [&own, &here].into_iter().chain(&self.options.include_directories) {
            // Files are often written on Windows.
            for name in [name.to_owned(), name.replace('\\', "/")] {
                let path = directory.join(name);
                if let Some(contents) = (self.read)(&path)? {
                    return Ok(Some((path, contents)));
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
