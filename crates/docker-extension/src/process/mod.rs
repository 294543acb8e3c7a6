//! Running other programs: their output streams to a sink, Ctrl-C ends them with everything that
//! they started, and a failure keeps the end of what they said.

use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::interrupt;

mod lines;
mod running;

use lines::Lines;
pub use running::{Event, Request, Running, Stream};

/// How many of the last lines of a failed program's messages are kept for the error.
const KEPT_LINES: usize = 40;

/// A program could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// There is no such program.
    #[error("`{program}` is not installed, or not on PATH")]
    NotFound {
        /// The name that was looked for.
        program: String,
    },
    /// The program is there but does not start.
    #[error("can't start `{program}`")]
    Start {
        /// The program.
        program: String,
        /// The operating system's reason.
        source: io::Error,
    },
    /// It can't be found out how the program ended.
    #[error("can't wait for `{program}`")]
    Wait {
        /// The program.
        program: String,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The program ended with an error.
    #[error("`{command}` failed ({status})")]
    Failed {
        /// The command line, shortened.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote, to either stream.
        messages: String,
    },
    /// The program did not answer in time, and was ended.
    #[error("`{command}` did not answer within {} seconds", .limit.as_secs())]
    TimedOut {
        /// The command line, shortened.
        command: String,
        /// How long it had.
        limit: Duration,
    },
    /// The person pressed Ctrl-C.
    #[error(transparent)]
    Interrupted(#[from] interrupt::Interrupted),
}

impl ProcessError {
    /// What the program said last, for an error to quote; empty where it said nothing.
    pub fn messages(&self) -> &str {
        match self {
            ProcessError::Failed { messages, .. } => messages,
            _ => "",
        }
    }
}

/// A piece of a running program's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output<'a> {
    /// A line of its standard output.
    Stdout(&'a str),
    /// A line of its standard error.
    Stderr(&'a str),
    /// A line that it will write over: the state of a progress bar.
    Progress(&'a str),
}

/// Runs a program to its end, and hands its output to `sink` as it comes.
pub fn run(command: impl Into<Command>, sink: impl FnMut(Output<'_>)) -> Result<(), ProcessError> {
    run_within(command.into(), None, sink)
}

/// Runs a program and returns what it wrote to its standard output.
pub fn read(command: impl Into<Command>) -> Result<String, ProcessError> {
    collect(command.into(), None)
}

/// Like [`read`], for a program that may never answer.
pub fn read_within(command: impl Into<Command>, limit: Duration) -> Result<String, ProcessError> {
    collect(command.into(), Some(limit))
}

fn collect(command: Command, limit: Option<Duration>) -> Result<String, ProcessError> {
    let mut text = String::new();
    run_within(command, limit, |output| {
        if let Output::Stdout(line) = output {
            text.push_str(line);
            text.push('\n');
        }
    })?;
    Ok(text)
}

/// Runs a program that reads `input` (of a few kilobytes at most), and hands the bytes that it writes
/// to `sink` as they come. Where the sink has had enough the program is ended, and that is no error.
pub fn stream(
    command: impl Into<Command>,
    input: &[u8],
    mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), ProcessError> {
    let command = command.into();
    let shown = shown(&command);
    let mut said = Said::default();
    let status = supervise(command, &shown, input, None, |stream, bytes| match stream {
        Stream::Stdout => sink(bytes),
        Stream::Stderr => {
            said.push(stream, bytes, &mut |_| {});
            ControlFlow::Continue(())
        }
    })?;
    said.finish(&mut |_| {});
    status.map_or(Ok(()), |status| judge(shown, status, said))
}

fn run_within(
    command: Command,
    limit: Option<Duration>,
    mut sink: impl FnMut(Output<'_>),
) -> Result<(), ProcessError> {
    let shown = shown(&command);
    let mut said = Said::default();
    let status = supervise(command, &shown, &[], limit, |stream, bytes| {
        said.push(stream, bytes, &mut sink);
        ControlFlow::Continue(())
    })?;
    said.finish(&mut sink);
    status.map_or(Ok(()), |status| judge(shown, status, said))
}

/// Runs a program until it ends by itself, or `sink` has had enough: then it has no status.
fn supervise(
    command: Command,
    shown: &str,
    input: &[u8],
    limit: Option<Duration>,
    mut sink: impl FnMut(Stream, &[u8]) -> ControlFlow<()>,
) -> Result<Option<ExitStatus>, ProcessError> {
    interrupt::check()?;
    let started = Instant::now();
    let mut running = Running::start(command, input)?;
    running.close_input();
    loop {
        match running.next_event() {
            Event::Output(stream, bytes) => {
                if sink(stream, &bytes).is_break() {
                    running.end(Request::Interrupt);
                    return Ok(None);
                }
            }
            Event::Quiet => {}
            Event::Ended => return running.wait().map(Some),
        }
        if interrupt::is_interrupted() {
            running.end(Request::Interrupt);
            return Err(interrupt::Interrupted.into());
        }
        if let Some(limit) = limit.filter(|limit| started.elapsed() >= *limit) {
            running.end(Request::Interrupt);
            return Err(ProcessError::TimedOut { command: shown.to_owned(), limit });
        }
    }
}

fn judge(shown: String, status: ExitStatus, said: Said) -> Result<(), ProcessError> {
    if status.success() {
        Ok(())
    } else if interrupt::is_interrupted() {
        Err(interrupt::Interrupted.into())
    } else {
        Err(ProcessError::Failed { command: shown, status, messages: said.kept() })
    }
}

fn start_error(command: &Command, source: io::Error) -> ProcessError {
    let program = program(command);
    match source.kind() {
        io::ErrorKind::NotFound => ProcessError::NotFound { program },
        _ => ProcessError::Start { program, source },
    }
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// The command line for messages: the program's file name and its first words.
fn shown(command: &Command) -> String {
    const WORDS: usize = 4;
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program()).to_string_lossy();
    let mut shown = program.into_owned();
    for word in command.get_args().take(WORDS) {
        shown.push(' ');
        shown.push_str(&word.to_string_lossy());
    }
    if command.get_args().len() > WORDS {
        shown.push_str(" …");
    }
    shown
}

/// What a program has said: its last lines are kept for an error to quote.
#[derive(Default)]
struct Said {
    stdout: Lines,
    stderr: Lines,
    kept: VecDeque<String>,
}

impl Said {
    fn push(&mut self, stream: Stream, bytes: &[u8], sink: &mut impl FnMut(Output<'_>)) {
        let lines = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        let kept = &mut self.kept;
        lines.push(bytes, |text, overwritten| tell(stream, text, overwritten, kept, sink));
    }

    /// The lines without an end, when nothing more comes.
    fn finish(&mut self, sink: &mut impl FnMut(Output<'_>)) {
        let kept = &mut self.kept;
        for (stream, lines) in
            [(Stream::Stdout, &mut self.stdout), (Stream::Stderr, &mut self.stderr)]
        {
            std::mem::take(lines)
                .finish(|text, overwritten| tell(stream, text, overwritten, kept, sink));
        }
    }

    fn kept(self) -> String {
        Vec::from(self.kept).join("\n")
    }
}

fn tell(
    stream: Stream,
    text: String,
    overwritten: bool,
    kept: &mut VecDeque<String>,
    sink: &mut impl FnMut(Output<'_>),
) {
    sink(match stream {
        Stream::Stdout => Output::Stdout(&text),
        Stream::Stderr if overwritten => Output::Progress(&text),
        Stream::Stderr => Output::Stderr(&text),
    });
    if overwritten {
        return;
    }
    if kept.len() == KEPT_LINES {
        kept.pop_front();
    }
    kept.push_back(text);
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failure_keeps_what_the_program_said() {
        let error = read(shell("echo out; sleep 0.1; echo why >&2; exit 3")).unwrap_err();
        assert_eq!(error.messages(), "out\nwhy");
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }

    #[test]
    fn a_program_that_never_answers_is_ended_with_its_children() {
        let started = Instant::now();
        let error = read_within(shell("sleep 60 & sleep 60"), Duration::from_millis(200));
        assert!(matches!(error, Err(ProcessError::TimedOut { .. })), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn bytes_stream_through_a_program() {
        let input: Vec<u8> = (0..=255).cycle().take(4_000).collect();
        let mut output: Vec<u8> = Vec::new();
        let outcome = stream(Command::new("cat"), &input, |bytes| {
            output.extend(bytes);
            ControlFlow::Continue(())
        });
        assert!(outcome.is_ok(), "{outcome:?}");
        assert!(output == input);
    }

    #[test]
    fn a_program_that_never_ends_is_ended_when_enough_was_heard() {
        let mut heard = 0;
        let outcome = stream(shell("cat /dev/zero & cat /dev/zero"), &[], |bytes| {
            heard += bytes.len();
            if heard > 1_000_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(outcome.is_ok(), "{outcome:?}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = read(Command::new("no-such-program")).unwrap_err();
        assert!(matches!(error, ProcessError::NotFound { .. }), "{error:?}");
    }
}
