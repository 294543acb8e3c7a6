//! The HTML of labels: replaces its line breaks, which a `Dockerfile` can't express in a label, and finds
//! its links.

/// Replaces every line break: with `&#10;` in the text of a `<pre>` element, where it is visible, and with
/// a space elsewhere, where HTML treats both alike.
pub fn on_one_line(html: &str) -> String {
    // As HTML parsers do.
    let html = html.replace("\r\n", "\n").replace('\r', "\n");
    let mut line = String::with_capacity(html.len());
    let mut open_pres = 0_usize;
    let mut rest = html.as_str();
    while !rest.is_empty() {
        let (text, markup) = rest.split_at(markup_start(rest));
        let (markup, after) = markup.split_at(markup_length(markup));
        line += &text.replace('\n', if open_pres > 0 { "&#10;" } else { " " });
        line += &markup.replace('\n', " ");
        if is_tag(markup, "<pre") {
            open_pres += 1;
        } else if is_tag(markup, "</pre") {
            open_pres = open_pres.saturating_sub(1);
        }
        rest = after;
    }
    line
}

/// The unparsed values of all `href` and `src` attributes.
pub fn links(html: &str) -> impl Iterator<Item = &str> {
    let is_link = |name: &str| ["href", "src"].iter().any(|it| name.eq_ignore_ascii_case(it));
    tags(html).flat_map(attributes).filter(move |(name, _)| is_link(name)).map(|(_, value)| value)
}

/// The start tags, including the angle brackets.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    let mut rest = html;
    let markup = std::iter::from_fn(move || {
        let (_, markup) = rest.split_at(markup_start(rest));
        let (markup, after) = markup.split_at(markup_length(markup));
        rest = after;
        (!markup.is_empty()).then_some(markup)
    });
    markup.filter(|it| it[1..].starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// The names and values of the attributes of a start tag.
fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_blank = |c: char| c.is_ascii_whitespace();
    let inner = tag.strip_suffix('>').unwrap_or(tag);
    let (_, mut rest) =
        inner.split_at(inner.find(['/', ' ', '\t', '\n', '\r', '\x0c']).unwrap_or(inner.len()));
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c| is_blank(c) || c == '/');
        let mut after_first = rest.char_indices().skip(1);
        // A leading `=` is part of the name.
        let end = after_first.find(|(_, c)| is_blank(*c) || matches!(c, '/' | '='));
        let (name, after) = rest.split_at(end.map_or(rest.len(), |(index, _)| index));
        let value = after.trim_start_matches(is_blank).strip_prefix('=');
        let Some(value) = value.map(|value| value.trim_start_matches(is_blank)) else {
            rest = after;
            return (!name.is_empty()).then_some((name, ""));
        };
        let quoted = ['"', '\''].into_iter().find_map(|quote| {
            let value = value.strip_prefix(quote)?;
            Some(value.split_once(quote).unwrap_or((value, "")))
        });
        let (value, after) =
            quoted.unwrap_or_else(|| value.split_at(value.find(is_blank).unwrap_or(value.len())));
        rest = after;
        Some((name, value))
    })
}

/// The index of the next tag or comment. A `<` that begins neither is text.
fn markup_start(html: &str) -> usize {
    let is_start = |(index, _): &(usize, &str)| {
        let name = html[index + 1..].trim_start_matches('/');
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!' || c == '?')
    };
    html.match_indices('<').find(is_start).map_or(html.len(), |(index, _)| index)
}

/// The length of the tag or comment at the start of `html`. An unclosed one reaches to the end.
fn markup_length(html: &str) -> usize {
    if html.starts_with("<!--") {
        return html.find("-->").map_or(html.len(), |index| index + "-->".len());
    }
    let mut quote = None;
    let mut before = '<';
    for (index, c) in html.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            // Only at the start of a value does a quote open a string.
            (None, '"' | '\'') if before == '=' => quote = Some(c),
            (None, '>') => return index + 1,
            (None, _) => {}
        }
        if !c.is_ascii_whitespace() {
            before = c;
        }
    }
    html.len()
}

/// Whether `markup` is a tag; `start` is `<` or `</` and the whole name.
fn is_tag(markup: &str, start: &str) -> bool {
    let (head, rest) = markup.split_at_checked(start.len()).unwrap_or_default();
    head.eq_ignore_ascii_case(start)
        && rest.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_break_becomes_a_space_except_in_preformatted_text() {
        for (html, expected) in [
            ("<p>\r\nIt.\n</p>\n", "<p> It. </p> "),
            ("a\n<pre>b\nc</pre>\nd", "a <pre>b&#10;c</pre> d"),
            ("<PRE\nclass='x'>\r\n\r\na\r</Pre\n>\nb", "<PRE class='x'>&#10;&#10;a&#10;</Pre > b"),
            // Tags and comments inside.
            ("<pre>a\n<b\nid=x>b\n</b></pre>\n", "<pre>a&#10;<b id=x>b&#10;</b></pre> "),
            ("<pre><!-- a\n> </pre>\n -->\n</pre>\n", "<pre><!-- a > </pre>  -->&#10;</pre> "),
            ("<pre><a title='</pre>'>\n</a></pre>", "<pre><a title='</pre>'>&#10;</a></pre>"),
            ("<pre><a don't>\n</a></pre>\n", "<pre><a don't>&#10;</a></pre> "),
            // Not a `<pre>` tag.
            ("<prefix>\n<pre-x>\n", "<prefix> <pre-x> "),
            ("<pre>1 < 2\n3 <4\n</pre>", "<pre>1 < 2&#10;3 <4&#10;</pre>"),
            ("1 <\npre>\n", "1 < pre> "),
            // Nested, not opened, not closed.
            ("<pre>\n<pre>\n</pre>\n</pre>\n", "<pre>&#10;<pre>&#10;</pre>&#10;</pre> "),
            ("</pre>\n<pre>\n", "</pre> <pre>&#10;"),
            ("<pre>\n<a href=\"\n", "<pre>&#10;<a href=\" "),
            ("<pre", "<pre"),
        ] {
            assert_eq!(on_one_line(html), expected, "{html:?}");
        }
    }

    #[test]
    fn links_are_found_only_in_tags() {
        for (html, expected) in [
            ("<a href=\"https://a/?b=c\">x</a>", &["https://a/?b=c"][..]),
            ("<A class=x HREF = 'a' ><img alt=\"<b>\" src=b/c.png/>", &["a", "b/c.png/"]),
            ("<img/src=a>", &["a"]),
            ("<a\nhref\n=\na>", &["a"]),
            ("<a href src=\"\"><a href=>", &["", "", ""]),
            ("<a data-href=a xhref=b =href=c title='href=d'>", &[]),
            ("<!-- <a href=a> --></a href=b> href=c <?a href=d> < a href=e>", &[]),
            ("<a href=\"a", &["a"]),
            ("<a href", &[""]),
            ("<a =", &[]),
            ("<href=a>", &[]),
        ] {
            assert_eq!(links(html).collect::<Vec<_>>(), expected, "{html:?}");
        }
    }

    proptest! {
        #[test]
        fn only_line_breaks_change(
            pieces in prop::collection::vec(
                prop_oneof![
                    prop::sample::select(vec![
                        "<pre>", "</pre>", "<PRE class=\"a", "\">", "'", "=", "<!--", "-->", "<", ">",
                        "/", "\n", "\r", "\r\n", "&#10;", " ",
                    ]).prop_map(str::to_owned),
                    any::<char>().prop_map(String::from),
                ],
                0..40,
            )
        ) {
            let html = pieces.concat();
            let line = on_one_line(&html);
            prop_assert!(!line.contains(['\n', '\r']));
            prop_assert_eq!(&on_one_line(&line), &line);
            let before = html.replace("\r\n", "\n").replace('\r', "\n").replace("&#10;", "\n");
            let after = line.replace("&#10;", "\n");
            prop_assert_eq!(before.chars().count(), after.chars().count());
            for (before, after) in before.chars().zip(after.chars()) {
                prop_assert!(before == after || (before, after) == ('\n', ' '));
            }
        }
    }
}
