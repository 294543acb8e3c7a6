//! Collects the answers for `new` from options, the user or defaults.

use camino::Utf8Path;

use crate::cli::NewArgs;
use crate::error::{Error, Result};
use crate::placeholder;
use crate::project::Problem;
use crate::project::config::{self, Line};
use crate::prompt::Prompt;
use crate::scaffold::{Answers, ExtensionParts, License, ProjectName};
use crate::text;

struct Question<'a> {
    option: &'static str,
    text: &'static str,
    given: Option<&'a str>,
    default: String,
    /// The default is a placeholder, because only the user knows the answer.
    is_required: bool,
}

/// Collects the answers and their problems.
struct Interview<'a> {
    prompt: Option<&'a Prompt>,
    uses_defaults: bool,
    invalid: Vec<Problem>,
    missing: Vec<&'static str>,
}

/// `prompt` is none without a terminal, and with `--yes`.
///
/// # Errors
/// Answers are invalid or missing, all of them in one error.
pub fn interview(args: &NewArgs, directory: &Utf8Path, prompt: Option<&Prompt>) -> Result<Answers> {
    let mut interview =
        Interview { prompt, uses_defaults: args.yes, invalid: Vec::new(), missing: Vec::new() };
    let directory_name = directory.file_name().unwrap_or_default();
    let suggested = ProjectName::nearest(directory_name);
    let name = interview.answer(
        Question {
            option: "--name",
            text: "Name",
            given: args.name.as_deref(),
            default: suggested.map_or_else(|| directory_name.to_owned(), |name| name.to_string()),
            is_required: false,
        },
        parse_name,
    )?;
    let title = interview.answer(
        Question {
            option: "--title",
            text: "Title that users see",
            given: args.title.as_deref(),
            default: name.as_ref().map_or_else(|| "My Extension".to_owned(), ProjectName::title),
            is_required: false,
        },
        |text| Line::Title.parse(text),
    )?;
    let description = interview.answer(
        Question {
            option: "--description",
            text: "Description in one sentence",
            given: args.description.as_deref(),
            default: placeholder::DESCRIPTION.to_owned(),
            is_required: true,
        },
        |text| Line::Description.parse(text),
    )?;
    let vendor = interview.answer(
        Question {
            option: "--vendor",
            text: "Vendor",
            given: args.vendor.as_deref(),
            default: placeholder::VENDOR.to_owned(),
            is_required: true,
        },
        |text| Line::Vendor.parse(text),
    )?;
    let short = name.as_ref().map_or("my-extension", ProjectName::as_str);
    let image = interview.answer(
        Question {
            option: "--image",
            text: "Image name without a tag",
            given: args.image.as_deref(),
            default: format!("example/{short}"),
            is_required: true,
        },
        config::parse_image,
    )?;
    let license = interview.answer(
        Question {
            option: "--license",
            text: "Licence, or `proprietary`",
            given: args.license.as_deref(),
            default: "MIT OR Apache-2.0".to_owned(),
            is_required: true,
        },
        parse_license,
    )?;
    let (Some(name), Some(title), Some(description), Some(vendor), Some(image), Some(license)) =
        (name, title, description, vendor, image, license)
    else {
        return Err(interview.error());
    };
    let parts = match (args.no_helper, args.no_ui) {
        (true, _) => ExtensionParts::TabOnly,
        (false, true) => ExtensionParts::HelperOnly,
        (false, false) => ExtensionParts::HelperAndTab,
    };
    Ok(Answers { name, title, description, vendor, image, license, parts })
}

impl Interview<'_> {
    /// None after recording a problem.
    fn answer<T>(
        &mut self,
        question: Question<'_>,
        parse: impl Fn(&str) -> Result<T, Problem>,
    ) -> Result<Option<T>> {
        let Question { option, text, given, default, is_required } = question;
        let parse_option = |text: &str| parse(text).map_err(|problem| problem.at(option));
        let answer = match (given, self.prompt) {
            (Some(given), _) => parse_option(given),
            (None, Some(prompt)) => {
                let parse = |answer: &str| {
                    parse(answer).map_err(|problem| problem.at(option.trim_start_matches("--")))
                };
                return prompt.ask(text, &default, parse).map(Some);
            }
            (None, None) if is_required && !self.uses_defaults => {
                self.missing.push(option);
                return Ok(None);
            }
            (None, None) => parse_option(&default),
        };
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(problem) => {
                self.invalid.push(problem);
                Ok(None)
            }
        }
    }

    /// All problems in one error: the invalid answers first.
    fn error(self) -> Error {
        if !self.invalid.is_empty() {
            let listed: String = self.invalid.iter().map(|it| format!("\n  {it}")).collect();
            let count = text::count(self.invalid.len(), "invalid answer");
            return Error::new(format!("{count}{listed}"))
                .help("fix the options; `--help` describes them")
                .usage();
        }
        let options: Vec<String> = self.missing.iter().map(|it| format!("`{it}`")).collect();
        let are = if options.len() == 1 { "is" } else { "are" };
        Error::new(format!("{} {are} required without a terminal", text::list(&options)))
            .help("add the options, or add `--yes` to use placeholders that you replace later")
            .usage()
    }
}

fn parse_name(text: &str) -> Result<ProjectName, Problem> {
    text.parse().map_err(|reason| Problem::Value {
        key: String::new(),
        found: format!("`{text}` ({reason})"),
        expected: "a name, such as `acme-disk`".to_owned(),
    })
}

fn parse_license(text: &str) -> Result<License, Problem> {
    text.parse().map_err(|reason| Problem::Value {
        key: String::new(),
        found: format!("`{text}` ({reason})"),
        expected: "an SPDX expression, such as `MIT OR Apache-2.0`, or `proprietary`".to_owned(),
    })
}
