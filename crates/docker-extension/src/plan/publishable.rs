//! Checks that an extension with placeholders is not pushed.

use crate::contents::{self, labels::Labels};
use crate::error::{Error, Result};
use crate::files;
use crate::placeholder::{self, LabelField, Placeholder};
use crate::project::Project;
use crate::project::config::{Config, LongText, WORKSPACE_KEY};
use crate::rules::Waiver;
use crate::rules::placeholder::PLACEHOLDER;
use crate::text;

/// # Errors
/// The icon or the labels contain placeholders that no waiver covers, or the icon can't be read.
pub fn check(project: &Project, labels: &Labels, waivers: &[Waiver]) -> Result<()> {
    let config = &project.config;
    let is_waived = |path: Option<&str>| waivers.iter().any(|it| it.covers(&PLACEHOLDER, path));
    // A finding about a label is about no file.
    let in_labels = placeholder::in_labels(labels).filter(|_| !is_waived(None));
    let mut found: Vec<String> =
        in_labels.map(|(field, placeholder)| at(&place(field, config), &placeholder)).collect();
    let icon = format!("/{}", contents::icon_name(&config.icon));
    if !is_waived(Some(&icon))
        && placeholder::is_icon(&files::read(&project.root.join(&config.icon))?)
    {
        found.push(at(config.icon.as_str(), &Placeholder::Icon));
    }
    if found.is_empty() {
        return Ok(());
    }
    let count = text::count(found.len(), "placeholder");
    let what = format!("the extension contains {count} and cannot be pushed{}", found.concat());
    Err(Error::new(what).help("replace them, or push anyway with `--allow placeholder`"))
}

fn at(place: &str, placeholder: &Placeholder) -> String {
    format!("\n  `{place}`: {}", text::printable(&placeholder.to_string()))
}

/// Where the author wrote the value: a key of the configuration, or a file.
fn place(field: LabelField, config: &Config) -> String {
    let text = match field {
        LabelField::DetailedDescription => Some(&config.detailed_description),
        LabelField::Changelog => Some(&config.changelog),
        _ => None,
    };
    if let Some(LongText::File(path)) = text {
        return path.to_string();
    }
    let key = match field {
        LabelField::Description => "description",
        LabelField::Vendor => "vendor",
        LabelField::IconUrl => "icon-url",
        LabelField::Screenshot(index) => &format!("screenshots[{index}].url"),
        LabelField::DetailedDescription => "detailed-description",
        LabelField::PublisherUrl => "publisher-url",
        LabelField::AdditionalUrl(index) => &format!("additional-urls[{index}].url"),
        LabelField::Changelog => "changelog",
    };
    format!("{WORKSPACE_KEY}.{key}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::labels::{LongTexts, labels};
    use crate::project::testing::project;
    use camino::Utf8PathBuf;

    #[test]
    fn each_placeholder_is_reported_where_its_author_wrote_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut project = project(&Utf8PathBuf::try_from(dir.path().to_owned()).unwrap());
        let icon = project.root.join(&project.config.icon);
        files::create_dir(icon.parent().unwrap()).unwrap();
        files::write(&icon, include_str!("../../template/extension/icon.svg")).unwrap();
        project.config.vendor = placeholder::VENDOR.to_owned();
        let texts = LongTexts {
            detailed_description: placeholder::DETAILED_DESCRIPTION.to_owned(),
            changelog: "<a href=\"https://example.com/\u{202e}\">All</a>".to_owned(),
        };
        let labels = labels(&project, &texts);
        let error = check(&project, &labels, &[]).unwrap_err();
        expect_test::expect![[r#"
            the extension contains 7 placeholders and cannot be pushed
              `workspace.metadata.docker-extension.vendor`: `Example Vendor` is a sample text
              `extension/description.html`: `Replace this text: say what your extension does, and for whom.` is a sample text
              `workspace.metadata.docker-extension.icon-url`: `https://example.com/icon.png` is on a domain reserved for examples
              `workspace.metadata.docker-extension.publisher-url`: `https://example.com` is on a domain reserved for examples
              `workspace.metadata.docker-extension.screenshots[0].url`: `https://example.com/1.png` is on a domain reserved for examples
              `workspace.metadata.docker-extension.changelog`: `https://example.com/\u{202e}` is on a domain reserved for examples
              `extension/icon.png`: the generated icon of a new project
        "#]]
        .assert_eq(&format!("{error}\n"));
        let help = "replace them, or push anyway with `--allow placeholder`";
        assert_eq!(error.advice(), Some(help));

        let mut waiver = Waiver::from_option("placeholder".parse().unwrap());
        assert!(check(&project, &labels, std::slice::from_ref(&waiver)).is_ok());
        waiver.path = Some("/icon.*".parse().unwrap());
        let error = check(&project, &labels, &[waiver]).unwrap_err().to_string();
        assert!(error.contains("6 placeholders") && !error.contains("icon.png`: the"), "{error}");
        let other = Waiver::from_option("label-title".parse().unwrap());
        assert!(check(&project, &labels, &[other]).is_err());
    }
}
