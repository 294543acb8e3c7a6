//! The address of the page that a tab opens: `src` in `metadata.json`, `ui.entry` in the configuration.
//!
//! Docker Desktop, Rancher Desktop and Podman Desktop append it to the URL of the tab's directory. So it is a
//! relative reference (RFC 3986), not a path: it may have a query and a fragment, and `%20` is a space.

use std::str::FromStr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageReference {
    written: String,
    path: String,
}

/// Why a text does not refer to a page: clauses about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPageReference {
    #[error("it contains `\\`, which not every consumer reads as `/`")]
    Backslash,
    #[error("it contains a control character")]
    Control,
    #[error("it contains an encoded `/` or `\\`")]
    EncodedSeparator,
    #[error("its `%` sequences are not UTF-8")]
    Encoding,
    #[error("it is the URL of a website, not of a file below `root`")]
    Website,
    #[error("it leads out of the directory of the pages")]
    Outside,
    #[error("it is a directory, not a page")]
    Directory,
}

impl PageReference {
    /// As it was written, for a URL.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The path of the file below the directory of the pages, without `.` and `..`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// As it was written without the fragment, and the fragment with its `#`.
    pub fn without_fragment(&self) -> (&str, &str) {
        let end = self.written.find('#').unwrap_or(self.written.len());
        self.written.split_at(end)
    }
}

impl FromStr for PageReference {
    type Err = InvalidPageReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.chars().any(char::is_control) {
            return Err(InvalidPageReference::Control);
        }
        let encoded = text.split(['?', '#']).next().unwrap_or_default();
        if encoded.contains('\\') {
            return Err(InvalidPageReference::Backslash);
        }
        if encoded.contains("://") {
            return Err(InvalidPageReference::Website);
        }
        let mut parts: Vec<String> = Vec::new();
        for part in encoded.split('/') {
            let part = percent_decoded(part)?;
            match part.as_str() {
                "" | "." => {}
                ".." => drop(parts.pop().ok_or(InvalidPageReference::Outside)?),
                _ => parts.push(part),
            }
        }
        let last = encoded.rsplit('/').next().unwrap_or_default();
        if parts.is_empty() || matches!(&*percent_decoded(last)?, "" | "." | "..") {
            return Err(InvalidPageReference::Directory);
        }
        Ok(Self { written: text.to_owned(), path: parts.join("/") })
    }
}

/// Decodes a part of a path as browsers do: a `%` without two digits is kept.
fn percent_decoded(part: &str) -> Result<String, InvalidPageReference> {
    let mut bytes = Vec::new();
    let mut rest = part.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |index: usize| char::from(*after.get(index)?).to_digit(16);
        match (*first == b'%').then(|| digit(0).zip(digit(1))).flatten() {
            Some((high, low)) => {
                let byte = (high * 16 + low) as u8;
                match byte {
                    b'/' | b'\\' => return Err(InvalidPageReference::EncodedSeparator),
                    _ if byte.is_ascii_control() => return Err(InvalidPageReference::Control),
                    _ => bytes.push(byte),
                }
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| InvalidPageReference::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_and_fragment_are_not_part_of_the_file_name() {
        for (text, path) in [
            ("index.html", "index.html"),
            ("./index.html?v=1.2", "index.html"),
            ("index.html#/home", "index.html"),
            ("index.html?a=/b#c?d", "index.html"),
            ("app/../index.html", "index.html"),
            ("/index.html", "index.html"),
            ("my%20app/%C3%BC.html", "my app/ü.html"),
            ("100%.html", "100%.html"),
            ("%2e/a.html", "a.html"),
            ("a.html?next=https://acme.dev/..\\x", "a.html"),
        ] {
            let page: PageReference = text.parse().unwrap();
            assert_eq!((page.path(), page.as_str()), (path, text));
        }
        let page: PageReference = "a.html?b#c#d".parse().unwrap();
        assert_eq!(page.without_fragment(), ("a.html?b", "#c#d"));
    }

    proptest::proptest! {
        #[test]
        fn a_page_never_leads_out_of_its_directory(text in "[a./%2eF5Cc?#\\\\é]{0,12}") {
            if let Ok(page) = text.parse::<PageReference>() {
                for part in page.path().split('/') {
                    proptest::prop_assert!(!["", ".", ".."].contains(&part), "{}", page.path());
                }
            }
        }
    }

    #[test]
    fn what_is_not_a_page_below_the_directory_is_rejected() {
        for (text, reason) in [
            ("app\\index.html", InvalidPageReference::Backslash),
            ("a%5Cb.html", InvalidPageReference::EncodedSeparator),
            ("a%2fb.html", InvalidPageReference::EncodedSeparator),
            ("a\n.html", InvalidPageReference::Control),
            ("a%00.html", InvalidPageReference::Control),
            ("%ff.html", InvalidPageReference::Encoding),
            ("https://acme.dev/", InvalidPageReference::Website),
            ("../index.html", InvalidPageReference::Outside),
            ("a/%2E%2e/../index.html", InvalidPageReference::Outside),
            ("", InvalidPageReference::Directory),
            ("?v=1", InvalidPageReference::Directory),
            ("#/home", InvalidPageReference::Directory),
            ("app/", InvalidPageReference::Directory),
            (".", InvalidPageReference::Directory),
        ] {
            assert_eq!(text.parse::<PageReference>(), Err(reason), "{text}");
        }
    }
}
