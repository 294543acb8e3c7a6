//! `docs/rules.md`: the rules, for people to read.

use std::fmt::Write;

use super::{Rule, binaries, image, labels, metadata, online, placeholder};

pub fn page() -> String {
    let groups = [
        ("metadata.json", metadata::ALL),
        ("The image and its files", image::ALL),
        ("Host binaries", binaries::ALL),
        ("Labels and tag", labels::ALL),
        ("Placeholders", placeholder::ALL),
        ("Pictures at the addresses in labels, with `--online`", online::ALL),
    ];
    let mut page = "# What `cargo xtask validate` looks for\n\n\
        This page is made from the rules themselves. An *error* is met by users, or keeps the image out \
        of the marketplace; a *warning* may be met by some; a *note* is good to know.\n"
        .to_owned();
    for (title, rules) in groups {
        let _ = write!(page, "\n## {title}\n");
        for rule in rules {
            describe(&mut page, rule);
        }
    }
    page
}

fn describe(page: &mut String, rule: &Rule) {
    let severity = rule.severity.name();
    let Rule { id, says, why, help, example, .. } = rule;
    let _ = write!(
        page,
        "\n### {id}\n\n*{severity}* — {says}\n\n{why}\n\n- For example: {example}\n- To mend it: {help}.\n"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_EXPECT=1 cargo test -p docker-extension --lib` rewrites it.
    #[test]
    fn the_page_in_the_documentation_is_that_of_the_rules() {
        expect_test::expect_file!["../../../../docs/rules.md"].assert_eq(&page());
    }
}
