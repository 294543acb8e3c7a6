//! A JSON reader that is as strict as Docker Desktop and Rancher Desktop, and reports duplicate keys.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

#[derive(Debug)]
pub(super) struct JsonDocument {
    pub value: Value,
    /// The JSON pointers of duplicate keys.
    pub duplicates: Vec<String>,
}

/// Why a text is not JSON. Line and column start at 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub line: usize,
    pub column: usize,
    /// A clause: `trailing comma`.
    pub reason: String,
}

/// Reads a document. `serde_json` limits its depth to 128 levels.
pub(super) fn parse(bytes: &[u8]) -> Result<JsonDocument, SyntaxError> {
    let text = utf8(bytes)?;
    let duplicates = RefCell::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = Strict { place: Segment::Top, duplicates: &duplicates };
    let value = seed.deserialize(&mut deserializer);
    let value = value.and_then(|value| deserializer.end().map(|()| value));
    match value {
        Ok(value) => Ok(JsonDocument { value, duplicates: duplicates.into_inner() }),
        Err(error) => Err(SyntaxError {
            line: error.line().max(1),
            column: error.column().max(1),
            reason: reason(&error, text),
        }),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, SyntaxError> {
    let error = |at: usize, reason: &str| {
        let before = &bytes[..at];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        SyntaxError { line, column: 1 + at - line_start, reason: reason.to_owned() }
    };
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => Err(error(0, "a byte order mark is not allowed")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(error(0, "the text is UTF-16 instead of UTF-8")),
        _ => std::str::from_utf8(bytes)
            .map_err(|invalid| error(invalid.valid_up_to(), "the text is not UTF-8")),
    }
}

/// The message of the parser without the place. It names comments, a frequent mistake.
fn reason(error: &serde_json::Error, text: &str) -> String {
    let message = error.to_string();
    let message =
        message.rsplit_once(" at line ").map_or(&*message, |(message, _)| message).to_owned();
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let at = line.get(error.column().saturating_sub(1)..).unwrap_or_default();
    if at.starts_with("//") || at.starts_with("/*") {
        return format!("{message}: comments are not allowed");
    }
    message
}

/// The limits for noted duplicates: their number, and the size of their pointers in bytes.
const MOST_DUPLICATES: usize = 20;
const MOST_BYTES: usize = 64 * 1024;

fn has_room(duplicates: &[String]) -> bool {
    let bytes: usize = duplicates.iter().map(String::len).sum();
    duplicates.len() < MOST_DUPLICATES && bytes < MOST_BYTES
}

/// Reads any value, and notes duplicate keys in it.
struct Strict<'a> {
    place: Segment<'a>,
    duplicates: &'a RefCell<Vec<String>>,
}

/// The path from the top of the document to a value. It is converted to a pointer only if one is needed,
/// because names can be long and values many.
#[derive(Clone, Copy)]
enum Segment<'a> {
    Top,
    Member(&'a Segment<'a>, &'a str),
    Item(&'a Segment<'a>, usize),
}

impl Segment<'_> {
    fn pointer(&self) -> String {
        match self {
            Segment::Top => String::new(),
            Segment::Member(parent, name) => pointer(&parent.pointer(), name),
            Segment::Item(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }
}

/// The JSON pointer of the member `name` of the value at `parent`.
pub(super) fn pointer(parent: &str, name: &str) -> String {
    format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        serde_json::Number::from_f64(value).map(Value::from).ok_or(E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            let place = Segment::Item(&self.place, values.len());
            match items.next_element_seed(Strict { place, ..self })? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let place = Segment::Member(&self.place, &name);
            let value = members.next_value_seed(Strict { place, ..self })?;
            let mut duplicates = self.duplicates.borrow_mut();
            if object.contains_key(&name) && has_room(&duplicates) {
                duplicates.push(place.pointer());
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(bytes: &[u8]) -> (usize, usize, String) {
        let error = parse(bytes).unwrap_err();
        (error.line, error.column, error.reason)
    }

    #[test]
    fn an_error_has_a_place_and_a_reason() {
        assert_eq!(error(b"{\n  \"icon\": \"i\",\n}"), (3, 1, "trailing comma".to_owned()));
        assert_eq!(error(b"\xef\xbb\xbf{}").2, "a byte order mark is not allowed");
        assert_eq!(error(b"\xff\xfe{\0}\0").2, "the text is UTF-16 instead of UTF-8");
        assert_eq!(error(b"{\n \"a\": \"\xe4\"}"), (2, 8, "the text is not UTF-8".to_owned()));
        assert!(error(b"{\n  // no\n}").2.ends_with("comments are not allowed"));
        assert!(error(b"").2.contains("EOF"));
        assert!(error(b"{} {}").2.contains("trailing characters"));
    }

    #[test]
    fn depth_is_limited() {
        let deep = "[".repeat(10_000);
        assert_eq!(error(deep.as_bytes()).2, "recursion limit exceeded");
    }

    #[test]
    fn duplicate_keys_are_reported_with_their_place() {
        let document = parse(br#"{"a/b": [{"c": 1, "d": 2, "c": 3}], "e": 0, "e": 1}"#).unwrap();
        assert_eq!(document.duplicates, ["/a~1b/0/c", "/e"]);
        assert_eq!(document.value["e"], 1);
    }
}
