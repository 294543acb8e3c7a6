//! Whether a text that is listed as a host binary can be started.

use super::listed::Listed;
use crate::inspect::{Shebang, TextFile};
use crate::platform::Os;
use crate::rules::{Breach, binaries as rules};

/// Where macOS has what runs scripts.
const MACOS: [&str; 11] = [
    "/bin/sh",
    "/bin/bash",
    "/bin/zsh",
    "/bin/dash",
    "/bin/ksh",
    "/bin/csh",
    "/bin/tcsh",
    "/usr/bin/awk",
    "/usr/bin/osascript",
    "/usr/bin/perl",
    "/usr/bin/sed",
];

/// Where every Linux desktop has it.
const LINUX: [&str; 8] = [
    "/bin/sh",
    "/usr/bin/sh",
    "/bin/bash",
    "/usr/bin/bash",
    "/bin/sed",
    "/usr/bin/sed",
    "/bin/awk",
    "/usr/bin/awk",
];

/// Whether Windows starts a file of this name.
pub(super) fn is_for_windows(listed: Listed<'_>) -> bool {
    let extension = listed.extension();
    listed.os == Os::Windows && matches!(extension.as_deref(), Some("exe" | "cmd" | "bat"))
}

pub(super) fn judge(listed: Listed<'_>, text: &TextFile) -> Vec<Breach> {
    let extension = listed.extension();
    match listed.os {
        Os::Windows => judge_for_windows(listed, extension.as_deref(), text).into_iter().collect(),
        Os::Darwin | Os::Linux => judge_for_unix(listed, extension.as_deref(), text),
    }
}

fn judge_for_windows(
    listed: Listed<'_>,
    extension: Option<&str>,
    text: &TextFile,
) -> Option<Breach> {
    if text.shebang.is_some() || is_shell(extension) {
        return Some(Breach::new(&rules::SCRIPT_WINDOWS, "it is a script for macOS and Linux"));
    }
    match extension {
        Some("cmd" | "bat") => None,
        Some("exe") => Some(Breach::new(&rules::BINARY_FORMAT, "it is no PE file but a text")),
        None | Some("ps1" | "vbs") => {
            let what = format!("`{}` does not end in `.cmd` or `.bat`", listed.base_name());
            Some(Breach::new(&rules::WINDOWS_NAME, what))
        }
        Some(_) => Some(Breach::new(&rules::NOT_A_PROGRAM, "it is a text")),
    }
}

fn judge_for_unix(listed: Listed<'_>, extension: Option<&str>, text: &TextFile) -> Vec<Breach> {
    let Some(shebang) = &text.shebang else {
        return vec![match extension {
            Some("cmd" | "bat" | "ps1") => {
                let what =
                    format!("it is a script for Windows, which {} can't start", listed.system());
                Breach::new(&rules::BINARY_FORMAT, what)
            }
            _ if is_shell(extension) || is_named_like_a_program(listed) => {
                Breach::new(&rules::SCRIPT_SHEBANG, "it is a text that does not begin with `#!`")
            }
            _ => Breach::new(&rules::NOT_A_PROGRAM, "it is a text"),
        }];
    };
    let mut breaches = Vec::new();
    if text.has_byte_order_mark {
        let what = "it has a byte order mark before `#!`";
        breaches.push(Breach::new(&rules::SCRIPT_SHEBANG, what));
    }
    if text.has_crlf {
        breaches.push(Breach::new(&rules::SCRIPT_LINE_ENDS, "it has lines that end with CR LF"));
    }
    let interpreter = &shebang.interpreter;
    if !interpreter.starts_with('/') {
        let what = format!("what runs it is not an absolute path: `{interpreter}`");
        breaches.push(Breach::new(&rules::SCRIPT_SHEBANG, what));
    } else if !is_everywhere(listed.os, shebang) {
        let what = match &shebang.argument {
            Some(argument) => format!("it is run by `{interpreter} {argument}`"),
            None => format!("it is run by `{interpreter}`"),
        };
        breaches.push(Breach::new(&rules::SCRIPT_INTERPRETER, what));
    }
    breaches
}

fn is_shell(extension: Option<&str>) -> bool {
    matches!(extension, Some("sh" | "bash" | "zsh" | "ksh" | "command"))
}

/// No extension, and not in capitals as `LICENSE` is.
fn is_named_like_a_program(listed: Listed<'_>) -> bool {
    let name = listed.base_name();
    !name.contains('.') && name.contains(|c: char| c.is_lowercase())
}

fn is_everywhere(os: Os, shebang: &Shebang) -> bool {
    let known: &[&str] = if os == Os::Darwin { &MACOS } else { &LINUX };
    if shebang.interpreter == "/usr/bin/env" {
        let program = shebang.program();
        return known.iter().any(|path| path.rsplit('/').next() == Some(program));
    }
    known.contains(&shebang.interpreter.as_str())
}
