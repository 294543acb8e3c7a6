use serde_json::{Value, json};

use crate::support::{Open, alone, answer, assert_is_ours, run, text};

fn check(port: u16, code: i32) -> Value {
    let answer = answer(&format!("check {port}"), code);
    assert_eq!(answer["ports"][0]["port"], port);
    assert_eq!(answer["ports"].as_array().map(Vec::len), Some(1));
    answer["ports"][0].clone()
}

#[test]
fn a_port_is_taken_by_a_socket_of_any_kind_and_free_when_it_is_closed() {
    let _alone = alone();
    for socket in Open::each_kind(24_000) {
        let port = check(socket.place.port, 3);
        assert_eq!(port["state"], "taken");
        assert_is_ours(socket.place.find(&port["listeners"]).expect("it is open"));

        let place = socket.close();
        let port = check(place.port, 0);
        assert_eq!(port, json!({"port": place.port, "state": "free", "listeners": []}));
    }
}

#[test]
fn several_ports_are_checked_in_the_order_that_they_are_asked_for() {
    let _alone = alone();
    let low = Open::new("tcp", "127.0.0.1", 25_000);
    let high = Open::new("udp", "127.0.0.1", 25_100).close();
    let ports = format!("{} {}", high.port, low.place.port);
    let answer = answer(&format!("check {ports}"), 3);
    assert_eq!(answer["ports"][0]["state"], "free");
    assert_eq!(answer["ports"][1]["state"], "taken");
}

#[test]
fn a_port_that_is_taken_of_one_protocol_is_free_of_the_other() {
    let _alone = alone();
    let socket = Open::new("udp", "0.0.0.0", 25_500);
    answer(&format!("check {} --protocol udp", socket.place.port), 3);
    answer(&format!("check {} --protocol tcp", socket.place.port), 0);
}

/// Windows gives such a port to whoever asks for all addresses.
#[cfg(unix)]
#[test]
fn a_port_that_a_connection_holds_is_taken_and_it_is_said_why() {
    let _alone = alone();
    let server = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let client =
        std::net::TcpStream::connect(server.local_addr().expect("bound")).expect("connects");
    let port = check(client.local_addr().expect("bound").port(), 3);
    assert_eq!(port["state"], "taken");
    assert_eq!(port["listeners"], json!([]));
    assert!(port["reason"].as_str().expect("a reason").contains("connection"));
}

fn free(line: &str) -> Vec<u64> {
    let answer = answer(line, 0);
    let ports = answer["ports"].as_array().expect("a list").iter();
    ports.map(|port| port.as_u64().expect("a number")).collect()
}

#[test]
fn free_ports_are_those_that_no_socket_of_any_kind_holds() {
    let _alone = alone();
    let sockets = Open::each_kind(26_000);
    let taken: Vec<u64> = sockets.iter().map(|socket| socket.place.port.into()).collect();
    let found = free("free --from 26000 --count 100");
    assert_eq!(found.len(), 100);
    assert!(found.is_sorted() && found[0] >= 26_000, "{found:?}");
    assert!(!found.iter().any(|port| taken.contains(port)), "{found:?}");

    // What was passed over was taken.
    drop(sockets);
    let found = free("free --from 26000 --count 100");
    assert!(taken.iter().all(|port| found.contains(port)), "{found:?}");
}

#[test]
fn one_free_port_from_1024_on_is_what_free_tells() {
    let _alone = alone();
    let found = free("free");
    assert_eq!(found.len(), 1);
    assert!(found[0] >= 1024);
}

#[test]
fn that_there_is_no_free_port_is_said() {
    let _alone = alone();
    // It may be that another program holds it already.
    let _held = std::net::TcpListener::bind("127.0.0.1:65535");
    let output = run("free --from 65535");
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(text(&output.stdout), "");
    assert_eq!(text(&output.stderr), "hostports: no port from 65535 on is free\n");
}
