//! Conditional compilation, evaluated for macOS: `cfg` and `cfg_attr`.

use std::collections::BTreeSet;

use super::tokens::TokenTree::{self, Group, Sign, Text, Word};
use crate::platform::Arch;

/// For what conditions are evaluated.
#[derive(Clone, Copy, Debug)]
pub struct Conditions<'a> {
    pub arch: Arch,
    pub custom: CustomConditions<'a>,
}

/// What is known about the conditions that the compiler does not set, such as the aliases of build scripts.
#[derive(Clone, Copy, Debug)]
pub enum CustomConditions<'a> {
    /// Those whose name speaks of Apple hold.
    ByName,
    /// Exactly these hold, each as `name` or `name="value"`.
    Set(&'a BTreeSet<String>),
    /// Each may hold.
    Unknown,
}

impl CustomConditions<'_> {
    fn evaluate(self, name: &str, value: Option<&str>) -> Truth {
        match self {
            // Build scripts set `apple_targets`, `macos_platform`, `linux_kernel`, `gnu_time_bits64` and the
            // like. Only those for macOS hold.
            CustomConditions::ByName => {
                let is_for_macos = ["apple", "macos"].iter().any(|system| name.contains(system));
                Truth::of(value.is_none() && (is_for_macos || name == "bsd"))
            }
            CustomConditions::Set(set) => Truth::of(match value {
                Some(value) => set.contains(&format!("{name}=\"{value}\"")),
                None => set.contains(name),
            }),
            CustomConditions::Unknown => Truth::Sometimes,
        }
    }
}

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
pub fn effective<'a>(
    attributes: &[&'a [TokenTree]],
    conditions: Conditions<'_>,
) -> Option<Vec<&'a [TokenTree]>> {
    let mut found = Vec::new();
    for attribute in attributes {
        collect(attribute, conditions, &mut found)?;
    }
    Some(found)
}

fn collect<'a>(
    attribute: &'a [TokenTree],
    conditions: Conditions<'_>,
    found: &mut Vec<&'a [TokenTree]>,
) -> Option<()> {
    match attribute {
        [Word(name), Group(_, condition)] if name == "cfg" => {
            (evaluate(condition, conditions) != Truth::Never).then_some(())
        }
        [Word(name), Group(_, arguments)] if name == "cfg_attr" => {
            let mut arguments = split_at_commas(arguments);
            let applies = |condition| evaluate(condition, conditions) != Truth::Never;
            if arguments.next().is_some_and(applies) {
                arguments.try_for_each(|attribute| collect(attribute, conditions, found))?;
            }
            Some(())
        }
        [Word(name), Group(_, attribute)] if name == "unsafe" => {
            collect(attribute, conditions, found)
        }
        _ => {
            found.push(attribute);
            Some(())
        }
    }
}

/// Whether a condition may hold, and whether it may fail.
pub fn branches(condition: &[TokenTree], conditions: Conditions<'_>) -> (bool, bool) {
    let truth = evaluate(condition, conditions);
    (truth != Truth::Never, truth != Truth::Always)
}

fn evaluate(condition: &[TokenTree], conditions: Conditions<'_>) -> Truth {
    let all_of = |operands| all(split_at_commas(operands).map(|it| evaluate(it, conditions)));
    let any_of = |operands| any(split_at_commas(operands).map(|it| evaluate(it, conditions)));
    match condition {
        [Word(name), Sign('='), Text(value)] => evaluate_value(name, value, conditions),
        [Word(name), Group(_, operands)] => match name.as_str() {
            "all" => all_of(operands),
            "any" => any_of(operands),
            "not" => negate(all_of(operands)),
            _ => Truth::Never,
        },
        [Word(name), ..] => match name.as_str() {
            "unix" | "true" => Truth::Always,
            "windows" | "test" | "doc" | "doctest" | "miri" | "debug_assertions" | "false" => {
                Truth::Never
            }
            name => conditions.custom.evaluate(name, None),
        },
        _ => Truth::Sometimes,
    }
}

fn evaluate_value(name: &str, value: &str, conditions: Conditions<'_>) -> Truth {
    match name {
        "target_os" => Truth::of(value == "macos"),
        "target_vendor" => Truth::of(value == "apple"),
        "target_family" => Truth::of(value == "unix"),
        "target_arch" => Truth::of(match conditions.arch {
            Arch::Amd64 => value == "x86_64",
            Arch::Arm64 => value == "aarch64",
        }),
        "target_pointer_width" => Truth::of(value == "64"),
        "target_endian" => Truth::of(value == "little"),
        "target_env" | "target_abi" => Truth::of(value.is_empty()),
        // Another Objective-C runtime, which Macs don't have.
        "feature" if value.contains("gnustep") => Truth::Never,
        "feature" | "panic" | "target_has_atomic" => Truth::Sometimes,
        // Build scripts set these too, and users, for example to select another source of random numbers.
        _ => conditions.custom.evaluate(name, Some(value)),
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

    const BY_NAME: Conditions<'_> =
        Conditions { arch: Arch::Arm64, custom: CustomConditions::ByName };

    fn applies(attribute: &str) -> bool {
        applies_if(attribute, BY_NAME.custom)
    }

    fn applies_if(attribute: &str, custom: CustomConditions<'_>) -> bool {
        effective(&[&token_trees(attribute)], Conditions { custom, ..BY_NAME }).is_some()
    }

    #[test]
    fn items_for_other_systems_are_left_out() {
        assert!(applies("cfg(any(target_os = \"macos\", target_os = \"ios\"))"));
        assert!(applies("cfg(not(any(windows, target_os = \"linux\")))"));
        assert!(!applies("cfg(all(unix, target_os = \"linux\"))"));
        assert!(!applies("cfg(target_arch = \"x86_64\")"));
        assert!(applies("cfg(any(apple_targets, linux_kernel))"));
        assert!(applies("cfg(macos_platform)") && !applies("cfg(x11_platform)"));
        assert!(!applies("cfg(linux_kernel)"));
    }

    #[test]
    fn conditions_of_build_scripts_hold_if_they_are_set_or_unknown() {
        let set = BTreeSet::from(["macos_platform".to_owned(), "backend=\"metal\"".to_owned()]);
        for (attribute, is_set) in [
            ("cfg(macos_platform)", true),
            ("cfg(all(macos_platform, not(x11_platform)))", true),
            ("cfg(backend = \"metal\")", true),
            ("cfg(backend = \"vulkan\")", false),
            ("cfg(apple)", false),
        ] {
            assert_eq!(applies_if(attribute, CustomConditions::Set(&set)), is_set, "{attribute}");
            assert!(applies_if(attribute, CustomConditions::Unknown), "{attribute}");
        }
        assert!(!applies_if("cfg(windows)", CustomConditions::Unknown));
        assert!(!applies("cfg(backend = \"metal\")"));
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
        let count = |arch| effective(&[&attribute], Conditions { arch, ..BY_NAME }).unwrap().len();
        assert_eq!((count(Arch::Amd64), count(Arch::Arm64)), (2, 0));
    }
}
