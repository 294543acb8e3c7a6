//! Merges two lists from the operating system: sockets with their processes, and all sockets.

use std::collections::BTreeSet;

use crate::listener::{Listener, Protocol, Socket};

/// The sockets that use ports of this computer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    pub listeners: BTreeSet<Listener>,
    /// The error if sockets without a visible process are missing.
    missing: Option<String>,
}

impl Survey {
    /// `attributed` has the sockets whose processes are visible. `table` has all sockets, or the error why
    /// they can't be listed.
    pub(crate) fn new(
        attributed: BTreeSet<Listener>,
        table: Result<BTreeSet<Socket>, String>,
    ) -> Self {
        let known: BTreeSet<Socket> = attributed.iter().map(|listener| listener.socket).collect();
        let (table, missing) = match table {
            Ok(table) => (table, None),
            Err(error) => (BTreeSet::new(), Some(error)),
        };
        let unknown = table.difference(&known).map(|&socket| Listener { socket, process: None });
        let mut listeners = attributed;
        listeners.extend(unknown);
        Self { listeners, missing }
    }

    /// Keeps only these protocols.
    pub(crate) fn only(mut self, protocols: &[Protocol]) -> Self {
        self.listeners.retain(|listener| protocols.contains(&listener.socket.protocol));
        self
    }

    pub(crate) fn of_port(&self, port: u16) -> Vec<&Listener> {
        self.listeners.iter().filter(|listener| listener.socket.port == port).collect()
    }

    /// Sentences for the user about missing information.
    pub(crate) fn unseen(&self) -> Vec<String> {
        // A port is often used with IPv4 and IPv6, and so by two sockets.
        let unattributed: BTreeSet<(u16, Protocol)> = self
            .listeners
            .iter()
            .filter(|listener| listener.process.is_none())
            .map(|listener| (listener.socket.port, listener.socket.protocol))
            .collect();
        let without_path: BTreeSet<u32> = self
            .listeners
            .iter()
            .filter_map(|listener| listener.process.as_ref())
            .filter(|process| process.path.is_none())
            .map(|process| process.pid)
            .collect();
        let missing = self.missing.iter().map(|error| {
            format!(
                "Sockets of other users are missing, because the socket table can't be read: {error}."
            )
        });
        let unattributed = match unattributed.len() {
            0 => None,
            1 => Some("The process of 1 port is unknown, because it belongs to another user or to the system.".to_owned()),
            many => Some(format!(
                "The processes of {many} ports are unknown, because they belong to other users or to the system."
            )),
        };
        let without_path = match without_path.len() {
            0 => None,
            1 => Some("The path of 1 process is unknown, because it belongs to another user or to the system.".to_owned()),
            many => Some(format!(
                "The paths of {many} processes are unknown, because they belong to other users or to the system."
            )),
        };
        missing.chain(unattributed).chain(without_path).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::Process;
    use crate::listener::testing::*;

    fn survey(attributed: &[Listener], table: &[Socket]) -> Survey {
        Survey::new(attributed.iter().cloned().collect(), Ok(table.iter().copied().collect()))
    }

    #[test]
    fn a_socket_of_an_unknown_process_is_listed_without_one() {
        let nginx = held(tcp("0.0.0.0:80"), 1, "nginx");
        let survey = survey(std::slice::from_ref(&nginx), &[nginx.socket, udp("[::]:53")]);
        assert_eq!(survey.listeners, BTreeSet::from([unattributed(udp("[::]:53")), nginx]));
        assert_eq!(
            survey.unseen(),
            [
                "The process of 1 port is unknown, because it belongs to another user or to the system."
            ]
        );
    }

    #[test]
    fn a_port_of_an_unknown_process_is_counted_once_for_each_protocol() {
        let sockets = [tcp("0.0.0.0:80"), tcp("[::]:80"), udp("[::]:80")];
        assert_eq!(
            survey(&[], &sockets).unseen(),
            [
                "The processes of 2 ports are unknown, because they belong to other users or to the system."
            ]
        );
    }

    #[test]
    fn two_processes_may_share_a_socket() {
        let socket = tcp("0.0.0.0:80");
        let survey = survey(&[held(socket, 7, "nginx"), held(socket, 8, "nginx")], &[socket]);
        assert_eq!(survey.of_port(80).len(), 2);
        assert!(survey.unseen().is_empty());
    }

    #[test]
    fn a_socket_that_was_opened_after_the_table_was_read_is_listed() {
        let survey = survey(&[held(tcp("0.0.0.0:80"), 1, "nginx")], &[]);
        assert_eq!(survey.of_port(80).len(), 1);
    }

    #[test]
    fn an_unreadable_table_is_reported() {
        let survey = Survey::new(BTreeSet::new(), Err("it is locked".to_owned()));
        assert_eq!(
            survey.unseen(),
            [
                "Sockets of other users are missing, because the socket table can't be read: it is locked."
            ]
        );
    }

    #[test]
    fn a_process_without_a_path_is_counted_once() {
        let system = Some(Process::new(4, "System".to_owned(), String::new()));
        let sockets = [tcp("0.0.0.0:135"), tcp("[::]:135")];
        let held = sockets.map(|socket| Listener { socket, process: system.clone() });
        assert_eq!(
            survey(&held, &sockets).unseen(),
            [
                "The path of 1 process is unknown, because it belongs to another user or to the system."
            ]
        );
    }

    #[test]
    fn sockets_of_other_protocols_are_not_reported() {
        let survey = survey(&[], &[udp("0.0.0.0:53")]).only(&[Protocol::Tcp]);
        assert_eq!(survey, Survey::default());
        assert!(survey.unseen().is_empty());
    }

    #[test]
    fn listeners_are_sorted_by_port_then_address_then_protocol_then_process() {
        let survey = survey(
            &[held(tcp("127.0.0.1:80"), 20, "b"), held(tcp("127.0.0.1:80"), 3, "c")],
            &[tcp("[::1]:80"), udp("127.0.0.1:80"), tcp("127.0.0.1:8080"), tcp("9.0.0.1:80")],
        );
        let rows = survey.listeners.iter().map(|listener| {
            let Socket { protocol, address, port } = listener.socket;
            (port, address.to_string(), protocol, listener.process.as_ref().map(|it| it.pid))
        });
        let expected = [
            (80, "9.0.0.1", Protocol::Tcp, None),
            (80, "127.0.0.1", Protocol::Tcp, Some(3)),
            (80, "127.0.0.1", Protocol::Tcp, Some(20)),
            (80, "127.0.0.1", Protocol::Udp, None),
            (80, "::1", Protocol::Tcp, None),
            (8080, "127.0.0.1", Protocol::Tcp, None),
        ];
        let expected = expected
            .map(|(port, address, protocol, pid)| (port, address.to_owned(), protocol, pid));
        assert_eq!(rows.collect::<Vec<_>>(), expected);
    }
}
