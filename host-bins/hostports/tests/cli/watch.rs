use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value;

use crate::support::{Open, Place, alone, assert_is_ours, hostports};

/// A running `watch` that has printed its first line.
struct Watch {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    snapshot: Value,
}

impl Watch {
    fn new(line: &str) -> Self {
        let mut child = hostports(line).stdout(Stdio::piped()).spawn().expect("runs");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut watch = Self { child, stdout: Some(stdout), snapshot: Value::Null };
        watch.snapshot = watch.line();
        assert_eq!(watch.snapshot["event"], "snapshot");
        watch
    }

    fn output(&mut self) -> &mut BufReader<ChildStdout> {
        self.stdout.as_mut().expect("stdout is open")
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.output().read_line(&mut line).expect("reads");
        let line: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(line["schema_version"], 2);
        line
    }

    /// The listener of the next event at `place`. Asserts that it is `event`.
    fn event(&mut self, event: &str, place: Place) -> Value {
        loop {
            let line = self.line();
            if place.is_of(&line["listener"]) {
                assert_eq!(line["event"], event);
                return line["listener"].clone();
            }
        }
    }

    /// Waits until the program ends, and returns its exit status.
    fn code(&mut self) -> Option<i32> {
        self.child.wait().expect("ends").code()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The program is still running if the test fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn watch_prints_open_sockets_and_then_each_change() {
    let _alone = alone();
    let before = Open::new("udp", "127.0.0.1", 27_000);
    let mut watch = Watch::new("watch --interval 0.1");
    assert_is_ours(before.place.find(&watch.snapshot["listeners"]).expect("it is open"));
    assert!(watch.snapshot["unseen"].is_array());

    for socket in Open::one_by_one(27_100) {
        let opened = watch.event("opened", socket.place);
        assert_is_ours(&opened);
        let place = socket.close();
        assert_eq!(watch.event("closed", place), opened);
    }
    let place = before.close();
    assert_is_ours(&watch.event("closed", place));
}

#[test]
fn watch_ends_when_its_output_is_closed_even_if_nothing_changes() {
    let _alone = alone();
    let mut watch = Watch::new("watch --interval 3600");
    let mut byte = [0];
    watch.output().read_exact(&mut byte).expect("a space");
    assert_eq!(byte, *b" ");

    watch.stdout = None;
    assert_eq!(watch.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_sigterm_end_watch_with_status_0() {
    let _alone = alone();
    for signal in ["INT", "TERM"] {
        let mut watch = Watch::new("watch --interval 3600");
        let mut kill = std::process::Command::new("kill");
        let status = kill.args(["-s", signal, &watch.child.id().to_string()]).status();
        assert!(status.expect("runs").success());
        assert_eq!(watch.code(), Some(0), "{signal}");
    }
}
