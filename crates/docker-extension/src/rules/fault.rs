//! Recognizes headlines that state a fault, and not the healthy condition.

/// Phrases that state a fault, one a line. End-to-end tests read the file, too.
const PHRASES: &str = include_str!("fault-phrases.txt");

/// Whether `headline` contains a phrase that states a fault and is not negated: `stack is executable`, but
/// neither `host binary is whole` nor `host binary is not larger than 256 MiB`.
pub fn is_stated(headline: &str) -> bool {
    let words = words(headline);
    if words
        .first()
        .is_some_and(|first| ["no", "nothing", "every", "each"].contains(&first.as_str()))
    {
        return false;
    }
    let mut is_stated = false;
    for phrase in PHRASES.lines() {
        let phrase = self::words(phrase);
        for (index, window) in words.windows(phrase.len()).enumerate() {
            if window != phrase {
                continue;
            }
            let before = index.checked_sub(1).map_or("", |before| &words[before]);
            if ["no", "not", "never", "without"].contains(&before) {
                return false;
            }
            is_stated = true;
        }
    }
    is_stated
}

/// The words in lower case, without quoted ones, which come from the image.
fn words(text: &str) -> Vec<String> {
    // With an odd number, the image contains some.
    let has_pairs = text.matches('`').count().is_multiple_of(2);
    let step = if has_pairs { 2 } else { 1 };
    let outside = text.split('`').step_by(step).collect::<Vec<&str>>().join(" _ ");
    let is_separator = |c: char| c.is_whitespace() || ",.;:()".contains(c);
    let words = outside.split(is_separator).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_that_states_the_healthy_condition_is_recognized() {
        for healthy in [
            "A host binary is whole",
            "a host binary is not larger than 256 MiB",
            "host binary has no debug information",
            "a host binary's stack is not executable",
            "the image has one variant for each platform",
            "no label that Docker requires is empty",
            "`/missing` is complete",
        ] {
            assert!(!is_stated(healthy), "{healthy}");
        }
        for fault in ["`/tool` is empty", "stack is executable", "icon is not an SVG picture"] {
            assert!(is_stated(fault), "{fault}");
        }
    }
}
