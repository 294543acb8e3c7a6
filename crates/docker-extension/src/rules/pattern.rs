use std::str::FromStr;

/// A pattern for absolute paths of files in an image. `*` stands for any characters except `/`, and `**`, as a
/// whole component, for any number of directories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPathPattern {
    #[error("it does not start with `/`")]
    Relative,
    #[error("it contains `\\`; use `/` on every platform")]
    Backslash,
    #[error("it contains `.`, `..` or an empty part")]
    Part,
}

impl FromStr for PathPattern {
    type Err = NotAPathPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains('\\') {
            return Err(NotAPathPattern::Backslash);
        }
        let parts = text.strip_prefix('/').ok_or(NotAPathPattern::Relative)?;
        if parts.split('/').any(|part| ["", ".", ".."].contains(&part)) {
            return Err(NotAPathPattern::Part);
        }
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Display for PathPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl PathPattern {
    /// The time is at most the product of both lengths.
    pub fn matches(&self, path: &str) -> bool {
        let parts: Vec<&str> = self.0.split('/').collect();
        // Whether the components of the path so far match the first parts of the pattern.
        let mut reached = vec![false; parts.len() + 1];
        reached[0] = true;
        skip_directories(&parts, &mut reached);
        for component in path.split('/') {
            let mut next = vec![false; parts.len() + 1];
            for (at, part) in parts.iter().enumerate().filter(|(at, _)| reached[*at]) {
                match *part {
                    "**" => next[at] = true,
                    part => next[at + 1] |= matches_component(part, component),
                }
            }
            skip_directories(&parts, &mut next);
            reached = next;
        }
        reached[parts.len()]
    }
}

/// `**` also matches no directory.
fn skip_directories(parts: &[&str], reached: &mut [bool]) {
    for (at, part) in parts.iter().enumerate() {
        if reached[at] && *part == "**" {
            reached[at + 1] = true;
        }
    }
}

/// Whether `text` is `pattern` with any characters in place of each `*`.
fn matches_component(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    // The leftmost match of each part leaves the most for those after it.
    for part in middle.split('*') {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_a_path_or_many() {
        let matches =
            |pattern: &str, path: &str| pattern.parse::<PathPattern>().unwrap().matches(path);
        for (pattern, path) in [
            ("/darwin/tool", "/darwin/tool"),
            ("/*/tool", "/darwin/tool"),
            ("/windows/*.exe", "/windows/tool.exe"),
            ("/windows/*.*", "/windows/a.b.c"),
            ("/a*b*c", "/abcbc"),
            ("/*", "/*"),
            ("/ui/**", "/ui/assets/index.js"),
            ("/**/node_modules/**", "/ui/node_modules/.bin/vite"),
            ("/**/tool", "/tool"),
            ("/**", "/any/thing"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("/darwin/tool", "/darwin/tool2"),
            ("/darwin/tool", "/darwin/tool/x"),
            ("/darwin", "/darwin/tool"),
            ("/*", "/darwin/tool"),
            ("/a*a", "/a"),
            ("/a*bc*c", "/abc"),
            ("/ui/**/x", "/ui/y"),
            ("/d**n/tool", "/d/n/tool"),
            ("/Darwin/tool", "/darwin/tool"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_with_many_wildcards_is_matched_in_little_time() {
        let pattern: PathPattern = format!("/{}b", "*a".repeat(1000)).parse().unwrap();
        assert!(!pattern.matches(&format!("/{}", "a".repeat(10_000))));
        let pattern: PathPattern = format!("{}/b", "/**".repeat(200)).parse().unwrap();
        assert!(!pattern.matches(&"/a".repeat(2000)));
    }

    #[test]
    fn a_pattern_is_an_absolute_path() {
        let error = |text: &str| text.parse::<PathPattern>().unwrap_err();
        assert_eq!(error("darwin/tool"), NotAPathPattern::Relative);
        assert_eq!(error("**/tool"), NotAPathPattern::Relative);
        assert_eq!(error("/darwin\\tool"), NotAPathPattern::Backslash);
        for text in ["/", "/darwin/", "//tool", "/a/../b", "/./b"] {
            assert_eq!(error(text), NotAPathPattern::Part, "{text}");
        }
    }
}
