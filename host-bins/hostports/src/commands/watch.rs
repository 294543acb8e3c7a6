//! `hostports watch`: the list of `hostports list`, and then each change.
//!
//! The program ends when its output is closed. Docker Desktop ends it when the page closes its stream;
//! this covers all other cases, such as a crash of Docker Desktop. On every operating system, a program
//! detects a closed output by writing to it: the write fails with `EPIPE` on Linux and macOS, and with
//! `ERROR_NO_DATA` on Windows. So if nothing changes, this writes a space every [`KEEP_ALIVE`]. Parsers
//! ignore it, because JSON allows spaces before a value. (Polling is not an alternative: Windows does not
//! support it for pipes, and macOS not for every kind of file.)
//!
//! Ctrl-C and SIGTERM also end the program, with exit status 0. Windows has no SIGTERM: there the process
//! that ends another one chooses its exit status.

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_shutdown;

use super::list::Listing;
use super::survey;
use crate::listener::{Listener, Protocol};
use crate::output::Reader;
use crate::survey::Survey;
use crate::{Error, output};

/// The longest time between two writes.
const KEEP_ALIVE: Duration = Duration::from_secs(3);

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event<'a> {
    Snapshot(Listing<'a>),
    Opened { listener: &'a Listener },
    Closed { listener: &'a Listener },
}

pub(super) fn run(interval: Duration, protocols: &[Protocol]) -> Result<ExitCode, Error> {
    end_on_signals().map_err(Error::Signals)?;
    let mut before = survey(protocols)?;
    let mut stream = Stream::new();
    stream.print(&Event::Snapshot(Listing::new(&before)))?;
    loop {
        stream.pause(interval)?;
        if stream.reader == Reader::Closed {
            return Ok(ExitCode::SUCCESS);
        }
        let now = survey(protocols)?;
        for event in changes(&before, &now) {
            stream.print(&event)?;
        }
        before = now;
    }
}

fn end_on_signals() -> io::Result<()> {
    let always = Arc::new(AtomicBool::new(true));
    for signal in [SIGINT, SIGTERM] {
        register_conditional_shutdown(signal, 0, Arc::clone(&always))?;
    }
    Ok(())
}

/// `closed` events come first, because another process may take over a port.
fn changes<'a>(before: &'a Survey, now: &'a Survey) -> impl Iterator<Item = Event<'a>> {
    let closed = before.listeners.difference(&now.listeners);
    let opened = now.listeners.difference(&before.listeners);
    let closed = closed.map(|listener| Event::Closed { listener });
    closed.chain(opened.map(|listener| Event::Opened { listener }))
}

/// The output, and whether its reader has closed it.
struct Stream {
    reader: Reader,
    last_written: Instant,
    /// A terminal ends its programs when it closes, and would show the spaces.
    is_terminal: bool,
}

impl Stream {
    fn new() -> Self {
        let is_terminal = io::stdout().is_terminal();
        Self { reader: Reader::Open, last_written: Instant::now(), is_terminal }
    }

    fn print(&mut self, event: &Event<'_>) -> Result<(), Error> {
        self.write(&(output::json(event)? + "\n"))
    }

    /// Waits for this time, or until the reader closes the output.
    fn pause(&mut self, interval: Duration) -> Result<(), Error> {
        let start = Instant::now();
        while self.reader == Reader::Open {
            let rest = interval.saturating_sub(start.elapsed());
            if rest.is_zero() {
                break;
            }
            let until_write = KEEP_ALIVE.saturating_sub(self.last_written.elapsed());
            thread::sleep(rest.min(until_write));
            if self.last_written.elapsed() >= KEEP_ALIVE {
                self.keep_alive()?;
            }
        }
        Ok(())
    }

    fn keep_alive(&mut self) -> Result<(), Error> {
        self.write(if self.is_terminal { "" } else { " " })
    }

    fn write(&mut self, text: &str) -> Result<(), Error> {
        self.reader = output::write(text)?;
        self.last_written = Instant::now();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::testing::*;
    use std::collections::BTreeSet;

    fn survey(listeners: &[Listener]) -> Survey {
        Survey::new(listeners.iter().cloned().collect(), Ok(BTreeSet::new()))
    }

    fn lines<'a>(events: impl Iterator<Item = Event<'a>>) -> Vec<String> {
        events.map(|event| output::json(&event).expect("JSON")).collect()
    }

    #[test]
    fn the_first_event_is_the_whole_list() {
        let survey = survey(&[]);
        let snapshot = Event::Snapshot(Listing::new(&survey));
        assert_eq!(
            lines([snapshot].into_iter()),
            [r#"{"schema_version":2,"event":"snapshot","listeners":[],"unseen":[]}"#]
        );
    }

    #[test]
    fn a_port_that_another_process_takes_over_closes_before_it_opens() {
        let before = survey(&[held(tcp("0.0.0.0:80"), 2, "nginx"), held(udp("[::]:53"), 3, "dns")]);
        let now = survey(&[held(tcp("0.0.0.0:80"), 1, "caddy"), held(udp("[::]:53"), 3, "dns")]);
        assert_eq!(
            lines(changes(&before, &now)),
            [
                r#"{"schema_version":2,"event":"closed","listener":{"protocol":"tcp","address":"0.0.0.0","port":80,"pid":2,"process":"nginx","path":"/usr/bin/nginx"}}"#,
                r#"{"schema_version":2,"event":"opened","listener":{"protocol":"tcp","address":"0.0.0.0","port":80,"pid":1,"process":"caddy","path":"/usr/bin/caddy"}}"#,
            ]
        );
    }

    #[test]
    fn unchanged_sockets_cause_no_events() {
        let survey = survey(&[held(tcp("0.0.0.0:80"), 2, "nginx")]);
        assert_eq!(changes(&survey, &survey).count(), 0);
    }
}
