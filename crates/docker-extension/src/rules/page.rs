//! The documentation of the rules, `docs/rules.md`.

use std::fmt::Write;

use super::{Rule, binaries, compose, image, labels, metadata, online, placeholder, waiver};

pub fn page() -> String {
    let groups = [
        ("metadata.json", metadata::ALL),
        ("The image and its files", image::ALL),
        ("The compose file", compose::ALL),
        ("Host binaries", binaries::ALL),
        ("Labels and tag", labels::ALL),
        ("Placeholders", placeholder::ALL),
        ("Pictures at the URLs in labels, with `--online`", online::ALL),
        ("Waivers", waiver::ALL),
    ];
    let mut page = "# Rules of `cargo xtask validate`\n\n\
        This page is generated from the rules. An *error* affects users, or makes the marketplace \
        reject the image. A *warning* may affect some users. A *note* is for information.\n\n\
        [Waivers](configuration.md#waivers) let you accept findings of any rule except `image-unreadable` \
        and `allow-unused`.\n"
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
    let Rule { id, reports, why, help, example, .. } = rule;
    let _ = write!(
        page,
        "\n### {id}\n\n*{severity}*: {reports}\n\n{why}\n\n- Example: {example}\n- Fix: {help}.\n"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_describes_every_rule() {
        let page = page();
        for rule in crate::rules::all() {
            assert!(page.contains(&format!("\n### {}\n", rule.id)), "{}", rule.id);
        }
    }

    /// `UPDATE_EXPECT=1 cargo test -p docker-extension --lib` updates it.
    #[test]
    fn the_page_in_the_documentation_is_up_to_date() {
        expect_test::expect_file!["../../../../docs/rules.md"].assert_eq(&page());
    }
}
