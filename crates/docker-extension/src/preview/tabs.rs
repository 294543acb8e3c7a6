//! The browser tabs that show the preview. Each keeps one connection open, which carries the output of
//! its programs and the state of the build. A browser opens at most six connections to a server, so
//! there can't be one for each program.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::guard;
use crate::http;

/// The maximum number of tabs. A browser delays a seventh connection until another ends, and loading the
/// pages needs some as well.
const MAX_TABS: usize = 4;
/// The maximum number of programs that a tab runs at the same time.
const MAX_PROGRAMS: usize = 64;

/// A tab is disconnected if it accepts no data for this time, for example because the browser suspended
/// it.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A message to a tab. `client/connection.js` handles them; `exec` is the page's number for a program.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum TabMessage<'a> {
    Hello {
        /// A random name, which the page sends with every request.
        tab: &'a str,
    },
    Building,
    Built,
    /// The build failed. The host binaries of the last successful build remain available.
    NotBuilt {
        messages: &'a str,
    },
    /// The types of the pages are wrong, as the compiler's messages say.
    TypeErrors {
        messages: &'a str,
    },
    NoTypeErrors,
    Reload {
        /// Shown after the page has reloaded, unless it is empty.
        why: &'a str,
    },
    /// More than [`MAX_TABS`] tabs are open, and this is the oldest one.
    Replaced,
    Stdout {
        exec: u64,
        text: &'a str,
    },
    Stderr {
        exec: u64,
        text: &'a str,
    },
    Exit {
        exec: u64,
        /// `None` if a signal ended the program.
        code: Option<i32>,
        signal: Option<&'a str>,
        /// The preview ended the program, because the page requested it or the session ended.
        killed: bool,
    },
    /// A program was not run.
    Failed {
        exec: u64,
        message: &'a str,
        /// Node's error code, which Docker Desktop passes on.
        code: &'a str,
    },
}

#[derive(Debug)]
pub struct Tab {
    name: String,
    stream: Mutex<TcpStream>,
    /// The same connection, to close it while another thread writes to the stream.
    connection: TcpStream,
    /// The programs that it runs, and whether they are cancelled.
    programs: Mutex<BTreeMap<u64, Arc<AtomicBool>>>,
}

impl Tab {
    /// # Errors
    /// The tab was closed.
    pub fn send(&self, message: &TabMessage<'_>) -> io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        let sent = lock(&self.stream).write_all(&line);
        if sent.is_err() {
            // It may have received a part of the line.
            self.cut();
        }
        sent
    }

    /// Registers a program, and returns the flag that cancels it.
    ///
    /// # Errors
    /// A message for the page.
    pub fn add_program(&self, exec: u64) -> Result<Arc<AtomicBool>, &'static str> {
        let mut programs = lock(&self.programs);
        if programs.len() >= MAX_PROGRAMS {
            return Err("this page runs too many programs at the same time; the limit is 64");
        }
        let cancelled = Arc::new(AtomicBool::new(false));
        if programs.insert(exec, Arc::clone(&cancelled)).is_some() {
            return Err("this page already runs a program with this number");
        }
        Ok(cancelled)
    }

    /// Cancels a program if it is still running.
    pub fn end_program(&self, exec: u64) {
        if let Some(cancelled) = lock(&self.programs).get(&exec) {
            cancelled.store(true, Ordering::SeqCst);
        }
    }

    pub fn remove_program(&self, exec: u64) {
        lock(&self.programs).remove(&exec);
    }

    fn cut(&self) {
        for cancelled in lock(&self.programs).values() {
            cancelled.store(true, Ordering::SeqCst);
        }
        // The tab may have closed it already.
        let _ = self.connection.shutdown(Shutdown::Both);
    }
}

/// All tabs, and what a new one must know.
#[derive(Debug, Default)]
pub struct Tabs {
    tabs: Mutex<Vec<Arc<Tab>>>,
    faults: Mutex<ProjectFaults>,
}

/// The compilers' messages, if their last run failed.
#[derive(Clone, Debug, Default)]
struct ProjectFaults {
    host_binaries: Option<String>,
    types: Option<String>,
}

impl Tabs {
    /// Serves a tab until it is closed, and then ends its programs.
    ///
    /// # Errors
    /// It was closed before it received the first message.
    pub fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_write_timeout(Some(TIMEOUT))?;
        http::begin_stream(&mut stream, "application/x-ndjson")?;
        let tab = Arc::new(Tab {
            name: guard::random()?,
            connection: stream.try_clone()?,
            stream: Mutex::new(stream.try_clone()?),
            programs: Mutex::default(),
        });
        self.add(&tab)?;
        let ProjectFaults { host_binaries, types } = lock(&self.faults).clone();
        // An error ends the loop below.
        if let Some(messages) = &host_binaries {
            let _ = tab.send(&TabMessage::NotBuilt { messages });
        }
        if let Some(messages) = &types {
            let _ = tab.send(&TabMessage::TypeErrors { messages });
        }
        // The browser sends no more data. The stream ends when the tab is closed.
        while let Ok(1..) = stream.read(&mut [0; 64]) {}
        lock(&self.tabs).retain(|other| !Arc::ptr_eq(other, &tab));
        tab.cut();
        Ok(())
    }

    fn add(&self, tab: &Arc<Tab>) -> io::Result<()> {
        let oldest = {
            let mut tabs = lock(&self.tabs);
            // Under the lock: no message may come before this one, and the tab must be in the list
            // before it uses its name.
            tab.send(&TabMessage::Hello { tab: &tab.name })?;
            tabs.push(Arc::clone(tab));
            (tabs.len() > MAX_TABS).then(|| tabs.remove(0))
        };
        if let Some(oldest) = oldest {
            let _ = oldest.send(&TabMessage::Replaced);
            oldest.cut();
        }
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<Arc<Tab>> {
        lock(&self.tabs).iter().find(|tab| tab.name == name).cloned()
    }

    /// Sends a message to all tabs. Tabs that open later also receive the compilers' messages.
    pub fn send(&self, message: &TabMessage<'_>) {
        match message {
            TabMessage::NotBuilt { messages } => {
                lock(&self.faults).host_binaries = Some((*messages).to_owned());
            }
            TabMessage::Built => lock(&self.faults).host_binaries = None,
            TabMessage::TypeErrors { messages } => {
                lock(&self.faults).types = Some((*messages).to_owned());
            }
            TabMessage::NoTypeErrors => lock(&self.faults).types = None,
            _ => {}
        }
        let tabs = lock(&self.tabs).clone();
        for tab in tabs {
            // `serve` removes tabs that are closed.
            let _ = tab.send(message);
        }
    }

    /// Closes the connections to all tabs.
    pub fn cut(&self) {
        for tab in lock(&self.tabs).drain(..) {
            tab.cut();
        }
    }
}

/// Ignores poisoning: a panic does not leave these values in an invalid state.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
