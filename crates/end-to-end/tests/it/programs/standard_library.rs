//! Uses much of the standard library, and prints the same on every system.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, panic, thread};

thread_local! {
    static OWN: Cell<u32> = const { Cell::new(1) };
    static LAST: Dropped = const { Dropped("thread ended") };
}

struct Dropped(&'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        println!("{}", self.0);
    }
}

fn main() {
    match env::args().nth(1).as_deref() {
        Some("panic") => panic!("on purpose"),
        Some("exit") => std::process::exit(7),
        Some("echo") => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).unwrap();
            println!("{text} {}", env::var("GREETING").unwrap());
        }
        Some("alone") => alone(),
        _ => {
            alone();
            sockets();
            processes();
        }
    }
}

/// Features that need no other process and no network.
fn alone() {
    let child = thread::spawn(|| {
        LAST.with(|_| {});
        OWN.with(|own| own.replace(2) + own.get())
    });
    println!("thread {} {}", child.join().unwrap(), OWN.with(Cell::get));

    panic::set_hook(Box::new(|_| {}));
    let caught = panic::catch_unwind(|| {
        let _dropped = Dropped("unwound");
        panic!("caught")
    });
    println!("caught {}", caught.is_err());
    let backtrace = std::backtrace::Backtrace::force_capture();
    println!("backtrace {}", backtrace.status() == std::backtrace::BacktraceStatus::Captured);

    let map: HashMap<u32, &str> = [(1, "one"), (2, "two")].into();
    println!("map {}", map[&2]);
    println!("floats {:.6}", 2.5_f64.sin().powf(2.0) + 0.3_f64.tan().exp().ln_1p().cbrt());
    println!("clock {}", Instant::now().elapsed() < Duration::from_secs(60));
    println!("cpus {}", thread::available_parallelism().is_ok());
    files();
}

fn sockets() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    server.write_all(b"hello").unwrap();
    let mut answer = [0; 5];
    client.read_exact(&mut answer).unwrap();
    println!("tcp {}", String::from_utf8_lossy(&answer));
    println!("udp {}", UdpSocket::bind("127.0.0.1:0").is_ok());
    // The result depends on the machine.
    let _ = ("localhost", 80).to_socket_addrs();
}

fn files() {
    let folder = env::temp_dir().join(format!("xtask-program-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("file");
    fs::write(&path, "text").unwrap();
    let time = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    println!("time {}", modified.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs());
    fs::rename(&path, folder.join("renamed")).unwrap();
    println!("entries {}", fs::read_dir(&folder).unwrap().count());
    fs::remove_dir_all(&folder).unwrap();
}

fn processes() {
    let own = env::current_exe().unwrap();
    println!("exit {:?}", Command::new(&own).arg("exit").status().unwrap().code());
    let mut child = Command::new(&own)
        .arg("echo")
        .env("GREETING", "there")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"hello").unwrap();
    let output = child.wait_with_output().unwrap();
    println!("child {}", String::from_utf8_lossy(&output.stdout).trim());
}
