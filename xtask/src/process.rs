//! Running other programs: their output streams to a sink, Ctrl-C ends them with everything that
//! they started, and a failure keeps the end of what they said.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::interrupt;

/// How many of the last lines of a failed program's messages are kept for the error.
const KEPT_LINES: usize = 40;
/// How often a silent program is looked after.
const POLL: Duration = Duration::from_millis(50);
/// How long a program may take to end after Ctrl-C before it is killed.
const GRACE: Duration = Duration::from_secs(3);
/// How many pieces of output wait for the sink before the program has to.
const QUEUE: usize = 64;
/// How long a program that has ended may leave its pipes open, as a daemon that it started does.
const LINGER: Duration = Duration::from_secs(1);

/// A program could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
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

impl Error {
    /// What the program said last, for an error to quote; empty where it said nothing.
    pub fn messages(&self) -> &str {
        match self {
            Error::Failed { messages, .. } => messages,
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
pub fn run(command: impl Into<Command>, mut sink: impl FnMut(Output<'_>)) -> Result<(), Error> {
    let how = How { input: None, limit: None, stdout: Stdout::Lines };
    supervise(command.into(), how, |event| {
        if let Event::Line(line) = event {
            sink(line.output());
        }
        ControlFlow::Continue(())
    })
}

/// Runs a program that reads `input`, and hands the bytes that it writes to `sink` as they come.
/// Where the sink has had enough the program is ended, and that is no error.
pub fn stream(
    command: impl Into<Command>,
    input: &[u8],
    mut sink: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), Error> {
    let how = How { input: Some(input.to_owned()), limit: None, stdout: Stdout::Bytes };
    supervise(command.into(), how, |event| match event {
        Event::Bytes(bytes) => sink(bytes),
        Event::Line(_) => ControlFlow::Continue(()),
    })
}

/// Runs a program and returns what it wrote to its standard output.
pub fn read(command: impl Into<Command>) -> Result<String, Error> {
    collect(command.into(), None)
}

/// Like [`read`], for a program that may never answer.
pub fn read_within(command: impl Into<Command>, limit: Duration) -> Result<String, Error> {
    collect(command.into(), Some(limit))
}

fn collect(command: Command, limit: Option<Duration>) -> Result<String, Error> {
    let mut text = String::new();
    supervise(command, How { input: None, limit, stdout: Stdout::Lines }, |event| {
        if let Event::Line(Line { stream: Stream::Stdout, text: line, .. }) = event {
            text.push_str(line);
            text.push('\n');
        }
        ControlFlow::Continue(())
    })?;
    Ok(text)
}

/// How a program is run.
struct How {
    /// What it reads from its standard input.
    input: Option<Vec<u8>>,
    /// How long it may take.
    limit: Option<Duration>,
    stdout: Stdout,
}

/// What a program's standard output is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stdout {
    Lines,
    Bytes,
}

fn supervise(
    mut command: Command,
    how: How,
    mut sink: impl FnMut(&Event) -> ControlFlow<()>,
) -> Result<(), Error> {
    interrupt::check()?;
    let shown = shown(&command);
    let stdin = if how.input.is_some() { Stdio::piped() } else { Stdio::null() };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own: Ctrl-C reaches the program through us alone, and with it all its children.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(|source| start_error(&command, source))?;

    let (sender, events) = mpsc::sync_channel(QUEUE);
    if let Some((mut stdin, input)) = child.stdin.take().zip(how.input) {
        // A program that reads no more of it says itself why.
        thread::spawn(move || stdin.write_all(&input));
    }
    match (child.stdout.take(), how.stdout) {
        (Some(stdout), Stdout::Lines) => forward_lines(stdout, Stream::Stdout, sender.clone()),
        (Some(stdout), Stdout::Bytes) => forward_bytes(stdout, sender.clone()),
        (None, _) => {}
    }
    if let Some(stderr) = child.stderr.take() {
        forward_lines(stderr, Stream::Stderr, sender.clone());
    }
    drop(sender);

    let started = Instant::now();
    let mut last_heard = started;
    let mut messages = Messages::default();
    loop {
        match events.recv_timeout(POLL) {
            Ok(event) => {
                last_heard = Instant::now();
                if sink(&event).is_break() {
                    end(&mut child);
                    return Ok(());
                }
                messages.keep(event);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let has_ended = matches!(child.try_wait(), Ok(Some(_)));
                if has_ended && last_heard.elapsed() > LINGER {
                    break;
                }
            }
        }
        if interrupt::is_interrupted() {
            end(&mut child);
            return Err(interrupt::Interrupted.into());
        }
        if let Some(limit) = how.limit.filter(|limit| started.elapsed() >= *limit) {
            end(&mut child);
            return Err(Error::TimedOut { command: shown, limit });
        }
    }
    let status =
        child.wait().map_err(|source| Error::Wait { program: program(&command), source })?;
    if status.success() {
        Ok(())
    } else if interrupt::is_interrupted() {
        Err(interrupt::Interrupted.into())
    } else {
        Err(Error::Failed { command: shown, status, messages: messages.text() })
    }
}

fn start_error(command: &Command, source: io::Error) -> Error {
    let program = program(command);
    match source.kind() {
        io::ErrorKind::NotFound => Error::NotFound { program },
        _ => Error::Start { program, source },
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

/// Ends the program and everything that it started: politely first, where there is a way to.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let signal = |signal| group.map(|group| kill_process_group(group, signal));
        signal(Signal::INT);
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline && !interrupt::is_impatient() {
            if !matches!(child.try_wait(), Ok(None)) {
                break;
            }
            thread::sleep(POLL);
        }
        signal(Signal::KILL);
    }
    #[cfg(windows)]
    {
        let mut tree = Command::new("taskkill");
        tree.args(["/T", "/F", "/PID", &child.id().to_string()]);
        let _ = tree.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
    // Nothing is left to be done about one that is gone already.
    let _ = child.kill();
    let _ = child.wait();
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Stdout,
    Stderr,
}

/// A piece of output, on its way from the thread that reads it.
enum Event {
    Line(Line),
    Bytes(Vec<u8>),
}

struct Line {
    stream: Stream,
    text: String,
    /// The line ended with a carriage return: the next one takes its place.
    overwritten: bool,
}

impl Line {
    fn output(&self) -> Output<'_> {
        match self {
            Line { stream: Stream::Stdout, text, .. } => Output::Stdout(text),
            Line { overwritten: true, text, .. } => Output::Progress(text),
            Line { text, .. } => Output::Stderr(text),
        }
    }
}

/// Sends a stream's lines, without their ends, until it is closed.
fn forward_lines(
    mut source: impl Read + Send + 'static,
    stream: Stream,
    events: mpsc::SyncSender<Event>,
) {
    thread::spawn(move || {
        let mut lines = Lines::default();
        let mut buffer = [0; 8192];
        let send = |(text, overwritten)| {
            // The receiver is gone once the program was ended.
            let _ = events.send(Event::Line(Line { stream, text, overwritten }));
        };
        while let Ok(read @ 1..) = source.read(&mut buffer) {
            lines.push(&buffer[..read], send);
        }
        lines.finish(send);
    });
}

/// Sends a stream's bytes until it is closed, or nobody wants more of them.
fn forward_bytes(mut source: impl Read + Send + 'static, events: mpsc::SyncSender<Event>) {
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = source.read(&mut buffer) {
            if events.send(Event::Bytes(buffer[..read].to_owned())).is_err() {
                return;
            }
        }
    });
}

/// Cuts bytes into lines that end with `\n`, `\r\n` or (to be written over) `\r`.
#[derive(Default)]
struct Lines {
    line: Vec<u8>,
    returned: bool,
}

impl Lines {
    fn push(&mut self, bytes: &[u8], mut send: impl FnMut((String, bool))) {
        for &byte in bytes {
            if byte == b'\n' {
                self.returned = false;
                send((self.take(), false));
                continue;
            }
            if std::mem::take(&mut self.returned) {
                let text = self.take();
                if !text.is_empty() {
                    send((text, true));
                }
            }
            match byte {
                b'\r' => self.returned = true,
                _ => self.line.push(byte),
            }
        }
    }

    fn finish(mut self, mut send: impl FnMut((String, bool))) {
        if !self.line.is_empty() {
            send((self.take(), self.returned));
        }
    }

    fn take(&mut self) -> String {
        let text = String::from_utf8_lossy(&self.line).into_owned();
        self.line.clear();
        text
    }
}

#[derive(Default)]
struct Messages(VecDeque<String>);

impl Messages {
    fn keep(&mut self, event: Event) {
        let Event::Line(Line { overwritten: false, text, .. }) = event else { return };
        if self.0.len() == KEPT_LINES {
            self.0.pop_front();
        }
        self.0.push_back(text);
    }

    fn text(self) -> String {
        Vec::from(self.0).join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(pieces: &[&str]) -> Vec<(String, bool)> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for piece in pieces {
            lines.push(piece.as_bytes(), |line| found.push(line));
        }
        lines.finish(|line| found.push(line));
        found
    }

    #[test]
    fn lines_are_told_from_progress_whatever_the_pieces() {
        let expected =
            [("one", false), ("10%", true), ("20%", true), ("two", false), ("end", false)]
                .map(|(text, overwritten)| (text.to_owned(), overwritten));
        assert_eq!(cut(&["one\n10%\r20%\rtwo\r\nend"]), expected);
        assert_eq!(cut(&["one\n10", "%\r", "20%\rtwo\r", "\nen", "d"]), expected);
    }

    #[cfg(unix)]
    mod on_unix {
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
            assert!(matches!(error, Err(Error::TimedOut { .. })), "{error:?}");
            assert!(started.elapsed() < Duration::from_secs(30));
        }

        #[test]
        fn bytes_stream_through_a_program() {
            let input: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
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
            assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
        }
    }
}
