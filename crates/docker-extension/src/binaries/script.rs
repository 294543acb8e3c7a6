//! Checks that a text which is listed as a host binary can be started.

use super::listed::Listed;
use crate::inspect::{Shebang, TextFile};
use crate::platform::Os;
use crate::rules::{Breach, binaries as rules};

/// The interpreters of macOS.
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

/// The interpreters of every Linux desktop.
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

/// Whether Windows starts a file with this name.
pub(super) fn is_for_windows(listed: Listed<'_>) -> bool {
    let extension = listed.extension();
    listed.os == Os::Windows && matches!(extension.as_deref(), Some("exe" | "cmd" | "bat"))
}

pub(super) fn judge(listed: Listed<'_>, text: &TextFile) -> Vec<Breach> {
    let extension = listed.extension();
    match listed.os {
        Os::Windows => judge_for_windows(extension.as_deref(), text).into_iter().collect(),
        Os::Darwin | Os::Linux => judge_for_unix(listed, extension.as_deref(), text),
    }
}

fn judge_for_windows(extension: Option<&str>, text: &TextFile) -> Option<Breach> {
    if text.shebang.is_some() || is_shell(extension) {
        return Some(Breach::new(
            &rules::SCRIPT_WINDOWS,
            "is a shell script, which Windows cannot run",
        ));
    }
    match extension {
        Some("cmd" | "bat") => None,
        Some("exe") => Some(Breach::new(&rules::BINARY_FORMAT, "is a text, not a PE file")),
        None | Some("ps1" | "vbs") => {
            let what = "is a text, but its name does not end in `.cmd` or `.bat`";
            Some(Breach::new(&rules::WINDOWS_NAME, what))
        }
        Some(_) => Some(Breach::new(&rules::NOT_A_PROGRAM, "is a text, not a program")),
    }
}

fn judge_for_unix(listed: Listed<'_>, extension: Option<&str>, text: &TextFile) -> Vec<Breach> {
    let Some(shebang) = &text.shebang else {
        return vec![match extension {
            Some("cmd" | "bat" | "ps1") => {
                let what = format!("is a script for Windows, which {} cannot run", listed.system());
                Breach::new(&rules::BINARY_FORMAT, what)
            }
            _ if is_shell(extension) || is_named_like_a_program(listed) => {
                Breach::new(&rules::SCRIPT_SHEBANG, "is a text that does not begin with `#!`")
            }
            _ => Breach::new(&rules::NOT_A_PROGRAM, "is a text, not a program"),
        }];
    };
    let mut breaches = Vec::new();
    if text.has_byte_order_mark {
        let what = "has a byte order mark before `#!`";
        breaches.push(Breach::new(&rules::SCRIPT_SHEBANG, what));
    }
    if text.has_crlf {
        breaches.push(Breach::new(&rules::SCRIPT_LINE_ENDS, "contains lines that end in CR LF"));
    }
    let interpreter = &shebang.interpreter;
    if !interpreter.starts_with('/') {
        let what = format!("has an interpreter without an absolute path: `{interpreter}`");
        breaches.push(Breach::new(&rules::SCRIPT_SHEBANG, what));
    } else if !is_everywhere(listed.os, shebang) {
        let command = match &shebang.argument {
            Some(argument) => format!("{interpreter} {argument}"),
            None => interpreter.clone(),
        };
        let what = format!("needs `{command}`, which is not on every {} machine", listed.system());
        breaches.push(Breach::new(&rules::SCRIPT_INTERPRETER, what));
    }
    breaches
}

fn is_shell(extension: Option<&str>) -> bool {
    matches!(extension, Some("sh" | "bash" | "zsh" | "ksh" | "command"))
}

/// Whether the name has no extension and is not in capitals, such as `LICENSE`.
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
