//! Variables in the texts of a compose file, as the package `template` of compose-go replaces them.

/// The variable with the reference of the extension's own image.
pub const PLUGIN_IMAGE: &str = "DESKTOP_PLUGIN_IMAGE";

/// Stands for the value of [`PLUGIN_IMAGE`], which is the name and tag of an image.
const ANY_IMAGE: &str = "example/extension:1.0.0";

/// A text with its variables replaced as on a user's machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expansion {
    /// None if it depends on the user's machine.
    pub value: Option<String>,
    /// The variables that are used and that no user's machine sets.
    pub unset: Vec<(String, Unset)>,
    /// Whether a `${` is not followed by a name and a `}`.
    pub is_invalid: bool,
}

/// The result of using a variable that is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unset {
    /// It is replaced with nothing.
    Empty,
    /// Compose fails, as `${NAME:?}` requests.
    Failure,
}

/// The text of an open `${NAME:-…}` is used or not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BracedPart {
    Used,
    Unused,
    /// It depends on the user's machine.
    Perhaps,
}

/// Replaces the variables in `text`.
pub fn expand(text: &str) -> Expansion {
    let mut found = Expansion::default();
    let mut value = String::new();
    let mut is_known = true;
    let mut open: Vec<BracedPart> = Vec::new();
    let mut rest = text;
    // Each part is either skipped or used, so one unused part hides those in it.
    let mut unused = 0usize;
    while let Some(c) = rest.chars().next() {
        if c == '}' && !open.is_empty() {
            if open.pop() == Some(BracedPart::Unused) {
                unused -= 1;
            }
            rest = &rest[1..];
            continue;
        }
        let Some(after) = rest.strip_prefix('$') else {
            if unused == 0 {
                value.push(c);
            }
            rest = &rest[c.len_utf8()..];
            continue;
        };
        if let Some(after) = after.strip_prefix('$') {
            if unused == 0 {
                value.push('$');
            }
            rest = after;
            continue;
        }
        let (is_braced, after) = match after.strip_prefix('{') {
            Some(after) => (true, after),
            None => (false, after),
        };
        let (name, after) = after.split_at(name_length(after));
        if name.is_empty() && !is_braced {
            if unused == 0 {
                value.push('$');
            }
            rest = after;
            continue;
        }
        let operator = if is_braced { operator(after) } else { Some((VariableOperator::None, 0)) };
        let Some((operator, length)) = operator.filter(|_| !name.is_empty()) else {
            found.is_invalid = true;
            return found;
        };
        rest = &after[length..];
        let setting = VariableSetting::of(name);
        if unused == 0 {
            match (setting, operator) {
                (
                    VariableSetting::Image,
                    VariableOperator::None | VariableOperator::Default | VariableOperator::Required,
                ) => {
                    value += ANY_IMAGE;
                }
                (VariableSetting::Machine, _) => is_known = false,
                (VariableSetting::Unset, VariableOperator::None) => {
                    found.unset.push((name.to_owned(), Unset::Empty));
                }
                (VariableSetting::Unset, VariableOperator::Required) => {
                    found.unset.push((name.to_owned(), Unset::Failure));
                }
                (VariableSetting::Image, VariableOperator::Alternative)
                | (
                    VariableSetting::Unset,
                    VariableOperator::Default | VariableOperator::Alternative,
                ) => {}
            }
        }
        let part = match (setting, operator) {
            (_, VariableOperator::None) => continue,
            (
                VariableSetting::Machine,
                VariableOperator::Default | VariableOperator::Alternative,
            ) => BracedPart::Perhaps,
            (VariableSetting::Unset, VariableOperator::Default)
            | (VariableSetting::Image, VariableOperator::Alternative) => BracedPart::Used,
            (_, VariableOperator::Required)
            | (VariableSetting::Image, VariableOperator::Default)
            | (VariableSetting::Unset, VariableOperator::Alternative) => BracedPart::Unused,
        };
        if part == BracedPart::Unused {
            unused += 1;
        }
        open.push(part);
    }
    found.is_invalid = !open.is_empty();
    found.value = (is_known && !found.is_invalid).then_some(value);
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum VariableSetting {
    /// [`PLUGIN_IMAGE`].
    Image,
    /// Set by the operating system, the user or Compose.
    Machine,
    Unset,
}

impl VariableSetting {
    fn of(name: &str) -> Self {
        const MACHINE: [&str; 33] = [
            "ALL_PROXY",
            "APPDATA",
            "COMPOSE_PROJECT_NAME",
            "COMPUTERNAME",
            "DISPLAY",
            "DOCKER_CONFIG",
            "DOCKER_CONTEXT",
            "DOCKER_HOST",
            "HOME",
            "HOMEDRIVE",
            "HOMEPATH",
            "HOSTNAME",
            "HTTPS_PROXY",
            "HTTP_PROXY",
            "LANG",
            "LOCALAPPDATA",
            "LOGNAME",
            "NO_PROXY",
            "PATH",
            "PROGRAMDATA",
            "PROGRAMFILES",
            "PWD",
            "SHELL",
            "SSH_AUTH_SOCK",
            "SYSTEMROOT",
            "TEMP",
            "TMP",
            "TMPDIR",
            "TZ",
            "USER",
            "USERNAME",
            "USERPROFILE",
            "WAYLAND_DISPLAY",
        ];
        let upper = name.to_ascii_uppercase();
        if name == PLUGIN_IMAGE {
            VariableSetting::Image
        } else if MACHINE.contains(&&*upper) || upper.starts_with("XDG_") {
            VariableSetting::Machine
        } else {
            VariableSetting::Unset
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum VariableOperator {
    /// `${NAME}`
    None,
    /// `:-` or `-`
    Default,
    /// `:+` or `+`
    Alternative,
    /// `:?` or `?`
    Required,
}

/// What follows the name in `${NAME…`, and its length. None if nothing valid does.
fn operator(text: &str) -> Option<(VariableOperator, usize)> {
    let all = [
        ("}", VariableOperator::None),
        (":-", VariableOperator::Default),
        ("-", VariableOperator::Default),
        (":+", VariableOperator::Alternative),
        ("+", VariableOperator::Alternative),
        (":?", VariableOperator::Required),
        ("?", VariableOperator::Required),
    ];
    all.into_iter()
        .find(|(start, _)| text.starts_with(start))
        .map(|(start, operator)| (operator, start.len()))
}

/// The length of the name of a variable at the start of `text`; 0 if there is none.
fn name_length(text: &str) -> usize {
    let is_part = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.bytes().take_while(|byte| is_part(*byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        let found = expand(text);
        assert!(found.unset.is_empty() && !found.is_invalid, "{text}: {found:?}");
        found.value.unwrap_or_else(|| "?".to_owned())
    }

    fn unset(text: &str) -> Vec<String> {
        expand(text).unset.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn the_image_of_the_extension_is_known() {
        for text in [
            "${DESKTOP_PLUGIN_IMAGE}",
            "$DESKTOP_PLUGIN_IMAGE",
            "${DESKTOP_PLUGIN_IMAGE:-me/tool}",
            "${DESKTOP_PLUGIN_IMAGE-${OTHER}}",
            "${DESKTOP_PLUGIN_IMAGE:?required}",
            "${OTHER:-${DESKTOP_PLUGIN_IMAGE}}",
        ] {
            assert_eq!(value(text), ANY_IMAGE, "{text}");
        }
        assert_eq!(unset("${DESKTOP_PLUGIN_IMAG}"), ["DESKTOP_PLUGIN_IMAG"]);
        assert_eq!(unset("${desktop_plugin_image}"), ["desktop_plugin_image"]);
    }

    #[test]
    fn a_default_replaces_a_variable_that_is_not_set() {
        assert_eq!(value("http://${HOST_NAME:-web}:80"), "http://web:80");
        assert_eq!(value("${A:-}"), "");
        assert_eq!(value("${A:-${B:-c}}-d"), "c-d");
        assert_eq!(value("${A:+b${C}}"), "");
        assert_eq!(unset("${A:-${B}}"), ["B"]);
        assert_eq!(unset("$A/${B}"), ["A", "B"]);
        let required = expand("${A:?set it to ${B}}");
        assert_eq!(required.unset, [("A".to_owned(), Unset::Failure)]);
    }

    #[test]
    fn values_of_the_machine_are_unknown() {
        for text in ["${HOME}/x", "$USER", "${XDG_RUNTIME_DIR:-/tmp}", "${http_proxy}"] {
            assert_eq!(value(text), "?", "{text}");
        }
    }

    #[test]
    fn a_dollar_sign_without_a_name_is_kept() {
        assert_eq!(value("$$HOME $(date) $1 a$"), "$HOME $(date) $1 a$");
        assert_eq!(value("$$$$2a$$$$10"), "$$2a$$10");
        assert_eq!(value("{a}"), "{a}");
    }

    #[test]
    fn an_invalid_variable_is_recognized() {
        for text in ["${", "${}", "${A", "${1}", "${A B}", "${A:-x", "${A!}"] {
            assert!(expand(text).is_invalid, "{text}");
        }
        let deep = "${A:-".repeat(100_000);
        assert!(expand(&deep).is_invalid);
    }
}
