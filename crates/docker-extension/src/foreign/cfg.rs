//! Conditional compilation, judged for macOS: `cfg` and `cfg_attr`.

use super::tokens::{Token, end_of_group, group};

/// The CPU for which a source is read, by Rust's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arch(pub &'static str);

impl Arch {
    /// Both CPUs of Macs.
    pub const ALL: [Arch; 2] = [Arch("x86_64"), Arch("aarch64")];
}

/// Whether a condition may hold. What depends on a feature of the crate may: some helper uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    Always,
    Never,
    Sometimes,
}

impl Truth {
    fn of(holds: bool) -> Self {
        if holds { Truth::Always } else { Truth::Never }
    }
}

/// The attributes that take effect, with those that `cfg_attr` adds; `None` where a `cfg` among
/// them takes the item away.
pub fn effective<'a>(attributes: &[&'a [Token]], arch: Arch) -> Option<Vec<&'a [Token]>> {
    let mut found = Vec::new();
    for attribute in attributes {
        collect(attribute, arch, &mut found)?;
    }
    Some(found)
}

fn collect<'a>(attribute: &'a [Token], arch: Arch, found: &mut Vec<&'a [Token]>) -> Option<()> {
    match attribute.first().and_then(Token::word) {
        Some("cfg") => (judge(group(attribute, 1), arch) != Truth::Never).then_some(()),
        Some("cfg_attr") => {
            let mut parts = parts(group(attribute, 1)).into_iter();
            if parts.next().is_some_and(|condition| judge(condition, arch) != Truth::Never) {
                parts.try_for_each(|part| collect(part, arch, found))?;
            }
            Some(())
        }
        Some("unsafe") => collect(group(attribute, 1), arch, found),
        _ => {
            found.push(attribute);
            Some(())
        }
    }
}

/// Whether a condition may hold, and whether what stands in its `else` may.
pub fn branches(condition: &[Token], arch: Arch) -> (bool, bool) {
    let truth = judge(condition, arch);
    (truth != Truth::Never, truth != Truth::Always)
}

fn judge(condition: &[Token], arch: Arch) -> Truth {
    let Some(name) = condition.first().and_then(Token::word) else { return Truth::Sometimes };
    if let Some(Token::Text(value)) = condition.get(2) {
        return judge_value(name, value, arch);
    }
    let parts = || parts(group(condition, 1)).into_iter().map(|part| judge(part, arch));
    match name {
        "all" => all(parts()),
        "any" => negate(all(parts().map(negate))),
        "not" => negate(all(parts())),
        "unix" | "true" => Truth::Always,
        // What build scripts set: of `apple_targets`, `linux_kernel`, `gnu_time_bits64` and the like
        // only a Mac's own hold.
        name => Truth::of(name.contains("apple") || name == "bsd"),
    }
}

fn judge_value(name: &str, value: &str, arch: Arch) -> Truth {
    match name {
        "target_os" => Truth::of(value == "macos"),
        "target_vendor" => Truth::of(value == "apple"),
        "target_family" => Truth::of(value == "unix"),
        "target_arch" => Truth::of(value == arch.0),
        "target_pointer_width" => Truth::of(value == "64"),
        "target_endian" => Truth::of(value == "little"),
        "target_env" | "target_abi" => Truth::of(value.is_empty()),
        // Another Objective-C runtime, which no Mac has.
        "feature" if value.contains("gnustep") => Truth::Never,
        "feature" | "panic" | "target_has_atomic" => Truth::Sometimes,
        // What is set by hand, such as another source of random numbers.
        _ => Truth::Never,
    }
}

fn all(mut truths: impl Iterator<Item = Truth>) -> Truth {
    let folded = truths.try_fold(Truth::Always, |sum, truth| match (sum, truth) {
        (_, Truth::Never) => Err(Truth::Never),
        (Truth::Always, Truth::Always) => Ok(Truth::Always),
        _ => Ok(Truth::Sometimes),
    });
    folded.unwrap_or_else(|never| never)
}

fn negate(truth: Truth) -> Truth {
    match truth {
        Truth::Always => Truth::Never,
        Truth::Never => Truth::Always,
        Truth::Sometimes => Truth::Sometimes,
    }
}

/// The parts between commas.
fn parts(tokens: &[Token]) -> Vec<&[Token]> {
    let mut parts = Vec::new();
    let (mut start, mut position) = (0, 0);
    while let Some(token) = tokens.get(position) {
        match token {
            Token::Sign(',') => {
                parts.push(&tokens[start..position]);
                position += 1;
                start = position;
            }
            Token::Sign('(' | '[' | '{') => position = end_of_group(tokens, position),
            _ => position += 1,
        }
    }
    if start < tokens.len() {
        parts.push(&tokens[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn applies(attribute: &str) -> bool {
        effective(&[&tokens(attribute)], Arch("aarch64")).is_some()
    }

    #[test]
    fn what_is_not_for_macs_is_left_out() {
        assert!(applies("cfg(any(target_os = \"macos\", target_os = \"ios\"))"));
        assert!(applies("cfg(not(any(windows, target_os = \"linux\")))"));
        assert!(!applies("cfg(all(unix, target_os = \"linux\"))"));
        assert!(!applies("cfg(target_arch = \"x86_64\")"));
        assert!(applies("cfg(any(apple_targets, linux_kernel))"));
        assert!(!applies("cfg(linux_kernel)"));
    }

    #[test]
    fn what_a_feature_adds_or_takes_away_is_taken_in() {
        assert!(applies("cfg(feature = \"a\")"));
        assert!(applies("cfg(not(feature = \"a\"))"));
        assert!(!applies("cfg(all(feature = \"a\", windows))"));
    }

    #[test]
    fn conditional_attributes_are_added_where_their_condition_holds() {
        let attribute = tokens("cfg_attr(target_arch = \"x86_64\", link_name = \"a$B\", must_use)");
        let count = |arch| effective(&[&attribute], Arch(arch)).unwrap().len();
        assert_eq!((count("x86_64"), count("aarch64")), (2, 0));
    }
}
