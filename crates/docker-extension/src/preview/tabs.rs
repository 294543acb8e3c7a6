//! The browser tabs that show the preview. Each holds one connection open, on which it is told all:
//! what its programs write, and how the build fares. A browser has six connections to a server, so
//! neither programs nor messages may take one each.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::guard;
use crate::http;

/// How many tabs there are at most: browsers would let a seventh connection wait forever, and pages
/// have to be loaded as well.
const MAX_TABS: usize = 4;
/// How many programs a tab runs at most.
const MAX_PROGRAMS: usize = 64;

/// How long a tab may take nothing of what it is told: the browser may have put it to sleep.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a tab is told. `client/` knows these names; `exec` is the page's number for a program.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum TabMessage<'a> {
    Hello {
        /// A random name, which the page shows with every request.
        tab: &'a str,
    },
    Building,
    Built,
    /// The host binaries of the last build are still there.
    NotBuilt {
        messages: &'a str,
    },
    /// There is something new to see.
    Reload {
        why: &'a str,
    },
    /// Too many tabs were opened, and this is the oldest one.
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
        /// None where a signal ended it.
        code: Option<i32>,
        signal: Option<&'a str>,
        /// It was ended because the page asked for it.
        killed: bool,
    },
    /// A program could not be run.
    Failed {
        exec: u64,
        message: &'a str,
        /// Node's name for the reason, as Docker Desktop gives it.
        code: &'a str,
    },
}

#[derive(Debug)]
pub struct Tab {
    name: String,
    stream: Mutex<TcpStream>,
    /// The same connection, to be cut while the stream is written to.
    connection: TcpStream,
    /// The programs that it runs, and whether they are unwanted by now.
    programs: Mutex<BTreeMap<u64, Arc<AtomicBool>>>,
}

impl Tab {
    /// # Errors
    /// It is gone.
    pub fn tell(&self, message: &TabMessage<'_>) -> io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        let told = lock(&self.stream).write_all(&line);
        if told.is_err() {
            // It may have been told half of it.
            self.cut();
        }
        told
    }

    /// Notes a program that begins, and returns the flag that tells when it is unwanted.
    ///
    /// # Errors
    /// What is wrong, for the page.
    pub fn add_program(&self, exec: u64) -> Result<Arc<AtomicBool>, &'static str> {
        let mut programs = lock(&self.programs);
        if programs.len() >= MAX_PROGRAMS {
            return Err("this page runs too many programs at once");
        }
        let unwanted = Arc::new(AtomicBool::new(false));
        if programs.insert(exec, Arc::clone(&unwanted)).is_some() {
            return Err("the page has used this number before");
        }
        Ok(unwanted)
    }

    /// Has a program end, if it still runs.
    pub fn end_program(&self, exec: u64) {
        if let Some(unwanted) = lock(&self.programs).get(&exec) {
            unwanted.store(true, Ordering::SeqCst);
        }
    }

    pub fn remove_program(&self, exec: u64) {
        lock(&self.programs).remove(&exec);
    }

    fn cut(&self) {
        for unwanted in lock(&self.programs).values() {
            unwanted.store(true, Ordering::SeqCst);
        }
        // It may be gone already.
        let _ = self.connection.shutdown(Shutdown::Both);
    }
}

/// All tabs, and how the build fares.
#[derive(Debug, Default)]
pub struct Tabs {
    tabs: Mutex<Vec<Arc<Tab>>>,
    /// What the compiler says, where the build fails.
    not_built: Mutex<Option<String>>,
}

impl Tabs {
    /// Serves a tab until it is left, and has its programs end then.
    ///
    /// # Errors
    /// It was left before it began.
    pub fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_write_timeout(Some(PATIENCE))?;
        http::begin_stream(&mut stream, "application/x-ndjson")?;
        let tab = Arc::new(Tab {
            name: guard::random()?,
            connection: stream.try_clone()?,
            stream: Mutex::new(stream.try_clone()?),
            programs: Mutex::default(),
        });
        self.add(&tab)?;
        if let Some(messages) = lock(&self.not_built).as_deref() {
            // Should it be gone already, that is seen below.
            let _ = tab.tell(&TabMessage::NotBuilt { messages });
        }
        // A browser sends nothing more; the end comes when the tab is left.
        while let Ok(1..) = stream.read(&mut [0; 64]) {}
        lock(&self.tabs).retain(|other| !Arc::ptr_eq(other, &tab));
        tab.cut();
        Ok(())
    }

    fn add(&self, tab: &Arc<Tab>) -> io::Result<()> {
        let oldest = {
            let mut tabs = lock(&self.tabs);
            // Before all else that it is told, and not before it can be found.
            tab.tell(&TabMessage::Hello { tab: &tab.name })?;
            tabs.push(Arc::clone(tab));
            (tabs.len() > MAX_TABS).then(|| tabs.remove(0))
        };
        if let Some(oldest) = oldest {
            let _ = oldest.tell(&TabMessage::Replaced);
            oldest.cut();
        }
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<Arc<Tab>> {
        lock(&self.tabs).iter().find(|tab| tab.name == name).cloned()
    }

    /// Tells all tabs something; those that open later are told of a failed build.
    pub fn tell(&self, message: &TabMessage<'_>) {
        match message {
            TabMessage::NotBuilt { messages } => {
                *lock(&self.not_built) = Some((*messages).to_owned());
            }
            TabMessage::Built => *lock(&self.not_built) = None,
            _ => {}
        }
        let tabs = lock(&self.tabs).clone();
        for tab in tabs {
            // One that is gone is removed by who serves it.
            let _ = tab.tell(message);
        }
    }

    /// Cuts all connections: there is nothing to be told any more.
    pub fn cut(&self) {
        for tab in lock(&self.tabs).drain(..) {
            tab.cut();
        }
    }
}

/// A thread that panicked has left nothing half done here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
