//! JSON with the keys and strings of extensions.

use std::fmt::Write;

use arbitrary::Arbitrary;

/// A value; objects may repeat a key.
#[derive(Arbitrary, Debug)]
pub enum Json<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    Fraction(f64),
    Text(Word<'a>),
    List(Vec<Json<'a>>),
    Object(Vec<(Name<'a>, Json<'a>)>),
}

/// The key of a member.
#[derive(Arbitrary, Debug)]
pub enum Name<'a> {
    Known(u8),
    Other(&'a str),
}

#[derive(Arbitrary, Debug)]
pub enum Word<'a> {
    Path(u8),
    Other(&'a str),
}

const NAMES: [&str; 22] = [
    "icon",
    "ui",
    "dashboard-tab",
    "title",
    "root",
    "src",
    "backend",
    "socket",
    "vm",
    "image",
    "composefile",
    "exposes",
    "host",
    "binaries",
    "darwin",
    "windows",
    "linux",
    "path",
    "x-rd-install",
    "x-rd-shutdown",
    "name",
    "provider",
];

/// The paths of entries in [`crate::tar`], and others.
const PATHS: [&str; 8] = ["a", "/b", "ui", "a/b.exe", "/ui/../a", "./a/", "metadata.json", "ui\\a"];

impl Json<'_> {
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        match self {
            Json::Null => text.push_str("null"),
            Json::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
            Json::Integer(value) => drop(write!(text, "{value}")),
            Json::Fraction(value) => drop(write!(text, "{value:e}")),
            Json::Text(Word::Path(number)) => quote(text, pick(&PATHS, *number)),
            Json::Text(Word::Other(other)) => quote(text, other),
            Json::List(items) => {
                text.push('[');
                separated(text, items, |text, item| item.write(text));
                text.push(']');
            }
            Json::Object(members) => {
                text.push('{');
                separated(text, members, |text, (name, value)| {
                    quote(text, name.as_str());
                    text.push(':');
                    value.write(text);
                });
                text.push('}');
            }
        }
    }
}

impl Name<'_> {
    fn as_str(&self) -> &str {
        match self {
            Name::Known(number) => pick(&NAMES, *number),
            Name::Other(other) => other,
        }
    }
}

fn pick(texts: &[&'static str], number: u8) -> &'static str {
    texts[usize::from(number) % texts.len()]
}

fn quote(text: &mut String, content: &str) {
    text.push_str(&serde_json::Value::from(content).to_string());
}

fn separated<T>(text: &mut String, items: &[T], write: impl Fn(&mut String, &T)) {
    for (number, item) in items.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        write(text, item);
    }
}
