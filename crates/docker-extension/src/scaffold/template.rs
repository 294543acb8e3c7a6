//! Renders the files in `template/` for the user's answers. It does not access the file system.

use camino::{Utf8Path, Utf8PathBuf};
use upon::Engine;

use super::license::LicenseText;
use super::record::{FileHash, Owner};
use super::tool_source::{ToolSource, quoted};
use super::{Answers, License};

/// A file of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectFile {
    /// Its path in the project.
    pub path: Utf8PathBuf,
    pub text: String,
    pub owner: Owner,
}

impl ProjectFile {
    pub fn hash(&self) -> FileHash {
        FileHash::of(&self.path, &self.text)
    }
}

/// A file as the template stores it.
struct TemplateFile {
    /// Its path in `template/`. One that ends in `.upon` is rendered.
    stored: &'static str,
    text: &'static str,
    /// Its path in a project.
    path: &'static str,
    owner: Owner,
    condition: Condition,
}

/// Which projects have a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Always,
    Helper,
    Tab,
    /// The tab has a helper to call.
    HelperAndTab,
    /// The tab has none.
    TabOnly,
    Text(LicenseText),
    Proprietary,
}

impl Condition {
    fn holds(self, answers: &Answers) -> bool {
        let (helper, tab) = (answers.parts.has_helper(), answers.parts.has_tab());
        match self {
            Condition::Always => true,
            Condition::Helper => helper,
            Condition::Tab => tab,
            Condition::HelperAndTab => helper && tab,
            Condition::TabOnly => tab && !helper,
            Condition::Text(text) => answers.license.texts().contains(&text),
            Condition::Proprietary => answers.license == License::Proprietary,
        }
    }
}

/// The directory of the host binary in the template. In a project it has the project's name.
const HELPER: &str = "host-bins/helper";

macro_rules! template {
    ($($condition:expr, $owner:ident { $($stored:literal => $path:literal,)* })*) => {
        const TEMPLATE: &[TemplateFile] = &[$($(TemplateFile {
            stored: $stored,
            text: include_str!(concat!("../../template/", $stored)),
            path: $path,
            owner: Owner::$owner,
            condition: $condition,
        },)*)*];
    };
}

// Files are stored without a leading dot, and manifests with the extension `.upon`, so that git, cargo and
// npm do not treat the template as a project.
template! {
    Condition::Always, Tool {
        "cargo/config.toml" => ".cargo/config.toml",
        "github/workflows/ci.yml" => ".github/workflows/ci.yml",
        "github/workflows/release.yml" => ".github/workflows/release.yml",
        "xtask/Cargo.toml.upon" => "xtask/Cargo.toml",
        "xtask/src/main.rs" => "xtask/src/main.rs",
    }
    Condition::Always, Author {
        "Cargo.toml.upon" => "Cargo.toml",
        "README.md.upon" => "README.md",
        "extension/changelog.html" => "extension/changelog.html",
        "extension/description.html" => "extension/description.html",
        "extension/icon.svg" => "extension/icon.svg",
        "gitignore" => ".gitignore",
    }
    Condition::Text(LicenseText::Apache2), Author {
        "licenses/LICENSE-APACHE" => "LICENSE-APACHE",
    }
    Condition::Text(LicenseText::Bsd3Clause), Author {
        "licenses/LICENSE-BSD-3-Clause.upon" => "LICENSE-BSD-3-Clause",
    }
    Condition::Text(LicenseText::Isc), Author {
        "licenses/LICENSE-ISC.upon" => "LICENSE-ISC",
    }
    Condition::Text(LicenseText::Mit), Author {
        "licenses/LICENSE-MIT.upon" => "LICENSE-MIT",
    }
    Condition::Proprietary, Author {
        "licenses/LICENSE-PROPRIETARY.upon" => "LICENSE",
    }
    Condition::Helper, Author {
        "host-bins/helper/Cargo.toml.upon" => "host-bins/helper/Cargo.toml",
        "host-bins/helper/src/arguments.rs" => "host-bins/helper/src/arguments.rs",
        "host-bins/helper/src/main.rs" => "host-bins/helper/src/main.rs",
        "host-bins/helper/src/search_path.rs" => "host-bins/helper/src/search_path.rs",
        "host-bins/helper/tests/cli.rs" => "host-bins/helper/tests/cli.rs",
    }
    Condition::Tab, Author {
        "ui/index.html.upon" => "ui/index.html",
        "ui/package-lock.json" => "ui/package-lock.json",
        "ui/package.json" => "ui/package.json",
        "ui/src/App.tsx" => "ui/src/App.tsx",
        "ui/src/ReportPage.test.tsx" => "ui/src/ReportPage.test.tsx",
        "ui/src/ReportPage.tsx" => "ui/src/ReportPage.tsx",
        "ui/src/ReportTable.tsx" => "ui/src/ReportTable.tsx",
        "ui/src/docker.ts" => "ui/src/docker.ts",
        "ui/src/extension.ts.upon" => "ui/src/extension.ts",
        "ui/src/failure.test.ts" => "ui/src/failure.test.ts",
        "ui/src/failure.ts" => "ui/src/failure.ts",
        "ui/src/main.tsx" => "ui/src/main.tsx",
        "ui/src/theme.ts" => "ui/src/theme.ts",
        "ui/src/useLoad.ts" => "ui/src/useLoad.ts",
        "ui/tsconfig.json" => "ui/tsconfig.json",
        "ui/vite.config.ts" => "ui/vite.config.ts",
    }
    Condition::HelperAndTab, Author {
        "ui-with-helper/src/helper.test.ts.upon" => "ui/src/helper.test.ts",
        "ui-with-helper/src/helper.ts.upon" => "ui/src/helper.ts",
        "ui-with-helper/src/report.test.ts" => "ui/src/report.test.ts",
        "ui-with-helper/src/report.ts" => "ui/src/report.ts",
    }
    Condition::TabOnly, Author {
        "ui-without-helper/src/report.test.ts" => "ui/src/report.test.ts",
        "ui-without-helper/src/report.ts" => "ui/src/report.ts",
    }
}

/// The files of a project, sorted by path, without the lock file.
pub fn project_files(answers: &Answers, tool: &ToolSource) -> Vec<ProjectFile> {
    let engine = engine();
    let values = values(answers, tool);
    let mut files: Vec<ProjectFile> = TEMPLATE
        .iter()
        .filter(|file| file.condition.holds(answers))
        .map(|file| ProjectFile {
            path: path(file, answers),
            text: render(&engine, file, &values),
            owner: file.owner,
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The files that belong to the tool. They differ between projects only in the dependency on the tool.
pub fn tool_files(dependency: &str) -> Vec<ProjectFile> {
    let engine = engine();
    let values = upon::value! { tool: dependency };
    let is_tool_owned = |file: &&TemplateFile| file.owner == Owner::Tool;
    let files = TEMPLATE.iter().filter(is_tool_owned).map(|file| ProjectFile {
        path: file.path.into(),
        text: render(&engine, file, &values),
        owner: file.owner,
    });
    files.collect()
}

fn path(file: &TemplateFile, answers: &Answers) -> Utf8PathBuf {
    match Utf8Path::new(file.path).strip_prefix(HELPER) {
        Ok(rest) => Utf8Path::new("host-bins").join(answers.name.as_str()).join(rest),
        Err(_) => file.path.into(),
    }
}

fn render(engine: &Engine<'_>, file: &TemplateFile, values: &upon::Value) -> String {
    if !file.stored.ends_with(".upon") {
        return file.text.to_owned();
    }
    let rendered =
        engine.compile(file.text).and_then(|it| it.render_from(engine, values).to_string());
    rendered.unwrap_or_else(|error| panic!("the template `{}` is invalid: {error:#}", file.stored))
}

/// The template engine. Its filters escape a text for the format of a file.
fn engine() -> Engine<'static> {
    let mut engine = Engine::new();
    engine.add_function("toml", |text: &str| quoted(text));
    engine.add_function("json", |text: &str| serde_json::Value::from(text).to_string());
    engine.add_function("html", html);
    engine.add_function("words", words);
    engine
}

fn values(answers: &Answers, tool: &ToolSource) -> upon::Value {
    upon::value! {
        name: answers.name.as_str(),
        title: &answers.title,
        description: &answers.description,
        vendor: &answers.vendor,
        image: answers.image.to_string(),
        license: answers.license.expression().unwrap_or_default(),
        helper: answers.parts.has_helper(),
        ui: answers.parts.has_tab(),
        tool: tool.dependency(),
    }
}

fn html(text: &str) -> String {
    let escape = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Escapes a text for Markdown.
fn words(text: &str) -> String {
    let escape = |c: char| match c {
        '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '&' | '|' | '~' => format!("\\{c}"),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placeholder;
    use crate::scaffold::ExtensionParts;
    use std::collections::BTreeSet;

    /// A text with characters that are special in the formats of the template.
    const AWKWARD: &str = r#"It's "<b>" & `{{ x }}` \ *é* ${{ y }}"#;

    fn answers(parts: ExtensionParts, license: &str) -> Answers {
        Answers {
            name: "acme-disk".parse().unwrap(),
            title: AWKWARD.to_owned(),
            description: AWKWARD.to_owned(),
            vendor: AWKWARD.to_owned(),
            image: "acme/disk".parse().unwrap(),
            license: license.parse().unwrap(),
            parts,
        }
    }

    fn all_files(license: &str) -> Vec<Vec<ProjectFile>> {
        let tool = ToolSource::Path("/it's a \"path\"".into());
        [ExtensionParts::HelperAndTab, ExtensionParts::HelperOnly, ExtensionParts::TabOnly]
            .map(|parts| project_files(&answers(parts, license), &tool))
            .into()
    }

    fn text<'a>(files: &'a [ProjectFile], path: &str) -> &'a str {
        &files.iter().find(|file| file.path == path).unwrap().text
    }

    #[test]
    fn every_file_is_valid_and_contains_the_answers() {
        for files in all_files("MIT") {
            for file in &files {
                let is_toml = file.path.extension() == Some("toml");
                assert!(!is_toml || file.text.parse::<toml::Table>().is_ok(), "{}", file.text);
                assert!(file.text.ends_with('\n') && !file.text.ends_with("\n\n"), "{}", file.path);
                assert!(!file.text.contains("{%"), "{}", file.path);
            }
            let manifest: toml::Table = text(&files, "Cargo.toml").parse().unwrap();
            let table = &manifest["workspace"]["metadata"]["docker-extension"];
            for key in ["title", "description", "vendor"] {
                assert_eq!(table[key].as_str(), Some(AWKWARD));
            }
            assert_eq!(table["image"].as_str(), Some("acme/disk"));
            let xtask: toml::Table = text(&files, "xtask/Cargo.toml").parse().unwrap();
            let path = &xtask["dependencies"]["docker-extension"]["path"];
            assert_eq!(path.as_str(), Some("/it's a \"path\""));
        }
    }

    #[test]
    fn a_project_has_only_the_requested_parts() {
        let [both, helper, tab] = <[_; 3]>::try_from(all_files("MIT OR ISC")).unwrap();
        let has =
            |files: &[ProjectFile], dir: &str| files.iter().any(|it| it.path.starts_with(dir));
        assert!(has(&both, "ui") && has(&both, "host-bins/acme-disk"));
        assert!(!has(&helper, "ui") && has(&helper, "host-bins/acme-disk"));
        assert!(has(&tab, "ui") && !has(&tab, "host-bins"));
        let licences = |license: &str| -> Vec<String> {
            let files = all_files(license).remove(0);
            let paths = files.into_iter().map(|file| file.path.into_string());
            paths.filter(|path| path.starts_with("LICENSE")).collect()
        };
        assert_eq!(licences("MIT OR ISC"), ["LICENSE-ISC", "LICENSE-MIT"]);
        assert_eq!(licences("GPL-3.0-only"), [""; 0]);
        assert_eq!(licences("proprietary"), ["LICENSE"]);
    }

    #[test]
    fn sample_texts_are_recognized_as_placeholders() {
        let files = all_files("MIT").remove(0);
        let changelog = text(&files, "extension/changelog.html");
        assert!(changelog.contains(placeholder::CHANGELOG), "{changelog}");
        let description = text(&files, "extension/description.html");
        assert!(description.contains(placeholder::DETAILED_DESCRIPTION), "{description}");
        assert!(placeholder::is_icon(text(&files, "extension/icon.svg").as_bytes()));
    }

    #[test]
    fn every_file_of_the_template_is_used() {
        let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("template");
        let mut directories = vec![root.clone()];
        let mut found = BTreeSet::new();
        while let Some(directory) = directories.pop() {
            for entry in crate::files::entries(&directory).unwrap() {
                if entry.file_type().unwrap().is_dir() {
                    directories.push(entry.path().to_owned());
                } else {
                    found.insert(entry.path().strip_prefix(&root).unwrap().to_string());
                }
            }
        }
        found.retain(|path| !path.contains("node_modules"));
        let used: BTreeSet<String> = TEMPLATE.iter().map(|file| file.stored.to_owned()).collect();
        assert_eq!(found, used);
    }

    #[test]
    fn files_that_belong_to_the_tool_are_the_same_for_every_project() {
        let tool = ToolSource::Vendor;
        for parts in [ExtensionParts::HelperAndTab, ExtensionParts::TabOnly] {
            let mut files = project_files(&answers(parts, "MIT"), &tool);
            files.retain(|file| file.owner == Owner::Tool);
            let mut expected = tool_files(&tool.dependency());
            expected.sort_by(|a, b| a.path.cmp(&b.path));
            assert_eq!(files, expected);
        }
    }
}
