//! Constant expressions, in statements and in `#if`.

use super::RcPosition;
use super::token::{Number, Token, TokenKind};
use crate::error::Result;

/// The value of an expression. It is long if one of its numbers is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ExpressionValue {
    pub value: i64,
    pub is_long: bool,
}

/// How an undefined word is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UndefinedWord {
    /// As 0, in `#if`.
    Zero,
    /// As an error, in statements.
    Error,
}

/// Hostile files must not exhaust the stack.
const MAX_DEPTH: u32 = 64;

/// Reads expressions from tokens.
pub(super) struct Expressions<'a> {
    tokens: &'a [Token],
    pub at: usize,
    undefined: UndefinedWord,
    depth: u32,
    /// For an error at the end of the tokens.
    end: RcPosition,
}

/// The operators by precedence, the weakest first. Longer ones come before their beginnings.
const BINARY: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl<'a> Expressions<'a> {
    pub fn new(tokens: &'a [Token], at: usize, undefined: UndefinedWord, end: RcPosition) -> Self {
        Self { tokens, at, undefined, depth: 0, end }
    }

    pub fn read(&mut self) -> Result<ExpressionValue> {
        self.binary(0)
    }

    fn position(&self) -> &RcPosition {
        self.tokens.get(self.at).map_or(&self.end, |token| &token.position)
    }

    fn binary(&mut self, level: usize) -> Result<ExpressionValue> {
        let Some(operators) = BINARY.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            let right = self.binary(level + 1)?;
            let value = apply(operator, left.value, right.value)
                .ok_or_else(|| self.position().error("a division by zero"))?;
            left = ExpressionValue { value, is_long: left.is_long || right.is_long };
        }
        Ok(left)
    }

    /// Consumes one of the operators.
    fn operator(&mut self, operators: &[&'static str]) -> Option<&'static str> {
        // The longest symbol that starts here, so that `|` is not found at the start of `||`.
        let symbol = |at: usize, adjacent: bool| match self.tokens.get(at) {
            Some(Token { kind: TokenKind::Symbol(it), is_spaced, .. })
                if !adjacent || !is_spaced =>
            {
                Some(*it)
            }
            _ => None,
        };
        let first = symbol(self.at, false)?;
        let pair = symbol(self.at + 1, true).map(|second| String::from_iter([first, second]));
        let is_pair = |it: &String| BINARY.iter().any(|all| all.contains(&&**it));
        let text = pair.filter(is_pair).unwrap_or_else(|| first.to_string());
        let found = operators.iter().find(|it| **it == text)?;
        self.at += found.len();
        Some(found)
    }

    fn unary(&mut self) -> Result<ExpressionValue> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.position().error("an expression is nested too deeply"));
        }
        let value = self.nested();
        self.depth -= 1;
        value
    }

    fn nested(&mut self) -> Result<ExpressionValue> {
        let Some(token) = self.tokens.get(self.at) else {
            return Err(self.end.error("a number is missing"));
        };
        self.at += 1;
        let map = |value: ExpressionValue, change: fn(i64) -> i64| ExpressionValue {
            value: change(value.value),
            ..value
        };
        match &token.kind {
            TokenKind::Number(Number { value, is_long }) => {
                Ok(ExpressionValue { value: i64::from(*value), is_long: *is_long })
            }
            TokenKind::Symbol('-') => Ok(map(self.unary()?, i64::wrapping_neg)),
            TokenKind::Symbol('+') => self.unary(),
            TokenKind::Symbol('~') => Ok(map(self.unary()?, |it| !it)),
            TokenKind::Symbol('!') => Ok(map(self.unary()?, |it| i64::from(it == 0))),
            TokenKind::Symbol('(') => {
                let value = self.read()?;
                match self.tokens.get(self.at) {
                    Some(token) if token.is_symbol(')') => self.at += 1,
                    _ => return Err(self.position().error("`)` is missing")),
                }
                Ok(value)
            }
            TokenKind::Word(_) if self.undefined == UndefinedWord::Zero => {
                Ok(ExpressionValue { value: 0, is_long: false })
            }
            TokenKind::Word(word) => Err(token
                .position
                .error(format_args!("the constant `{word}` is not defined"))
                .help(format!(
                    "add `#include <windows.h>` if Windows defines it, or `#define {word} …`"
                ))),
            _ => Err(token
                .position
                .error(format_args!("found `{}` in place of a number", token.raw))),
        }
    }
}

/// `None` for a division by zero.
fn apply(operator: &str, a: i64, b: i64) -> Option<i64> {
    let bits = |b: i64| (b & 63) as u32;
    Some(match operator {
        "||" => i64::from(a != 0 || b != 0),
        "&&" => i64::from(a != 0 && b != 0),
        "|" => a | b,
        "^" => a ^ b,
        "&" => a & b,
        "==" => i64::from(a == b),
        "!=" => i64::from(a != b),
        "<=" => i64::from(a <= b),
        ">=" => i64::from(a >= b),
        "<" => i64::from(a < b),
        ">" => i64::from(a > b),
        "<<" => a.wrapping_shl(bits(b)),
        ">>" => a.wrapping_shr(bits(b)),
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "*" => a.wrapping_mul(b),
        "/" => a.checked_div(b)?,
        "%" => a.checked_rem(b)?,
        _ => unreachable!("every operator is above"),
    })
}
