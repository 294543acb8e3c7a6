//! The licence of a new project.

use std::fmt;
use std::str::FromStr;

use crate::text;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum License {
    /// An SPDX expression, as in `Cargo.toml`.
    Open(LicenseExpression),
    /// All rights reserved.
    Proprietary,
}

/// The text for [`License::Proprietary`].
const PROPRIETARY: &str = "proprietary";

/// An SPDX expression of licences (annex D of the SPDX specification): `MIT OR Apache-2.0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenseExpression {
    text: String,
    ids: Vec<String>,
}

/// A licence whose text is in the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LicenseText {
    Apache2,
    Bsd3Clause,
    Isc,
    Mit,
}

impl LicenseText {
    const ALL: [LicenseText; 4] = [Self::Apache2, Self::Bsd3Clause, Self::Isc, Self::Mit];

    fn id(self) -> &'static str {
        match self {
            LicenseText::Apache2 => "Apache-2.0",
            LicenseText::Bsd3Clause => "BSD-3-Clause",
            LicenseText::Isc => "ISC",
            LicenseText::Mit => "MIT",
        }
    }
}

/// Common licences of the SPDX licence list, to recognize misspelled ids.
const WELL_KNOWN: [&str; 26] = [
    "0BSD",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "BUSL-1.1",
    "CC0-1.0",
    "EPL-2.0",
    "EUPL-1.2",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "ISC",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "MulanPSL-2.0",
    "Unlicense",
    "Zlib",
];

impl License {
    /// The value of `license` in `Cargo.toml`.
    pub fn expression(&self) -> Option<&str> {
        match self {
            License::Open(expression) => Some(&expression.text),
            License::Proprietary => None,
        }
    }

    /// The licences whose text is in the template.
    pub fn texts(&self) -> Vec<LicenseText> {
        let License::Open(expression) = self else { return Vec::new() };
        let is_named = |text: &LicenseText| expression.ids.iter().any(|id| id == text.id());
        LicenseText::ALL.into_iter().filter(is_named).collect()
    }

    /// The licences whose text the user has to add.
    pub fn missing_texts(&self) -> Vec<&str> {
        let License::Open(expression) = self else { return Vec::new() };
        let ids = expression.ids.iter().map(String::as_str);
        ids.filter(|id| LicenseText::ALL.iter().all(|text| text.id() != *id)).collect()
    }
}

impl fmt::Display for License {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expression().unwrap_or(PROPRIETARY))
    }
}

impl FromStr for License {
    type Err = InvalidLicense;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.eq_ignore_ascii_case(PROPRIETARY) {
            return Ok(License::Proprietary);
        }
        let ids = Parser::new(text).parse()?;
        for id in &ids {
            let is_known =
                |name: &str| WELL_KNOWN.contains(&name) || name.starts_with("LicenseRef-");
            if let Some(nearest) = text::nearest(id, WELL_KNOWN).filter(|_| !is_known(id)) {
                return Err(InvalidLicense::Misspelled { found: id.clone(), nearest });
            }
        }
        Ok(License::Open(LicenseExpression { text: text.to_owned(), ids }))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLicense {
    #[error("a licence is missing")]
    Missing,
    #[error("unexpected `{0}`")]
    Unexpected(String),
    #[error("did you mean `{nearest}` instead of `{found}`?")]
    Misspelled { found: String, nearest: &'static str },
}

/// A recursive-descent parser of SPDX expressions. It collects the ids of the licences.
struct Parser<'a> {
    words: std::iter::Peekable<std::vec::IntoIter<&'a str>>,
    ids: Vec<String>,
    depth: usize,
}

/// The maximum depth of parentheses, which bounds the recursion.
const DEEPEST: usize = 16;

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let mut words = Vec::new();
        for word in text.split_whitespace() {
            // Parentheses need no spaces around them.
            words.extend(word.split_inclusive(['(', ')']).flat_map(|part| {
                match part.char_indices().last() {
                    Some((at, '(' | ')')) => [&part[..at], &part[at..]],
                    _ => [part, ""],
                }
            }));
        }
        words.retain(|word| !word.is_empty());
        Self { words: words.into_iter().peekable(), ids: Vec::new(), depth: 0 }
    }

    fn parse(mut self) -> Result<Vec<String>, InvalidLicense> {
        self.expression()?;
        match self.words.next() {
            None => Ok(self.ids),
            Some(rest) => Err(InvalidLicense::Unexpected(rest.to_owned())),
        }
    }

    fn expression(&mut self) -> Result<(), InvalidLicense> {
        self.operand()?;
        while self.words.next_if(|word| matches!(*word, "AND" | "OR")).is_some() {
            self.operand()?;
        }
        Ok(())
    }

    fn operand(&mut self) -> Result<(), InvalidLicense> {
        match self.words.next() {
            None | Some(")" | "AND" | "OR" | "WITH") => Err(InvalidLicense::Missing),
            Some("(") if self.depth < DEEPEST => {
                self.depth += 1;
                self.expression()?;
                self.depth -= 1;
                match self.words.next() {
                    Some(")") => Ok(()),
                    rest => Err(InvalidLicense::Unexpected(rest.unwrap_or("end").to_owned())),
                }
            }
            Some(id) if is_id(id.strip_suffix('+').unwrap_or(id)) => {
                self.ids.push(id.to_owned());
                if self.words.next_if_eq(&"WITH").is_some() {
                    self.words
                        .next()
                        .filter(|exception| is_id(exception))
                        .ok_or(InvalidLicense::Missing)?;
                }
                Ok(())
            }
            Some(other) => Err(InvalidLicense::Unexpected(other.to_owned())),
        }
    }
}

fn is_id(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn license(text: &str) -> License {
        text.parse().unwrap()
    }

    #[test]
    fn the_licences_of_an_expression_decide_which_texts_a_project_gets() {
        let both = license("MIT OR Apache-2.0");
        assert_eq!(both.texts(), [LicenseText::Apache2, LicenseText::Mit]);
        assert_eq!(both.missing_texts(), [""; 0]);
        let nested = license("(MIT AND (ISC OR GPL-2.0-only WITH Classpath-exception-2.0))");
        assert_eq!(nested.texts(), [LicenseText::Isc, LicenseText::Mit]);
        assert_eq!(nested.missing_texts(), ["GPL-2.0-only"]);
        assert_eq!(license("LicenseRef-Acme").missing_texts(), ["LicenseRef-Acme"]);
        assert_eq!(license("Proprietary"), License::Proprietary);
    }

    #[test]
    fn an_invalid_expression_is_rejected_with_a_reason() {
        let fault = |text: &str| text.parse::<License>().unwrap_err().to_string();
        assert_eq!(fault(""), "a licence is missing");
        assert_eq!(fault("MIT OR"), "a licence is missing");
        assert_eq!(fault("MIT Apache-2.0"), "unexpected `Apache-2.0`");
        assert_eq!(fault("MIT/Apache-2.0"), "unexpected `MIT/Apache-2.0`");
        assert_eq!(fault("(MIT"), "unexpected `end`");
        assert_eq!(fault("MIT)"), "unexpected `)`");
        assert_eq!(fault("Apache2"), "did you mean `Apache-2.0` instead of `Apache2`?");
        assert!(fault(&"(".repeat(100_000)).starts_with("unexpected"));
    }
}
