//! Macros: definitions, and their expansion in a line.

use std::collections::HashMap;

use super::RcPosition;
use super::code_page::CodePage;
use super::token::{self, Token, TokenKind};
use crate::error::Result;

/// Hostile files must exhaust neither the stack nor the memory.
const MAX_DEPTH: usize = 64;
const MAX_TOKENS: usize = 1 << 17;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Macro {
    /// None for a macro without parentheses.
    parameters: Option<Vec<String>>,
    body: Vec<Token>,
}

#[derive(Debug, Default)]
pub(super) struct Macros {
    by_name: HashMap<String, Macro>,
    /// The number of tokens that macros were expanded to.
    expanded: usize,
}

impl Macros {
    pub fn is_defined(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    pub fn remove(&mut self, name: &str) {
        self.by_name.remove(name);
    }

    /// Defines `NAME` as one number.
    pub fn set(&mut self, name: &str, value: i64, position: &RcPosition) -> Result<()> {
        let body = token::tokens(&value.to_string(), CodePage::Utf8, position)?;
        self.by_name.insert(name.to_owned(), Macro { parameters: None, body });
        Ok(())
    }

    /// Defines what follows `#define`. A later definition replaces an earlier one.
    pub fn define(&mut self, definition: &[Token], position: &RcPosition) -> Result<()> {
        let name = definition.split_first().and_then(|(name, rest)| Some((name.word()?, rest)));
        let Some((name, rest)) = name else {
            return Err(position.error("`#define` has no name"));
        };
        let has_parameters = rest.first().is_some_and(|it| it.is_symbol('(') && !it.is_spaced);
        let (parameters, body) = if has_parameters {
            let end = rest.iter().position(|token| token.is_symbol(')'));
            let end = end.ok_or_else(|| position.error("`)` is missing"))?;
            let names = rest[1..end].iter().filter_map(Token::word).map(str::to_owned).collect();
            (Some(names), &rest[end + 1..])
        } else {
            (None, rest)
        };
        self.by_name.insert(name.to_owned(), Macro { parameters, body: body.to_vec() });
        Ok(())
    }

    /// Replaces the macros in the tokens of a line.
    pub fn expand(&mut self, tokens: &[Token]) -> Result<Vec<Token>> {
        let is_used = |token: &Token| token.word().is_some_and(|word| self.is_defined(word));
        if !tokens.iter().any(is_used) {
            return Ok(tokens.to_vec());
        }
        let mut output = Vec::new();
        self.expand_into(tokens, &mut Vec::new(), &mut output)?;
        Ok(output)
    }

    /// `active`: the macros whose expansion this is. They are not expanded again.
    fn expand_into(
        &mut self,
        tokens: &[Token],
        active: &mut Vec<String>,
        output: &mut Vec<Token>,
    ) -> Result<()> {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            let found = token.word().filter(|word| !active.iter().any(|it| it == word));
            let Some((name, found)) = found.and_then(|it| Some((it, self.by_name.get(it)?))) else {
                self.expanded += 1;
                if self.expanded > MAX_TOKENS {
                    return Err(token.position.error("macros expand to too many tokens"));
                }
                output.push(token.clone());
                continue;
            };
            let (name, found) = (name.to_owned(), found.clone());
            let body = match &found.parameters {
                None => found.body,
                Some(parameters) => {
                    let Some((arguments, end)) = arguments(&tokens[at..]) else {
                        output.push(token.clone());
                        continue;
                    };
                    at += end;
                    self.substitute(&found.body, parameters, &arguments, active, token)?
                }
            };
            if active.len() >= MAX_DEPTH {
                return Err(token.position.error("macros are nested too deeply"));
            }
            let body: Vec<Token> = body
                .into_iter()
                .enumerate()
                .map(|(index, part)| {
                    let is_spaced = if index == 0 { token.is_spaced } else { part.is_spaced };
                    Token { position: token.position.clone(), is_spaced, ..part }
                })
                .collect();
            active.push(name);
            let result = self.expand_into(&body, active, output);
            active.pop();
            result?;
        }
        Ok(())
    }

    /// Puts the arguments into a macro's body.
    fn substitute(
        &mut self,
        body: &[Token],
        parameters: &[String],
        arguments: &[Vec<Token>],
        active: &mut Vec<String>,
        call: &Token,
    ) -> Result<Vec<Token>> {
        let argument = |token: &Token| {
            let index = parameters.iter().position(|it| Some(it.as_str()) == token.word())?;
            Some(arguments.get(index).map_or(&[][..], Vec::as_slice))
        };
        let is_paste = |at: usize| {
            let hash = |at: usize| body.get(at).is_some_and(|token| token.is_symbol('#'));
            hash(at) && hash(at + 1) && !body[at + 1].is_spaced
        };
        let mut output: Vec<Token> = Vec::new();
        let mut at = 0;
        while let Some(token) = body.get(at) {
            self.expanded += 1;
            if self.expanded > MAX_TOKENS {
                return Err(call.position.error("macros expand to too many tokens"));
            }
            if is_paste(at) {
                at += 2;
                let Some(next) = body.get(at) else { break };
                let mut pasted = argument(next).unwrap_or(std::slice::from_ref(next)).to_vec();
                if let (Some(left), Some(right)) = (output.pop(), pasted.first()) {
                    let text = left.raw + &right.raw;
                    let joined = token::tokens(&text, CodePage::Utf8, &call.position)?;
                    pasted.splice(..1, joined);
                }
                output.extend(pasted);
                at += 1;
            } else if let (true, Some(value)) =
                (token.is_symbol('#'), body.get(at + 1).and_then(argument))
            {
                let text = spelling(value).replace('"', "\"\"");
                let text = format!("\"{text}\"");
                output.extend(token::tokens(&text, CodePage::Utf8, &call.position)?);
                at += 2;
            } else if let Some(value) = argument(token) {
                if is_paste(at + 1) {
                    output.extend_from_slice(value);
                } else {
                    if active.len() >= MAX_DEPTH {
                        return Err(call.position.error("macros are nested too deeply"));
                    }
                    active.push(String::new());
                    let result = self.expand_into(value, active, &mut output);
                    active.pop();
                    result?;
                }
                at += 1;
            } else {
                output.push(token.clone());
                at += 1;
            }
        }
        Ok(output)
    }
}

/// The tokens as text.
fn spelling(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens {
        if token.is_spaced && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&token.raw);
    }
    text
}

/// The arguments in parentheses at the start of `tokens`, and the number of tokens that they take.
fn arguments(tokens: &[Token]) -> Option<(Vec<Vec<Token>>, usize)> {
    if !tokens.first()?.is_symbol('(') {
        return None;
    }
    let mut arguments = vec![Vec::new()];
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(1) {
        match token.kind {
            TokenKind::Symbol(')') if depth == 0 => return Some((arguments, at + 1)),
            TokenKind::Symbol(',') if depth == 0 => {
                arguments.push(Vec::new());
                continue;
            }
            TokenKind::Symbol('(') => depth += 1,
            TokenKind::Symbol(')') => depth -= 1,
            _ => {}
        }
        if let Some(last) = arguments.last_mut() {
            last.push(token.clone());
        }
    }
    None
}
