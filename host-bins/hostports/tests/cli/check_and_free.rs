use serde_json::{Value, json};

use crate::support::{Open, alone, answer, assert_is_ours, run, text};

fn check(port: u16, code: i32) -> Value {
    let answer = answer(&format!("check {port}"), code);
    assert_eq!(answer["ports"][0]["port"], port);
    assert_eq!(answer["ports"].as_array().map(Vec::len), Some(1));
    answer["ports"][0].clone()
}

#[test]
fn a_port_is_taken_while_any_kind_of_socket_uses_it_and_then_free() {
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
fn several_ports_are_checked_in_the_order_of_the_arguments() {
    let _alone = alone();
    let low = Open::new("tcp", "127.0.0.1", 25_000);
    let high = Open::new("udp", "127.0.0.1", 25_100).close();
    let ports = format!("{} {}", high.port, low.place.port);
    let answer = answer(&format!("check {ports}"), 3);
    assert_eq!(answer["ports"][0]["state"], "free");
    assert_eq!(answer["ports"][1]["state"], "taken");
}

#[test]
fn a_port_that_udp_uses_is_free_for_tcp() {
    let _alone = alone();
    let socket = Open::new("udp", "0.0.0.0", 25_500);
    answer(&format!("check {} --protocol udp", socket.place.port), 3);
    answer(&format!("check {} --protocol tcp", socket.place.port), 0);
}

/// Windows allows binding such a port to all addresses.
#[cfg(unix)]
#[test]
fn a_port_that_a_connection_uses_is_taken_for_that_reason() {
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
fn free_ports_are_not_used_by_any_kind_of_socket() {
    let _alone = alone();
    let sockets = Open::each_kind(26_000);
    let taken: Vec<u64> = sockets.iter().map(|socket| socket.place.port.into()).collect();
    let found = free("free --from 26000 --count 100");
    assert_eq!(found.len(), 100);
    assert!(found.is_sorted() && found[0] >= 26_000, "{found:?}");
    assert!(!found.iter().any(|port| taken.contains(port)), "{found:?}");

    // The skipped ports were taken.
    drop(sockets);
    let found = free("free --from 26000 --count 100");
    assert!(taken.iter().all(|port| found.contains(port)), "{found:?}");
}

#[test]
fn free_prints_one_port_from_1024_by_default() {
    let _alone = alone();
    let found = free("free");
    assert_eq!(found.len(), 1);
    assert!(found[0] >= 1024);
}

#[test]
fn free_fails_with_status_4_if_no_port_is_free() {
    let _alone = alone();
    // Another program may use it already.
    let _socket = std::net::TcpListener::bind("127.0.0.1:65535");
    let output = run("free --from 65535");
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(text(&output.stdout), "");
    assert_eq!(text(&output.stderr), "hostports: no free port in 65535-65535\n");
}
