//! The rule about placeholders that a new project contains.

super::rule::rules! {
    PLACEHOLDER: Warning "placeholder" {
        reports: "placeholder of a new project was not replaced",
        why: "Users see sample texts, broken pictures and broken links. `dist --push` fails while there \
              are placeholders.",
        help: "replace it, or accept it with `--allow placeholder`",
        example: "`LABEL com.docker.extension.publisher-url=\"https://example.com\"`",
    }
}
