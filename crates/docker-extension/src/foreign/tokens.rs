//! Rust source as token trees, as far as they are needed to find declarations.

use proc_macro2::{Delimiter, TokenStream};

/// The maximum depth of nested groups. Deeper groups are ignored, so that no source can overflow the
/// stack of a recursive function.
const MAX_NESTING: usize = 128;

/// A token, or a group of tokens between delimiters. Lifetimes and literals other than strings are left
/// out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenTree {
    /// An identifier or keyword, without `r#`.
    Word(String),
    /// The value of a string literal.
    Text(String),
    /// A punctuation character.
    Sign(char),
    Group(Delimiter, Vec<TokenTree>),
}

/// The token trees of a source file; empty if it is not Rust.
pub fn token_trees(source: &str) -> Vec<TokenTree> {
    source.parse().map(|stream| trees(stream, 0)).unwrap_or_default()
}

fn trees(stream: TokenStream, depth: usize) -> Vec<TokenTree> {
    let mut found = Vec::new();
    let mut tokens = stream.into_iter();
    while let Some(token) = tokens.next() {
        found.extend(match token {
            proc_macro2::TokenTree::Ident(name) => Some(TokenTree::Word(word(&name.to_string()))),
            proc_macro2::TokenTree::Literal(literal) => {
                text(&literal.to_string()).map(TokenTree::Text)
            }
            proc_macro2::TokenTree::Punct(sign) if sign.as_char() == '\'' => {
                // The name of the lifetime.
                tokens.next();
                None
            }
            proc_macro2::TokenTree::Punct(sign) => Some(TokenTree::Sign(sign.as_char())),
            proc_macro2::TokenTree::Group(group) if depth == MAX_NESTING => {
                Some(TokenTree::Group(group.delimiter(), Vec::new()))
            }
            proc_macro2::TokenTree::Group(group) => {
                Some(TokenTree::Group(group.delimiter(), trees(group.stream(), depth + 1)))
            }
        });
    }
    found
}

fn word(name: &str) -> String {
    name.strip_prefix("r#").unwrap_or(name).to_owned()
}

/// The value of a string literal; `None` for other literals.
fn text(literal: &str) -> Option<String> {
    let (prefix, rest) = literal.split_once('"')?;
    let (text, _) = rest.rsplit_once('"')?;
    match prefix.trim_end_matches('#') {
        "" | "b" | "c" => Some(unescaped(text)),
        "r" | "br" | "cr" => Some(text.to_owned()),
        _ => None,
    }
}

fn unescaped(text: &str) -> String {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        value.extend(if c == '\\' { escaped(&mut chars) } else { Some(c) });
    }
    value
}

/// The character of an escape sequence. Line breaks are not resolved, because names don't contain them.
fn escaped(chars: &mut impl Iterator<Item = char>) -> Option<char> {
    let digits: String = match chars.next()? {
        'x' => chars.take(2).collect(),
        'u' => chars.take_while(|c| *c != '}').filter(char::is_ascii_hexdigit).collect(),
        c => return Some(c),
    };
    u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(trees: &[TokenTree]) -> String {
        let shown = trees.iter().map(|tree| match tree {
            TokenTree::Word(word) => word.clone(),
            TokenTree::Text(text) => format!("<{text}>"),
            TokenTree::Sign(sign) => sign.to_string(),
            TokenTree::Group(Delimiter::Parenthesis, trees) => format!("( {} )", shown(trees)),
            TokenTree::Group(Delimiter::Bracket, trees) => format!("[ {} ]", shown(trees)),
            TokenTree::Group(_, trees) => format!("{{ {} }}", shown(trees)),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    fn read(source: &str) -> String {
        shown(&token_trees(source))
    }

    #[test]
    fn comments_strings_and_lifetimes_are_not_mistaken_for_code() {
        assert_eq!(read("a // fn b\n/* fn /* c */ d */ e"), "a e");
        assert_eq!(read(r##"r#"fn "a"# r#type b"c""##), "<fn \"a> type <c>");
        assert_eq!(
            read(r#"fn a<'b>(c: &'static d) { '{' '\'' b'{' '"' 1 }"#),
            "fn a < > ( c : & d ) {  }"
        );
        assert_eq!(read(r#""\u{1}_a$B" "\x01b" "\"""#), "<\u{1}_a$B> <\u{1}b> <\">");
    }

    #[test]
    fn groups_contain_the_tokens_between_their_delimiters() {
        assert_eq!(read("{ a [ b ( c ) ] } d"), "{ a [ b ( c ) ] } d");
        assert_eq!(read("/// b\nfn a"), "# [ doc = < b> ] fn a");
    }

    #[test]
    fn truncated_source_has_no_tokens() {
        for source in ["\"a", "r#\"a", "/* a", "'\\", "b'", "\"\\u{", "{ a", "( a ( b ) c", "a }"] {
            assert_eq!(token_trees(source), [], "{source}");
        }
        // A lone quote is a lifetime without its name.
        token_trees("'");
    }

    #[test]
    fn groups_that_are_nested_too_deeply_are_ignored() {
        let nested = |depth| "(".repeat(depth) + "a" + &")".repeat(depth);
        assert!(read(&nested(MAX_NESTING)).contains('a'));
        assert!(!read(&nested(MAX_NESTING + 1)).contains('a'));
        assert!(!read(&nested(100_000)).contains('a'));
    }
}
