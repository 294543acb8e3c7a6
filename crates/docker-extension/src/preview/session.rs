//! The state that all connections of a preview share.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use super::guard::Guard;
use super::pages::PageSource;
use super::programs::Programs;
use super::search_path::SearchPath;
use super::services::Services;
use super::tabs::{TabMessage, Tabs};
use super::watch::{self, Watcher};
use crate::interrupt;

/// A preview, from its start to Ctrl-C.
#[derive(Debug)]
pub struct Session {
    pub guard: Guard,
    pub pages: PageSource,
    /// The script that creates `window.ddClient`.
    pub script: String,
    pub tabs: Tabs,
    /// The PATH of host binaries.
    pub search_path: SearchPath,
    pub services: Services,
    programs: RwLock<Option<Arc<Programs>>>,
    running: AtomicUsize,
    is_over: AtomicBool,
}

impl Session {
    /// A session without host binaries yet.
    pub fn new(guard: Guard, pages: PageSource, script: String, search_path: SearchPath) -> Self {
        Self {
            guard,
            pages,
            script,
            tabs: Tabs::default(),
            search_path,
            services: Services::default(),
            programs: RwLock::default(),
            running: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        }
    }

    /// The host binaries of the last successful build.
    pub fn programs(&self) -> Option<Arc<Programs>> {
        self.programs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the host binaries. Programs that are running continue.
    pub fn set_programs(&self, programs: Arc<Programs>) {
        *self.programs.write().unwrap_or_else(PoisonError::into_inner) = Some(programs);
    }

    /// Counts a program as running while the value lives.
    pub fn count_running(self: &Arc<Self>) -> RunningCount {
        self.running.fetch_add(1, Ordering::SeqCst);
        RunningCount(Arc::clone(self))
    }

    /// If the pages are plain files, reloads them when one changes, until the session is over.
    pub fn watch_pages(&self) {
        let PageSource::Directory(directory) = &self.pages else { return };
        let mut watcher = Watcher::new(vec![directory.clone()]);
        while !self.is_over() {
            thread::sleep(watch::PAUSE);
            if watcher.has_changed() {
                self.tabs.send(&TabMessage::Reload { why: "" });
            }
        }
    }

    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst) || interrupt::is_interrupted()
    }

    /// Ends the session and its programs. Returns when all of them have ended.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.tabs.cut();
        while self.running.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_millis(10));
        }
        // This removes their directory.
        self.programs.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}

pub struct RunningCount(Arc<Session>);

impl Drop for RunningCount {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
