//! The labels of the image, which the marketplace shows.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::finding::{At, LocatedBreach};
use super::room::LocatedBreaches;
use crate::contents::labels::{self as names, Labels};
use crate::placeholder::{self, LabelField};
use crate::project::config::{Category, Url};
use crate::rules::placeholder::PLACEHOLDER;
use crate::rules::{Rule, labels as rules};
use crate::text::{is_line_break, nearest};

/// The labels that `docker extension validate` requires. They must not be empty.
const REQUIRED: [&str; 10] = [
    names::TITLE,
    names::DESCRIPTION,
    names::VENDOR,
    names::API_VERSION,
    names::ICON,
    names::SCREENSHOTS,
    names::DETAILED_DESCRIPTION,
    names::PUBLISHER_URL,
    names::CHANGELOG,
    names::CATEGORIES,
];

#[derive(Deserialize)]
pub(super) struct ScreenshotEntry {
    alt: String,
    pub(super) url: String,
}

#[derive(Deserialize)]
struct LinkEntry {
    title: String,
    url: String,
}

/// Checks the labels of one variant.
pub fn check(labels: &Labels) -> Vec<LocatedBreach> {
    let mut checker = LabelChecker { labels, breaches: LocatedBreaches::default() };
    REQUIRED.iter().for_each(|name| checker.required(name));
    checker.api_version();
    checker.screenshots();
    checker.additional_urls();
    checker.categories();
    checker.vendor();
    checker.title();
    for name in [names::ICON, names::PUBLISHER_URL] {
        if let Some(url) = filled(labels, name) {
            checker.url(At::Label(name.to_owned()), url);
        }
    }
    [names::TITLE, names::DESCRIPTION, names::VENDOR].into_iter().for_each(|it| checker.line(it));
    checker.placeholders();
    checker.breaches.into_vec()
}

struct LabelChecker<'a> {
    labels: &'a Labels,
    breaches: LocatedBreaches,
}

impl<'a> LabelChecker<'a> {
    fn required(&mut self, name: &'static str) {
        match self.labels.get(name) {
            None => {
                let what = format!("label `{name}` is missing");
                self.report(&rules::MISSING, name, what);
            }
            Some(value) if value.trim().is_empty() => {
                let what = format!("label `{name}` is empty");
                self.report(&rules::EMPTY, name, what);
            }
            Some(_) => {}
        }
    }

    /// Checks a text that is shown on one line.
    fn line(&mut self, name: &'static str) {
        let text = filled(self.labels, name).unwrap_or_default().trim();
        if text.contains(|c: char| is_line_break(c) || c.is_control()) {
            let what = format!("label `{name}` contains a line break or a control character");
            self.report(&rules::LINE, name, what);
        }
    }

    fn api_version(&mut self) {
        let Some(version) = filled(self.labels, names::API_VERSION) else { return };
        if semver::Version::parse(version.trim()).is_ok() {
            let what = format!("API version `{version}` is a single version, not a constraint");
            self.report(&rules::API_VERSION_BARE, names::API_VERSION, what);
        } else if !is_constraint(version) {
            let what = format!("API version `{version}` is not a valid version constraint");
            self.report(&rules::API_VERSION, names::API_VERSION, what);
        }
    }

    fn screenshots(&mut self) {
        let parts = |it: ScreenshotEntry| [it.alt, it.url];
        let count = self.entries(names::SCREENSHOTS, &rules::SCREENSHOTS, "alt", parts);
        if count == Some(0) {
            self.report(&rules::SCREENSHOTS, names::SCREENSHOTS, "list of screenshots is empty");
        }
    }

    fn additional_urls(&mut self) {
        let parts = |it: LinkEntry| [it.title, it.url];
        self.entries(names::ADDITIONAL_URLS, &rules::ADDITIONAL_URLS, "title", parts);
    }

    /// Checks a list whose entries have a text, called `key`, and a URL. Returns the number of entries.
    fn entries<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        rule: &'static Rule,
        key: &str,
        parts: impl Fn(T) -> [String; 2],
    ) -> Option<usize> {
        let list = match list::<T>(filled(self.labels, name)?) {
            Ok(list) => list,
            Err(reason) => {
                let what = format!("label `{name}` is not a valid list: {reason}");
                self.report(rule, name, what);
                return None;
            }
        };
        let count = list.len();
        for (index, [text, url]) in list.into_iter().map(parts).enumerate() {
            if text.trim().is_empty() {
                let what = format!("`{key}` of entry {index} in label `{name}` is empty");
                self.breaches.push(LocatedBreach::new(rule, in_list(name, index, key), what));
            }
            self.url(in_list(name, index, "url"), &url);
        }
        Some(count)
    }

    fn categories(&mut self) {
        let Some(text) = filled(self.labels, names::CATEGORIES) else { return };
        for category in text.split(',').map(str::trim) {
            if Category::ALL.contains(&category) {
                continue;
            }
            let meant = match nearest(category, Category::ALL) {
                Some(nearest) => format!("; did you mean `{nearest}`?"),
                None => String::new(),
            };
            let what = format!("`{category}` is not a category of the marketplace{meant}");
            self.report(&rules::CATEGORY, names::CATEGORIES, what);
        }
    }

    fn vendor(&mut self) {
        let Some(vendor) = filled(self.labels, names::VENDOR) else { return };
        let name = vendor.trim().to_lowercase();
        let name = name.trim_end_matches('.');
        if matches!(name, "docker" | "docker inc" | "docker, inc" | "docker incorporated") {
            let what = format!("vendor `{vendor}` is not the publisher of the extension");
            self.report(&rules::VENDOR, names::VENDOR, what);
        }
    }

    fn title(&mut self) {
        let Some(title) = filled(self.labels, names::TITLE) else { return };
        if title.to_lowercase().contains("extension") {
            let what = format!("title `{title}` contains the redundant word \"extension\"");
            self.report(&rules::TITLE, names::TITLE, what);
        }
    }

    fn placeholders(&mut self) {
        for (field, placeholder) in placeholder::in_labels(self.labels) {
            let breach = LocatedBreach::new(&PLACEHOLDER, place(field), placeholder.to_string());
            self.breaches.push(breach);
        }
    }

    fn url(&mut self, at: At, url: &str) {
        if url.parse::<Url>().is_err() {
            let what = format!("`{url}` is not an `https://` URL");
            self.breaches.push(LocatedBreach::new(&rules::URL, at, what));
        }
    }

    fn report(&mut self, rule: &'static Rule, name: &str, what: impl Into<String>) {
        self.breaches.push(LocatedBreach::new(rule, At::Label(name.to_owned()), what));
    }
}

/// Whether `text` is a version constraint in the syntax of the Go libraries that Docker's tools probably use:
/// alternatives are separated by `||`, and the parts of an alternative by commas or spaces.
fn is_constraint(text: &str) -> bool {
    let is_one = |text: &str| {
        let words = text.replace(',', " ");
        let mut words = words.split_whitespace().peekable();
        let mut parts: Vec<String> = Vec::new();
        while let Some(word) = words.next() {
            let is_operator = word.chars().all(|c| "<>=!~^".contains(c));
            let version = if is_operator { words.next().unwrap_or_default() } else { "" };
            parts.push(format!("{word}{version}").replacen("!=", "=", 1));
        }
        !parts.is_empty() && parts.iter().all(|part| semver::VersionReq::parse(part).is_ok())
    };
    text.split("||").all(is_one)
}

/// The value of a label, unless it is blank.
pub(super) fn filled<'a>(labels: &'a Labels, name: &str) -> Option<&'a str> {
    labels.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
}

/// The place of `key` in an entry of the list in a label.
pub(super) fn in_list(label: &str, index: usize, key: &str) -> At {
    At::InLabel { label: label.to_owned(), pointer: format!("/{index}/{key}") }
}

fn place(field: LabelField) -> At {
    let label = match field {
        LabelField::Description => names::DESCRIPTION,
        LabelField::Vendor => names::VENDOR,
        LabelField::IconUrl => names::ICON,
        LabelField::Screenshot(index) => return in_list(names::SCREENSHOTS, index, "url"),
        LabelField::DetailedDescription => names::DETAILED_DESCRIPTION,
        LabelField::PublisherUrl => names::PUBLISHER_URL,
        LabelField::AdditionalUrl(index) => return in_list(names::ADDITIONAL_URLS, index, "url"),
        LabelField::Changelog => names::CHANGELOG,
    };
    At::Label(label.to_owned())
}

/// The list in the JSON of a label.
pub(super) fn list<T: DeserializeOwned>(text: &str) -> serde_json::Result<Vec<T>> {
    serde_json::from_str(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Labels {
        let labels = [
            (names::TITLE, "Tool"),
            (names::DESCRIPTION, "Does it."),
            (names::VENDOR, "Me"),
            (names::API_VERSION, ">= 0.3.4"),
            (names::ICON, "https://acme.dev/icon.svg"),
            (names::SCREENSHOTS, r#"[{"alt": "It", "url": "https://acme.dev/1.png"}]"#),
            (names::DETAILED_DESCRIPTION, "<p>It does it.</p>"),
            (names::PUBLISHER_URL, "https://acme.dev"),
            (names::ADDITIONAL_URLS, ""),
            (names::CHANGELOG, "First."),
            (names::CATEGORIES, "networking, utility-tools"),
        ];
        labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// The violated rules if one label has another value.
    fn broken(name: &str, value: &str) -> Vec<&'static str> {
        let mut labels = good();
        labels.insert(name.to_owned(), value.to_owned());
        check(&labels).iter().map(|breach| breach.rule.id).collect()
    }

    #[test]
    fn valid_labels_have_no_findings() {
        assert_eq!(check(&good()), []);
    }

    #[test]
    fn a_missing_label_is_reported_by_its_name() {
        let mut labels = good();
        labels.remove(names::ICON);
        let breaches = check(&labels);
        let expected = "label `com.docker.desktop.extension.icon` is missing";
        assert_eq!(breaches[0].what, expected);
        assert_eq!(broken(names::CATEGORIES, " "), ["label-empty"]);
    }

    #[test]
    fn constraints_are_accepted_in_all_common_forms() {
        for constraint in [">=0.3.3", ">= 0.3.3, < 1", ">= 0.3 <1.0.0", "^0.3 || ^0.4", "~0.3", "*"]
        {
            assert_eq!(broken(names::API_VERSION, constraint), [""; 0], "{constraint}");
        }
        assert_eq!(broken(names::API_VERSION, "0.3.4"), ["label-api-version-bare"]);
        for nonsense in ["latest", ">=", "1.x.y", "||"] {
            assert_eq!(broken(names::API_VERSION, nonsense), ["label-api-version"], "{nonsense}");
        }
    }

    #[test]
    fn invalid_lists_are_reported() {
        let broken_list = |text| broken(names::SCREENSHOTS, text);
        assert_eq!(broken_list("https://acme.dev/1.png"), ["label-screenshots"]);
        assert_eq!(broken_list("[]"), ["label-screenshots"]);
        assert_eq!(broken_list(r#"["https://acme.dev/1.png"]"#), ["label-screenshots"]);
        assert_eq!(
            broken_list(r#"[{"alt": "", "url": "http://acme.dev"}]"#),
            ["label-screenshots", "label-url"]
        );
        let mut labels = good();
        let one_good = r#"[{"alt": "1", "url": "https://a"}, {"alt": "2", "url": "a"}]"#;
        labels.insert(names::SCREENSHOTS.to_owned(), one_good.to_owned());
        let at = in_list(names::SCREENSHOTS, 1, "url");
        assert_eq!(
            check(&labels),
            [LocatedBreach::new(&rules::URL, at, "`a` is not an `https://` URL")]
        );
        let links = r#"[{"title": "Help", "url": "https://acme.dev"}]"#;
        assert_eq!(broken(names::ADDITIONAL_URLS, links), [""; 0]);
        assert_eq!(broken(names::ADDITIONAL_URLS, "none"), ["label-additional-urls"]);
    }

    #[test]
    fn values_that_reviewers_reject_are_reported() {
        assert_eq!(broken(names::VENDOR, "Docker Inc."), ["label-vendor"]);
        assert_eq!(broken(names::VENDOR, "Dockerize"), [""; 0]);
        assert_eq!(broken(names::TITLE, "My Extension"), ["label-title"]);
        assert_eq!(broken(names::CATEGORIES, "utility-tool"), ["label-category"]);
        assert_eq!(broken(names::ICON, "icon.svg"), ["label-url"]);
    }

    #[test]
    fn each_placeholder_is_reported_at_its_place() {
        let mut labels = good();
        let screenshots = r#"[{"alt": "1", "url": "https://acme.dev"}, {"alt": "2", "url": "https://example.com"}]"#;
        labels.insert(names::SCREENSHOTS.to_owned(), screenshots.to_owned());
        let changelog = "<a href='https://example.org'>All</a>".to_owned();
        labels.insert(names::CHANGELOG.to_owned(), changelog);
        let breach = |at, url| {
            let what = format!("`{url}` is on a domain reserved for examples");
            LocatedBreach::new(&PLACEHOLDER, at, what)
        };
        assert_eq!(
            check(&labels),
            [
                breach(in_list(names::SCREENSHOTS, 1, "url"), "https://example.com"),
                breach(At::Label(names::CHANGELOG.to_owned()), "https://example.org"),
            ]
        );
        let many = "<a href=//example.com/>".repeat(10_000);
        assert!(broken(names::CHANGELOG, &many).len() < 1000);
    }

    #[test]
    fn a_label_with_thousands_of_mistakes_has_a_limited_number_of_findings() {
        let found = broken(names::CATEGORIES, &",".repeat(10_000));
        assert!(!found.is_empty() && found.len() < 1000, "{}", found.len());
    }
}
