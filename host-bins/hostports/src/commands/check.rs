//! `hostports check`: whether ports are free, and which sockets use those that are not.

use std::process::ExitCode;

use serde::Serialize;

use super::survey;
use crate::bind::{Obstacle, bind};
use crate::listener::{Listener, Protocol};
use crate::survey::Survey;
use crate::{Error, output};

#[derive(Serialize)]
struct Answer<'a> {
    ports: Vec<Port<'a>>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Port<'a> {
    port: u16,
    state: State,
    listeners: Vec<&'a Listener>,
    /// A sentence for the user: why it is taken although no listener uses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Taken,
    Free,
}

pub(super) fn run(ports: &[u16], protocols: &[Protocol]) -> Result<ExitCode, Error> {
    let survey = survey(protocols)?;
    let ports = ports.iter().map(|&port| Ok(judge(port, &survey, bind(port, protocols)?)));
    let answer = Answer { ports: ports.collect::<Result<_, Error>>()? };
    output::print_json(&answer)?;
    let are_free = answer.ports.iter().all(|port| port.state == State::Free);
    Ok(if are_free { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn judge(port: u16, survey: &Survey, obstacle: Option<Obstacle>) -> Port<'_> {
    let listeners = survey.of_port(port);
    let is_free = listeners.is_empty() && obstacle.is_none();
    let reason = obstacle.filter(|_| listeners.is_empty()).map(|obstacle| reason(obstacle, port));
    Port { port, state: if is_free { State::Free } else { State::Taken }, listeners, reason }
}

fn reason(obstacle: Obstacle, port: u16) -> &'static str {
    match obstacle {
        Obstacle::InUse => "A connection or an unlisted socket uses this port.",
        Obstacle::Forbidden if cfg!(windows) => {
            "Windows has reserved this port. To list reserved ports, run \
             `netsh interface ipv4 show excludedportrange protocol=tcp`."
        }
        Obstacle::Forbidden if port < 1024 => {
            "Ports below 1024 require administrator privileges on this computer."
        }
        Obstacle::Forbidden => "The operating system denies access to this port.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::testing::*;
    use std::collections::BTreeSet;

    fn nginx() -> Survey {
        Survey::new(BTreeSet::from([held(tcp("0.0.0.0:80"), 1, "nginx")]), Ok(BTreeSet::new()))
    }

    #[test]
    fn a_port_is_free_if_no_listener_uses_it_and_it_can_be_bound() {
        let survey = nginx();
        assert_eq!(judge(8080, &survey, None).state, State::Free);
        assert_eq!(judge(8080, &survey, Some(Obstacle::InUse)).state, State::Taken);
        assert_eq!(judge(80, &survey, None).state, State::Taken);
    }

    #[test]
    fn a_taken_port_without_listeners_has_a_reason() {
        let survey = nginx();
        assert_eq!(judge(80, &survey, Some(Obstacle::InUse)).reason, None);
        assert!(judge(8080, &survey, Some(Obstacle::InUse)).reason.is_some());
    }

    #[test]
    fn the_schema_is_stable() {
        let survey = nginx();
        let json = |obstacle, port| {
            let ports = vec![judge(port, &survey, obstacle)];
            output::json(&Answer { ports }).expect("JSON")
        };
        assert_eq!(
            json(None, 81),
            r#"{"schema_version":2,"ports":[{"port":81,"state":"free","listeners":[]}]}"#
        );
        assert_eq!(
            json(Some(Obstacle::InUse), 81),
            r#"{"schema_version":2,"ports":[{"port":81,"state":"taken","listeners":[],"reason":"A connection or an unlisted socket uses this port."}]}"#
        );
        assert_eq!(
            json(None, 80),
            r#"{"schema_version":2,"ports":[{"port":80,"state":"taken","listeners":[{"protocol":"tcp","address":"0.0.0.0","port":80,"pid":1,"process":"nginx","path":"/usr/bin/nginx"}]}]}"#
        );
    }
}
