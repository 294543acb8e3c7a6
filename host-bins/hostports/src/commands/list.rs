//! `hostports list`: all sockets that use a port.

use std::collections::BTreeSet;
use std::process::ExitCode;

use serde::Serialize;

use super::survey;
use crate::listener::{Listener, Protocol};
use crate::survey::Survey;
use crate::{Error, output};

#[derive(Serialize)]
pub(super) struct Listing<'a> {
    listeners: &'a BTreeSet<Listener>,
    unseen: Vec<String>,
}

impl<'a> Listing<'a> {
    pub(super) fn new(survey: &'a Survey) -> Self {
        Self { listeners: &survey.listeners, unseen: survey.unseen() }
    }
}

pub(super) fn run(protocols: &[Protocol]) -> Result<ExitCode, Error> {
    output::print_json(&Listing::new(&survey(protocols)?))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::testing::*;

    #[test]
    fn the_schema_is_stable() {
        let attributed = BTreeSet::from([held(tcp("127.0.0.1:5432"), 812, "postgres")]);
        let survey = Survey::new(attributed, Ok(BTreeSet::from([udp("0.0.0.0:53")])));
        assert_eq!(
            output::json(&Listing::new(&survey)).expect("JSON"),
            concat!(
                r#"{"schema_version":2,"listeners":["#,
                r#"{"protocol":"udp","address":"0.0.0.0","port":53},"#,
                r#"{"protocol":"tcp","address":"127.0.0.1","port":5432,"#,
                r#""pid":812,"process":"postgres","path":"/usr/bin/postgres"}],"#,
                r#""unseen":["The process of 1 port is unknown, because it belongs to another "#,
                r#"user or to the system."]}"#
            )
        );
    }
}
