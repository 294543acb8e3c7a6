//! A running program: its output and its end.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use super::ProcessError;

/// How often the end of a silent program is checked.
const POLL: Duration = Duration::from_millis(50);
/// How long to wait for more output after a program has ended: a daemon that it started keeps the pipes
/// open.
const LINGER: Duration = Duration::from_secs(1);
/// The number of buffered pieces of output; then the program has to wait.
const WAITING_PIECES: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

#[derive(Debug)]
pub enum Event {
    /// The program wrote these bytes.
    Output(Stream, Vec<u8>),
    /// The program wrote nothing within [`POLL`]; the caller can check whether to end it.
    Quiet,
    /// The program has ended or closed its streams; see [`Running::wait`].
    Ended,
}

/// The signal that asks a program to end. On Windows, which has no such signals, both end it at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// SIGINT, as for Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

/// A program in its own process group. The group ends with the program, at the latest when this value is
/// dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    program: String,
    /// Kept open, because some programs end when their input ends.
    stdin: Option<ChildStdin>,
    pieces: Receiver<(Stream, Vec<u8>)>,
    last_output: Instant,
    status: Option<ExitStatus>,
}

impl Running {
    /// Starts a program with `input` (a few kilobytes at most) as its standard input.
    ///
    /// # Errors
    /// The program does not exist or does not start.
    pub fn start(mut command: Command, input: &[u8]) -> Result<Self, ProcessError> {
        command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // Its own group, so that Ctrl-C in the terminal does not reach it: this process ends it and its
        // children.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|source| super::start_error(&command, source))?;
        let mut stdin = child.stdin.take();
        if let Some(stdin) = &mut stdin {
            // A program that does not read its input reports its own error.
            let _ = stdin.write_all(input);
        }
        let (sender, pieces) = mpsc::sync_channel(WAITING_PIECES);
        if let Some(stdout) = child.stdout.take() {
            forward(stdout, Stream::Stdout, sender.clone());
        }
        if let Some(stderr) = child.stderr.take() {
            forward(stderr, Stream::Stderr, sender);
        }
        let program = super::program(&command);
        let last_output = Instant::now();
        Ok(Self { child, program, stdin, pieces, last_output, status: None })
    }

    /// Ends the standard input of the program.
    pub fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Waits for the next event, at most for [`POLL`].
    pub fn next_event(&mut self) -> Event {
        match self.pieces.recv_timeout(POLL) {
            Ok((stream, bytes)) => {
                self.last_output = Instant::now();
                Event::Output(stream, bytes)
            }
            Err(RecvTimeoutError::Disconnected) => Event::Ended,
            Err(RecvTimeoutError::Timeout) => {
                let lingers = self.has_ended() && self.last_output.elapsed() <= LINGER;
                if self.has_ended() && !lingers { Event::Ended } else { Event::Quiet }
            }
        }
    }

    fn has_ended(&mut self) -> bool {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
            // The last output may still be in the pipes.
            if self.status.is_some() {
                self.last_output = Instant::now();
            }
        }
        self.status.is_some()
    }

    /// Waits until the program has ended.
    ///
    /// # Errors
    /// The operating system does not report the exit status.
    pub fn wait(&mut self) -> Result<ExitStatus, ProcessError> {
        if let Some(status) = self.status {
            return Ok(status);
        }
        let status = self
            .child
            .wait()
            .map_err(|source| ProcessError::Wait { program: self.program.clone(), source })?;
        self.status = Some(status);
        Ok(status)
    }

    /// Ends the program and its children; first with a signal, where the operating system has them.
    pub fn end(&mut self, request: Request) {
        #[cfg(unix)]
        self.end_group(request);
        #[cfg(windows)]
        {
            let _ = request;
            let mut tree = Command::new("taskkill");
            tree.args(["/T", "/F", "/PID", &self.child.id().to_string()]);
            let _ = tree.stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
        // These fail if the program has already ended.
        let _ = self.child.kill();
        let _ = self.wait();
    }

    #[cfg(unix)]
    fn end_group(&mut self, request: Request) {
        use rustix::process::{Pid, Signal, kill_process_group};

        use crate::interrupt;

        /// The time to end before the program is killed.
        const GRACE: Duration = Duration::from_secs(3);
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let signal = |signal| group.map(|group| kill_process_group(group, signal));
        signal(match request {
            Request::Interrupt => Signal::INT,
            Request::Terminate => Signal::TERM,
        });
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline && !interrupt::is_impatient() && !self.has_ended() {
            // The program could not end while its output is not read.
            let _ = self.pieces.recv_timeout(POLL);
        }
        signal(Signal::KILL);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended() {
            self.end(Request::Terminate);
        }
    }
}

/// Sends the bytes of a stream until it is closed or the receiver is dropped.
fn forward(
    mut stream: impl Read + Send + 'static,
    kind: Stream,
    pieces: SyncSender<(Stream, Vec<u8>)>,
) {
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            if pieces.send((kind, buffer[..read].to_vec())).is_err() {
                break;
            }
        }
    });
}
