#[cfg(unix)]
use crate::support::answer_for_other_user;
use crate::support::{Open, alone, answer, assert_is_ours};

#[test]
fn every_kind_of_socket_is_listed_with_its_process_until_it_is_closed() {
    let _alone = alone();
    let sockets = Open::each_kind(20_000);

    let report = answer("list", 0);
    for socket in &sockets {
        assert_is_ours(socket.place.find(&report["listeners"]).expect("it is open"));
    }
    assert!(report["unseen"].as_array().expect("a list").iter().all(|it| it.is_string()));

    let closed: Vec<_> = sockets.into_iter().map(Open::close).collect();
    let report = answer("list", 0);
    for place in closed {
        assert_eq!(place.find(&report["listeners"]), None);
    }
}

#[test]
fn the_list_can_be_limited_to_one_protocol() {
    let _alone = alone();
    let sockets = Open::each_kind(21_000);
    for protocol in ["tcp", "udp"] {
        let report = answer(&format!("list --protocol {protocol}"), 0);
        for socket in &sockets {
            let is_expected = socket.place.protocol == protocol;
            assert_eq!(
                socket.place.find(&report["listeners"]).is_some(),
                is_expected,
                "{:?}",
                socket.place
            );
        }
    }
}

#[test]
fn listeners_are_sorted_by_port() {
    let _alone = alone();
    let _sockets = Open::each_kind(22_000);
    let report = answer("list", 0);
    let listeners = report["listeners"].as_array().expect("a list");
    assert!(listeners.iter().map(|it| it["port"].as_u64()).is_sorted(), "{report}");
}

/// Running a program as another user needs privileges.
#[cfg(unix)]
#[test]
#[ignore = "needs root or sudo"]
fn sockets_of_other_users_are_listed_without_a_process() {
    let _alone = alone();
    let sockets = Open::each_kind(23_000);
    let report = answer_for_other_user("list", 0);
    for socket in &sockets {
        let listener = socket.place.find(&report["listeners"]).expect("it is open");
        assert_eq!(listener.as_object().expect("a listener").len(), 3, "{listener}");
    }
    let unseen = report["unseen"][0].as_str().expect("something is unseen");
    assert!(unseen.contains("belong to other users"), "{unseen}");
    let report = answer_for_other_user(&format!("check {}", sockets[0].place.port), 3);
    assert!(sockets[0].place.find(&report["ports"][0]["listeners"]).is_some(), "{report}");
}
