//! Questions on a terminal.

use std::fmt::Display;
use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::files::IoContext;
use crate::interrupt;
use crate::style::{BAD, DIM, GOOD};

/// A terminal on which a user can answer questions.
pub struct Prompt {
    lines: Receiver<io::Result<String>>,
}

impl Prompt {
    /// None if standard input or standard error is not a terminal.
    pub fn on_terminal() -> Option<Self> {
        let is_terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        is_terminal.then(|| Self::reading(|| io::stdin().lines()))
    }

    /// Reads in a separate thread, because Ctrl-C does not end a read.
    fn reading<I>(lines: impl FnOnce() -> I + Send + 'static) -> Self
    where
        I: Iterator<Item = io::Result<String>>,
    {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for line in lines() {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { lines: receiver }
    }

    /// Asks until `parse` accepts the answer. An empty answer is `default`.
    ///
    /// # Errors
    /// The user pressed Ctrl-C, or closed the input.
    pub fn ask<T, E: Display>(
        &self,
        question: &str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T> {
        loop {
            anstream::eprint!("{GOOD}?{GOOD:#} {question} {DIM}[{default}]{DIM:#} ");
            let line = self.line()?;
            let answer = match line.trim() {
                "" => default,
                answer => answer,
            };
            match parse(answer) {
                Ok(answer) => return Ok(answer),
                Err(reason) => anstream::eprintln!("  {BAD}{reason}{BAD:#}"),
            }
        }
    }

    /// # Errors
    /// The user pressed Ctrl-C, or closed the input.
    pub fn confirm(&self, question: &str) -> Result<bool> {
        self.ask(&format!("{question} (y/n)"), "n", |answer| match answer {
            "y" | "Y" | "yes" => Ok(true),
            "n" | "N" | "no" => Ok(false),
            _ => Err("answer `y` or `n`"),
        })
    }

    fn line(&self) -> Result<String> {
        const POLL: Duration = Duration::from_millis(50);
        loop {
            interrupt::check().map_err(Error::showing)?;
            match self.lines.recv_timeout(POLL) {
                Ok(line) => return line.doing("read", "the answer"),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::new("the input ended before all questions were answered")
                        .help("set the answers with options; `--help` lists them")
                        .usage());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(lines: &[&str]) -> Prompt {
        let lines: Vec<_> = lines.iter().map(|line| Ok((*line).to_owned())).collect();
        Prompt::reading(|| lines.into_iter())
    }

    #[test]
    fn a_question_is_asked_until_the_answer_is_valid() {
        let number = |answer: &str| answer.parse::<u8>();
        assert_eq!(prompt(&["x", "300", " 7 "]).ask("How many?", "1", number).unwrap(), 7);
        assert_eq!(prompt(&["  "]).ask("How many?", "1", number).unwrap(), 1);
        let closed = prompt(&["x"]).ask("How many?", "1", number).unwrap_err();
        assert!(closed.to_string().starts_with("the input ended"), "{closed}");
    }

    #[test]
    fn only_yes_is_a_confirmation() {
        assert!(prompt(&["maybe", "y"]).confirm("Delete?").unwrap());
        assert!(!prompt(&[""]).confirm("Delete?").unwrap());
    }
}
