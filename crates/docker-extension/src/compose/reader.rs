//! Reads the typed content from the YAML document.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{
    ComposeFile, ComposeService, Defect, FileReference, FileUse, ServiceBuild, ServiceImage,
    TopLevel, Undefined, VariableUse,
};
use super::variable::{Unset, expand};
use super::volume::{BindPath, BindSource};
use super::yaml::{self, Position, Yaml, YamlEntry, YamlError, YamlId, YamlKind};

#[cfg(test)]
mod tests;

/// The keys at the top of a file, apart from those that start with `x-`.
const KEYS: [&str; 9] = [
    "version", "name", "include", "services", "models", "networks", "volumes", "secrets", "configs",
];

/// # Errors
/// The text is not YAML, or exceeds a limit.
pub fn read(bytes: &[u8]) -> Result<ComposeFile, YamlError> {
    let yaml = yaml::parse(bytes)?;
    let mut reader = ComposeReader::new(&yaml);
    reader.file();
    Ok(reader.file)
}

/// The maximum number of services of which each extends the next.
const EXTENDED: usize = 20;
/// The maximum number of characters of names and images, which aliases can repeat.
const LONGEST: usize = 1000;

fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

struct ComposeReader<'a> {
    yaml: &'a Yaml,
    /// The mappings at the top of the documents.
    tops: Vec<&'a [YamlEntry]>,
    /// The services by name, each with its mappings in all documents.
    services: BTreeMap<&'a str, MergedService<'a>>,
    defined: BTreeMap<&'static str, BTreeSet<&'a str>>,
    /// Whether another file may define names.
    has_include: bool,
    /// The values that were read: aliases repeat them.
    seen: BTreeSet<YamlId>,
    /// Where the images of services are.
    images: BTreeSet<Position>,
    file: ComposeFile,
}

#[derive(Clone)]
struct MergedService<'a> {
    position: Position,
    /// In the order of the documents. The last has precedence.
    mappings: Vec<&'a [YamlEntry]>,
}

impl<'a> MergedService<'a> {
    fn get(&self, key: &str) -> Option<&'a YamlEntry> {
        self.mappings.iter().rev().find_map(|entries| find(entries, key))
    }

    /// The values in all documents: lists are joined.
    fn all(&self, key: &str) -> Vec<YamlId> {
        let found = self.mappings.iter().filter_map(|entries| find(entries, key));
        found.map(|entry| entry.value).collect()
    }
}

fn find<'a>(entries: &'a [YamlEntry], key: &str) -> Option<&'a YamlEntry> {
    entries.iter().find(|entry| entry.key == key)
}

impl<'a> ComposeReader<'a> {
    fn new(yaml: &'a Yaml) -> Self {
        Self {
            yaml,
            tops: Vec::new(),
            services: BTreeMap::new(),
            defined: BTreeMap::new(),
            has_include: false,
            seen: BTreeSet::new(),
            images: BTreeSet::new(),
            file: ComposeFile::default(),
        }
    }

    fn file(&mut self) {
        for (key, position) in &self.yaml.duplicates {
            let defect = Defect::DuplicateKey { position: *position, key: key.clone() };
            self.file.defects.push(defect);
        }
        for root in &self.yaml.roots {
            let top = self.mapping(*root, String::new);
            self.tops.extend(top);
        }
        if self.yaml.roots.is_empty() {
            self.file.defects.push(Defect::Empty);
        }
        self.unknown_keys();
        self.has_include = self.tops.iter().any(|top| find(top, "include").is_some());
        for section in [TopLevel::Volumes, TopLevel::Networks, TopLevel::Configs, TopLevel::Secrets]
        {
            let entries = self.section(section);
            let names = entries.iter().map(|entry| entry.key.as_str()).collect();
            self.defined.insert(section.key(), names);
        }
        self.services();
        self.includes();
        self.sources(TopLevel::Configs, &FileUse::Config);
        self.sources(TopLevel::Secrets, &FileUse::Secret);
        self.bound_volumes();
        self.variables();
    }

    fn unknown_keys(&mut self) {
        for entry in self.tops.iter().flat_map(|top| top.iter()) {
            if !KEYS.contains(&entry.key.as_str()) && !entry.key.starts_with("x-") {
                let defect =
                    Defect::UnknownKey { position: entry.position, key: entry.key.clone() };
                self.file.defects.push(defect);
            }
        }
    }

    /// The entries of a section in all documents.
    fn section(&mut self, section: TopLevel) -> Vec<&'a YamlEntry> {
        let key = section.key();
        let found: Vec<YamlId> =
            self.tops.iter().filter_map(|top| find(top, key)).map(|entry| entry.value).collect();
        let mappings = found.into_iter().filter_map(|id| self.mapping(id, || key.to_owned()));
        mappings.flatten().collect()
    }

    fn services(&mut self) {
        let entries = self.section(TopLevel::Services);
        let is_wrong = |defect: &Defect| matches!(defect, Defect::WrongType { .. });
        let has_defect = self.file.defects.iter().any(is_wrong);
        if entries.is_empty() && !self.tops.is_empty() && !self.has_include && !has_defect {
            let keys = || self.tops.iter().flat_map(|top| top.iter());
            let is_similar = |entry: &&YamlEntry| {
                !KEYS.contains(&entry.key.as_str()) && entry.key.to_lowercase().starts_with("serv")
            };
            let defect = match keys().find(|entry| entry.key == "services") {
                Some(entry) => Defect::ServicesEmpty { position: entry.position },
                None => {
                    let similar = keys().find(is_similar);
                    Defect::ServicesMissing {
                        position: similar.map_or(Position::START, |entry| entry.position),
                        meant: similar.map(|entry| entry.key.clone()),
                    }
                }
            };
            self.file.defects.push(defect);
        }
        let mut order = Vec::new();
        for entry in entries {
            let name = entry.key.as_str();
            let mapping = match self.yaml.get(entry.value).kind {
                // It may only exist in order to be extended by a later document.
                YamlKind::Null => &[],
                _ => match self.mapping(entry.value, || format!("services.{name}")) {
                    Some(mapping) => mapping,
                    None => continue,
                },
            };
            let service = self.services.entry(name).or_insert_with(|| {
                order.push((name, entry.value));
                MergedService { position: entry.position, mappings: Vec::new() }
            });
            service.mappings.push(mapping);
        }
        for (name, value) in order {
            let is_again = !self.seen.insert(value);
            let service = self.services[name].clone();
            let has_profile = service.get("profiles").is_some_and(|entry| {
                matches!(&self.yaml.get(entry.value).kind, YamlKind::List(items) if !items.is_empty())
            });
            if has_profile || is_again {
                continue;
            }
            let found = self.service(name, &service);
            if let ServiceImage::Named { position, .. } = &found.image {
                self.images.insert(*position);
            }
            self.file.services.push(found);
            self.used_files(name, &service);
            self.used_names(name, &service);
        }
    }

    fn service(&mut self, name: &str, service: &MergedService<'a>) -> ComposeService {
        let build = service.get("build").filter(|entry| !self.is_null(entry.value));
        let policy = service.get("pull_policy").and_then(|entry| self.text(entry.value));
        let build = build.map(|entry| ServiceBuild {
            position: entry.position,
            is_forced: policy.is_some_and(|(policy, _)| policy == "build"),
        });
        let image = self.image(name, service);
        ComposeService { name: short(name), position: service.position, image, build }
    }

    fn image(&mut self, name: &str, service: &MergedService<'a>) -> ServiceImage {
        let mut service = service.clone();
        for _ in 0..EXTENDED {
            if service.get("provider").is_some() {
                return ServiceImage::Elsewhere;
            }
            if let Some(entry) = service.get("image").filter(|entry| !self.is_null(entry.value)) {
                let field = || format!("services.{name}.image");
                let Some((text, position)) = self.expect_text(entry.value, field) else {
                    return ServiceImage::Elsewhere;
                };
                return ServiceImage::Named { text: short(text), position };
            }
            let Some(extends) = service.get("extends") else { return ServiceImage::Missing };
            let base = match &self.yaml.get(extends.value).kind {
                YamlKind::Text(base) => Some(base.as_str()),
                YamlKind::Mapping(entries) if find(entries, "file").is_none() => {
                    find(entries, "service").and_then(|it| self.text(it.value)).map(|(it, _)| it)
                }
                _ => None,
            };
            match base.and_then(|base| self.services.get(base)) {
                Some(base) => service = base.clone(),
                None => return ServiceImage::Elsewhere,
            }
        }
        ServiceImage::Elsewhere
    }

    fn used_files(&mut self, name: &str, service: &MergedService<'a>) {
        let owner = format!("service `{}`", short(name));
        for entry in service.all("extends") {
            if let YamlKind::Mapping(entries) = &self.yaml.get(entry).kind
                && let Some(file) = find(entries, "file")
            {
                self.reference(file.value, FileUse::Extends, Some(&owner));
            }
        }
        for (key, file_use) in [("env_file", FileUse::EnvFile), ("label_file", FileUse::LabelFile)]
        {
            for value in service.all(key) {
                for item in self.items(value) {
                    self.required_file(item, &file_use, &owner);
                }
            }
        }
        for value in service.all("volumes") {
            let field = || format!("services.{name}.volumes");
            for item in self.list(value, field) {
                self.volume(item, name, &owner);
            }
        }
    }

    /// A path, or a mapping with a path that may be optional.
    fn required_file(&mut self, item: YamlId, file_use: &FileUse, owner: &str) {
        let yaml = self.yaml;
        let path = match &yaml.get(item).kind {
            YamlKind::Mapping(_) if !self.seen.insert(item) => return,
            YamlKind::Mapping(entries) => {
                let is_optional = find(entries, "required").is_some_and(|it| self.is_false(it));
                let path = find(entries, "path").filter(|_| !is_optional);
                path.map(|entry| entry.value)
            }
            _ => Some(item),
        };
        if let Some(path) = path {
            self.reference(path, file_use.clone(), Some(owner));
        }
    }

    fn volume(&mut self, item: YamlId, service: &str, owner: &str) {
        let yaml = self.yaml;
        if !self.seen.insert(item) {
            return;
        }
        match &yaml.get(item).kind {
            YamlKind::Text(spec) => {
                let Some(expanded) = expand(spec).value else { return };
                let position = yaml.get(item).position;
                match BindSource::parse(&expanded) {
                    Some(source) => self.bind(source, position, owner),
                    None => {
                        let Some((source, _)) = expanded.split_once(':') else { return };
                        self.use_name(source, TopLevel::Volumes, position, service);
                    }
                }
            }
            YamlKind::Mapping(entries) => {
                let text = |key: &str| find(entries, key).and_then(|it| self.text(it.value));
                let Some((written, position)) = text("source") else { return };
                let Some(source) = expand(written).value else { return };
                match text("type") {
                    Some(("volume", _)) => {
                        self.use_name(&source, TopLevel::Volumes, position, service);
                    }
                    Some(("bind", _)) => {
                        let target = text("target").map_or("", |(target, _)| target);
                        let is_true = |it: &YamlEntry| self.is_true(it);
                        let bind = find(entries, "bind").map(|it| &yaml.get(it.value).kind);
                        let creates = match bind {
                            Some(YamlKind::Mapping(bind)) => find(bind, "create_host_path"),
                            _ => None,
                        };
                        let source = BindSource {
                            path: BindPath::parse_file(&source),
                            text: written.to_owned(),
                            target: target.to_owned(),
                            creates_directory: creates.is_some_and(is_true),
                            is_read_only: find(entries, "read_only").is_some_and(is_true),
                        };
                        self.bind(source, position, owner);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn bind(&mut self, source: BindSource, position: Position, owner: &str) {
        let BindSource { path, text, target, creates_directory, is_read_only } = source;
        let file_use = FileUse::Mount { target, creates_directory, is_read_only };
        let owner = Some(owner.to_owned());
        self.file.files.push(FileReference { position, text, path, file_use, owner });
    }

    fn used_names(&mut self, name: &str, service: &MergedService<'a>) {
        for value in service.all("networks") {
            for (network, position) in self.names(value) {
                self.use_name(network, TopLevel::Networks, position, name);
            }
        }
        for section in [TopLevel::Configs, TopLevel::Secrets] {
            for value in service.all(section.key()) {
                for item in self.items(value) {
                    let source = match &self.yaml.get(item).kind {
                        YamlKind::Mapping(entries) => find(entries, "source").map(|it| it.value),
                        _ => Some(item),
                    };
                    let source = source.filter(|source| self.seen.insert(*source));
                    let source = source.and_then(|source| self.text(source));
                    if let Some((source, position)) = source {
                        self.use_name(source, section, position, name);
                    }
                }
            }
        }
        for value in service.all("depends_on") {
            for (other, position) in self.needed_services(value) {
                self.use_name(other, TopLevel::Services, position, name);
            }
        }
    }

    fn use_name(&mut self, name: &str, section: TopLevel, position: Position, service: &str) {
        let is_defined = match section {
            TopLevel::Services => self.services.contains_key(name),
            // Compose defines this network itself.
            TopLevel::Networks if name == "default" => true,
            _ => self.defined.get(section.key()).is_some_and(|names| names.contains(name)),
        };
        if is_defined || self.has_include || name.is_empty() || name.contains('$') {
            return;
        }
        self.file.undefined.push(Undefined {
            position,
            service: short(service),
            section,
            name: short(name),
        });
    }

    /// The texts of a list, or the keys of a mapping.
    fn names(&mut self, value: YamlId) -> Vec<(&'a str, Position)> {
        let yaml = self.yaml;
        match &yaml.get(value).kind {
            YamlKind::List(_) => {
                let items = self.items(value);
                let new = items.into_iter().filter(|item| self.seen.insert(*item));
                new.collect::<Vec<_>>().into_iter().filter_map(|item| self.text(item)).collect()
            }
            YamlKind::Mapping(entries) if self.seen.insert(value) => {
                entries.iter().map(|entry| (entry.key.as_str(), entry.position)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The names in `depends_on`, without optional ones.
    fn needed_services(&mut self, value: YamlId) -> Vec<(&'a str, Position)> {
        let yaml = self.yaml;
        let YamlKind::Mapping(entries) = &yaml.get(value).kind else { return self.names(value) };
        if !self.seen.insert(value) {
            return Vec::new();
        }
        let is_needed = |entry: &&YamlEntry| match &yaml.get(entry.value).kind {
            YamlKind::Mapping(options) => {
                !find(options, "required").is_some_and(|it| self.is_false(it))
            }
            _ => true,
        };
        let needed = entries.iter().filter(is_needed);
        needed.map(|entry| (entry.key.as_str(), entry.position)).collect()
    }

    fn includes(&mut self) {
        let yaml = self.yaml;
        let found: Vec<YamlId> = self
            .tops
            .iter()
            .filter_map(|top| find(top, "include"))
            .map(|entry| entry.value)
            .collect();
        for value in found {
            for item in self.items(value) {
                let paths = match &yaml.get(item).kind {
                    YamlKind::Mapping(_) if !self.seen.insert(item) => continue,
                    YamlKind::Mapping(entries) => find(entries, "path").map(|entry| entry.value),
                    _ => Some(item),
                };
                for path in paths.map(|paths| self.items(paths)).unwrap_or_default() {
                    self.reference(path, FileUse::Include, None);
                }
            }
        }
    }

    /// The files of configurations or secrets, and the variables with their values.
    fn sources(&mut self, section: TopLevel, file_use: &FileUse) {
        let yaml = self.yaml;
        for entry in self.section(section) {
            let YamlKind::Mapping(entries) = &yaml.get(entry.value).kind else { continue };
            if !self.seen.insert(entry.value) {
                continue;
            }
            if let Some(file) = find(entries, "file") {
                let owner = format!("{} `{}`", section.entry(), short(&entry.key));
                self.reference(file.value, file_use.clone(), Some(&owner));
            }
            let variable = find(entries, "environment").and_then(|it| self.text(it.value));
            let variable = variable.filter(|(name, _)| name.len() < LONGEST);
            if let Some((name, position)) = variable {
                let unset = expand(&format!("${{{name}:?}}")).unset;
                self.use_variables(unset, position);
            }
        }
    }

    /// Volumes that are bind mounts: `driver_opts: { o: bind, device: ./data }`.
    fn bound_volumes(&mut self) {
        let yaml = self.yaml;
        for entry in self.section(TopLevel::Volumes) {
            let YamlKind::Mapping(entries) = &yaml.get(entry.value).kind else { continue };
            let options = find(entries, "driver_opts").map(|it| it.value);
            let Some(options) = options.filter(|options| self.seen.insert(*options)) else {
                continue;
            };
            let YamlKind::Mapping(options) = &yaml.get(options).kind else { continue };
            let text = |key: &str| find(options, key).and_then(|it| self.text(it.value));
            let is_bind = text("o").is_some_and(|(o, _)| o.split(',').any(|it| it == "bind"));
            if let Some(device) = find(options, "device").filter(|_| is_bind) {
                let file_use = FileUse::Mount {
                    target: String::new(),
                    creates_directory: false,
                    is_read_only: false,
                };
                let owner = format!("volume `{}`", short(&entry.key));
                self.reference(device.value, file_use, Some(&owner));
            }
        }
    }

    fn variables(&mut self) {
        for (text, position) in self.yaml.texts().filter(|(text, _)| text.contains('$')) {
            let found = expand(text);
            if found.is_invalid {
                self.file.invalid_variables.push((text.to_owned(), position));
            } else if !self.images.contains(&position) {
                self.use_variables(found.unset, position);
            }
        }
    }

    fn use_variables(&mut self, unset: Vec<(String, Unset)>, position: Position) {
        let uses = unset.into_iter().map(|(name, result)| VariableUse { position, name, result });
        self.file.variables.extend(uses);
    }

    /// Notes a file, unless its path depends on the user's machine or is a URL.
    fn reference(&mut self, value: YamlId, file_use: FileUse, owner: Option<&str>) {
        let Some((text, position)) = self.text(value).filter(|_| self.seen.insert(value)) else {
            return;
        };
        let Some(path) = expand(text).value else { return };
        let is_remote = path.contains("://")
            || ["oci:", "git@", "github.com/"].iter().any(|start| path.starts_with(start));
        if path.is_empty() || is_remote {
            return;
        }
        self.file.files.push(FileReference {
            position,
            text: text.to_owned(),
            path: BindPath::parse_file(&path),
            file_use,
            owner: owner.map(str::to_owned),
        });
    }

    /// The items of a list, or the value itself. Empty if it was read already.
    fn items(&mut self, value: YamlId) -> Vec<YamlId> {
        match &self.yaml.get(value).kind {
            YamlKind::List(_) if !self.seen.insert(value) => Vec::new(),
            YamlKind::List(items) => items.clone(),
            YamlKind::Null => Vec::new(),
            _ => vec![value],
        }
    }

    /// The items of a list. Anything else is a defect.
    fn list(&mut self, value: YamlId, field: impl Fn() -> String) -> Vec<YamlId> {
        match &self.yaml.get(value).kind {
            YamlKind::List(_) | YamlKind::Null => self.items(value),
            _ => {
                self.wrong_type(value, field(), "list");
                Vec::new()
            }
        }
    }

    /// The entries of a mapping. None without a value; anything else is a defect.
    fn mapping(&mut self, value: YamlId, field: impl Fn() -> String) -> Option<&'a [YamlEntry]> {
        match &self.yaml.get(value).kind {
            YamlKind::Mapping(entries) => Some(entries),
            YamlKind::Null => None,
            _ => {
                self.wrong_type(value, field(), "mapping");
                None
            }
        }
    }

    fn expect_text(
        &mut self,
        value: YamlId,
        field: impl Fn() -> String,
    ) -> Option<(&'a str, Position)> {
        let found = self.text(value);
        if found.is_none() {
            self.wrong_type(value, field(), "text");
        }
        found
    }

    fn text(&self, value: YamlId) -> Option<(&'a str, Position)> {
        let value = self.yaml.get(value);
        match &value.kind {
            YamlKind::Text(text) => Some((text, value.position)),
            _ => None,
        }
    }

    fn is_null(&self, value: YamlId) -> bool {
        matches!(self.yaml.get(value).kind, YamlKind::Null)
    }

    fn is_true(&self, entry: &YamlEntry) -> bool {
        matches!(self.yaml.get(entry.value).kind, YamlKind::Boolean(true))
    }

    fn is_false(&self, entry: &YamlEntry) -> bool {
        matches!(self.yaml.get(entry.value).kind, YamlKind::Boolean(false))
    }

    fn wrong_type(&mut self, value: YamlId, field: String, expected: &'static str) {
        let value = self.yaml.get(value);
        let found = match value.kind {
            YamlKind::Null => "nothing",
            YamlKind::Boolean(_) => "boolean",
            YamlKind::Number => "number",
            YamlKind::Text(_) => "text",
            YamlKind::List(_) => "list",
            YamlKind::Mapping(_) => "mapping",
        };
        let position = value.position;
        self.file.defects.push(Defect::WrongType { position, field, expected, found });
    }
}
