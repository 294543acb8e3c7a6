//! Shows the progress on standard error: a live list of steps with times on a terminal, else plain lines.

use std::fmt::Display;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::process::{self, Output};
use crate::style::{BAD, DIM, GOOD, WARNING};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only warnings and errors.
    Quiet,
    /// The steps, and messages of programs.
    Normal,
    /// Also the commands and all their output.
    Verbose,
}

pub struct Progress {
    verbosity: Verbosity,
    live: Option<MultiProgress>,
}

impl Progress {
    /// Live if standard error is a terminal.
    pub fn new(verbosity: Verbosity) -> Self {
        let live = verbosity > Verbosity::Quiet && std::io::stderr().is_terminal();
        let live = live.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self { verbosity, live }
    }

    /// Reports every program that takes long, wherever it is run. Call it once.
    pub fn report_slow_programs(&self) {
        let progress = Self { verbosity: self.verbosity, live: self.live.clone() };
        process::observe(move |waiting| progress.note(waiting));
    }

    /// Whether steps are redrawn in place, so that programs should show their own progress too.
    pub fn is_live(&self) -> bool {
        self.live.is_some()
    }

    pub fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    pub fn is_verbose(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }

    /// Begins a step. It ends with [`Step::done`]; if it is dropped before, it has failed.
    pub fn step(&self, title: impl Into<String>) -> Step<'_> {
        let title = title.into();
        let bar = self.live.as_ref().map(|live| {
            let style = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar = live.add(ProgressBar::new_spinner().with_style(style));
            bar.set_message(title.clone());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        if bar.is_none() && self.verbosity > Verbosity::Quiet {
            self.print(format_args!("{DIM}·{DIM:#} {title} …"));
        }
        Step { progress: self, title, bar, started: Instant::now(), finished: false }
    }

    /// Prints a line above the running steps.
    pub fn note(&self, text: impl Display) {
        if self.verbosity > Verbosity::Quiet {
            self.print(format_args!("  {text}"));
        }
    }

    /// Prints a line with `--verbose`.
    pub fn detail(&self, text: impl Display) {
        if self.verbosity == Verbosity::Verbose {
            self.print(format_args!("  {DIM}{text}{DIM:#}"));
        }
    }

    /// Prints a warning, even with `--quiet`.
    pub fn warn(&self, text: impl Display) {
        self.print(format_args!("{WARNING}warning{WARNING:#}: {text}"));
    }

    /// Prints a text that names its own severity, even with `--quiet`.
    pub fn report(&self, text: impl Display) {
        self.print(text);
    }

    fn print(&self, text: impl Display) {
        match &self.live {
            Some(live) => live.suspend(|| anstream::eprintln!("{text}")),
            None => anstream::eprintln!("{text}"),
        }
    }
}

pub struct Step<'a> {
    progress: &'a Progress,
    title: String,
    bar: Option<ProgressBar>,
    started: Instant,
    finished: bool,
}

impl Step<'_> {
    /// Shows a message after the title of a live step.
    pub fn at(&self, message: impl Display) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{} {DIM}{message}{DIM:#}", self.title));
        }
    }

    /// Shows a program's output: its progress after the title, its standard error above the steps, and its
    /// standard output with `--verbose`.
    pub fn relay(&self, output: Output<'_>) {
        match output {
            // Programs clear the rest of a line that they overwrite; this line is not theirs.
            Output::Progress(text) => self.at(text.replace("\u{1b}[K", "").trim()),
            Output::Stderr(text) => self.progress.print(text),
            Output::Stdout(text) => self.progress.detail(text),
        }
    }

    pub fn progress(&self) -> &Progress {
        self.progress
    }

    /// Ends the step successfully; `outcome` is a few words.
    pub fn done(mut self, outcome: impl Display) {
        self.end(format_args!("{GOOD}✓{GOOD:#}"), outcome);
    }

    fn end(&mut self, mark: impl Display, outcome: impl Display) {
        self.finished = true;
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if self.progress.verbosity > Verbosity::Quiet {
            let time = self.started.elapsed().as_secs_f64();
            let line = format!("{mark} {} {DIM}{time:.1}s{DIM:#}  {outcome}", self.title);
            self.progress.print(line.trim_end());
        }
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.end(format_args!("{BAD}✗{BAD:#}"), "");
        }
    }
}
