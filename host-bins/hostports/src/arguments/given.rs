//! What stands behind a command's name, and the values in it.

use std::time::Duration;

use super::table::{COUNT, FROM, INTERVAL, OptionRow, PROTOCOL};
use super::{UsageError, error};
use crate::listener::Protocol;

/// The arguments behind a command's name.
#[derive(Default)]
pub(super) struct Given {
    operands: Vec<String>,
    options: Vec<(&'static str, String)>,
}

impl Given {
    /// Reads `--name value` and `--name=value`; nothing, where help is asked for.
    pub(super) fn read(
        known: &'static [OptionRow],
        mut args: impl Iterator<Item = String>,
    ) -> Result<Option<Self>, UsageError> {
        let mut given = Self::default();
        while let Some(arg) = args.next() {
            if !arg.starts_with('-') {
                given.operands.push(arg);
                continue;
            }
            if arg == "-h" || arg == "--help" {
                return Ok(None);
            }
            let (name, value) = match arg.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (arg.as_str(), None),
            };
            let row = known.iter().find(|row| row.name == name).ok_or_else(|| unexpected(&arg))?;
            let value = value.or_else(|| args.next());
            let value = value.ok_or_else(|| error(format!("{name} needs {}", row.value)))?;
            given.options.push((row.name, value));
        }
        Ok(Some(given))
    }

    /// What stands behind an option; behind the last one, if there are several.
    fn value(&self, row: &OptionRow) -> Option<&str> {
        let mut values = self.options.iter().rev();
        values.find_map(|(name, value)| (*name == row.name).then_some(value.as_str()))
    }

    pub(super) fn no_operands(&self) -> Result<(), UsageError> {
        self.operands.first().map_or(Ok(()), |operand| Err(unexpected(operand)))
    }

    pub(super) fn ports(&self) -> Result<Vec<u16>, UsageError> {
        if self.operands.is_empty() {
            return Err(error("check needs ports"));
        }
        self.operands.iter().map(|operand| port(operand)).collect()
    }

    pub(super) fn protocols(&self) -> Result<&'static [Protocol], UsageError> {
        match self.value(&PROTOCOL) {
            None => Ok(Protocol::ALL),
            Some("tcp") => Ok(&[Protocol::Tcp]),
            Some("udp") => Ok(&[Protocol::Udp]),
            Some(other) => Err(error(format!("--protocol is tcp or udp, not '{other}'"))),
        }
    }

    pub(super) fn interval(&self) -> Result<Duration, UsageError> {
        let Some(value) = self.value(&INTERVAL) else { return Ok(Duration::from_secs(2)) };
        let seconds = value.parse().ok().filter(|seconds| (0.1..=3600.0).contains(seconds));
        seconds
            .map(Duration::from_secs_f64)
            .ok_or_else(|| error(format!("--interval is 0.1 to 3600 seconds, not '{value}'")))
    }

    pub(super) fn from(&self) -> Result<u16, UsageError> {
        self.value(&FROM).map_or(Ok(1024), port)
    }

    pub(super) fn count(&self) -> Result<usize, UsageError> {
        let Some(value) = self.value(&COUNT) else { return Ok(1) };
        let count = value.parse().ok().filter(|count| (1..=65535).contains(count));
        count.ok_or_else(|| error(format!("--count is 1 to 65535, not '{value}'")))
    }
}

fn port(text: &str) -> Result<u16, UsageError> {
    let port = text.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| error(format!("a port is 1 to 65535, not '{text}'")))
}

fn unexpected(argument: &str) -> UsageError {
    error(format!("unexpected argument '{argument}'"))
}
