//! Lines of a `Cargo.toml`.

use toml_edit::{Document, Item};

/// The line of a key such as `workspace.metadata.docker-extension.screenshots[0].url`, from 1, or that of the
/// closest key above it that exists.
pub fn line(text: &str, key: &str) -> Option<usize> {
    let document = Document::parse(text).ok()?;
    let mut item = document.as_item();
    let mut start = None;
    for part in key.split('.') {
        let (name, indexes) = part.split_once('[').unwrap_or((part, ""));
        let Some((key, inner)) = item.as_table_like().and_then(|it| it.get_key_value(name)) else {
            break;
        };
        let span = key.span().or_else(|| inner.span());
        start = span.map(|span| span.start).or(start);
        item = inner;
        for index in indexes.split(['[', ']']).filter_map(|index| index.parse().ok()) {
            match element(item, index) {
                Some((inner, at)) => {
                    start = at.or(start);
                    item = inner;
                }
                None => break,
            }
        }
    }
    let before = text.get(..start?)?;
    Some(before.matches('\n').count() + 1)
}

/// An element of a list, and its offset.
fn element(list: &Item, index: usize) -> Option<(&Item, Option<usize>)> {
    let inner = list.get(index)?;
    Some((inner, inner.span().map(|span| span.start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "workspace.metadata.docker-extension";

    #[test]
    fn the_line_of_a_key_is_found_in_every_form_of_a_table() {
        let text = r#"[workspace]
members = ["xtask"]
package.version = "1.0.0"

[workspace.metadata.docker-extension]
title = "A"
screenshots = [
    { alt = "1", url = "https://a" },
    { alt = "2",
      url = "https://b" },
]
ui.title = "Tab"
vm = { image = "x" }

[[workspace.metadata.docker-extension.allow]]
rule = "a"

[[workspace.metadata.docker-extension.allow]]
rule = "b"
"#;
        for (key, expected) in [
            ("workspace.package.version", 3),
            (TABLE, 5),
            (&format!("{TABLE}.title"), 6),
            (&format!("{TABLE}.screenshots"), 7),
            (&format!("{TABLE}.screenshots[1]"), 9),
            (&format!("{TABLE}.screenshots[1].url"), 10),
            (&format!("{TABLE}.screenshots[9].url"), 7),
            (&format!("{TABLE}.ui.title"), 12),
            (&format!("{TABLE}.vm.image"), 13),
            (&format!("{TABLE}.vm.socket"), 13),
            (&format!("{TABLE}.allow[1]"), 18),
            (&format!("{TABLE}.allow[1].rule"), 19),
            // Not in the file: the table.
            (&format!("{TABLE}.icon"), 5),
        ] {
            assert_eq!(line(text, key), Some(expected), "{key}");
        }
        assert_eq!(line("", TABLE), None);
        assert_eq!(line("[", TABLE), None);
        let dotted = "\nworkspace.metadata.docker-extension.ui.title = \"A\"\r\n";
        assert_eq!(line(dotted, &format!("{TABLE}.ui.title")), Some(2));
    }
}
