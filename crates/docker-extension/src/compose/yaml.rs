//! Reads YAML into a tree with positions. Compose files come from untrusted images: aliases are not expanded,
//! and size, depth and the number of values are limited.

use std::collections::{BTreeMap, BTreeSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

/// The maximum depth of values in values.
const DEPTH: usize = 100;
/// The maximum number of values, with the entries that merge keys add. It is also the limit of compose-go.
const VALUES: usize = 100_000;

/// A place in a text. Both numbers start at 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Position {
    pub const START: Self = Self { line: 1, column: 1 };

    fn at(marker: &Marker) -> Self {
        Self { line: marker.line().max(1), column: marker.col() + 1 }
    }
}

/// Why a text can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    pub position: Position,
    /// A clause: `tabs disallowed within this context`.
    pub reason: String,
}

impl YamlError {
    fn new(position: Position, reason: impl Into<String>) -> Self {
        Self { position, reason: reason.into() }
    }
}

/// The index of a value. An alias has the index of its anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct YamlId(usize);

#[derive(Debug)]
pub(super) struct YamlValue {
    pub position: Position,
    pub kind: YamlKind,
}

#[derive(Debug, PartialEq)]
pub(super) enum YamlKind {
    /// A scalar without a value, or one that the tag `!reset` removes.
    Null,
    Boolean(bool),
    Number,
    Text(String),
    List(Vec<YamlId>),
    /// With the entries that merge keys add.
    Mapping(Vec<YamlEntry>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct YamlEntry {
    pub key: String,
    /// Where the key is.
    pub position: Position,
    pub value: YamlId,
}

/// All documents of a text.
#[derive(Debug, Default)]
pub(super) struct Yaml {
    values: Vec<YamlValue>,
    /// The top of each document that is not empty.
    pub roots: Vec<YamlId>,
    /// The second of two equal keys.
    pub duplicates: Vec<(String, Position)>,
}

impl Yaml {
    pub fn get(&self, id: YamlId) -> &YamlValue {
        &self.values[id.0]
    }

    /// Every text, with its position. The one at an anchor is contained once.
    pub fn texts(&self) -> impl Iterator<Item = (&str, Position)> {
        self.values.iter().filter_map(|value| match &value.kind {
            YamlKind::Text(text) => Some((text.as_str(), value.position)),
            _ => None,
        })
    }
}

/// # Errors
/// The text is not YAML in UTF-8, or exceeds a limit.
pub(super) fn parse(bytes: &[u8]) -> Result<Yaml, YamlError> {
    let text = std::str::from_utf8(bytes).map_err(|invalid| {
        let before = String::from_utf8_lossy(&bytes[..invalid.valid_up_to()]);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let lines = before.matches('\n').count();
        let position = Position { line: lines + 1, column: line.chars().count() + 1 };
        YamlError::new(position, "the text is not UTF-8")
    })?;
    let mut builder = YamlBuilder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| YamlError::new(Position::at(error.marker()), error.info()))?;
        builder.add(event, Position::at(&span.start))?;
    }
    Ok(builder.yaml)
}

#[derive(Default)]
struct YamlBuilder {
    yaml: Yaml,
    open: Vec<OpenValue>,
    /// The complete values with an anchor.
    anchors: BTreeMap<usize, YamlId>,
    /// The values so far, with merged entries.
    count: usize,
}

/// A list or a mapping whose end is not read yet.
struct OpenValue {
    position: Position,
    anchor: usize,
    is_reset: bool,
    content: OpenContent,
}

enum OpenContent {
    List(Vec<YamlId>),
    Mapping {
        entries: Vec<YamlEntry>,
        keys: BTreeSet<String>,
        /// The values of merge keys.
        merged: Vec<YamlId>,
        /// The key whose value comes next.
        key: Option<(YamlKey, Position)>,
    },
}

enum YamlKey {
    Text(String),
    /// `<<`
    Merge,
    /// A list, a mapping or an alias of one.
    Unusual,
}

/// The anchor number of values without an anchor.
const NO_ANCHOR: usize = 0;

impl YamlBuilder {
    fn add(&mut self, event: Event<'_>, position: Position) -> Result<(), YamlError> {
        match event {
            Event::Alias(anchor) => {
                let id = self.anchors.get(&anchor).copied();
                let id = id.ok_or_else(|| {
                    let is_inside = self.open.iter().any(|open| open.anchor == anchor);
                    // Anchors are valid in their document only.
                    let reason =
                        if is_inside { "an alias contains itself" } else { "unknown anchor" };
                    YamlError::new(position, reason)
                })?;
                self.count(1, position)?;
                self.place(id, position);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain;
                if let Some(key) = self.open.last_mut().and_then(OpenValue::expected_key)
                    && anchor == NO_ANCHOR
                {
                    // Keys are not values.
                    let is_merge = is_plain && text == "<<";
                    let found =
                        if is_merge { YamlKey::Merge } else { YamlKey::Text(text.into_owned()) };
                    *key = Some((found, position));
                    return self.count(1, position);
                }
                let kind = match () {
                    () if is_reset(tag.as_deref()) => YamlKind::Null,
                    () if !is_plain || tag.is_some() => YamlKind::Text(text.into_owned()),
                    () if is_null(&text) => YamlKind::Null,
                    () if is_number(&text) => YamlKind::Number,
                    () => match boolean(&text) {
                        Some(boolean) => YamlKind::Boolean(boolean),
                        None => YamlKind::Text(text.into_owned()),
                    },
                };
                self.finish(kind, anchor, position)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.start(OpenContent::List(Vec::new()), anchor, tag.as_deref(), position)?;
            }
            Event::MappingStart(anchor, tag) => {
                let content = OpenContent::Mapping {
                    entries: Vec::new(),
                    keys: BTreeSet::new(),
                    merged: Vec::new(),
                    key: None,
                };
                self.start(content, anchor, tag.as_deref(), position)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(OpenValue { position, anchor, is_reset, content }) = self.open.pop()
                else {
                    return Ok(());
                };
                let kind = match content {
                    OpenContent::List(items) => YamlKind::List(items),
                    OpenContent::Mapping { entries, keys, merged, .. } => {
                        YamlKind::Mapping(self.merge(entries, keys, &merged, position)?)
                    }
                };
                let kind = if is_reset { YamlKind::Null } else { kind };
                self.finish(kind, anchor, position)?;
            }
            Event::DocumentEnd => self.anchors.clear(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
        }
        Ok(())
    }

    fn start(
        &mut self,
        content: OpenContent,
        anchor: usize,
        tag: Option<&Tag>,
        position: Position,
    ) -> Result<(), YamlError> {
        if self.open.len() >= DEPTH {
            return Err(YamlError::new(
                position,
                format!("it is nested deeper than {DEPTH} levels"),
            ));
        }
        self.open.push(OpenValue { position, anchor, is_reset: is_reset(tag), content });
        Ok(())
    }

    fn count(&mut self, values: usize, position: Position) -> Result<(), YamlError> {
        self.count = self.count.saturating_add(values);
        if self.count > VALUES {
            return Err(YamlError::new(position, format!("it has more than {VALUES} values")));
        }
        Ok(())
    }

    fn finish(
        &mut self,
        kind: YamlKind,
        anchor: usize,
        position: Position,
    ) -> Result<(), YamlError> {
        self.count(1, position)?;
        let id = YamlId(self.yaml.values.len());
        self.yaml.values.push(YamlValue { position, kind });
        if anchor != NO_ANCHOR {
            self.anchors.insert(anchor, id);
        }
        self.place(id, position);
        Ok(())
    }

    /// Puts a value where the parser is.
    fn place(&mut self, id: YamlId, position: Position) {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => {
                if !matches!(self.yaml.get(id).kind, YamlKind::Null) {
                    self.yaml.roots.push(id);
                }
            }
            Some(OpenContent::List(items)) => items.push(id),
            Some(OpenContent::Mapping { entries, keys, merged, key }) => match key.take() {
                None => {
                    let found = match &self.yaml.values[id.0].kind {
                        YamlKind::Text(text) => YamlKey::Text(text.clone()),
                        _ => YamlKey::Unusual,
                    };
                    *key = Some((found, position));
                }
                Some((YamlKey::Text(key), position)) => {
                    if !keys.insert(key.clone()) {
                        self.yaml.duplicates.push((key.clone(), position));
                    }
                    entries.push(YamlEntry { key, position, value: id });
                }
                Some((YamlKey::Merge, _)) => merged.push(id),
                Some((YamlKey::Unusual, _)) => {}
            },
        }
    }

    /// Adds the entries of merged mappings. Own entries have precedence, then those that are merged first.
    fn merge(
        &mut self,
        mut entries: Vec<YamlEntry>,
        mut keys: BTreeSet<String>,
        merged: &[YamlId],
        position: Position,
    ) -> Result<Vec<YamlEntry>, YamlError> {
        for id in merged {
            let sources = match &self.yaml.get(*id).kind {
                YamlKind::List(items) => items.clone(),
                _ => vec![*id],
            };
            for source in sources {
                let YamlKind::Mapping(found) = &self.yaml.values[source.0].kind else { continue };
                let number = found.len();
                for entry in found {
                    if keys.insert(entry.key.clone()) {
                        entries.push(entry.clone());
                    }
                }
                self.count(number, position)?;
            }
        }
        Ok(entries)
    }
}

impl OpenValue {
    /// The place for the key if one comes next.
    fn expected_key(&mut self) -> Option<&mut Option<(YamlKey, Position)>> {
        match &mut self.content {
            OpenContent::Mapping { key, .. } if key.is_none() => Some(key),
            _ => None,
        }
    }
}

/// The tag with which Compose removes a value of an earlier document.
fn is_reset(tag: Option<&Tag>) -> bool {
    tag.is_some_and(|tag| tag.handle == "!" && tag.suffix == "reset")
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        && (text.parse::<f64>().is_ok() || text.starts_with("0x") || text.starts_with("0o"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> (usize, usize, String) {
        let YamlError { position, reason } = parse(text.as_bytes()).unwrap_err();
        (position.line, position.column, reason)
    }

    /// The keys of the mapping at the top of the first document.
    fn keys(yaml: &Yaml) -> Vec<&str> {
        let YamlKind::Mapping(entries) = &yaml.get(yaml.roots[0]).kind else { panic!("{yaml:?}") };
        entries.iter().map(|entry| entry.key.as_str()).collect()
    }

    #[test]
    fn an_error_has_the_line_and_the_column() {
        let (line, column, reason) = error("services:\n\t- : [\n");
        assert_eq!((line, column), (2, 2));
        assert!(reason.contains("tabs"), "{reason}");
        assert_eq!(error("a: b\nc: *none").0, 2);
        let invalid = parse(b"a:\n  \xc3\xa9\xff").unwrap_err();
        assert_eq!(invalid.position, Position { line: 2, column: 4 });
        assert_eq!(invalid.reason, "the text is not UTF-8");
    }

    #[test]
    fn hostile_documents_are_rejected_quickly() {
        let nested =
            |count: usize| (0..count).map(|it| " ".repeat(it) + "a:\n").collect::<String>();
        assert!(error(&nested(200)).2.contains("deeper"));
        assert!(error(&"- ".repeat(100_000)).2.contains("deeper"));
        assert!(error(&"[".repeat(100_000)).2.contains("recursion limit"));
        assert!(error(&"a: b\nc:\n".repeat(100_000)).2.contains("more than"));
        assert!(error("a: &a\n  <<: *a\n").2.contains("itself"));
        assert!(error("a: &a [*a]").2.contains("itself"));
        assert_eq!(error("a: &a b\n---\na: *a").2, "unknown anchor");
    }

    #[test]
    fn aliases_of_aliases_are_not_expanded() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..50 {
            let before = format!("*a{}", level - 1);
            text += &format!("a{level}: &a{level} [{}]\n", [before.as_str(); 10].join(", "));
        }
        let yaml = parse(text.as_bytes()).unwrap();
        assert!(yaml.values.len() < 1000, "{}", yaml.values.len());
        // Merge keys double the entries at each level.
        let mut text = "a0: &a0 {".to_owned();
        text.extend((0..1000).map(|it| format!("k{it}: v, ")));
        text += "}\n";
        for level in 1..500 {
            text += &format!("a{level}: &a{level} {{<<: *a{}, x{level}: y}}\n", level - 1);
        }
        assert!(error(&text).2.contains("more than"));
    }

    #[test]
    fn merge_keys_add_the_entries_that_the_mapping_does_not_have() {
        let text = "<<: [{a: 1, b: 2}, {b: 3, c: 4}]\nb: own\n";
        let yaml = parse(text.as_bytes()).unwrap();
        assert_eq!(keys(&yaml), ["b", "a", "c"]);
        assert_eq!(yaml.duplicates, []);
        let twice = parse(b"a: 1\nb: 2\n'a': 3\n").unwrap();
        assert_eq!(twice.duplicates, [("a".to_owned(), Position { line: 3, column: 1 })]);
        let quoted = parse(b"'<<': {a: 1}\n").unwrap();
        assert_eq!(keys(&quoted), ["<<"]);
    }

    #[test]
    fn empty_documents_have_no_root() {
        for text in ["", "# comment\n", "---\n", "---\n...\n", "~", "null\n", "\u{feff}"] {
            assert!(parse(text.as_bytes()).unwrap().roots.is_empty(), "{text:?}");
        }
        assert_eq!(parse(b"a: 1\n---\n---\nb: 2\n").unwrap().roots.len(), 2);
    }
}
