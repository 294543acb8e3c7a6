//! What went wrong, as the command line tells it.

use std::error::Error as _;
use std::fmt::Write;

use camino::Utf8PathBuf;

use crate::commands::symbols;
use crate::progress::{BAD, HELP};
use crate::{
    compile, context, dist, files, http, image, interrupt, preview, process, project, text,
    toolchain, ui,
};

/// Any error of a command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The options contradict each other.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// What the person can do.
        help: String,
    },
    /// The project is not as it should be.
    #[error(transparent)]
    Project(#[from] project::Error),
    /// There is nothing to compile or link with.
    #[error(transparent)]
    Toolchain(#[from] toolchain::Error),
    /// The host binaries don't compile.
    #[error(transparent)]
    Compile(#[from] compile::Error),
    /// The pages can't be built.
    #[error(transparent)]
    Ui(#[from] ui::Error),
    /// The context can't be written.
    #[error(transparent)]
    Context(#[from] context::Error),
    /// There is no builder.
    #[error(transparent)]
    NoBuilder(#[from] image::NoBuilder),
    /// The image can't be made.
    #[error(transparent)]
    Image(#[from] image::Error),
    /// An image can't be read.
    #[error(transparent)]
    ReadImage(Box<image::read::Error>),
    /// Nothing can be fetched from the web.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// An image, or a `metadata.json`, is not as it has to be; what was found was printed.
    #[error("`{subject}` has {} to be mended", text::count(*count, "finding"))]
    Findings {
        /// What was looked at.
        subject: String,
        /// How many findings are not allowed.
        count: usize,
    },
    /// The image that was made would not work everywhere.
    #[error("the image was made, but is not fit for every machine:\n\n{report}")]
    Unfit {
        /// The report, for people.
        report: String,
    },
    /// The dist can't be written.
    #[error(transparent)]
    Dist(#[from] dist::Error),
    /// The folder in which it was started can't be used.
    #[error("can't work in this folder")]
    Shell(#[from] xshell::Error),
    /// There is no preview.
    #[error(transparent)]
    Preview(#[from] preview::Error),
    /// The hidden command failed.
    #[error("{0}")]
    Zig(String),
    /// The hidden tool failed.
    #[error(transparent)]
    Dlltool(#[from] toolchain::import_library::DlltoolError),
    /// The lists of names can't be written.
    #[error(transparent)]
    Symbols(#[from] symbols::Error),
    /// A file can't be read or written.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// The image was made, but not handed on.
    #[error("{source}; everything else is done, and in `{output}`")]
    Deliver {
        /// The folder with the finished files.
        output: Utf8PathBuf,
        /// What went wrong.
        #[source]
        source: image::Error,
    },
    /// Ctrl-C can't be listened for.
    #[error("can't listen for Ctrl-C")]
    Signals(#[from] ctrlc::Error),
    /// The person pressed Ctrl-C.
    #[error(transparent)]
    Interrupted(#[from] interrupt::Interrupted),
}

impl From<image::read::Error> for Error {
    fn from(error: image::read::Error) -> Self {
        Error::ReadImage(Box::new(error))
    }
}

impl Error {
    /// What the person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::Usage { help, .. } => Some(help.clone()),
            Error::Project(error) => error.help(),
            Error::Toolchain(error) => error.help(),
            Error::Compile(error) => error.help(),
            Error::Ui(error) => error.help(),
            Error::Context(error) => error.help(),
            Error::NoBuilder(error) => error.help(),
            Error::Image(error) => error.help(),
            Error::ReadImage(error) => error.help(),
            Error::Http(error) => error.help(),
            Error::Findings { .. } | Error::Unfit { .. } => {
                Some("each finding above tells how to mend it".to_owned())
            }
            Error::Dist(error) => error.help(),
            Error::Preview(error) => error.help(),
            Error::Symbols(error) => error.help(),
            Error::Files(error) => error.help(),
            Error::Deliver { source, .. } => source.help(),
            Error::Dlltool(_)
            | Error::Shell(_)
            | Error::Zig(_)
            | Error::Signals(_)
            | Error::Interrupted(_) => None,
        }
    }

    /// 2 where the person has to change options or configuration, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::ReadImage(error) if error.is_about_the_name() => 2,
            Error::Usage { .. }
            | Error::Project(_)
            | Error::Toolchain(toolchain::Error::Linker { .. })
            | Error::Ui(ui::Error::NoPage { .. })
            | Error::Preview(preview::Error::NoUi | preview::Error::Port(_))
            | Error::NoBuilder(image::NoBuilder::Unknown { .. })
            | Error::Dist(
                dist::Error::NotADist(_) | dist::Error::NotAFolder(_) | dist::Error::InContext(_),
            ) => 2,
            _ => 1,
        }
    }

    /// The whole message, styled for a terminal: what, why, what to do next.
    pub fn message(&self) -> String {
        if interrupt::is_interrupted() {
            let kept = match self {
                Error::Deliver { output, .. } => {
                    format!("the image was not handed on, but all of it is in `{output}`")
                }
                _ => "nothing in the output folder was changed".to_owned(),
            };
            return format!("{BAD}interrupted{BAD:#}: {kept}");
        }
        let mut message = format!("{BAD}error{BAD:#}: {self}");
        let mut source = match self {
            // Its message is part of this one.
            Error::Deliver { source, .. } => source.source(),
            _ => self.source(),
        };
        while let Some(error) = source {
            let _ = write!(message, "\n  because: {error}");
            if let Some(error) = error.downcast_ref::<process::Error>() {
                let said = error.messages().trim();
                if !said.is_empty() {
                    let _ = write!(message, "\n    {}", said.replace('\n', "\n    "));
                }
            }
            source = error.source();
        }
        if let Some(help) = self.help() {
            let _ = write!(message, "\n{HELP}help{HELP:#}: {help}");
        }
        message
    }
}
