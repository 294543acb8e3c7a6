//! Reports programs that take long, so that a program that never ends does not hang silently.

use std::fmt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::kept::KeptOutput;

/// A program that is still running. Displays what is awaited, and the output that nobody has shown yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The shortened command line.
    pub command: String,
    /// The time since its start.
    pub elapsed: Duration,
    pub output: UnshownOutput,
}

/// What the user has not seen of a waiting program's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnshownOutput {
    /// The caller shows the output.
    None,
    /// The last lines, without those that an earlier notice contained.
    Lines {
        lines: Vec<String>,
        /// What the user can do if the program never ends: an imperative, or empty.
        hint: &'static str,
    },
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, elapsed, output } = self;
        write!(f, "still waiting for `{command}` after {} seconds", elapsed.as_secs())?;
        let UnshownOutput::Lines { lines, hint } = output else { return Ok(()) };
        match lines.as_slice() {
            [] => f.write_str(", which printed nothing new")?,
            lines => {
                f.write_str("; its output:")?;
                lines.iter().try_for_each(|line| write!(f, "\n    {line}"))?;
            }
        }
        if hint.is_empty() { Ok(()) } else { write!(f, "\n  if it never ends, {hint}") }
    }
}

type Observer = Box<dyn Fn(&Waiting) + Send + Sync>;

/// Programs are run at many places, most of which have no access to the terminal. Therefore one observer
/// serves them all, as one flag serves Ctrl-C.
static OBSERVER: OnceLock<Observer> = OnceLock::new();

/// Sets what is done for programs that take long. Only the first call has an effect.
pub fn observe(observer: impl Fn(&Waiting) + Send + Sync + 'static) {
    let _ = OBSERVER.set(Box::new(observer));
}

fn notify(waiting: &Waiting) {
    if let Some(observer) = OBSERVER.get() {
        observer(waiting);
    }
}

/// How long a program may take before it is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// This time before the first report. The time before each further one is twice as long.
    For(Duration),
    /// The program is expected to run until Ctrl-C.
    Endless,
}

impl Patience {
    /// Longer than most programs take, and shorter than users wait before they suspect a fault.
    pub const NORMAL: Self = Self::For(Duration::from_secs(30));
}

/// Who shows a program's output to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShownOutput {
    /// The sink.
    BySink,
    /// Nobody, unless the program fails, or takes long: then [`Waiting`] quotes the output.
    OnDelay {
        /// What the user can do if the program never ends.
        hint: &'static str,
    },
}

/// The hint for a program that downloads.
pub const NETWORK: &str = "press Ctrl-C, and check the network connection";

/// Reports the program when it takes long.
pub(super) struct Watch<'a> {
    name: &'a str,
    output: ShownOutput,
    clock: WaitingClock,
    /// The number of lines that were reported, or that were written before these.
    reported: usize,
}

impl<'a> Watch<'a> {
    pub fn start(name: &'a str, patience: Patience, output: ShownOutput) -> Self {
        Self { name, output, clock: WaitingClock::start(patience), reported: 0 }
    }

    /// `has_written`: since the last check.
    pub fn check(&mut self, has_written: bool, kept: &KeptOutput) {
        if has_written {
            self.clock.reset();
        }
        let Some(elapsed) = self.clock.is_due(self.output == ShownOutput::BySink) else { return };
        let output = match self.output {
            ShownOutput::BySink => UnshownOutput::None,
            ShownOutput::OnDelay { hint } => {
                UnshownOutput::Lines { lines: kept.since(self.reported), hint }
            }
        };
        self.reported = kept.written;
        notify(&Waiting { command: self.name.to_owned(), elapsed, output });
    }
}

/// Decides when a program is reported.
#[derive(Debug)]
struct WaitingClock {
    started: Instant,
    last_report: Instant,
    last_output: Instant,
    /// `None` if the program is never reported.
    pause: Option<Duration>,
}

impl WaitingClock {
    /// Starts with the program.
    fn start(patience: Patience) -> Self {
        let now = Instant::now();
        let pause = match patience {
            Patience::For(pause) => Some(pause),
            Patience::Endless => None,
        };
        Self { started: now, last_report: now, last_output: now, pause }
    }

    /// The program wrote something.
    fn reset(&mut self) {
        self.last_output = Instant::now();
    }

    /// The time since the start, if the program must be reported now. If its output is shown, only silence
    /// is reported.
    fn is_due(&mut self, is_shown: bool) -> Option<Duration> {
        let pause = self.pause?;
        let quiet_since =
            if is_shown { self.last_report.max(self.last_output) } else { self.last_report };
        if quiet_since.elapsed() < pause {
            return None;
        }
        self.last_report = Instant::now();
        self.pause = Some(pause.saturating_mul(2));
        Some(self.started.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(output: UnshownOutput) -> String {
        let elapsed = Duration::from_secs(30);
        Waiting { command: "npm run build".to_owned(), elapsed, output }.to_string()
    }

    #[test]
    fn a_waiting_program_is_named_with_the_output_that_nobody_has_shown() {
        let started = "still waiting for `npm run build` after 30 seconds";
        assert_eq!(shown(UnshownOutput::None), started);
        let lines = |lines: &[&str], hint| UnshownOutput::Lines {
            lines: lines.iter().map(|&line| line.to_owned()).collect(),
            hint,
        };
        assert_eq!(shown(lines(&[], "")), format!("{started}, which printed nothing new"));
        assert_eq!(
            shown(lines(&["ready", "Local: http://localhost"], "stop it")),
            format!(
                "{started}; its output:\n    ready\n    Local: http://localhost\n  if it never ends, stop it"
            )
        );
    }

    #[test]
    fn a_program_whose_output_is_shown_is_reported_only_when_it_is_silent() {
        let pause = Duration::from_millis(20);
        let mut clock = WaitingClock::start(Patience::For(pause));
        std::thread::sleep(pause);
        clock.reset();
        assert_eq!(clock.is_due(true), None, "it wrote something");
        assert!(clock.is_due(false).is_some());
        assert_eq!(clock.is_due(false), None, "the next report is later");
        std::thread::sleep(pause * 2);
        assert!(clock.is_due(true).is_some());
        assert_eq!(
            WaitingClock::start(Patience::For(Duration::ZERO)).is_due(true).map(|_| ()),
            Some(())
        );
        assert_eq!(WaitingClock::start(Patience::Endless).is_due(false), None);
    }
}
