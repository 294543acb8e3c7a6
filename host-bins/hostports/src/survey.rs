//! One answer from two: what the operating system says of sockets whose processes can be seen, and
//! of all sockets.

use std::collections::BTreeSet;

use crate::listener::{Listener, Protocol, Socket};

/// The sockets of this computer that hold ports.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    /// No two are equal.
    pub listeners: BTreeSet<Listener>,
    /// Why sockets without a visible process are not among them.
    missing: Option<String>,
}

impl Survey {
    /// `attributed` are those whose processes can be seen. `table` has all sockets, with or without a process that can be seen; or says why it hasn't.
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

    /// The same, of some protocols only.
    pub(crate) fn only(mut self, protocols: &[Protocol]) -> Self {
        self.listeners.retain(|listener| protocols.contains(&listener.socket.protocol));
        self
    }

    /// What holds a port.
    pub(crate) fn of_port(&self, port: u16) -> Vec<&Listener> {
        self.listeners.iter().filter(|listener| listener.socket.port == port).collect()
    }

    /// What could not be seen and why, in sentences for people.
    pub(crate) fn unseen(&self) -> Vec<String> {
        let unattributed = self.listeners.iter().filter(|listener| listener.process.is_none());
        let without_path: BTreeSet<u32> = self
            .listeners
            .iter()
            .filter_map(|listener| listener.process.as_ref())
            .filter(|process| process.path.is_none())
            .map(|process| process.pid)
            .collect();
        let missing = self.missing.iter().map(|error| {
            format!(
                "Sockets of other users are not listed, because their table can't be read: {error}."
            )
        });
        let unattributed = match unattributed.count() {
            0 => None,
            1 => Some("1 socket belongs to a process of another user or of the system, which can't be seen.".to_owned()),
            many => Some(format!(
                "{many} sockets belong to processes of other users or of the system, which can't be seen."
            )),
        };
        let without_path = match without_path.len() {
            0 => None,
            1 => Some("The program of 1 process can't be seen, because it is another user's or the system's.".to_owned()),
            many => Some(format!(
                "The programs of {many} processes can't be seen, because they are other users' or the system's."
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
    fn a_socket_whose_process_can_not_be_seen_is_listed_without_one() {
        let nginx = held(tcp("0.0.0.0:80"), 1, "nginx");
        let survey = survey(std::slice::from_ref(&nginx), &[nginx.socket, udp("[::]:53")]);
        assert_eq!(survey.listeners, BTreeSet::from([unattributed(udp("[::]:53")), nginx]));
        assert_eq!(
            survey.unseen(),
            [
                "1 socket belongs to a process of another user or of the system, which can't be seen."
            ]
        );
    }

    #[test]
    fn two_processes_may_hold_one_socket() {
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
    fn an_unreadable_table_is_told() {
        let survey = Survey::new(BTreeSet::new(), Err("it is locked".to_owned()));
        assert_eq!(
            survey.unseen(),
            [
                "Sockets of other users are not listed, because their table can't be read: it is locked."
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
                "The program of 1 process can't be seen, because it is another user's or the system's."
            ]
        );
    }

    #[test]
    fn what_is_not_asked_for_is_not_told_of() {
        let survey = survey(&[], &[udp("0.0.0.0:53")]).only(&[Protocol::Tcp]);
        assert_eq!(survey, Survey::default());
        assert!(survey.unseen().is_empty());
    }

    #[test]
    fn is_sorted_by_port_then_address_then_protocol_then_process() {
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
