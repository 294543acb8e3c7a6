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

/// Judges a script for macOS or Linux.
pub(super) fn judge(listed: Listed<'_>, text: &TextFile) -> Vec<Breach> {
    let Some(shebang) = &text.shebang else { return Vec::new() };
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

fn is_everywhere(os: Os, shebang: &Shebang) -> bool {
    let known: &[&str] = if os == Os::Darwin { &MACOS } else { &LINUX };
    if shebang.interpreter == "/usr/bin/env" {
        let program = shebang.program();
        return known.iter().any(|path| path.rsplit('/').next() == Some(program));
    }
    known.contains(&shebang.interpreter.as_str())
}
