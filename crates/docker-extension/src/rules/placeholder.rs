//! What a new project has in the place of its author's own.

super::rule::rules! {
    PLACEHOLDER: Warning "placeholder" {
        says: "Nothing is a placeholder of a new project: no URL is on a domain that is reserved for \
               examples, and neither the icon nor a text is the generated one.",
        why: "Users see sample texts, broken pictures and links that lead nowhere. `dist --push` fails \
              as long as a placeholder is left.",
        help: "replace it, or ignore it with `--allow placeholder`",
        example: "`LABEL com.docker.extension.publisher-url=\"https://example.com\"`",
    }
}
