//! Labels from a text.

use std::collections::BTreeMap;

use docker_extension::internals::contents::labels as names;

/// Labels, by name.
pub type Labels = BTreeMap<String, String>;

/// The labels of extensions. The last one may be missing.
pub const NAMES: [&str; 11] = [
    names::API_VERSION,
    names::SCREENSHOTS,
    names::CATEGORIES,
    names::VENDOR,
    names::TITLE,
    names::ICON,
    names::PUBLISHER_URL,
    names::DESCRIPTION,
    names::DETAILED_DESCRIPTION,
    names::CHANGELOG,
    names::ADDITIONAL_URLS,
];

/// Uses each line as the value of a label.
pub fn labels(text: &str) -> Labels {
    NAMES.iter().zip(text.split('\n')).map(|(name, line)| ((*name).into(), line.into())).collect()
}
