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

use super::guard::Token;
use super::http;

/// How many tabs there are at most: browsers would let a seventh connection wait forever, and pages
/// have to be loaded as well.
const MAX_TABS: usize = 4;
/// How many programs a tab runs at most.
const MAX_PROGRAMS: usize = 64;

/// How long a tab may take nothing of what it is told: the browser may have put it to sleep.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a tab is told.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Message<'a> {
    /// The tab's name, which it shows with every request.
    Hello {
        /// A random text.
        tab: &'a str,
    },
    /// Host binaries are being built.
    Building,
    /// The host binaries are as the sources say.
    Built,
    /// The host binaries can't be built; those of the last build are still there.
    NotBuilt {
        /// What the compiler says.
        messages: &'a str,
    },
    /// There is something new to see.
    Reload {
        /// What it is, for people.
        why: &'a str,
    },
    /// Too many tabs were opened, and this is the oldest one.
    Replaced,
    /// A program writes to its standard output.
    Stdout {
        /// Which.
        exec: u64,
        /// What.
        text: &'a str,
    },
    /// A program writes to its standard error.
    Stderr {
        /// Which.
        exec: u64,
        /// What.
        text: &'a str,
    },
    /// A program has ended.
    Exit {
        /// Which.
        exec: u64,
        /// Its exit code, unless a signal ended it.
        code: Option<i32>,
        /// The signal that ended it.
        signal: Option<&'a str>,
        /// It was ended because the page asked for it.
        killed: bool,
    },
    /// A program could not be run.
    Failed {
        /// Which.
        exec: u64,
        /// Why.
        message: &'a str,
        /// Node's name for the reason, as Docker Desktop gives it.
        code: &'a str,
    },
}

/// A browser tab.
#[derive(Debug)]
pub struct Tab {
    /// Its name, which nobody can guess.
    pub name: String,
    stream: Mutex<TcpStream>,
    /// The same connection, to be cut while the stream is written to.
    connection: TcpStream,
    /// The programs that it runs, and whether they are unwanted by now.
    programs: Mutex<BTreeMap<u64, Arc<AtomicBool>>>,
}

impl Tab {
    /// Tells the tab something.
    ///
    /// # Errors
    /// It is gone.
    pub fn tell(&self, message: &Message<'_>) -> io::Result<()> {
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
    /// What is wrong, for people.
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

    /// Forgets a program that has ended.
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
            name: Token::new()?.as_str().to_owned(),
            connection: stream.try_clone()?,
            stream: Mutex::new(stream.try_clone()?),
            programs: Mutex::default(),
        });
        self.add(&tab)?;
        if let Some(messages) = lock(&self.not_built).as_deref() {
            // Should it be gone already, that is seen below.
            let _ = tab.tell(&Message::NotBuilt { messages });
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
            tab.tell(&Message::Hello { tab: &tab.name })?;
            tabs.push(Arc::clone(tab));
            (tabs.len() > MAX_TABS).then(|| tabs.remove(0))
        };
        if let Some(oldest) = oldest {
            let _ = oldest.tell(&Message::Replaced);
            oldest.cut();
        }
        Ok(())
    }

    /// The tab of this name.
    pub fn get(&self, name: &str) -> Option<Arc<Tab>> {
        lock(&self.tabs).iter().find(|tab| tab.name == name).cloned()
    }

    /// Tells all tabs something; those that open later are told of a failed build.
    pub fn tell(&self, message: &Message<'_>) {
        match message {
            Message::NotBuilt { messages } => {
                *lock(&self.not_built) = Some((*messages).to_owned());
            }
            Message::Built => *lock(&self.not_built) = None,
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
