//! Event queues: `kqueue` on top of `epoll`.

use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::sync::{Arc, Mutex, PoisonError};

use super::{errno, unsupported};

pub fn find(name: &str) -> Option<*const ()> {
    Some(match name {
        "kevent" => kevent as *const (),
        "kqueue" => kqueue as *const (),
        _ => return None,
    })
}

const EVFILT_READ: i16 = -1;
const EVFILT_WRITE: i16 = -2;
const EVFILT_USER: i16 = -10;

const EV_ADD: u16 = 0x1;
const EV_DELETE: u16 = 0x2;
const EV_ONESHOT: u16 = 0x10;
const EV_CLEAR: u16 = 0x20;
const EV_RECEIPT: u16 = 0x40;
const EV_ERROR: u16 = 0x4000;
const EV_EOF: u16 = 0x8000;
const SUPPORTED: u16 = EV_ADD | EV_DELETE | EV_ONESHOT | EV_CLEAR | EV_RECEIPT;

const NOTE_TRIGGER: u32 = 0x0100_0000;

/// macOS's `struct kevent`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Event {
    ident: u64,
    filter: i16,
    flags: u16,
    filter_flags: u32,
    data: i64,
    user: u64,
}

/// What a program waits for.
#[derive(Clone, Copy)]
struct Interest {
    flags: u16,
    user: u64,
    /// The file that epoll watches: that of the program, or an eventfd for EVFILT_USER.
    file: c_int,
}

#[derive(Default)]
struct Queue(HashMap<(u64, i16), Interest>);

/// The queues by their file; a duplicated file has the same queue.
static QUEUES: Mutex<Option<HashMap<c_int, Arc<Mutex<Queue>>>>> = Mutex::new(None);

fn queues<T>(use_them: impl FnOnce(&mut HashMap<c_int, Arc<Mutex<Queue>>>) -> T) -> T {
    let mut queues = QUEUES.lock().unwrap_or_else(PoisonError::into_inner);
    use_them(queues.get_or_insert_default())
}

extern "C" fn kqueue() -> c_int {
    // SAFETY: it takes no pointer.
    let file = unsafe { libc::epoll_create1(0) };
    if file >= 0 {
        queues(|queues| queues.insert(file, Arc::default()));
    }
    file
}

/// Tells that `new` is now the same file as `old`.
pub fn duplicated(old: c_int, new: c_int) {
    queues(|queues| {
        if let Some(queue) = queues.get(&old).cloned() {
            queues.insert(new, queue);
        }
    });
}

unsafe extern "C" fn kevent(
    file: c_int,
    changes: *const Event,
    change_count: c_int,
    events: *mut Event,
    room: c_int,
    timeout: *const libc::timespec,
) -> c_int {
    let Some(queue) = queues(|queues| queues.get(&file).cloned()) else {
        unsupported("kevent", file);
    };
    let room = room.max(0) as usize;
    let mut found = Vec::new();
    for index in 0..change_count.max(0) as usize {
        // SAFETY: the caller provides this number of changes.
        let change = unsafe { *changes.add(index) };
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let number = queue.change(file, &change);
        if (number != 0 || change.flags & EV_RECEIPT != 0) && found.len() < room {
            found.push(Event { flags: EV_ERROR, data: number.into(), ..change });
        } else if number != 0 {
            // SAFETY: the number belongs to this thread.
            unsafe { *libc::__errno_location() = number };
            return -1;
        }
    }
    if found.is_empty() && room > 0 {
        match wait(file, &queue, room, timeout) {
            Some(events) => found = events,
            None => return -1,
        }
    }
    for (index, event) in found.iter().enumerate() {
        // SAFETY: the caller provides room for them.
        unsafe { events.add(index).write(*event) };
    }
    found.len() as c_int
}

impl Queue {
    /// Makes a change, and returns an error number of macOS, or 0.
    fn change(&mut self, file: c_int, change: &Event) -> c_int {
        if change.flags & !SUPPORTED != 0 {
            unsupported("kevent", change.flags);
        }
        let key = (change.ident, change.filter);
        let watched = match (change.filter, self.0.get(&key)) {
            (EVFILT_READ | EVFILT_WRITE, _) => change.ident as c_int,
            (EVFILT_USER, Some(interest)) => interest.file,
            // SAFETY: it takes no pointer.
            (EVFILT_USER, None) => unsafe { libc::eventfd(0, libc::EFD_NONBLOCK) },
            (other, _) => unsupported("kevent", other),
        };
        if change.flags & EV_DELETE != 0 {
            if self.0.remove(&key).is_none() {
                return libc::ENOENT;
            }
        } else if change.flags & EV_ADD != 0 {
            let interest =
                self.0.entry(key).or_insert(Interest { flags: 0, user: 0, file: watched });
            interest.flags |= change.flags;
            interest.user = change.user;
        }
        if change.filter == EVFILT_USER && change.filter_flags & NOTE_TRIGGER != 0 {
            // SAFETY: the value is 8 bytes long.
            unsafe { libc::write(watched, (&raw const ONE).cast::<c_void>(), 8) };
        }
        self.watch(file, watched)
    }

    /// Makes epoll watch the file as its interests say.
    fn watch(&self, queue: c_int, watched: c_int) -> c_int {
        let mut wanted = 0;
        for ((_, filter), interest) in self.0.iter().filter(|(_, it)| it.file == watched) {
            wanted |= match *filter {
                EVFILT_WRITE => libc::EPOLLOUT,
                // A program that got EV_EOF does not wait for another event.
                _ => libc::EPOLLIN | libc::EPOLLRDHUP,
            };
            if *filter != EVFILT_USER && interest.flags & EV_CLEAR != 0 {
                wanted |= libc::EPOLLET;
            }
        }
        let mut event = libc::epoll_event { events: wanted as u32, u64: watched as u64 };
        // SAFETY: the event is valid; epoll checks the files.
        let control =
            |how, event: *mut _| match unsafe { libc::epoll_ctl(queue, how, watched, event) } {
                0 => 0,
                _ => std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL),
            };
        let number = match wanted {
            0 => control(libc::EPOLL_CTL_DEL, &raw mut event),
            _ => match control(libc::EPOLL_CTL_MOD, &raw mut event) {
                libc::ENOENT => control(libc::EPOLL_CTL_ADD, &raw mut event),
                other => other,
            },
        };
        errno::to_apple(number)
    }

    /// The events that the program waits for among those of epoll.
    fn events(&mut self, occurred: &libc::epoll_event) -> Vec<Event> {
        let (file, state) = (occurred.u64 as c_int, occurred.events as c_int);
        let is_end = state & (libc::EPOLLHUP | libc::EPOLLERR) != 0;
        let mut events = Vec::new();
        for ((ident, filter), interest) in self.0.iter().filter(|(_, it)| it.file == file) {
            let sought = if *filter == EVFILT_WRITE { libc::EPOLLOUT } else { libc::EPOLLIN };
            if state & sought == 0 && !is_end {
                continue;
            }
            if *filter == EVFILT_USER && interest.flags & EV_CLEAR != 0 {
                let mut count = 0_u64;
                // SAFETY: the value is 8 bytes long.
                unsafe { libc::read(file, (&raw mut count).cast(), 8) };
            }
            let is_read_end = *filter == EVFILT_READ && state & libc::EPOLLRDHUP != 0;
            let end = if is_end || is_read_end { EV_EOF } else { 0 };
            let flags = interest.flags & EV_CLEAR | end;
            let user = interest.user;
            events.push(Event {
                ident: *ident,
                filter: *filter,
                flags,
                filter_flags: 0,
                data: 1,
                user,
            });
        }
        for event in &events {
            let key = (event.ident, event.filter);
            if self.0.get(&key).is_some_and(|interest| interest.flags & EV_ONESHOT != 0) {
                self.0.remove(&key);
            }
        }
        events
    }
}

static ONE: u64 = 1;

/// Waits for events; `None` if that failed, with the error number set.
fn wait(
    file: c_int,
    queue: &Mutex<Queue>,
    room: usize,
    timeout: *const libc::timespec,
) -> Option<Vec<Event>> {
    // SAFETY: it is null or valid, as the caller of `kevent` guarantees.
    let milliseconds = match unsafe { timeout.as_ref() } {
        None => -1,
        Some(time) => {
            let nanoseconds = (time.tv_nsec + 999_999) / 1_000_000;
            c_int::try_from(time.tv_sec.saturating_mul(1000) + nanoseconds).unwrap_or(c_int::MAX)
        }
    };
    // A file can have two events: that it can be read, and that it can be written.
    let mut occurred = vec![libc::epoll_event { events: 0, u64: 0 }; room.div_ceil(2)];
    let count = occurred.len() as c_int;
    // SAFETY: the list has this length.
    let count = unsafe { libc::epoll_wait(file, occurred.as_mut_ptr(), count, milliseconds) };
    let count = usize::try_from(count).ok()?;
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    let mut events: Vec<Event> =
        occurred[..count].iter().flat_map(|occurred| queue.events(occurred)).collect();
    events.truncate(room);
    Some(events)
}
