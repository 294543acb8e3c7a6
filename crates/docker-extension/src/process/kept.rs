//! Splits a program's output into lines, and keeps the last ones.

use std::collections::VecDeque;

use super::lines::Lines;
use super::{Output, Stream};

/// The number of output lines in the error of a failed program.
const KEPT_LINES: usize = 40;
/// The number of output lines that are quoted while the program is running.
const QUOTED_LINES: usize = 12;

/// A program's output, of which the last lines are kept for an error.
#[derive(Default)]
pub(super) struct KeptOutput {
    stdout: Lines,
    stderr: Lines,
    kept: VecDeque<String>,
    /// The number of lines that were written.
    pub written: usize,
}

impl KeptOutput {
    pub fn push(&mut self, stream: Stream, bytes: &[u8], sink: &mut impl FnMut(Output<'_>)) {
        let lines = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        let (kept, written) = (&mut self.kept, &mut self.written);
        lines.push(bytes, |text, overwritten| {
            *written += usize::from(!overwritten);
            relay(stream, text, overwritten, kept, sink);
        });
    }

    /// The last kept lines after the first `count` that were written, and those that have no end yet.
    pub fn since(&self, count: usize) -> Vec<String> {
        let new = self.written.saturating_sub(count).min(QUOTED_LINES);
        let kept = self.kept.iter().skip(self.kept.len().saturating_sub(new));
        let kept = kept.filter(|line| !line.trim().is_empty()).cloned();
        kept.chain([&self.stdout, &self.stderr].into_iter().filter_map(Lines::unfinished)).collect()
    }

    /// Sends the last lines, if they have no end.
    pub fn finish(&mut self, sink: &mut impl FnMut(Output<'_>)) {
        let kept = &mut self.kept;
        for (stream, lines) in
            [(Stream::Stdout, &mut self.stdout), (Stream::Stderr, &mut self.stderr)]
        {
            std::mem::take(lines)
                .finish(|text, overwritten| relay(stream, text, overwritten, kept, sink));
        }
    }

    /// For an error.
    pub fn kept(self) -> String {
        Vec::from(self.kept).join("\n")
    }
}

fn relay(
    stream: Stream,
    text: String,
    overwritten: bool,
    kept: &mut VecDeque<String>,
    sink: &mut impl FnMut(Output<'_>),
) {
    sink(match stream {
        Stream::Stdout => Output::Stdout(&text),
        Stream::Stderr if overwritten => Output::Progress(&text),
        Stream::Stderr => Output::Stderr(&text),
    });
    if overwritten {
        return;
    }
    if kept.len() == KEPT_LINES {
        kept.pop_front();
    }
    kept.push_back(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_a_slow_program_is_reported_once_also_a_line_without_an_end() {
        let mut kept = KeptOutput::default();
        kept.push(Stream::Stdout, b"one\ntwo\n", &mut |_| {});
        assert_eq!(kept.since(0), ["one", "two"]);
        let reported = kept.written;
        assert!(kept.since(reported).is_empty());
        kept.push(Stream::Stderr, b"10 %\r20 %\rthree\nContinue? (y)", &mut |_| {});
        assert_eq!(kept.since(reported), ["three", "Continue? (y)"]);
        for _ in 0..KEPT_LINES {
            kept.push(Stream::Stdout, b"more\n", &mut |_| {});
        }
        assert_eq!(kept.since(0).len(), QUOTED_LINES + 1);
    }
}
