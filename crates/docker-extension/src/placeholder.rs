//! Placeholders: the URLs, the icon and the texts of a new project that its author must replace.

use std::fmt;

use serde::Deserialize;

use crate::contents::html;
use crate::contents::labels::{self as names, Labels};
use crate::text;

/// A sentence in the detailed description of a new project.
pub const DETAILED_DESCRIPTION: &str =
    "Replace this text: say what your extension does, and for whom.";
/// A sentence in the changelog of a new project.
pub const CHANGELOG: &str = "Replace this text: say what is new in this version.";
/// The description of a new project.
pub const DESCRIPTION: &str = "A new extension for Docker Desktop.";
/// The vendor of a new project.
pub const VENDOR: &str = "Example Vendor";

/// The SHA-256 digests of every generated icon, including those of earlier versions.
const ICONS: &[&str] = &["5b7cf25617911c96cf612034fbe54637356d4d5091d63f13e4a864d0d315ae3e"];
/// In bytes. No generated icon is larger, so larger files need no hash.
const LARGEST_ICON: usize = 64 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placeholder {
    Url(String),
    Text(&'static str),
    Icon,
}

/// A value in the labels that can be a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelField {
    Description,
    Vendor,
    IconUrl,
    /// The URL of the screenshot at this index.
    Screenshot(usize),
    DetailedDescription,
    PublisherUrl,
    /// The URL of the link at this index.
    AdditionalUrl(usize),
    Changelog,
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Placeholder::Url(url) => write!(f, "`{url}` is on a domain reserved for examples"),
            Placeholder::Text(text) => write!(f, "`{text}` is a sample text"),
            Placeholder::Icon => f.write_str("the generated icon of a new project"),
        }
    }
}

/// Finds the placeholders in the labels. The iterator is lazy, because the labels of an untrusted image may
/// contain any number of them.
pub fn in_labels(labels: &Labels) -> impl Iterator<Item = (LabelField, Placeholder)> {
    use LabelField as Field;
    let value = |name: &str| labels.get(name).map_or("", String::as_str);
    let [detailed_description, changelog] =
        [names::DETAILED_DESCRIPTION, names::CHANGELOG].map(value);
    let texts = [
        (Field::Description, DESCRIPTION, value(names::DESCRIPTION).trim() == DESCRIPTION),
        (Field::Vendor, VENDOR, value(names::VENDOR).trim() == VENDOR),
        (
            Field::DetailedDescription,
            DETAILED_DESCRIPTION,
            has_sentence(detailed_description, DETAILED_DESCRIPTION),
        ),
        (Field::Changelog, CHANGELOG, has_sentence(changelog, CHANGELOG)),
    ]
    .into_iter()
    .filter(|(_, _, is_there)| *is_there)
    .map(|(field, text, _)| (field, Placeholder::Text(text)));

    let urls = [(Field::IconUrl, names::ICON), (Field::PublisherUrl, names::PUBLISHER_URL)]
        .map(|(field, name)| (field, value(name).to_owned()))
        .into_iter()
        .chain(urls_in_list(value(names::SCREENSHOTS), Field::Screenshot))
        .chain(urls_in_list(value(names::ADDITIONAL_URLS), Field::AdditionalUrl))
        .filter(|(_, url)| is_url(url));
    let links = [(Field::DetailedDescription, detailed_description), (Field::Changelog, changelog)]
        .into_iter()
        .flat_map(|(field, html)| html::links(html).map(move |url| (field, url)))
        .filter(|(_, url)| is_url(url))
        .map(|(field, url)| (field, url.to_owned()));
    texts.chain(urls.chain(links).map(|(field, url)| (field, Placeholder::Url(url))))
}

/// Nothing if `json` is not a list of this form, which another rule reports.
fn urls_in_list(
    json: &str,
    field: fn(usize) -> LabelField,
) -> impl Iterator<Item = (LabelField, String)> {
    #[derive(Deserialize)]
    struct UrlEntry {
        url: String,
    }
    let list: Vec<UrlEntry> = serde_json::from_str(json).unwrap_or_default();
    list.into_iter().enumerate().map(move |(index, entry)| (field(index), entry.url))
}

/// Whether `html` contains the words of `sentence`, separated by any white space.
fn has_sentence(html: &str, sentence: &str) -> bool {
    let on_one_line =
        html.split_ascii_whitespace().fold(String::new(), |line, word| line + word + " ");
    on_one_line.contains(sentence)
}

/// Whether a URL is on a domain that RFC 2606 reserves for examples and tests.
fn is_url(url: &str) -> bool {
    host(url.trim()).is_some_and(is_reserved)
}

/// The host of a URL. The URL may lack the scheme, or have the scheme `mailto`.
fn host(url: &str) -> Option<&str> {
    let rest = match url.split_once(':') {
        Some((scheme, address)) if scheme.eq_ignore_ascii_case("mailto") => {
            let (_, host) = address.split('?').next()?.rsplit_once('@')?;
            return Some(host);
        }
        Some((scheme, rest))
            if ["https", "http"].iter().any(|it| scheme.eq_ignore_ascii_case(it)) =>
        {
            rest
        }
        _ => url,
    };
    // Browsers treat `\` as `/`.
    let authority = rest.strip_prefix("//")?.split(['/', '\\', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    host.split(':').next()
}

fn is_reserved(host: &str) -> bool {
    let mut names = host.strip_suffix('.').unwrap_or(host).rsplit('.');
    let (top, second) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
    let is_one_of =
        |name: &str, names: &[&str]| names.iter().any(|it| name.eq_ignore_ascii_case(it));
    is_one_of(top, &["example", "test", "invalid"])
        || is_one_of(top, &["com", "org", "net"]) && is_one_of(second, &["example"])
}

/// Whether a file is the icon of a new project. Git may have converted its line breaks.
pub fn is_icon(bytes: &[u8]) -> bool {
    bytes.len() <= LARGEST_ICON && ICONS.contains(&digest(bytes).as_str())
}

/// The SHA-256 digest of a text after the conversion of `\r\n` to `\n`.
fn digest(text: &[u8]) -> String {
    text::hash_of_lines(text.split_inclusive(|byte| *byte == b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_on_reserved_domains_are_placeholders() {
        for url in [
            "https://example.com",
            "https://example.com/icon.svg",
            "http://www.Example.ORG:8080?a",
            "HTTPS://me:secret@example.net.#top",
            "//example.com/icon.svg",
            " https://cdn.acme.example/1.png ",
            "https://acme.test/https://acme.dev",
            "https://a.b.invalid\\c",
            "mailto:me@example.com?subject=Hello",
        ] {
            assert!(is_url(url), "{url}");
        }
        for url in [
            "",
            "icon.svg",
            "https://",
            "https://example.community",
            "https://example.com.acme.dev/",
            "https://myexample.com/",
            "https://example.de",
            "https://acme.dev/example.com?//example.com#@example.com",
            "https://example.com@acme.dev/",
            "https://acme.dev:example.com",
            "https://testing/",
            "mailto:example.com",
            "mailto:example.com@acme.dev",
            "ftp://example.com",
            "example.com",
        ] {
            assert!(!is_url(url), "{url}");
        }
    }

    #[test]
    fn each_placeholder_is_found_in_its_field() {
        let replaced =
            "<p>It shows <a href=\"https://acme.dev\">disks</a>, as example.com says.</p>";
        let labels = |values: [&str; 8]| -> Labels {
            let names = [
                names::DESCRIPTION,
                names::VENDOR,
                names::ICON,
                names::SCREENSHOTS,
                names::DETAILED_DESCRIPTION,
                names::PUBLISHER_URL,
                names::ADDITIONAL_URLS,
                names::CHANGELOG,
            ];
            names.map(str::to_owned).into_iter().zip(values.map(str::to_owned)).collect()
        };
        let found = |labels: &Labels| {
            let placeholders = in_labels(labels).map(|(field, it)| format!("{field:?}: {it}\n"));
            placeholders.collect::<String>()
        };
        let new = labels([
            DESCRIPTION,
            VENDOR,
            "https://example.com/icon.svg",
            r#"[{"alt": "1", "url": "https://acme.dev"}, {"url": "https://example.com/2.png"}]"#,
            &format!("<p>{}</p> <a href=//example.net>", DETAILED_DESCRIPTION.replace(' ', "\n  ")),
            "https://example.org",
            r#"[{"title": "Help", "url": "https://acme.test"}]"#,
            &format!("<b>0.1.0</b> {CHANGELOG} <img src='https://example.com/3.png'>"),
        ]);
        expect_test::expect![[r#"
            Description: `A new extension for Docker Desktop.` is a sample text
            Vendor: `Example Vendor` is a sample text
            DetailedDescription: `Replace this text: say what your extension does, and for whom.` is a sample text
            Changelog: `Replace this text: say what is new in this version.` is a sample text
            IconUrl: `https://example.com/icon.svg` is on a domain reserved for examples
            PublisherUrl: `https://example.org` is on a domain reserved for examples
            Screenshot(1): `https://example.com/2.png` is on a domain reserved for examples
            AdditionalUrl(0): `https://acme.test` is on a domain reserved for examples
            DetailedDescription: `//example.net` is on a domain reserved for examples
            Changelog: `https://example.com/3.png` is on a domain reserved for examples
        "#]].assert_eq(&found(&new));

        let own = labels([
            "A new extension for Docker Desktop users.",
            "The Example Vendor",
            "https://acme.dev/icon.svg",
            "https://example.com/2.png",
            replaced,
            "https://acme.dev",
            "",
            replaced,
        ]);
        assert_eq!(found(&own), "");
        assert_eq!(found(&Labels::new()), "");
    }

    #[test]
    fn the_generated_icon_is_recognized_with_any_line_breaks() {
        let icon = include_str!("../template/extension/icon.svg").replace("\r\n", "\n");
        let digest = digest(icon.as_bytes());
        assert!(
            is_icon(icon.as_bytes()),
            "the template's icon is not in `ICONS`: ADD its digest {digest}, and keep the others, because \
             earlier versions have generated them"
        );
        assert!(is_icon(icon.replace('\n', "\r\n").as_bytes()));
        assert!(!is_icon(icon.replace('\n', "\n\n").as_bytes()));
        assert!(!is_icon(b""));
    }
}
