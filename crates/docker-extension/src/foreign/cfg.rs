//! Conditional compilation, evaluated for macOS: `cfg` and `cfg_attr`.

use super::tokens::TokenTree::{self, Group, Sign, Text, Word};
use crate::platform::Arch;

/// Whether a condition may hold. A condition on a feature of the crate may, because a host binary may
/// enable the feature.
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

/// The attributes in effect, including those that `cfg_attr` adds; `None` if a `cfg` among them
/// removes the item. An attribute is the content of `#[…]`.
pub fn effective<'a>(attributes: &[&'a [TokenTree]], arch: Arch) -> Option<Vec<&'a [TokenTree]>> {
    let mut found = Vec::new();
    for attribute in attributes {
        collect(attribute, arch, &mut found)?;
    }
    Some(found)
}

fn collect<'a>(
    attribute: &'a [TokenTree],
    arch: Arch,
    found: &mut Vec<&'a [TokenTree]>,
) -> Option<()> {
    match attribute {
        [Word(name), Group(_, condition)] if name == "cfg" => {
            (evaluate(condition, arch) != Truth::Never).then_some(())
        }
        [Word(name), Group(_, arguments)] if name == "cfg_attr" => {
            let mut arguments = split_at_commas(arguments);
            let applies = |condition| evaluate(condition, arch) != Truth::Never;
            if arguments.next().is_some_and(applies) {
                arguments.try_for_each(|attribute| collect(attribute, arch, found))?;
            }
            Some(())
        }
        [Word(name), Group(_, attribute)] if name == "unsafe" => collect(attribute, arch, found),
        _ => {
            found.push(attribute);
            Some(())
        }
    }
}

/// Whether a condition may hold, and whether it may fail.
pub fn branches(condition: &[TokenTree], arch: Arch) -> (bool, bool) {
    let truth = evaluate(condition, arch);
    (truth != Truth::Never, truth != Truth::Always)
}

fn evaluate(condition: &[TokenTree], arch: Arch) -> Truth {
    let all_of = |conditions| all(split_at_commas(conditions).map(|it| evaluate(it, arch)));
    let any_of = |conditions| any(split_at_commas(conditions).map(|it| evaluate(it, arch)));
    match condition {
        [Word(name), Sign('='), Text(value)] => evaluate_value(name, value, arch),
        [Word(name), Group(_, conditions)] => match name.as_str() {
            "all" => all_of(conditions),
            "any" => any_of(conditions),
            "not" => negate(all_of(conditions)),
            _ => Truth::Never,
        },
        [Word(name), ..] => match name.as_str() {
            "unix" | "true" => Truth::Always,
            // Build scripts set `apple_targets`, `linux_kernel`, `gnu_time_bits64` and the like. Only those
            // for macOS hold.
            name => Truth::of(name.contains("apple") || name == "bsd"),
        },
        _ => Truth::Sometimes,
    }
}

fn evaluate_value(name: &str, value: &str, arch: Arch) -> Truth {
    match name {
        "target_os" => Truth::of(value == "macos"),
        "target_vendor" => Truth::of(value == "apple"),
        "target_family" => Truth::of(value == "unix"),
        "target_arch" => Truth::of(match arch {
            Arch::Amd64 => value == "x86_64",
            Arch::Arm64 => value == "aarch64",
        }),
        "target_pointer_width" => Truth::of(value == "64"),
        "target_endian" => Truth::of(value == "little"),
        "target_env" | "target_abi" => Truth::of(value.is_empty()),
        // Another Objective-C runtime, which Macs don't have.
        "feature" if value.contains("gnustep") => Truth::Never,
        "feature" | "panic" | "target_has_atomic" => Truth::Sometimes,
        // Set manually, for example to select another source of random numbers.
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

fn any(truths: impl Iterator<Item = Truth>) -> Truth {
    negate(all(truths.map(negate)))
}

fn negate(truth: Truth) -> Truth {
    match truth {
        Truth::Always => Truth::Never,
        Truth::Never => Truth::Always,
        Truth::Sometimes => Truth::Sometimes,
    }
}

/// The parts between commas; the last one may be followed by a comma.
pub fn split_at_commas(trees: &[TokenTree]) -> impl Iterator<Item = &[TokenTree]> {
    trees.split(|tree| *tree == Sign(',')).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::tokens::token_trees;
    use super::*;

    fn applies(attribute: &str) -> bool {
        effective(&[&token_trees(attribute)], Arch::Arm64).is_some()
    }

    #[test]
    fn items_for_other_systems_are_left_out() {
        assert!(applies("cfg(any(target_os = \"macos\", target_os = \"ios\"))"));
        assert!(applies("cfg(not(any(windows, target_os = \"linux\")))"));
        assert!(!applies("cfg(all(unix, target_os = \"linux\"))"));
        assert!(!applies("cfg(target_arch = \"x86_64\")"));
        assert!(applies("cfg(any(apple_targets, linux_kernel))"));
        assert!(!applies("cfg(linux_kernel)"));
    }

    #[test]
    fn items_that_depend_on_a_feature_are_included() {
        assert!(applies("cfg(feature = \"a\")"));
        assert!(applies("cfg(not(feature = \"a\"))"));
        assert!(!applies("cfg(all(feature = \"a\", windows))"));
    }

    #[test]
    fn conditional_attributes_are_added_if_their_condition_holds() {
        let attribute =
            token_trees("cfg_attr(target_arch = \"x86_64\", link_name = \"a$B\", must_use,)");
        let count = |arch| effective(&[&attribute], arch).unwrap().len();
        assert_eq!((count(Arch::Amd64), count(Arch::Arm64)), (2, 0));
    }
}
