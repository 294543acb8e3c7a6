//! Rust source as a list of tokens, as much of it as is needed to find declarations: comments are
//! gone, and texts are told from code.

use std::iter::Peekable;
use std::str::Chars;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A name or keyword, `r#` taken away; numbers are no different here.
    Word(String),
    /// A text, with its escapes resolved.
    Text(String),
    /// Any other character.
    Sign(char),
}

impl Token {
    /// The name or keyword.
    pub fn word(&self) -> Option<&str> {
        match self {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether it is this character.
    pub fn is(&self, sign: char) -> bool {
        *self == Token::Sign(sign)
    }
}

/// Cuts a source into its tokens. What is no Rust gives some tokens or other, never an error.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { chars: source.chars().peekable(), found: Vec::new() };
    while let Some(c) = lexer.chars.next() {
        lexer.read(c);
    }
    lexer.found
}

/// The position after the group that opens at `start`, or the end of the tokens.
pub fn end_of_group(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (position, token) in tokens.iter().enumerate().skip(start) {
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return position + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// What stands between the brackets of the group that opens at `start`.
pub fn group(tokens: &[Token], start: usize) -> &[Token] {
    let end = end_of_group(tokens, start);
    tokens.get(start + 1..end.saturating_sub(1)).unwrap_or_default()
}

struct Lexer<'a> {
    chars: Peekable<Chars<'a>>,
    found: Vec<Token>,
}

impl Lexer<'_> {
    fn read(&mut self, c: char) {
        match c {
            '/' if self.chars.next_if_eq(&'/').is_some() => {
                while self.chars.next_if(|c| *c != '\n').is_some() {}
            }
            '/' if self.chars.next_if_eq(&'*').is_some() => self.skip_comment(),
            '"' => self.text(),
            '\'' => self.character_or_lifetime(),
            c if is_of_word(c) => self.word(c),
            c if c.is_whitespace() => {}
            c => self.found.push(Token::Sign(c)),
        }
    }

    fn skip_comment(&mut self) {
        let mut depth = 1;
        while depth > 0 {
            match self.chars.next() {
                Some('*') if self.chars.next_if_eq(&'/').is_some() => depth -= 1,
                Some('/') if self.chars.next_if_eq(&'*').is_some() => depth += 1,
                Some(_) => {}
                None => return,
            }
        }
    }

    fn text(&mut self) {
        let mut text = String::new();
        while let Some(c) = self.chars.next() {
            match c {
                '"' => break,
                '\\' => text.extend(self.escaped()),
                c => text.push(c),
            }
        }
        self.found.push(Token::Text(text));
    }

    fn escaped(&mut self) -> Option<char> {
        let digits = match self.chars.next()? {
            'x' => [self.chars.next(), self.chars.next()].into_iter().flatten().collect(),
            'u' => {
                let mut digits = String::new();
                while let Some(c) = self.chars.next().filter(|c| *c != '}') {
                    digits.extend(Some(c).filter(|c| *c != '{'));
                }
                digits
            }
            c => return Some(c),
        };
        u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
    }

    fn character_or_lifetime(&mut self) {
        match self.chars.next() {
            Some('\\') => {
                self.chars.next();
                while self.chars.next().is_some_and(|c| c != '\'') {}
            }
            // `'a'` is a character, `'a` and `'static` are lifetimes.
            Some(c) if self.chars.next_if_eq(&'\'').is_none() && is_of_word(c) => {
                while self.chars.next_if(|c| is_of_word(*c)).is_some() {}
            }
            _ => {}
        }
    }

    fn word(&mut self, first: char) {
        let mut word = String::from(first);
        while let Some(c) = self.chars.next_if(|c| is_of_word(*c)) {
            word.push(c);
        }
        match (word.as_str(), self.chars.peek()) {
            ("b" | "c", Some('"')) => {}
            ("b", Some('\'')) => {}
            ("r" | "br" | "cr", Some('"' | '#')) => self.raw(),
            _ => self.found.push(Token::Word(word)),
        }
    }

    /// `r"…"`, `r#"…"#`, or the name `r#type`.
    fn raw(&mut self) {
        let mut hashes = 0;
        while self.chars.next_if_eq(&'#').is_some() {
            hashes += 1;
        }
        if self.chars.next_if_eq(&'"').is_none() {
            return;
        }
        let end = format!("\"{}", "#".repeat(hashes));
        let mut text = String::new();
        for c in self.chars.by_ref() {
            text.push(c);
            if text.ends_with(&end) {
                text.truncate(text.len() - end.len());
                break;
            }
        }
        self.found.push(Token::Text(text));
    }
}

fn is_of_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> String {
        let shown = tokens(source).into_iter().map(|token| match token {
            Token::Word(word) => word,
            Token::Text(text) => format!("<{text}>"),
            Token::Sign(sign) => sign.to_string(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_texts_and_lifetimes_are_not_taken_for_code() {
        assert_eq!(shown("a // fn b\n/* fn /* c */ d */ e"), "a e");
        assert_eq!(shown(r##"r#"fn "a"# r#type b"c""##), "<fn \"a> type <c>");
        assert_eq!(
            shown(r#"fn a<'b>(c: &'static d) { '{' '\'' b'{' }"#),
            "fn a < > ( c : & d ) { }"
        );
        assert_eq!(shown(r#""\u{1}_a$B" "\x01b""#), "<\u{1}_a$B> <\u{1}b>");
    }

    #[test]
    fn what_is_cut_off_gives_what_is_there() {
        for source in ["\"a", "r#\"a", "/* a", "'", "'\\", "b'", "\"\\u{"] {
            tokens(source);
        }
        assert_eq!(end_of_group(&tokens("{ a"), 0), 2);
        assert_eq!(group(&tokens("( a ( b ) ) c"), 0).len(), 4);
    }
}
