//! Runs other programs. Their output streams to a sink, Ctrl-C ends them and their children, and an error
//! contains the end of their output.

use std::io;
use std::ops::ControlFlow;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::interrupt;

mod kept;
mod lines;
mod running;
mod waiting;

use kept::KeptOutput;
pub use running::{Event, Request, Running, Stream};
pub use waiting::{NETWORK, observe};
use waiting::{Patience, ShownOutput, Watch};

#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("`{program}` is not installed or not on PATH")]
    NotFound { program: String },
    /// The program exists, but does not start.
    #[error("can't start `{program}`")]
    Start { program: String, source: io::Error },
    /// The operating system does not report the exit status.
    #[error("can't wait for `{program}`")]
    Wait { program: String, source: io::Error },
    #[error("`{command}` failed ({status})")]
    Failed {
        /// The shortened command line.
        command: String,
        status: ExitStatus,
        /// The end of its standard output and standard error.
        messages: String,
    },
    /// The program was ended because it took too long.
    #[error("`{command}` did not finish within {} seconds", .limit.as_secs())]
    TimedOut {
        /// The shortened command line.
        command: String,
        limit: Duration,
    },
    /// The user pressed Ctrl-C.
    #[error(transparent)]
    Interrupted(#[from] interrupt::Interrupted),
}

impl ProcessError {
    /// The end of the program's output, for an error to quote.
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
    /// A line that the program will overwrite, such as a progress bar.
    Progress(&'a str),
}

/// Runs a program to its end, and sends its output to `sink`, which shows it.
pub fn run(command: impl Into<Command>, sink: impl FnMut(Output<'_>)) -> Result<(), ProcessError> {
    run_within(command.into(), None, Patience::NORMAL, ShownOutput::BySink, sink)
}

/// Like [`run`], for a sink that does not show all output. If the program takes long, the user sees its
/// last lines and `hint`, which is an imperative, or empty.
pub fn run_hidden(
    command: impl Into<Command>,
    hint: &'static str,
    sink: impl FnMut(Output<'_>),
) -> Result<(), ProcessError> {
    run_within(command.into(), None, Patience::NORMAL, ShownOutput::OnDelay { hint }, sink)
}

/// Like [`run`], for a program that is expected to run until Ctrl-C.
pub fn serve(
    command: impl Into<Command>,
    sink: impl FnMut(Output<'_>),
) -> Result<(), ProcessError> {
    run_within(command.into(), None, Patience::Endless, ShownOutput::BySink, sink)
}

/// Runs a program and returns its standard output.
pub fn read(command: impl Into<Command>) -> Result<String, ProcessError> {
    collect(command.into(), None)
}

/// Like [`read`], for a program that may never answer.
pub fn read_within(command: impl Into<Command>, limit: Duration) -> Result<String, ProcessError> {
    collect(command.into(), Some(limit))
}

fn collect(command: Command, limit: Option<Duration>) -> Result<String, ProcessError> {
    let mut text = String::new();
    let shown = ShownOutput::OnDelay { hint: "" };
    run_within(command, limit, Patience::NORMAL, shown, |output| {
        if let Output::Stdout(line) = output {
            text.push_str(line);
            text.push('\n');
        }
    })?;
    Ok(text)
}

/// Runs a program with `input` (a few kilobytes at most), and sends its standard output to `sink`. If the
/// sink breaks, the program is ended without an error.
pub fn stream(
    command: impl Into<Command>,
    input: &[u8],
    mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), ProcessError> {
    let command = command.into();
    let name = shown(&command);
    let mut watch = Watch::start(&name, Patience::NORMAL, ShownOutput::BySink);
    let mut kept = KeptOutput::default();
    let status = supervise(command, &name, input, None, |activity| {
        watch.check(matches!(activity, Activity::Output(..)), &kept);
        match activity {
            Activity::Output(Stream::Stdout, bytes) => return sink(bytes),
            Activity::Output(Stream::Stderr, bytes) => {
                kept.push(Stream::Stderr, bytes, &mut |_| {});
            }
            Activity::None => {}
        }
        ControlFlow::Continue(())
    })?;
    kept.finish(&mut |_| {});
    status.map_or(Ok(()), |status| judge(name, status, kept))
}

fn run_within(
    command: Command,
    limit: Option<Duration>,
    patience: Patience,
    output: ShownOutput,
    mut sink: impl FnMut(Output<'_>),
) -> Result<(), ProcessError> {
    let name = shown(&command);
    let mut watch = Watch::start(&name, patience, output);
    let mut kept = KeptOutput::default();
    let status = supervise(command, &name, &[], limit, |activity| {
        if let Activity::Output(stream, bytes) = activity {
            kept.push(stream, bytes, &mut sink);
        }
        watch.check(matches!(activity, Activity::Output(..)), &kept);
        ControlFlow::Continue(())
    })?;
    kept.finish(&mut sink);
    status.map_or(Ok(()), |status| judge(name, status, kept))
}

/// What a running program did since the last check.
#[derive(Clone, Copy, Debug)]
enum Activity<'a> {
    Output(Stream, &'a [u8]),
    None,
}

/// Runs a program until it ends, or until `sink` breaks; then it has no exit status.
fn supervise(
    command: Command,
    shown: &str,
    input: &[u8],
    limit: Option<Duration>,
    mut sink: impl FnMut(Activity<'_>) -> ControlFlow<()>,
) -> Result<Option<ExitStatus>, ProcessError> {
    interrupt::check()?;
    let started = Instant::now();
    let mut running = Running::start(command, input)?;
    running.close_input();
    loop {
        match running.next_event() {
            Event::Output(stream, bytes) => {
                if sink(Activity::Output(stream, &bytes)).is_break() {
                    running.end(Request::Interrupt);
                    return Ok(None);
                }
            }
            Event::Quiet => {
                // It has no reason to break.
                let _ = sink(Activity::None);
            }
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

fn judge(shown: String, status: ExitStatus, output: KeptOutput) -> Result<(), ProcessError> {
    if status.success() {
        Ok(())
    } else if interrupt::is_interrupted() {
        Err(interrupt::Interrupted.into())
    } else {
        Err(ProcessError::Failed { command: shown, status, messages: output.kept() })
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

/// The command line for messages: the program's file name and its first arguments.
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn an_error_contains_the_output_of_the_program() {
        let error = read(shell("echo out; sleep 0.1; echo why >&2; exit 3")).unwrap_err();
        assert_eq!(error.messages(), "out\nwhy");
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended_with_its_children() {
        let started = Instant::now();
        let error = read_within(shell("sleep 60 & sleep 60"), Duration::from_millis(200));
        assert!(matches!(error, Err(ProcessError::TimedOut { .. })), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_program_receives_the_input_and_its_output_is_streamed() {
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
    fn a_program_is_ended_when_the_sink_breaks() {
        let mut received = 0;
        let outcome = stream(shell("cat /dev/zero & cat /dev/zero"), &[], |bytes| {
            received += bytes.len();
            if received > 1_000_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(outcome.is_ok(), "{outcome:?}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = read(Command::new("no-such-program")).unwrap_err();
        assert!(matches!(error, ProcessError::NotFound { .. }), "{error:?}");
    }
}
