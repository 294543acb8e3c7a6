//! `hostports free`: the next free ports.

use std::collections::BTreeSet;
use std::fmt;
use std::process::ExitCode;

use serde::Serialize;

use super::survey;
use crate::bind::bind;
use crate::listener::Protocol;
use crate::{Error, output};

#[derive(Serialize)]
struct Answer {
    ports: Vec<u16>,
}

/// There are fewer free ports than requested.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoFreePort {
    from: u16,
    count: usize,
    found: usize,
}

pub(super) fn run(from: u16, count: usize, protocols: &[Protocol]) -> Result<ExitCode, Error> {
    let survey = survey(protocols)?;
    let taken = survey.listeners.iter().map(|listener| listener.socket.port).collect();
    let can_be_bound = |port| Ok(bind(port, protocols)?.is_none());
    let answer = Answer { ports: next(from, count, &taken, can_be_bound)? };
    output::print_json(&answer)?;
    Ok(ExitCode::SUCCESS)
}

fn next(
    from: u16,
    count: usize,
    taken: &BTreeSet<u16>,
    mut can_be_bound: impl FnMut(u16) -> Result<bool, Error>,
) -> Result<Vec<u16>, Error> {
    let mut ports = Vec::new();
    for port in (from..=u16::MAX).filter(|port| !taken.contains(port)) {
        if ports.len() == count {
            break;
        }
        if can_be_bound(port)? {
            ports.push(port);
        }
    }
    if ports.len() < count {
        return Err(Error::NoFreePort(NoFreePort { from, count, found: ports.len() }));
    }
    Ok(ports)
}

impl fmt::Display for NoFreePort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, count, found } = self;
        match found {
            0 => write!(f, "no free port in {from}-65535"),
            _ => write!(f, "only {found} of {count} free ports in {from}-65535"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(from: u16, count: usize, bound: &[u16]) -> Result<Vec<u16>, Error> {
        next(from, count, &BTreeSet::from([8080]), |port| Ok(!bound.contains(&port)))
    }

    #[test]
    fn ports_that_are_listed_or_can_not_be_bound_are_skipped() {
        assert_eq!(find(8080, 3, &[8082]).expect("free ports"), [8081, 8083, 8084]);
        assert_eq!(find(8079, 1, &[]).expect("a free port"), [8079]);
        assert_eq!(find(65535, 1, &[]).expect("a free port"), [65535]);
    }

    #[test]
    fn too_few_free_ports_are_an_error() {
        let message = |from, count, bound| match find(from, count, bound) {
            Err(error) => error.to_string(),
            Ok(ports) => panic!("{ports:?}"),
        };
        assert_eq!(message(65535, 1, &[65535]), "no free port in 65535-65535");
        assert_eq!(message(65534, 3, &[]), "only 2 of 3 free ports in 65534-65535");
    }
}
