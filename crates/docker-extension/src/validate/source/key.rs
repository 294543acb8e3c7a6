//! Which key of the configuration, or which file, a part of the image comes from.

use camino::Utf8PathBuf;

use crate::contents::{COMPOSE_FILE, UI_DIRECTORY, icon_name, labels as names};
use crate::host_binaries::Placement;
use crate::platform::Os;
use crate::project::config::{Config, LongText, Service, Vm, WORKSPACE_KEY};
use crate::rules::{Rule, binaries};
use crate::validate::finding::At;

/// Where the author wrote something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A key in the workspace's `Cargo.toml`.
    Key(String),
    /// A file, by its path relative to the workspace.
    File(Utf8PathBuf),
}

/// Where the author of the extension with this configuration wrote what a finding is about. A key may be
/// missing in the file: then it has its default.
pub fn written(rule: &Rule, at: &At, config: &Config) -> Written {
    match at {
        _ if rule == &binaries::MINIMUM_MACOS => key("minimum-macos"),
        At::Index => Written::Key(WORKSPACE_KEY.to_owned()),
        At::Tag => Written::Key(VERSION.to_owned()),
        At::Label(name) => label(name, config),
        At::InLabel { label: name, pointer } => match label(name, config) {
            Written::Key(key) => Written::Key(key + &in_list(pointer)),
            file => file,
        },
        At::Metadata(pointer) => metadata(pointer),
        At::MetadataText { .. } => Written::Key(WORKSPACE_KEY.to_owned()),
        At::File(path) | At::FileText { path, .. } => file(path, config),
        At::Setting(key) => Written::Key(key.clone()),
    }
}

const VERSION: &str = "workspace.package.version";

fn key(name: &str) -> Written {
    Written::Key(format!("{WORKSPACE_KEY}.{name}"))
}

fn label(name: &str, config: &Config) -> Written {
    let text = match name {
        names::DETAILED_DESCRIPTION => Some(&config.detailed_description),
        names::CHANGELOG => Some(&config.changelog),
        _ => None,
    };
    if let Some(LongText::File(path)) = text {
        return Written::File(path.clone());
    }
    match name {
        names::TITLE => key("title"),
        names::DESCRIPTION => key("description"),
        names::VENDOR => key("vendor"),
        names::VERSION => Written::Key(VERSION.to_owned()),
        names::API_VERSION => key("api-version"),
        names::ICON => key("icon-url"),
        names::SCREENSHOTS => key("screenshots"),
        names::DETAILED_DESCRIPTION => key("detailed-description"),
        names::PUBLISHER_URL => key("publisher-url"),
        names::ADDITIONAL_URLS => key("additional-urls"),
        names::CHANGELOG => key("changelog"),
        names::CATEGORIES => key("categories"),
        _ => Written::Key(WORKSPACE_KEY.to_owned()),
    }
}

/// `/0/url` as in a key: `[0].url`.
fn in_list(pointer: &str) -> String {
    let part = |part: &str| match part.parse::<usize>() {
        Ok(index) => format!("[{index}]"),
        Err(_) => format!(".{part}"),
    };
    pointer.split('/').skip(1).map(part).collect()
}

fn metadata(pointer: &str) -> Written {
    let mut parts = pointer.split('/').skip(1);
    match (parts.next(), parts.nth(1).or(parts.next())) {
        (Some("icon"), _) => key("icon"),
        (Some("ui"), Some("title")) => key("ui.title"),
        (Some("ui"), Some("src")) => key("ui.entry"),
        (Some("ui"), _) => key("ui"),
        (Some("vm"), _) if pointer.starts_with("/vm/exposes") => key("vm.socket"),
        (Some("vm"), _) if pointer.starts_with("/vm/image") => key("vm.image"),
        (Some("vm"), _) if pointer.starts_with("/vm/composefile") => key("vm.composefile"),
        (Some("vm"), _) => key("vm"),
        (Some("host"), _) => key("platforms"),
        _ => Written::Key(WORKSPACE_KEY.to_owned()),
    }
}

fn file(path: &str, config: &Config) -> Written {
    let mut parts = path.split('/').skip(1);
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    if first == UI_DIRECTORY {
        return key("ui");
    }
    if Os::ALL.into_iter().any(|os| first == Placement::directory(os)) {
        return key("platforms");
    }
    match (&config.vm, second) {
        (Some(Vm { service: Service::ComposeFile(path), .. }), None) if first == COMPOSE_FILE => {
            Written::File(path.clone())
        }
        (_, None) if first == icon_name(&config.icon) => key("icon"),
        _ => Written::Key(WORKSPACE_KEY.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::testing::config;

    #[test]
    fn each_part_of_an_image_comes_from_a_key_or_a_file() {
        let mut config = config();
        config.vm =
            Some(Vm { service: Service::ComposeFile("vm/compose.yaml".into()), socket: None });
        config.changelog = LongText::File("changelog.html".into());
        let of_rule = |rule: &Rule, at: At| match written(rule, &at, &config) {
            Written::Key(key) => key.replace(WORKSPACE_KEY, "…"),
            Written::File(path) => path.to_string(),
        };
        let found = |at: At| of_rule(&crate::rules::image::BINARY_LARGE, at);
        let tool = At::File("/darwin/tool".to_owned());
        assert_eq!(of_rule(&binaries::MINIMUM_MACOS, tool), "….minimum-macos");
        let label = |name: &str| found(At::Label(name.to_owned()));
        assert_eq!(label(names::ICON), "….icon-url");
        assert_eq!(label(names::CHANGELOG), "changelog.html");
        assert_eq!(label(names::VERSION), "workspace.package.version");
        assert_eq!(label("com.acme.other"), "…");
        let screenshot =
            At::InLabel { label: names::SCREENSHOTS.to_owned(), pointer: "/1/url".to_owned() };
        assert_eq!(found(screenshot), "….screenshots[1].url");
        for (pointer, expected) in [
            ("", "…"),
            ("/icon", "….icon"),
            ("/ui/dashboard-tab/title", "….ui.title"),
            ("/ui/dashboard-tab/src", "….ui.entry"),
            ("/ui/dashboard-tab", "….ui"),
            ("/vm/exposes/socket", "….vm.socket"),
            ("/vm/composefile", "….vm.composefile"),
            ("/host/binaries/0/darwin/0/path", "….platforms"),
            ("/other", "…"),
        ] {
            assert_eq!(found(At::Metadata(pointer.to_owned())), expected, "{pointer}");
        }
        for (path, expected) in [
            ("/icon.png", "….icon"),
            ("/docker-compose.yaml", "vm/compose.yaml"),
            ("/ui/index.html", "….ui"),
            ("/darwin/tool", "….platforms"),
            ("/other", "…"),
        ] {
            assert_eq!(found(At::File(path.to_owned())), expected, "{path}");
        }
        assert_eq!(found(At::Tag), "workspace.package.version");
        assert_eq!(found(At::Setting(format!("{WORKSPACE_KEY}.allow[2]"))), "….allow[2]");
    }
}
