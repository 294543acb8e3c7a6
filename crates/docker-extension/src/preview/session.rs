//! What all connections of a preview share.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use super::guard::Guard;
use super::pages::Pages;
use super::programs::Programs;
use super::tabs::{Message, Tabs};
use super::watch::{self, Watcher};
use crate::interrupt;

/// A preview, from its start to Ctrl-C.
#[derive(Debug)]
pub struct Session {
    /// Who may ask.
    pub guard: Guard,
    /// Where the pages come from.
    pub pages: Pages,
    /// The script that makes `window.ddClient`.
    pub script: String,
    /// The browser tabs.
    pub tabs: Tabs,
    programs: RwLock<Option<Arc<Programs>>>,
    running: AtomicUsize,
    is_over: AtomicBool,
}

impl Session {
    /// A session without host binaries yet.
    pub fn new(guard: Guard, pages: Pages, script: String) -> Self {
        Self {
            guard,
            pages,
            script,
            tabs: Tabs::default(),
            programs: RwLock::default(),
            running: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        }
    }

    /// The host binaries of the last build that went well.
    pub fn programs(&self) -> Option<Arc<Programs>> {
        self.programs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on these are run; those that run go on.
    pub fn set_programs(&self, programs: Arc<Programs>) {
        *self.programs.write().unwrap_or_else(PoisonError::into_inner) = Some(programs);
    }

    /// Counts a program as running while the value lives.
    pub fn count_running(self: &Arc<Self>) -> Counted {
        self.running.fetch_add(1, Ordering::SeqCst);
        Counted(Arc::clone(self))
    }

    /// Has pages that are plain files loaded again when one has changed, until the session is over.
    pub fn watch_pages(&self) {
        let Pages::Folder(folder) = &self.pages else { return };
        let mut watcher = Watcher::new(vec![folder.clone()]);
        while !self.is_over() {
            thread::sleep(watch::PAUSE);
            if watcher.has_changed() {
                self.tabs.tell(&Message::Reload { why: "" });
            }
        }
    }

    /// Whether everything is to end.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst) || interrupt::is_interrupted()
    }

    /// Ends the session, and returns when no program runs any more.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.tabs.cut();
        while self.running.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_millis(10));
        }
        // The last ones hold a folder.
        self.programs.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// A program that runs.
pub struct Counted(Arc<Session>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
