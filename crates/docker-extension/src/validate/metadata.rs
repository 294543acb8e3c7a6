//! Reads `metadata.json`, and checks that Docker Desktop and Rancher Desktop can read it.

use serde_json::{Map, Value};

use super::compose::image_fault;
use super::finding::{At, LocatedBreach};
use super::json::{self, pointer};
use super::room::LocatedBreaches;
use crate::page_reference::PageReference;
use crate::platform::Os;
use crate::rules::{Rule, metadata as rules};
use crate::text::{is_line_break, nearest};

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
    pub ending: PathEnding,
}

/// A path that ends in `/` can only be that of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathEnding {
    Name,
    Slash,
}

/// An absolute path in the image, without `.` and `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImagePath(String);

impl ImagePath {
    /// It begins with `/`, or is empty for the root.
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

    /// `path` has neither `.` nor `..`.
    fn join(&self, path: &str) -> Self {
        Self(format!("{}/{path}", self.0))
    }

    /// Parses a path in the image. It is empty for the root. The error is a clause.
    fn parse(text: &str) -> Result<Self, &'static str> {
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
        Ok(Self(parts.iter().fold(String::new(), |path, part| path + "/" + part)))
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
        if let Some(title) = self.required_text(&members, "title") {
            self.line(&title);
        }
        if let Some(backend) = members.get("backend") {
            self.socket(&backend, &["socket", "tcp"]);
        }
        let src = self.required_text(&members, "src").and_then(|src| self.page(&src));
        let root = self.required(&members, "root")?;
        let text = self.text(&root)?;
        let path = self.parse_path(&root, text)?;
        if path.as_str().is_empty() {
            let what = format!("`{}` contains the whole image: it is `{text}`", root.field);
            self.report(&rules::UI_ROOT, &root, what);
        }
        let src = src.map(|src| path.join(&src));
        Some(DeclaredTab { root: path, src })
    }

    /// The path of a page below the root of its tab.
    fn page(&mut self, node: &JsonNode<'_>) -> Option<String> {
        let text = self.text(node)?;
        match text.parse::<PageReference>() {
            Ok(page) => Some(page.path().to_owned()),
            Err(reason) => {
                self.report(&rules::PATH, node, format!("`{text}` is an invalid path: {reason}"));
                None
            }
        }
    }

    fn vm(&mut self, node: &JsonNode<'_>) -> Option<ImagePath> {
        let members = self.object(node)?;
        self.unknown(&members, &["image", "composefile", "exposes"]);
        if let Some(exposes) = members.get("exposes") {
            self.socket(&exposes, &["socket"]);
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
                self.file_path(&compose_file?)
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

    /// Extensions with `"tcp": "9000"` in place of the socket have been published, and can be installed.
    fn socket(&mut self, node: &JsonNode<'_>, known: &[&str]) {
        let Some(members) = self.object(node) else { return };
        self.unknown(&members, known);
        match members.get("socket") {
            Some(socket) => drop(self.text(&socket)),
            None => self.report(
                &rules::NO_SOCKET,
                node,
                format!("`{}` is without `socket`", node.field),
            ),
        }
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
        self.systems(&members);
        let mut found = Vec::new();
        for os in Os::ALL {
            let Some(list) = members.get(os.name()) else { continue };
            for entry in self.list(&list) {
                found.extend(self.binary(&entry, os));
            }
        }
        found
    }

    /// Reports keys that are not the name of an operating system. The list of a key that means one is ignored as
    /// a whole.
    fn systems(&mut self, members: &Members<'_>) {
        let names = Os::ALL.map(Os::name);
        let meant = |name: &str| OsAlias::of(name);
        let aliases: Vec<&str> =
            members.names_but(&names).filter(|it| meant(it).is_some()).collect();
        self.unknown(members, &[&names[..], &aliases].concat());
        for name in aliases {
            if self.breaches.is_full(&rules::OS_KEY) {
                return;
            }
            let Some(OsAlias { os, rest }) = meant(name) else { continue };
            let field = &members.node.field;
            let mut what = format!("wrong key `{name}` in `{field}`: write `{}`", os.name());
            if rest == OsAliasRest::Cpu {
                what += "; the image variant selects the CPU";
            }
            let at = At::Metadata(pointer(&members.node.pointer, name));
            self.breaches.push(LocatedBreach::new(&rules::OS_KEY, at, what));
        }
    }

    fn binary(&mut self, node: &JsonNode<'_>, os: Os) -> Option<DeclaredBinary> {
        let members = self.object(node)?;
        self.unknown(&members, &["path"]);
        let node = self.required(&members, "path")?;
        let path = self.file_path(&node)?;
        let last = node.value.as_str().and_then(|text| text.rsplit('/').next());
        let ending = match last {
            Some("" | ".") => PathEnding::Slash,
            _ => PathEnding::Name,
        };
        Some(DeclaredBinary { os, path, ending })
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

    /// A text that is shown on one line.
    fn line(&mut self, node: &JsonNode<'_>) {
        if node.value.as_str().is_some_and(|text| text.trim().contains(is_disorder)) {
            let what = format!("`{}` contains a line break or a control character", node.field);
            self.report(&rules::LINE, node, what);
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
        self.file_path(&node)
    }

    /// A path in the image, but not its root.
    fn file_path(&mut self, node: &JsonNode<'_>) -> Option<ImagePath> {
        let text = self.text(node)?;
        let path = self.parse_path(node, text)?;
        if path.as_str().is_empty() {
            let what =
                format!("`{text}` is an invalid path: it is the root directory of the image");
            self.report(&rules::PATH, node, what);
            return None;
        }
        Some(path)
    }

    fn parse_path(&mut self, node: &JsonNode<'_>, text: &str) -> Option<ImagePath> {
        let path = ImagePath::parse(text);
        let report = |reason| {
            self.report(&rules::PATH, node, format!("`{text}` is an invalid path: {reason}"));
        };
        path.map_err(report).ok()
    }

    fn unknown(&mut self, members: &Members<'_>, known: &[&str]) {
        for name in members.names_but(known) {
            if self.breaches.is_full(&rules::UNKNOWN_KEY) {
                return;
            }
            let hint = if ["arch", "architecture", "cpu", "goarch"].contains(&name) {
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

fn is_disorder(c: char) -> bool {
    is_line_break(c) || c.is_control()
}

/// A key that stands for an operating system, but is not its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OsAlias {
    os: Os,
    rest: OsAliasRest,
}

/// What such a key says besides the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OsAliasRest {
    Nothing,
    Cpu,
}

impl OsAlias {
    fn of(key: &str) -> Option<Self> {
        const NAMES: [(&str, Os); 12] = [
            ("darwin", Os::Darwin),
            ("macos", Os::Darwin),
            ("macosx", Os::Darwin),
            ("mac", Os::Darwin),
            ("osx", Os::Darwin),
            ("apple", Os::Darwin),
            ("windows", Os::Windows),
            ("win", Os::Windows),
            ("win32", Os::Windows),
            ("win64", Os::Windows),
            ("linux", Os::Linux),
            ("linux64", Os::Linux),
        ];
        /// Longer ones are no name of a system.
        const LONGEST: usize = 40;
        if key.len() > LONGEST || Os::ALL.iter().any(|os| os.name() == key) {
            return None;
        }
        let key = key.trim().to_ascii_lowercase();
        let named = |word: &str| NAMES.iter().find(|(name, _)| *name == word).map(|(_, os)| *os);
        if let Some(os) = named(&key.replace([' ', '-', '_'], "")) {
            return Some(Self { os, rest: OsAliasRest::Nothing });
        }
        let words = key.split(|c: char| !c.is_ascii_alphanumeric());
        if let Some(os) = words.into_iter().find_map(named) {
            let is_cpu =
                ["arm", "aarch", "amd", "x86", "x64", "intel"].iter().any(|it| key.contains(it));
            let rest = if is_cpu { OsAliasRest::Cpu } else { OsAliasRest::Nothing };
            return Some(Self { os, rest });
        }
        let os = nearest(&key, Os::ALL.map(Os::name)).and_then(named)?;
        Some(Self { os, rest: OsAliasRest::Nothing })
    }
}

/// `; did you mean …?` if a known key is similar.
fn suggestion(name: &str, known: &[&str]) -> String {
    let alias = OsAlias::of(name).map(|alias| alias.os.name()).filter(|it| known.contains(it));
    match alias.or_else(|| nearest(name, known.iter().copied())) {
        Some(nearest) => format!("; did you mean `{nearest}`?"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
        let binary = |os, text| DeclaredBinary { os, path: path(text), ending: PathEnding::Name };
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
        for path in ["../tool", r"\tool", "/", ".", "a/../b", "to\nol"] {
            let quoted = Value::from(path);
            let text = format!(
                r#"{{ "icon": "i", "host": {{ "binaries": [{{ "linux": [{{ "path": {quoted} }}] }}] }} }}"#
            );
            let found = breaches(&text);
            assert!(found.len() == 1 && found[0].starts_with("metadata-path "), "{found:?}");
        }
    }

    /// The breaches by a tab that is otherwise valid.
    fn by_tab(change: Value) -> Vec<String> {
        let mut tab = json!({ "title": "T", "root": "ui", "src": "index.html" });
        for (key, value) in change.as_object().unwrap() {
            tab[key] = value.clone();
        }
        breaches(&json!({ "icon": "i", "ui": { "dashboard-tab": tab } }).to_string())
    }

    #[test]
    fn a_page_is_a_relative_reference_below_the_root_of_its_tab() {
        let page = |src: &str| {
            let text = json!({ "icon": "i", "ui": { "tab": { "title": "T", "root": "/app/ui", "src": src } } });
            let (declared, _) = read(text.to_string().as_bytes());
            declared.unwrap().tabs[0].src.as_ref().map(|path| path.as_str().to_owned())
        };
        assert_eq!(page("index.html?v=1.2").as_deref(), Some("/app/ui/index.html"));
        assert_eq!(page("index.html#/home").as_deref(), Some("/app/ui/index.html"));
        assert_eq!(page("my%20page.html").as_deref(), Some("/app/ui/my page.html"));
        for (src, reason) in [
            ("a\\index.html", "it contains `\\`, which not every consumer reads as `/`"),
            ("?v=1", "it is a directory, not a page"),
            ("../index.html", "it leads out of the directory of the pages"),
        ] {
            let expected = format!(
                "metadata-path metadata.json /ui/dashboard-tab/src: `{src}` is an invalid path: {reason}"
            );
            assert_eq!(by_tab(json!({ "src": src })), [expected]);
        }
    }

    #[test]
    fn a_title_is_on_one_line() {
        for title in ["A\nTool", "A\rTool", "A\u{2028}Tool", "A\u{1b}Tool"] {
            let what = "`ui.dashboard-tab.title` contains a line break or a control character";
            let place = "metadata-line metadata.json /ui/dashboard-tab/title";
            assert_eq!(by_tab(json!({ "title": title })), [format!("{place}: {what}")]);
        }
        assert_eq!(by_tab(json!({ "title": "Ä Tool" })), [""; 0]);
    }

    #[test]
    fn the_whole_image_is_not_a_directory_of_pages() {
        for root in ["/", ".", "./"] {
            let what = format!("`ui.dashboard-tab.root` contains the whole image: it is `{root}`");
            let place = "metadata-ui-root metadata.json /ui/dashboard-tab/root";
            assert_eq!(by_tab(json!({ "root": root })), [format!("{place}: {what}")]);
        }
        assert_eq!(by_tab(json!({ "root": "/ui/" })), [""; 0]);
        let root_as_icon = breaches(r#"{ "icon": "/" }"#);
        assert!(
            root_as_icon[0].ends_with("it is the root directory of the image"),
            "{root_as_icon:?}"
        );
    }

    #[test]
    fn a_backend_without_a_socket_is_a_note() {
        let note = |place: &str, field: &str| {
            format!("metadata-no-socket metadata.json {place}: `{field}` is without `socket`")
        };
        let backend = note("/ui/dashboard-tab/backend", "ui.dashboard-tab.backend");
        assert_eq!(by_tab(json!({ "backend": { "tcp": "9000" } })), [&*backend]);
        assert_eq!(by_tab(json!({ "backend": {} })), [&*backend]);
        assert_eq!(by_tab(json!({ "backend": { "socket": "a.sock" } })), [""; 0]);
        let vm = r#"{ "icon": "i", "vm": { "image": "me/tool", "exposes": {} } }"#;
        assert_eq!(breaches(vm), [note("/vm/exposes", "vm.exposes")]);
        assert_eq!(rules::NO_SOCKET.severity, crate::rules::Severity::Note);
    }

    #[test]
    fn a_key_that_means_an_operating_system_but_is_not_its_name_is_an_error() {
        let found = |key: &str| {
            let mut group = json!({});
            group[key] = json!([{ "path": "/tool" }]);
            let text = json!({ "icon": "i", "host": { "binaries": [group] } });
            breaches(&text.to_string()).pop().unwrap_or_default()
        };
        let keys = [
            ("macos", "darwin"),
            ("macOS", "darwin"),
            ("mac os", "darwin"),
            ("osx", "darwin"),
            ("Darwin", "darwin"),
            ("dawrin", "darwin"),
            ("win32", "windows"),
            ("Windows", "windows"),
            ("win", "windows"),
            ("window", "windows"),
            ("Linux", "linux"),
        ];
        for (key, name) in keys {
            let expected = format!(": wrong key `{key}` in `host.binaries.0`: write `{name}`");
            let found = found(key);
            assert!(found.starts_with("metadata-os-key ") && found.ends_with(&expected), "{found}");
        }
        let with_cpu = found("darwin-arm64");
        assert!(
            with_cpu.ends_with("write `darwin`; the image variant selects the CPU"),
            "{with_cpu}"
        );
        for key in ["freebsd", "name", "comment"] {
            assert!(found(key).starts_with("metadata-unknown-key "), "{key}");
        }
        assert_eq!(found("darwin"), "");
        let script = r#"{ "icon": "i", "host": { "x-rd-install": { "macos": "install" } } }"#;
        assert!(breaches(script).iter().any(|it| it.ends_with("did you mean `darwin`?")));
        assert_eq!(rules::OS_KEY.severity, crate::rules::Severity::Error);
    }

    #[test]
    fn a_path_that_ends_in_a_slash_is_that_of_a_directory() {
        let ending = |path: &str| {
            let text =
                json!({ "icon": "i", "host": { "binaries": [{ "linux": [{ "path": path }] }] } });
            let (declared, breaches) = read(text.to_string().as_bytes());
            assert_eq!(breaches, []);
            declared.unwrap().binaries[0].ending
        };
        assert_eq!(ending("/tool"), PathEnding::Name);
        assert_eq!(ending("/tool."), PathEnding::Name);
        assert_eq!(ending("/tool/"), PathEnding::Slash);
        assert_eq!(ending("/tool/."), PathEnding::Slash);
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
