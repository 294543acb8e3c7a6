//! Positions in the text of a JSON document.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// The line and column of the value at a JSON pointer (RFC 6901), or of the closest value above it that exists.
/// None if the text is not JSON.
pub fn position(text: &str, pointer: &str) -> Option<(usize, usize)> {
    let mut value: &RawValue = serde_json::from_str(text).ok()?;
    for name in pointer.split('/').skip(1) {
        let name = name.replace("~1", "/").replace("~0", "~");
        match member(value, &name) {
            Some(inner) => value = inner,
            None => break,
        }
    }
    let start = value.get().as_ptr() as usize - text.as_ptr() as usize;
    let before = text.get(..start)?;
    let line = before.rsplit('\n').next().unwrap_or(before);
    Some((before.matches('\n').count() + 1, line.chars().count() + 1))
}

fn member<'a>(value: &'a RawValue, name: &str) -> Option<&'a RawValue> {
    let text = value.get();
    if let Ok(object) = serde_json::from_str::<BTreeMap<String, &RawValue>>(text) {
        return object.get(name).copied();
    }
    let list: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    list.get(name.parse::<usize>().ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_leads_to_the_line_and_column_of_its_value() {
        let text = "{\n  \"a/b\": [ {},\r\n\t{ \"~\": \"ü\", \"z\": 1 } ],\n  \"a\": 1, \"a\": 2 }";
        for (pointer, expected) in [
            ("", (1, 1)),
            ("/a~1b", (2, 10)),
            ("/a~1b/0", (2, 12)),
            ("/a~1b/1/~0", (3, 9)),
            ("/a~1b/1/z", (3, 19)),
            // The last one is used.
            ("/a", (4, 16)),
            ("/a~1b/1/missing/x", (3, 2)),
            ("/missing", (1, 1)),
            ("/a~1b/-1", (2, 10)),
        ] {
            assert_eq!(position(text, pointer), Some(expected), "{pointer}");
        }
        assert_eq!(position("{", "/a"), None);
        assert_eq!(position("\n  [1]", ""), Some((2, 3)));
    }
}
