//! Checks the types of the pages with TypeScript. Dev servers such as Vite remove types without checking them.

use std::fmt::Write;
use std::path::PathBuf;
use std::thread;

use camino::Utf8Path;
use serde_json::Value;
use xshell::{Shell, cmd};

use super::session::Session;
use super::tabs::TabMessage;
use super::watch::{self, Watcher};
use crate::error::one_line;
use crate::files;
use crate::process::{self, Output, ProcessError};
use crate::progress::Progress;
use crate::ui::Npm;

/// The compilers that a script may call.
const COMPILERS: [&str; 2] = ["tsc", "vue-tsc"];
/// The maximum number of lines that are shown.
const MAX_LINES: usize = 200;

/// How the types of a project are checked: the words of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TypeCheck(Vec<String>);

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Good,
    /// The compiler's messages.
    Errors(String),
}

/// Checks the types now and whenever a file changes, until the session is over. Returns at once if the
/// project has no TypeScript.
pub fn check_and_watch(npm: Npm<'_>, session: &Session, progress: &Progress) {
    let Some(check) = TypeCheck::find(npm.directory) else { return };
    let mut watcher = Watcher::new(vec![PathBuf::from(npm.directory)]);
    let mut last = Outcome::Good;
    loop {
        match check.run(npm, progress) {
            Ok(outcome) => {
                announce(&outcome, &last, session, progress);
                last = outcome;
            }
            Err(ProcessError::Interrupted(_)) => return,
            Err(error) => {
                progress.warn(format_args!("can't check the page's types: {}", one_line(&error)));
                return;
            }
        }
        while !watcher.has_changed() {
            if session.is_over() {
                return;
            }
            thread::sleep(watch::PAUSE);
        }
    }
}

fn announce(outcome: &Outcome, last: &Outcome, session: &Session, progress: &Progress) {
    match outcome {
        Outcome::Good => {
            session.tabs.send(&TabMessage::NoTypeErrors);
            if *last != Outcome::Good {
                progress.note("TypeScript reports no errors any more");
            }
        }
        Outcome::Errors(messages) => {
            session.tabs.send(&TabMessage::TypeErrors { messages });
            if outcome != last {
                progress.note("TypeScript reports errors:");
                messages.lines().for_each(|line| progress.note(format_args!("  {line}")));
            }
        }
    }
}

impl TypeCheck {
    /// As the project's scripts do it, or else as its `tsconfig.json` requires. `None` without TypeScript.
    fn find(directory: &Utf8Path) -> Option<Self> {
        let read = |name: &str| files::read_text(&directory.join(name)).ok();
        let package: Value = serde_json::from_str(&read("package.json")?).ok()?;
        let scripts = package.get("scripts").and_then(Value::as_object);
        // Scripts that check types have different names; `build` is the last resort.
        let (build, others): (Vec<_>, Vec<_>) =
            scripts.into_iter().flatten().partition(|(name, _)| *name == "build");
        let mut commands = others
            .into_iter()
            .chain(build)
            .filter_map(|(_, script)| Self::in_script(script.as_str()?));
        commands.next().or_else(|| {
            let declares = |key: &str| package.pointer(&format!("/{key}/typescript")).is_some();
            let has_compiler = declares("devDependencies") || declares("dependencies");
            let config = has_compiler.then(|| read("tsconfig.json")).flatten()?;
            // A configuration with references has no files of its own.
            let words: &[&str] =
                if config.contains("\"references\"") { &["tsc", "-b"] } else { &["tsc"] };
            Some(Self::of(words.iter().copied()))
        })
    }

    /// The part of a script that calls a compiler and ends: not one that watches.
    fn in_script(script: &str) -> Option<Self> {
        let parts = script.split(['&', '|', ';']).map(|part| part.split_whitespace());
        parts.into_iter().find_map(|words| {
            let mut words = words.skip_while(|word| *word == "npx").peekable();
            let is_compiler = words.peek().is_some_and(|word| COMPILERS.contains(word));
            // A shell would interpret them.
            let words: Vec<&str> = words.collect();
            let is_plain =
                words.iter().all(|word| !word.contains(['"', '\'', '$', '`', '>', '<', '*']));
            let watches = words.iter().any(|word| ["-w", "--watch"].contains(word));
            (is_compiler && is_plain && !watches).then(|| Self::of(words.into_iter()))
        })
    }

    fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut words: Vec<String> = words.map(str::to_owned).collect();
        let builds = words.iter().any(|word| ["-b", "--build"].contains(&word.as_str()));
        // In a build, each configuration says whether it emits files.
        if !builds && !words.iter().any(|word| word == "--noEmit") {
            words.push("--noEmit".to_owned());
        }
        words.extend(["--pretty", "false"].map(str::to_owned));
        Self(words)
    }

    fn run(&self, npm: Npm<'_>, progress: &Progress) -> Result<Outcome, ProcessError> {
        let Ok(sh) = Shell::new() else { return Ok(Outcome::Good) };
        sh.change_dir(npm.directory);
        let (program, words) = (npm.program, &self.0);
        let command = cmd!(sh, "{program} exec --no -- {words...}");
        progress.detail(&command);
        let mut messages = String::new();
        let mut count = 0;
        let ended = process::run_hidden(command, "", |output| {
            let (Output::Stdout(line) | Output::Stderr(line)) = output else { return };
            count += 1;
            if count <= MAX_LINES {
                let _ = writeln!(messages, "{line}");
            }
        });
        match ended {
            Ok(()) => Ok(Outcome::Good),
            // Any other failure, such as a compiler that is not installed, is not the page's.
            Err(ProcessError::Failed { .. }) if messages.contains("error TS") => {
                if count > MAX_LINES {
                    let _ = writeln!(messages, "… and {} more lines", count - MAX_LINES);
                }
                Ok(Outcome::Errors(messages))
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camino::Utf8PathBuf;

    fn found(files: &[(&str, &str)]) -> Option<String> {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(dir.path().to_owned()).unwrap();
        for (name, text) in files {
            files::write(&root.join(name), text).unwrap();
        }
        TypeCheck::find(&root).map(|TypeCheck(words)| words.join(" "))
    }

    fn with_scripts(scripts: &str) -> Option<String> {
        found(&[("package.json", &format!(r#"{{ "scripts": {scripts} }}"#))])
    }

    #[test]
    fn types_are_checked_as_the_scripts_do_it() {
        for (scripts, expected) in [
            (r#"{ "build": "tsc --noEmit && vite build" }"#, "tsc --noEmit --pretty false"),
            (r#"{ "build": "tsc -b && vite build" }"#, "tsc -b --pretty false"),
            (
                r#"{ "build": "run-p type-check", "type-check": "vue-tsc --build" }"#,
                "vue-tsc --build --pretty false",
            ),
            (
                r#"{ "build": "tsc", "types": "npx tsc -p a.json" }"#,
                "tsc -p a.json --noEmit --pretty false",
            ),
            (
                r#"{ "watch": "tsc --watch", "lint": "eslint .; tsc" }"#,
                "tsc --noEmit --pretty false",
            ),
        ] {
            assert_eq!(with_scripts(scripts).as_deref(), Some(expected), "{scripts}");
        }
        assert_eq!(
            with_scripts(r#"{ "build": "vite build", "a": "echo tsc", "b": "tsc $X" }"#),
            None
        );
    }

    #[test]
    fn types_are_checked_without_a_script_if_typescript_is_configured() {
        let package = ("package.json", r#"{ "devDependencies": { "typescript": "5" } }"#);
        assert_eq!(found(&[package]), None);
        assert_eq!(found(&[("package.json", "{}"), ("tsconfig.json", "{}")]), None);
        let check = |config| found(&[package, ("tsconfig.json", config)]);
        assert_eq!(check("{ // a comment\n}").as_deref(), Some("tsc --noEmit --pretty false"));
        let with_references = r#"{ "files": [], "references": [{ "path": "a.json" }] }"#;
        assert_eq!(check(with_references).as_deref(), Some("tsc -b --pretty false"));
    }
}
