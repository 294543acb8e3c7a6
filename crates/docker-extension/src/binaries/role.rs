//! Decides once what a listed file is for. What is checked depends on that.

use super::listed::Listed;
use super::name::{self, Language, NamedKind};
use super::{preferred, with_article};
use crate::inspect::{BinaryFormat, BinaryKind, InspectedFile, Slice, StandIn, TextFile};
use crate::platform::Os;
use crate::rules::{Breach, binaries as rules};

/// What a file in `host.binaries` is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FileRole<'a> {
    /// Machine code that is started.
    Program(&'a [Slice]),
    /// Machine code that a program loads.
    Library(&'a [Slice]),
    /// A text that is started by its own name.
    Script(&'a TextFile),
    /// A file that is passed to an interpreter.
    ForInterpreter(Language),
    /// A file that a program or the page reads. Messages name it like this: `a text`.
    Data(String),
}

impl FileRole<'_> {
    /// Whether the file itself is started.
    pub fn is_started(&self) -> bool {
        matches!(self, FileRole::Program(_) | FileRole::Script(_))
    }
}

/// # Errors
/// The content can't be what the name means, or nothing at all.
pub(super) fn decide<'a>(
    listed: Listed<'_>,
    contents: &'a InspectedFile,
) -> Result<FileRole<'a>, Breach> {
    let name = name::kind(listed.os, listed.path);
    match contents {
        InspectedFile::Empty => empty(listed, name),
        InspectedFile::Damaged { .. } if name == NamedKind::Data && listed.promise.is_none() => {
            Ok(data("data"))
        }
        InspectedFile::Damaged { format, reason } => {
            let what = format!("is a damaged {format} file: {reason}");
            Err(Breach::new(&rules::BINARY_DAMAGED, what))
        }
        InspectedFile::Binary(slices) => machine_code(listed, name, slices),
        InspectedFile::Text(_) | InspectedFile::Archive(_) | InspectedFile::Data
            if listed.promise.is_some() =>
        {
            let what = "is not a program: it is neither Mach-O, PE nor ELF";
            Err(Breach::new(&rules::BINARY_KIND, what))
        }
        InspectedFile::Text(text) => match stand_in(name, text) {
            Some(breach) => Err(breach),
            None if name == NamedKind::Library || is_exe(listed) => {
                Err(not_machine_code(listed, name, "a text"))
            }
            None if listed.os == Os::Windows => text_for_windows(name, text),
            None => text_for_unix(listed, name, text),
        },
        InspectedFile::Archive(format) => other(listed, name, &format!("a {format}"), true),
        InspectedFile::Data => other(listed, name, "data", false),
    }
}

fn data(what: impl Into<String>) -> FileRole<'static> {
    FileRole::Data(what.into())
}

fn empty(listed: Listed<'_>, name: NamedKind) -> Result<FileRole<'static>, Breach> {
    match name {
        // For example `__init__.py`.
        NamedKind::Interpreted(_) | NamedKind::Markup | NamedKind::Data | NamedKind::Other
            if listed.promise.is_none() =>
        {
            Ok(data("an empty file"))
        }
        _ => Err(Breach::new(&rules::BINARY_DAMAGED, "is empty")),
    }
}

fn machine_code<'a>(
    listed: Listed<'_>,
    name: NamedKind,
    slices: &'a [Slice],
) -> Result<FileRole<'a>, Breach> {
    if let Some(slice) = slices.iter().find(|slice| slice.format() != BinaryFormat::of(listed.os)) {
        let format = with_article(slice.format());
        let what = format!("is {format} file, which {} cannot start", listed.system());
        return Err(Breach::new(&rules::BINARY_FORMAT, what));
    }
    let Some(slice) = preferred(listed, slices) else { return Ok(data("data")) };
    match (slice.kind, name) {
        (BinaryKind::Program, _) => Ok(FileRole::Program(slices)),
        (BinaryKind::Library, NamedKind::Library) if listed.promise.is_none() => {
            Ok(FileRole::Library(slices))
        }
        (BinaryKind::Object, NamedKind::Object) if listed.promise.is_none() => {
            Ok(data("an object file"))
        }
        (kind, _) => {
            let what = format!("is {} {kind}, not a program", with_article(slice.format()));
            Err(Breach::new(&rules::BINARY_KIND, what))
        }
    }
}

/// The breach of a text that is in the place of another file.
fn stand_in(name: NamedKind, text: &TextFile) -> Option<Breach> {
    let is_meant = match text.stand_in? {
        // Nobody means to ship a pointer.
        StandIn::GitLfsPointer => false,
        StandIn::Html | StandIn::XmlError => {
            matches!(name, NamedKind::Markup | NamedKind::Other) || is_php(name)
        }
        StandIn::JsonError | StandIn::HttpStatus => {
            matches!(name, NamedKind::Markup | NamedKind::Data | NamedKind::Other)
        }
    };
    if is_meant { None } else { judge_stand_in(text) }
}

/// The breach of a text that can't be meant, if it stands in for another file.
pub fn judge_stand_in(text: &TextFile) -> Option<Breach> {
    let what = match text.stand_in? {
        StandIn::GitLfsPointer => {
            let what = "is a pointer of Git LFS, not the file itself";
            return Some(Breach::new(&rules::GIT_LFS_POINTER, what));
        }
        StandIn::Html => "an HTML page",
        StandIn::XmlError => "an XML document",
        StandIn::JsonError => "a JSON document",
        StandIn::HttpStatus => "a text",
    };
    let line = &text.first_line;
    let what = format!("is {what}, which looks like a downloaded error page: it begins `{line}`");
    Some(Breach::new(&rules::ERROR_PAGE, what))
}

fn is_php(name: NamedKind) -> bool {
    matches!(name, NamedKind::Interpreted(language) if language.name() == "PHP")
}

fn text_for_windows(name: NamedKind, text: &TextFile) -> Result<FileRole<'_>, Breach> {
    let shell_script = || {
        let what = "is a shell script, which Windows cannot run";
        Err(Breach::new(&rules::SCRIPT_WINDOWS, what))
    };
    let program = text.shebang.as_ref().map(|shebang| shebang.program());
    match (name, program) {
        (NamedKind::Interpreted(language), _) => Ok(FileRole::ForInterpreter(language)),
        (NamedKind::Shell, _) => shell_script(),
        (NamedKind::Batch | NamedKind::Program | NamedKind::Other, Some(program)) => {
            match Language::of_interpreter(program) {
                Some(language) => Ok(FileRole::ForInterpreter(language)),
                None => shell_script(),
            }
        }
        (NamedKind::Batch, None) => Ok(FileRole::Script(text)),
        (NamedKind::Program | NamedKind::Other, None) if is_batch(text) => {
            let what = "is a batch file, but its name does not end in `.cmd` or `.bat`";
            Err(Breach::new(&rules::WINDOWS_NAME, what))
        }
        _ => Ok(data("a text")),
    }
}

/// Whether the text begins like a script for `cmd.exe`.
fn is_batch(text: &TextFile) -> bool {
    let line = text.first_line.to_ascii_lowercase();
    let first = line.split([' ', '\t', '/', '(']).next().unwrap_or_default();
    let first = first.strip_prefix('@').unwrap_or(first);
    matches!(first, "echo" | "echo." | "rem" | "setlocal" | "if" | "goto" | "call" | "set" | "cls")
        || line.starts_with("::")
}

fn text_for_unix<'a>(
    listed: Listed<'_>,
    name: NamedKind,
    text: &'a TextFile,
) -> Result<FileRole<'a>, Breach> {
    match (name, &text.shebang) {
        // With `#!` it can also be started by its own name, if it is executable.
        (NamedKind::Interpreted(language), shebang) => {
            let is_started = shebang.is_some() && listed.may_be_executable();
            Ok(if is_started { FileRole::Script(text) } else { FileRole::ForInterpreter(language) })
        }
        (NamedKind::Markup | NamedKind::Data, Some(_)) if !listed.may_be_executable() => {
            Ok(data("a text"))
        }
        (_, Some(_)) => Ok(FileRole::Script(text)),
        (NamedKind::Batch, None) => {
            let what = format!("is a script for Windows, which {} cannot run", listed.system());
            Err(Breach::new(&rules::BINARY_FORMAT, what))
        }
        // Otherwise a script reads it, or it is the argument of a shell.
        (NamedKind::Shell | NamedKind::Program, None) if listed.may_be_executable() => {
            let what = "is a text that does not begin with `#!`";
            Err(Breach::new(&rules::SCRIPT_SHEBANG, what))
        }
        _ => Ok(data("a text")),
    }
}

/// The role of an archive or of other data. `found` names it.
fn other(
    listed: Listed<'_>,
    name: NamedKind,
    found: &str,
    is_archive: bool,
) -> Result<FileRole<'static>, Breach> {
    match name {
        NamedKind::Interpreted(language) => Ok(FileRole::ForInterpreter(language)),
        NamedKind::Batch => {
            Err(Breach::new(&rules::BINARY_FORMAT, format!("is {found}, not a batch file")))
        }
        NamedKind::Shell if listed.may_be_executable() => {
            let what = format!("is {found}, not a text that begins with `#!`");
            Err(Breach::new(&rules::SCRIPT_SHEBANG, what))
        }
        NamedKind::Library => Err(not_machine_code(listed, name, found)),
        NamedKind::Program if is_exe(listed) || is_archive && listed.may_be_executable() => {
            Err(not_machine_code(listed, name, found))
        }
        _ => Ok(data(found)),
    }
}

/// Whether the name is that of a PE program, on any operating system.
pub(super) fn is_exe(listed: Listed<'_>) -> bool {
    listed.extension().is_some_and(|extension| extension == "exe" || extension == "com")
}

/// The breach of a file whose name means machine code. `found` names what it is.
fn not_machine_code(listed: Listed<'_>, name: NamedKind, found: &str) -> Breach {
    let format = if is_exe(listed) { BinaryFormat::Pe } else { BinaryFormat::of(listed.os) };
    let kind = if name == NamedKind::Library { "library" } else { "program" };
    let what = format!("is {found}, not {} {kind}", with_article(format));
    Breach::new(&rules::BINARY_FORMAT, what)
}
