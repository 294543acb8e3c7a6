//! Runs the program, and opens sockets that it must list.

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{self, Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// Runs only one test at a time. A program that another test starts inherits the sockets of all tests for a
/// moment, until it executes.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    // A failed test does not invalidate the lock.
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The path of the program.
pub fn program() -> PathBuf {
    let named = std::env::var_os("HOSTPORTS").map(std::path::absolute);
    named.map_or_else(|| env!("CARGO_BIN_EXE_hostports").into(), |path| path.expect("a path"))
}

/// A command with these arguments, separated by spaces.
pub fn hostports(line: &str) -> Command {
    let mut command = Command::new(program());
    command.args(line.split_ascii_whitespace());
    command
}

pub fn run(line: &str) -> Output {
    hostports(line).output().expect("runs")
}

/// The JSON that the program prints. Asserts the exit status, and that stderr is empty.
pub fn answer(line: &str, code: i32) -> Value {
    json_of(&run(line), code)
}

/// The same, run by the user `nobody`.
#[cfg(unix)]
pub fn answer_for_other_user(line: &str, code: i32) -> Value {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;

    // That user can't read Cargo's directory.
    let directory = tempfile::tempdir().expect("a directory");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let copy = directory.path().join("hostports");
    fs::copy(program(), &copy).expect("can be copied");

    let is_root = fs::metadata(&copy).expect("it is there").uid() == 0;
    let mut command = if is_root {
        let mut command = Command::new(&copy);
        command.uid(65534).gid(65534);
        command
    } else {
        let mut command = Command::new("sudo");
        command.args(["--non-interactive", "--user", "nobody"]).arg(&copy);
        command
    };
    json_of(&command.args(line.split_ascii_whitespace()).output().expect("runs"), code)
}

fn json_of(output: &Output, code: i32) -> Value {
    assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    assert_eq!(text(&output.stderr), "");
    let stdout = text(&output.stdout);
    assert_eq!(stdout.matches('\n').count(), 1, "{stdout}");
    let json: Value = serde_json::from_str(stdout).expect("JSON");
    assert_eq!(json["schema_version"], 2);
    json
}

pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Both protocols, both versions of IP, and one or all addresses.
pub const KINDS: [(&str, &str); 8] = [
    ("tcp", "127.0.0.1"),
    ("tcp", "0.0.0.0"),
    ("tcp", "::1"),
    ("tcp", "::"),
    ("udp", "127.0.0.1"),
    ("udp", "0.0.0.0"),
    ("udp", "::1"),
    ("udp", "::"),
];

/// The protocol, address and port of a socket, which may be closed.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub protocol: &'static str,
    pub address: IpAddr,
    pub port: u16,
}

impl Place {
    /// Whether this is the place of a listener.
    pub fn is_of(&self, listener: &Value) -> bool {
        listener["protocol"] == self.protocol
            && listener["address"] == self.address.to_string()
            && listener["port"] == self.port
    }

    /// The listener at this place. Asserts that there is at most one.
    pub fn find<'a>(&self, listeners: &'a Value) -> Option<&'a Value> {
        let listeners = listeners.as_array().expect("a list").iter();
        let found: Vec<_> = listeners.filter(|listener| self.is_of(listener)).collect();
        assert!(found.len() <= 1, "{found:?}");
        found.first().copied()
    }
}

/// A socket that this process has open.
pub struct Open {
    pub place: Place,
    _socket: Socket,
}

enum Socket {
    Tcp(#[expect(dead_code, reason = "keeps the socket open")] TcpListener),
    Udp(#[expect(dead_code, reason = "keeps the socket open")] UdpSocket),
}

impl Open {
    /// Opens a socket at the first free port from `from`.
    ///
    /// Each test uses different ports, below the range from which operating systems choose. So no other
    /// program opens a port again after a test has closed it.
    pub fn new(protocol: &'static str, address: &str, from: u16) -> Self {
        let address: IpAddr = address.parse().expect("an address");
        let open = |port| Self::at(Place { protocol, address, port });
        (from..from + 1000).find_map(open).expect("no socket can be opened")
    }

    fn at(place: Place) -> Option<Self> {
        let address = SocketAddr::new(place.address, place.port);
        let socket = match place.protocol {
            "tcp" => TcpListener::bind(address).map(Socket::Tcp),
            "udp" => UdpSocket::bind(address).map(Socket::Udp),
            other => panic!("{other}"),
        };
        Some(Self { place, _socket: socket.ok()? })
    }

    /// Opens a socket of each kind, without IPv6 if the computer has none.
    pub fn each_kind(from: u16) -> Vec<Self> {
        Self::one_by_one(from).collect()
    }

    /// The same, but opens each socket only when the iterator reaches it.
    pub fn one_by_one(from: u16) -> impl Iterator<Item = Self> {
        let has_ipv6 = TcpListener::bind("[::1]:0").is_ok();
        let kinds =
            KINDS.into_iter().filter(move |(_, address)| has_ipv6 || !address.contains(':'));
        let kinds = kinds.zip((from..).step_by(10));
        kinds.map(|((protocol, address), from)| Self::new(protocol, address, from))
    }

    pub fn close(self) -> Place {
        self.place
    }
}

/// Asserts that a listener is held by this process.
pub fn assert_is_ours(listener: &Value) {
    let program = std::env::current_exe().expect("this program has a path");
    let name = program.file_name().expect("this program has a name").to_string_lossy();
    assert_eq!(listener["pid"], process::id(), "{listener}");
    assert_eq!(listener["process"], *name, "{listener}");
    assert_eq!(listener["path"], program.display().to_string(), "{listener}");
}
