//! Splits a program's output into lines.

/// Splits bytes into lines that end with `\n` or `\r\n`, or with `\r` if the next line overwrites them.
#[derive(Default)]
pub(super) struct Lines {
    line: Vec<u8>,
    returned: bool,
}

impl Lines {
    /// Sends the lines that these bytes complete, and whether the next line overwrites them.
    pub fn push(&mut self, bytes: &[u8], mut send: impl FnMut(String, bool)) {
        for &byte in bytes {
            if byte == b'\n' {
                self.returned = false;
                send(self.take(), false);
                continue;
            }
            if std::mem::take(&mut self.returned) {
                let text = self.take();
                if !text.is_empty() {
                    send(text, true);
                }
            }
            match byte {
                b'\r' => self.returned = true,
                _ => self.line.push(byte),
            }
        }
    }

    /// The text after the last line, for example a question that awaits an answer.
    pub fn unfinished(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.line);
        (!self.returned && !text.trim().is_empty()).then(|| text.into_owned())
    }

    /// Sends the last line, if it has no end.
    pub fn finish(mut self, mut send: impl FnMut(String, bool)) {
        if !self.line.is_empty() {
            send(self.take(), self.returned);
        }
    }

    fn take(&mut self) -> String {
        let text = String::from_utf8_lossy(&self.line).into_owned();
        self.line.clear();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(pieces: &[&str]) -> Vec<(String, bool)> {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for piece in pieces {
            lines.push(piece.as_bytes(), |text, overwritten| found.push((text, overwritten)));
        }
        lines.finish(|text, overwritten| found.push((text, overwritten)));
        found
    }

    #[test]
    fn lines_and_progress_are_distinguished_however_the_bytes_are_split() {
        let expected =
            [("one", false), ("10%", true), ("20%", true), ("two", false), ("end", false)]
                .map(|(text, overwritten)| (text.to_owned(), overwritten));
        assert_eq!(cut(&["one\n10%\r20%\rtwo\r\nend"]), expected);
        assert_eq!(cut(&["one\n10", "%\r", "20%\rtwo\r", "\nen", "d"]), expected);
    }
}
