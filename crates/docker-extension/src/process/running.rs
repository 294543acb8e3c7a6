//! A program that runs: its output in pieces as they come, and its end.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use super::ProcessError;

/// How often a silent program is looked after.
const POLL: Duration = Duration::from_millis(50);
/// How long a program that has ended may leave its pipes open, as a daemon that it started does.
const LINGER: Duration = Duration::from_secs(1);
/// How many pieces of output wait before the program has to.
const WAITING_PIECES: usize = 16;

/// Which of a program's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What happens to a program.
#[derive(Debug)]
pub enum Event {
    /// It wrote these bytes.
    Output(Stream, Vec<u8>),
    /// It wrote nothing for a moment: time to look whether it is still wanted.
    Quiet,
    /// It has ended, or closed its streams: see [`Running::wait`].
    Ended,
}

/// How a program is asked to end; on Windows, where there is no asking, both end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// As by Ctrl-C.
    Interrupt,
    /// As by `kill`.
    Terminate,
}

/// A program that runs in a group of its own, so that all that it starts ends with it: at the latest
/// when this value is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    program: String,
    /// Open until it is closed or the program ends: some take its end for a wish to end.
    stdin: Option<ChildStdin>,
    pieces: Receiver<(Stream, Vec<u8>)>,
    last_heard: Instant,
    status: Option<ExitStatus>,
}

impl Running {
    /// Starts a program that reads `input` (of a few kilobytes at most), or nothing where it is
    /// empty.
    ///
    /// # Errors
    /// It is not there, or does not start.
    pub fn start(mut command: Command, input: &[u8]) -> Result<Self, ProcessError> {
        command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own: Ctrl-C reaches the program through us alone, and with it all its
        // children.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|source| super::start_error(&command, source))?;
        let mut stdin = child.stdin.take();
        if let Some(stdin) = &mut stdin {
            // One that does not read has its own reasons, and tells them.
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
        let last_heard = Instant::now();
        Ok(Self { child, program, stdin, pieces, last_heard, status: None })
    }

    /// Tells a program that reads until the end that this is it.
    pub fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Waits for what happens next, a moment at most.
    pub fn next_event(&mut self) -> Event {
        match self.pieces.recv_timeout(POLL) {
            Ok((stream, bytes)) => {
                self.last_heard = Instant::now();
                Event::Output(stream, bytes)
            }
            Err(RecvTimeoutError::Disconnected) => Event::Ended,
            Err(RecvTimeoutError::Timeout) => {
                let lingers = self.has_ended() && self.last_heard.elapsed() <= LINGER;
                if self.has_ended() && !lingers { Event::Ended } else { Event::Quiet }
            }
        }
    }

    fn has_ended(&mut self) -> bool {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
            // The last output may still be in the pipes, on a busy machine for longer than a moment.
            if self.status.is_some() {
                self.last_heard = Instant::now();
            }
        }
        self.status.is_some()
    }

    /// Waits until the program has ended, and tells how.
    ///
    /// # Errors
    /// The operating system does not tell.
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

    /// Ends the program and everything that it started: asks first, where there is a way to.
    pub fn end(&mut self, request: Request) {
        #[cfg(unix)]
        self.end_group(request);
        #[cfg(windows)]
        {
            // There is no asking.
            let _ = request;
            let mut tree = Command::new("taskkill");
            tree.args(["/T", "/F", "/PID", &self.child.id().to_string()]);
            let _ = tree.stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
        // Nothing is left to be done about one that is gone already.
        let _ = self.child.kill();
        let _ = self.wait();
    }

    #[cfg(unix)]
    fn end_group(&mut self, request: Request) {
        use rustix::process::{Pid, Signal, kill_process_group};

        use crate::interrupt;

        /// How long a program may take to end before it is killed.
        const GRACE: Duration = Duration::from_secs(3);
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let signal = |signal| group.map(|group| kill_process_group(group, signal));
        signal(match request {
            Request::Interrupt => Signal::INT,
            Request::Terminate => Signal::TERM,
        });
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline && !interrupt::is_impatient() && !self.has_ended() {
            // Its last words would keep it from ending, if nobody took them.
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

/// Sends what a stream brings, until it is closed or nobody listens.
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
