//! The authorization that a registry requires, from the header `WWW-Authenticate` (RFC 9110, 11.6.1).

use std::collections::BTreeMap;

/// One accepted kind of authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    /// `basic`, `bearer`: in lower case.
    pub scheme: String,
    /// Its parameters, with names in lower case.
    pub parameters: BTreeMap<String, String>,
}

/// Parses the values of the headers. Invalid parts are left out.
pub(super) fn parse<'a>(values: impl Iterator<Item = &'a str>) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    for value in values {
        let mut rest = value.trim_start_matches([',', ' ', '\t']);
        while !rest.is_empty() {
            let end = rest.find(['=', ' ', '\t', ',']).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            let word = word.to_ascii_lowercase();
            match (behind.strip_prefix('='), challenges.last_mut()) {
                (Some(behind), Some(challenge)) => {
                    let (value, behind) = parameter(behind);
                    challenge.parameters.insert(word, value);
                    rest = behind;
                }
                // A parameter without a scheme.
                (Some(behind), None) => rest = parameter(behind).1,
                (None, _) => {
                    challenges.push(Challenge { scheme: word, parameters: BTreeMap::new() });
                    rest = behind;
                }
            }
            rest = rest.trim_start_matches([',', ' ', '\t']);
        }
    }
    challenges
}

/// A parameter's value, with or without quotes, and the rest of the text.
fn parameter(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, behind) = text.split_at(text.find([',', ' ', '\t']).unwrap_or(text.len()));
        return (value.to_owned(), behind);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            character => value.push(character),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn challenge(scheme: &str, parameters: &[(&str, &str)]) -> Challenge {
        let parameters = parameters.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Challenge { scheme: scheme.to_owned(), parameters: parameters.collect() }
    }

    #[test]
    fn challenges_of_real_registries_are_parsed() {
        let values = [
            "Bearer realm=\"https://auth.example/token\",service=\"a, \\\"b\\\"\",scope=pull",
            "Basic Realm = x, Negotiate",
        ];
        let found = parse(values.into_iter());
        let bearer =
            [("realm", "https://auth.example/token"), ("scope", "pull"), ("service", "a, \"b\"")];
        assert_eq!(found[0], challenge("bearer", &bearer));
        assert_eq!(found[1].scheme, "basic");
        assert_eq!(found.last(), Some(&challenge("negotiate", &[])));
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_to_its_end(text in "[a-z\"\\\\=, é]{0,60}") {
            parse([text.as_str()].into_iter());
        }
    }
}
