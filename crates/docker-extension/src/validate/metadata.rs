//! Reads `metadata.json`, and checks that Docker Desktop and Rancher Desktop can read it.

use serde_json::{Map, Value};

use super::compose::image_fault;
use super::finding::{At, LocatedBreach};
use super::json::{self, pointer};
use super::room::LocatedBreaches;
use crate::platform::Os;
use crate::rules::{Rule, metadata as rules};
use crate::text::nearest;

/// The name of the file in messages.
const FILE: &str = "metadata.json";

/// The files that `metadata.json` declares, as far as it is valid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    pub icon: Option<ImagePath>,
    pub tabs: Vec<DeclaredTab>,
    pub compose_file: Option<ImagePath>,
    pub binaries: Vec<DeclaredBinary>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredTab {
    pub root: ImagePath,
    /// The page, below `root`.
    pub src: Option<ImagePath>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredBinary {
    pub os: Os,
    pub path: ImagePath,
}

/// An absolute path in the image, without `.` and `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImagePath(String);

impl ImagePath {
    /// It begins with `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component. It is empty for the root.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    pub fn parent(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(parent, _)| parent)
    }

    /// Parses a path relative to the directory `below`. The error is a clause.
    fn parse(below: &str, text: &str) -> Result<Self, &'static str> {
        if text.contains('\\') {
            return Err("it contains `\\`");
        }
        if text.chars().any(char::is_control) {
            return Err("it contains a control character");
        }
        let parts: Vec<&str> =
            text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if parts.contains(&"..") {
            return Err("it contains `..`");
        }
        Ok(Self(parts.iter().fold(below.to_owned(), |path, part| path + "/" + part)))
    }
}

/// Reads `metadata.json`. Without a value, the text is not JSON.
pub fn read(bytes: &[u8]) -> (Option<Declared>, Vec<LocatedBreach>) {
    let document = match json::parse(bytes) {
        Ok(document) => document,
        Err(error) => {
            let at = At::MetadataText { line: error.line, column: error.column };
            let what = format!("`metadata.json` is not valid JSON: {}", error.reason);
            return (None, vec![LocatedBreach::new(&rules::SYNTAX, at, what)]);
        }
    };
    let mut reader = MetadataReader { breaches: LocatedBreaches::default() };
    for pointer in document.duplicates {
        let name = pointer.rsplit('/').next().unwrap_or_default().to_owned();
        let what = format!("duplicate key `{name}` in `metadata.json`");
        reader.breaches.push(LocatedBreach::new(
            &rules::DUPLICATE_KEY,
            At::Metadata(pointer),
            what,
        ));
    }
    let top = JsonNode { pointer: String::new(), field: FILE.to_owned(), value: &document.value };
    let declared = reader.root(&top).unwrap_or_default();
    (Some(declared), reader.breaches.into_vec())
}

/// The breach of a file that exceeds the size limit.
pub(super) fn too_large() -> LocatedBreach {
    let at = At::MetadataText { line: 1, column: 1 };
    LocatedBreach::new(&rules::SYNTAX, at, "`metadata.json` is larger than 1 MiB")
}

/// A value and its place.
struct JsonNode<'a> {
    pointer: String,
    /// The place as Docker's validator writes it, `host.binaries.0`, or the file name for the top.
    field: String,
    value: &'a Value,
}

impl<'a> JsonNode<'a> {
    fn below(&self, name: &str, value: &'a Value) -> Self {
        let field = if self.pointer.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.field)
        };
        JsonNode { pointer: pointer(&self.pointer, name), field, value }
    }
}

struct Members<'a> {
    node: &'a JsonNode<'a>,
    object: &'a Map<String, Value>,
}

impl<'a> Members<'a> {
    fn get(&self, name: &str) -> Option<JsonNode<'a>> {
        self.object.get(name).map(|value| self.node.below(name, value))
    }

    fn names_but<'n>(&'n self, known: &'n [&str]) -> impl Iterator<Item = &'a str> + 'n {
        self.object.keys().map(String::as_str).filter(|name| !known.contains(name))
    }
}

struct MetadataReader {
    breaches: LocatedBreaches,
}

impl MetadataReader {
    fn root(&mut self, node: &JsonNode<'_>) -> Option<Declared> {
        const KNOWN: [&str; 4] = ["icon", "ui", "vm", "host"];
        const OBSOLETE: [&str; 3] = ["name", "provider", "desktop-plugin-version"];
        let members = self.object(node)?;
        for name in members.names_but(&KNOWN) {
            let is_obsolete = OBSOLETE.contains(&name);
            let rule = if is_obsolete { &rules::OBSOLETE_KEY } else { &rules::ROOT_KEY };
            if self.breaches.is_full(rule) {
                continue;
            }
            let what = if is_obsolete {
                format!("obsolete key `{name}` in `{FILE}`")
            } else {
                format!("unknown top-level key `{name}` in `{FILE}`{}", suggestion(name, &KNOWN))
            };
            self.breaches.push(LocatedBreach::new(rule, At::Metadata(pointer("", name)), what));
        }
        let mut declared =
            Declared { icon: self.required_path(&members, "icon"), ..Declared::default() };
        if let Some(ui) = members.get("ui") {
            declared.tabs = self.ui(&ui);
        }
        if let Some(vm) = members.get("vm") {
            declared.compose_file = self.vm(&vm);
        }
        self.sockets(&members);
        if let Some(host) = members.get("host") {
            declared.binaries = self.host(&host);
        }
        Some(declared)
    }

    fn ui(&mut self, node: &JsonNode<'_>) -> Vec<DeclaredTab> {
        let Some(members) = self.object(node) else { return Vec::new() };
        self.unknown(&members, &["dashboard-tab"]);
        // Rancher Desktop reads tabs of any name.
        let tabs = members.object.iter().map(|(name, value)| node.below(name, value));
        tabs.filter_map(|tab| self.tab(&tab)).collect()
    }

    fn tab(&mut self, node: &JsonNode<'_>) -> Option<DeclaredTab> {
        let members = self.object(node)?;
        self.unknown(&members, &["title", "root", "src", "backend"]);
        self.required_text(&members, "title");
        if let Some(backend) = members.get("backend") {
            self.socket(&backend);
        }
        let src = self.required_text(&members, "src");
        let root = self.required_path(&members, "root")?;
        let src = src.and_then(|src| self.path(&src, root.as_str()));
        Some(DeclaredTab { root, src })
    }

    fn vm(&mut self, node: &JsonNode<'_>) -> Option<ImagePath> {
        let members = self.object(node)?;
        self.unknown(&members, &["image", "composefile", "exposes"]);
        if let Some(exposes) = members.get("exposes") {
            self.socket(&exposes);
        }
        match (members.get("image"), members.get("composefile")) {
            (None, None) => {
                let what = format!("`{}` has neither `image` nor `composefile`", node.field);
                self.report(&rules::VM_SERVICE, node, what);
                None
            }
            (image, compose_file) => {
                if image.is_some() && compose_file.is_some() {
                    let what = format!("`{}` has both `image` and `composefile`", node.field);
                    self.report(&rules::VM_BOTH, node, what);
                }
                if let Some(image) = image {
                    self.vm_image(&image);
                }
                self.path(&compose_file?, "")
            }
        }
    }

    fn vm_image(&mut self, node: &JsonNode<'_>) {
        let Some(text) = self.text(node) else { return };
        if let Some(fault) = image_fault(text) {
            self.report(&rules::VM_IMAGE, node, format!("`{}`, `{text}`, {fault}", node.field));
        }
    }

    /// Compares the socket of each tab with the one that `vm` exposes.
    fn sockets(&mut self, top: &Members<'_>) {
        // Without services, the key is a harmless relic in tabs of old extensions.
        let (Some(vm), Some(ui)) = (top.object.get("vm"), top.get("ui")) else { return };
        let exposed = vm.get("exposes").and_then(|exposes| exposes.get("socket")?.as_str());
        for (name, tab) in ui.value.as_object().into_iter().flatten() {
            let Some(backend) = tab.get("backend") else { continue };
            let Some(value) = backend.get("socket") else { continue };
            let Some(socket) = value.as_str().filter(|socket| Some(*socket) != exposed) else {
                continue;
            };
            let node = ui.below(name, tab).below("backend", backend).below("socket", value);
            let field = &node.field;
            match exposed {
                Some(exposed) => {
                    let what = format!(
                        "`{field}` is `{socket}`, which differs from `vm.exposes.socket`, `{exposed}`"
                    );
                    self.report(&rules::SOCKET, &node, what);
                }
                None => {
                    let what =
                        format!("`{field}` is `{socket}`, but `vm.exposes.socket` is missing");
                    self.report(&rules::SOCKET_UNEXPOSED, &node, what);
                }
            }
        }
    }

    fn socket(&mut self, node: &JsonNode<'_>) {
        let Some(members) = self.object(node) else { return };
        self.unknown(&members, &["socket"]);
        self.required_text(&members, "socket");
    }

    fn host(&mut self, node: &JsonNode<'_>) -> Vec<DeclaredBinary> {
        const RANCHERS: [&str; 3] = ["x-rd-install", "x-rd-uninstall", "x-rd-shutdown"];
        let Some(members) = self.object(node) else { return Vec::new() };
        self.unknown(&members, &[&["binaries"][..], &RANCHERS].concat());
        for key in RANCHERS.iter().filter_map(|name| members.get(name)) {
            let what = format!("`{}` is a key that only Rancher Desktop reads", key.field);
            self.report(&rules::RANCHER_KEY, &key, what);
            self.rancher_scripts(&key);
        }
        let Some(binaries) = members.get("binaries") else { return Vec::new() };
        let groups = self.list(&binaries);
        let found: Vec<DeclaredBinary> =
            groups.iter().flat_map(|group| self.group(group)).collect();
        self.same_names(&found, &binaries);
        found
    }

    /// A string or an array of strings for each operating system.
    fn rancher_scripts(&mut self, node: &JsonNode<'_>) {
        let Some(members) = self.object(node) else { return };
        self.unknown(&members, &Os::ALL.map(Os::name));
        for command in Os::ALL.iter().filter_map(|os| members.get(os.name())) {
            match command.value {
                Value::Array(_) => {
                    for word in self.list(&command) {
                        self.text(&word);
                    }
                }
                _ => {
                    self.text(&command);
                }
            }
        }
    }

    /// An object with an array for each operating system.
    fn group(&mut self, node: &JsonNode<'_>) -> Vec<DeclaredBinary> {
        let Some(members) = self.object(node) else { return Vec::new() };
        self.unknown(&members, &Os::ALL.map(Os::name));
        let mut found = Vec::new();
        for os in Os::ALL {
            let Some(list) = members.get(os.name()) else { continue };
            for entry in self.list(&list) {
                let path = self.binary(&entry);
                found.extend(path.map(|path| DeclaredBinary { os, path }));
            }
        }
        found
    }

    fn binary(&mut self, node: &JsonNode<'_>) -> Option<ImagePath> {
        let members = self.object(node)?;
        self.unknown(&members, &["path"]);
        self.required_path(&members, "path")
    }

    fn same_names(&mut self, binaries: &[DeclaredBinary], node: &JsonNode<'_>) {
        let key = |binary: &DeclaredBinary| {
            let name = binary.path.file_name();
            let name = if binary.os == Os::Linux { name.to_owned() } else { name.to_lowercase() };
            (binary.os, name)
        };
        let mut seen = std::collections::BTreeMap::new();
        for binary in binaries {
            if let Some(earlier) = seen.insert(key(binary), binary) {
                let [one, other] = [earlier, binary].map(|binary| binary.path.as_str());
                let what = format!(
                    "`{one}` and `{other}` have the same file name for {}",
                    binary.os.name()
                );
                self.report(&rules::NAME_TWICE, node, what);
            }
        }
    }

    fn object<'a>(&mut self, node: &'a JsonNode<'a>) -> Option<Members<'a>> {
        match node.value {
            Value::Object(object) => Some(Members { node, object }),
            other => {
                self.wrong_type(node, "object", other);
                None
            }
        }
    }

    fn list<'a>(&mut self, node: &JsonNode<'a>) -> Vec<JsonNode<'a>> {
        match node.value {
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items.map(|(index, item)| node.below(&index.to_string(), item)).collect()
            }
            other => {
                self.wrong_type(node, "array", other);
                Vec::new()
            }
        }
    }

    /// A string that is not blank.
    fn text<'a>(&mut self, node: &JsonNode<'a>) -> Option<&'a str> {
        match node.value {
            Value::String(text) if text.trim().is_empty() => {
                self.report(&rules::REQUIRED, node, format!("`{}` is empty", node.field));
                None
            }
            Value::String(text) => Some(text),
            other => {
                self.wrong_type(node, "string", other);
                None
            }
        }
    }

    fn required<'a>(&mut self, members: &Members<'a>, name: &str) -> Option<JsonNode<'a>> {
        let found = members.get(name);
        if found.is_none() {
            let what = format!("required key `{name}` is missing in `{}`", members.node.field);
            self.report(&rules::REQUIRED, members.node, what);
        }
        found
    }

    fn required_text<'a>(&mut self, members: &Members<'a>, name: &str) -> Option<JsonNode<'a>> {
        let node = self.required(members, name)?;
        self.text(&node).is_some().then_some(node)
    }

    fn required_path(&mut self, members: &Members<'_>, name: &str) -> Option<ImagePath> {
        let node = self.required(members, name)?;
        self.path(&node, "")
    }

    /// A path below the directory `below`, but not that directory.
    fn path(&mut self, node: &JsonNode<'_>, below: &str) -> Option<ImagePath> {
        let text = self.text(node)?;
        let read = ImagePath::parse(below, text).and_then(|path| {
            if path.as_str() == below || text.ends_with('/') && node.field.ends_with("path") {
                Err("it is a directory")
            } else {
                Ok(path)
            }
        });
        read.map_err(|reason| {
            self.report(&rules::PATH, node, format!("`{text}` is an invalid path: {reason}"))
        })
        .ok()
    }

    fn unknown(&mut self, members: &Members<'_>, known: &[&str]) {
        for name in members.names_but(known) {
            if self.breaches.is_full(&rules::UNKNOWN_KEY) {
                return;
            }
            let hint = if ["arch", "architecture", "cpu"].contains(&name) {
                ": the image variant selects the CPU".to_owned()
            } else {
                suggestion(name, known)
            };
            let what = format!("unknown key `{name}` in `{}`{hint}", members.node.field);
            let at = At::Metadata(pointer(&members.node.pointer, name));
            self.breaches.push(LocatedBreach::new(&rules::UNKNOWN_KEY, at, what));
        }
    }

    fn wrong_type(&mut self, node: &JsonNode<'_>, expected: &str, found: &Value) {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let what =
            format!("`{}` has the wrong type: expected {expected}, found {found}", node.field);
        self.report(&rules::TYPE, node, what);
    }

    fn report(&mut self, rule: &'static Rule, node: &JsonNode<'_>, what: String) {
        self.breaches.push(LocatedBreach::new(rule, At::Metadata(node.pointer.clone()), what));
    }
}

/// `; did you mean …?` if a known key is similar.
fn suggestion(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(text: &str) -> Vec<String> {
        let (_, breaches) = read(text.as_bytes());
        breaches.into_iter().map(|it| format!("{} {}: {}", it.rule.id, it.at, it.what)).collect()
    }

    #[test]
    fn the_socket_of_a_tab_must_be_the_one_that_vm_exposes() {
        let with = |backend: &str, vm: &str| {
            let tab = r#""title": "T", "root": "ui", "src": "i.html""#;
            breaches(&format!(
                r#"{{"icon": "i.svg", "ui": {{"dashboard-tab": {{{tab} {backend}}}}} {vm}}}"#
            ))
        };
        let backend = r#", "backend": {"socket": "a.sock"}"#;
        let vm = |socket: &str| {
            format!(r#", "vm": {{"image": "me/tool", "exposes": {{"socket": "{socket}"}}}}"#)
        };
        assert_eq!(with(backend, &vm("a.sock")), [""; 0]);
        assert_eq!(with("", &vm("a.sock")), [""; 0]);
        assert_eq!(
            with(backend, &vm("b.sock")),
            ["metadata-socket metadata.json /ui/dashboard-tab/backend/socket: \
              `ui.dashboard-tab.backend.socket` is `a.sock`, which differs from \
              `vm.exposes.socket`, `b.sock`"]
        );
        let unexposed =
            ["metadata-socket-unexposed metadata.json /ui/dashboard-tab/backend/socket: \
                          `ui.dashboard-tab.backend.socket` is `a.sock`, but `vm.exposes.socket` \
                          is missing"];
        assert_eq!(with(backend, r#", "vm": {"image": "me/tool"}"#), unexposed);
        assert_eq!(with(backend, ""), [""; 0]);
    }

    #[test]
    fn the_image_of_the_service_must_be_a_reference() {
        let with = |image: &str| {
            breaches(&format!(r#"{{"icon": "i.svg", "vm": {{"image": "{image}"}}}}"#))
        };
        for image in ["${DESKTOP_PLUGIN_IMAGE}", "me/tool:1.0", "localhost:5000/tool"] {
            assert_eq!(with(image), [""; 0], "{image}");
        }
        assert_eq!(
            with("$DESKTOP_PLUGIN_IMAG"),
            [
                "metadata-vm-image metadata.json /vm/image: `vm.image`, `$DESKTOP_PLUGIN_IMAG`, uses \
              `DESKTOP_PLUGIN_IMAG`, which is not set on users' machines; did you mean \
              `DESKTOP_PLUGIN_IMAGE`?"
            ]
        );
        assert!(with("Me/Tool")[0].starts_with("metadata-vm-image"));
    }

    #[test]
    fn all_declarations_of_a_valid_file_are_read() {
        let (declared, breaches) = read(
            br#"{
            "icon": "./icons/icon.svg",
            "ui": { "dashboard-tab": {
                "title": "Tool", "root": "/ui", "src": "index.html",
                "backend": { "socket": "tool.sock" }
            } },
            "vm": { "composefile": "compose.yaml", "exposes": { "socket": "tool.sock" } },
            "host": { "binaries": [
                { "darwin": [{ "path": "/darwin/tool" }], "windows": [{ "path": "/windows/tool.exe" }] },
                { "linux": [{ "path": "linux/tool" }] }
            ] }
        }"#,
        );
        assert_eq!(breaches, []);
        let path = |text: &str| ImagePath(text.to_owned());
        let binary = |os, text| DeclaredBinary { os, path: path(text) };
        let expected = Declared {
            icon: Some(path("/icons/icon.svg")),
            tabs: vec![DeclaredTab { root: path("/ui"), src: Some(path("/ui/index.html")) }],
            compose_file: Some(path("/compose.yaml")),
            binaries: vec![
                binary(Os::Darwin, "/darwin/tool"),
                binary(Os::Windows, "/windows/tool.exe"),
                binary(Os::Linux, "/linux/tool"),
            ],
        };
        assert_eq!(declared, Some(expected));
    }

    #[test]
    fn each_fault_is_reported_with_its_key_and_its_place() {
        assert_eq!(
            breaches(r#"{ "icon": 3, "name": "x", "a~/b": 1, "host": { "binaries": {} } }"#),
            [
                "metadata-root-key metadata.json /a~0~1b: \
                 unknown top-level key `a~/b` in `metadata.json`",
                "metadata-obsolete-key metadata.json /name: obsolete key `name` in `metadata.json`",
                "metadata-type metadata.json /icon: \
                 `icon` has the wrong type: expected string, found integer",
                "metadata-type metadata.json /host/binaries: \
                 `host.binaries` has the wrong type: expected array, found object",
            ]
        );
        assert_eq!(
            breaches("[]"),
            ["metadata-type metadata.json: \
              `metadata.json` has the wrong type: expected object, found array"]
        );
        assert_eq!(
            breaches(r#"{ "icon": "i", "hosts": {} }"#),
            ["metadata-root-key metadata.json /hosts: \
              unknown top-level key `hosts` in `metadata.json`; did you mean `host`?"]
        );
        assert_eq!(
            breaches(r#"{ "ui": { "dashboard-tab": { "title": "T", "source": "i" } } }"#),
            [
                "metadata-required metadata.json: \
                 required key `icon` is missing in `metadata.json`",
                "metadata-unknown-key metadata.json /ui/dashboard-tab/source: \
                 unknown key `source` in `ui.dashboard-tab`; did you mean `src`?",
                "metadata-required metadata.json /ui/dashboard-tab: \
                 required key `src` is missing in `ui.dashboard-tab`",
                "metadata-required metadata.json /ui/dashboard-tab: \
                 required key `root` is missing in `ui.dashboard-tab`",
            ]
        );
    }

    #[test]
    fn only_a_key_for_a_cpu_is_answered_with_the_image_variant() {
        let binary = |key: &str| {
            let entry = format!(r#"{{ "path": "/tool", "{key}": 0 }}"#);
            let found = breaches(&format!(
                r#"{{ "icon": "i", "host": {{ "binaries": [{{ "linux": [{entry}] }}] }} }}"#
            ));
            assert_eq!(found.len(), 1, "{found:?}");
            found[0].clone()
        };
        assert!(binary("arch").ends_with(": the image variant selects the CPU"));
        assert!(binary("mode").ends_with("unknown key `mode` in `host.binaries.0.linux.0`"));
    }

    #[test]
    fn a_path_must_be_that_of_a_file_in_the_image() {
        for path in ["../tool", r"\tool", "/", ".", "a/../b", "/tool/", "to\nol"] {
            let quoted = Value::from(path);
            let text = format!(
                r#"{{ "icon": "i", "host": {{ "binaries": [{{ "linux": [{{ "path": {quoted} }}] }}] }} }}"#
            );
            let found = breaches(&text);
            assert!(found.len() == 1 && found[0].starts_with("metadata-path "), "{found:?}");
        }
    }

    /// The name of the tab is part of the pointer to each of its members.
    #[test]
    fn a_long_name_of_an_object_with_many_keys_takes_little_memory() {
        let members: Vec<String> = (0..20_000).map(|number| format!("\"{number}\": 0")).collect();
        let tab = "t".repeat(200_000);
        let text = format!(r#"{{ "ui": {{ "{tab}": {{ {} }} }} }}"#, members.join(","));
        let (_, breaches) = read(text.as_bytes());
        let size = |it: &LocatedBreach| it.at.to_string().len() + it.what.len();
        let size: usize = breaches.iter().map(size).sum();
        assert!(size < 10 * text.len(), "{size}");
        assert!(breaches.iter().any(|it| it.rule == &rules::REQUIRED));
    }

    /// [`LocatedBreach::new`] checks the headlines.
    #[test]
    fn the_headlines_for_the_fuzz_corpus_state_a_fault() {
        let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/metadata");
        for seed in std::fs::read_dir(seeds).unwrap() {
            read(&std::fs::read(seed.unwrap().path()).unwrap());
        }
    }
}
