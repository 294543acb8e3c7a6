//! `preview`: shows the extension in a browser while the author works on it.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;

use xshell::Shell;

use crate::cli;
use crate::error::{Error, one_line};
use crate::preview::build::ProgramBuilder;
use crate::preview::dev_server::DevServer;
use crate::preview::guard::Guard;
use crate::preview::pages::PageSource;
use crate::preview::search_path::SearchPath;
use crate::preview::session::Session;
use crate::preview::{self, browser, routes, types};
use crate::progress::Progress;
use crate::project::Project;
use crate::style::{DIM, GOOD};
use crate::ui::UiSource;

/// Runs until Ctrl-C.
///
/// # Errors
/// The extension has no dashboard tab, or the dev server ends. A host binary that does not compile is not
/// an error: the page shows the compiler's errors, and it is built again when its sources change.
pub fn run(options: &cli::PreviewArgs, progress: &Progress) -> Result<(), Error> {
    let sh = Shell::new()?;
    let project = Project::load(&super::current_directory(&sh)?)?;
    let ui = project.config.ui.as_ref().ok_or_else(no_ui)?;
    let sources = UiSource::find(&project, ui)?;
    let dev_server = sources.npm().map(DevServer::new).transpose()?;
    let pages = match &dev_server {
        Some(dev_server) => PageSource::DevServer(dev_server.address),
        None => PageSource::Directory(project.root.join(&ui.directory).into()),
    };
    let server = routes::bind(options.port)?;
    let guard = Guard::new(&server.address().to_string())?;
    let address = guard.address(&ui.entry);
    let search_path = if options.full_path { SearchPath::Terminal } else { SearchPath::Desktop };
    let session = Arc::new(Session::new(guard, pages, preview::script(&project), search_path));

    thread::scope(|scope| {
        let (built, first_build) = mpsc::channel();
        scope.spawn(|| build_and_watch(&project, &session, built, progress));
        if project.config.vm.is_some() {
            scope.spawn(|| session.services.run(&project, progress, || session.is_over()));
        }
        let shown = install(&sources, &sh, progress).and_then(|()| {
            let pages = scope.spawn(|| run_pages(dev_server.as_ref(), &session, progress));
            if let Some(npm) = sources.npm() {
                let session = &session;
                scope.spawn(move || types::check_and_watch(npm, session, progress));
            }
            if let Some(dev_server) = &dev_server {
                dev_server.wait(progress, || pages.is_finished() || session.is_over());
            }
            // It fails if Ctrl-C was pressed before.
            let is_built = first_build.recv().is_ok();
            if is_built && !pages.is_finished() && !session.is_over() {
                routes::start(server, &session);
                announce(&address, options.no_open, progress);
            }
            pages.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        session.end();
        shown
    })
}

/// Builds the host binaries, reports it through `built`, and builds them again when their sources change.
fn build_and_watch(project: &Project, session: &Session, built: Sender<()>, progress: &Progress) {
    let mut builder = ProgramBuilder::new(project, session, progress);
    builder.build(project);
    // It fails if the pages have failed in the meantime.
    let _ = built.send(());
    builder.watch(&project.root);
}

fn install(sources: &UiSource<'_>, sh: &Shell, progress: &Progress) -> Result<(), Error> {
    if let Some(npm) = sources.npm() {
        let step = progress.step("Install the page's packages");
        npm.install(sh, &step)?;
        step.done("");
    }
    Ok(())
}

/// Keeps the pages up to date until the session is over.
fn run_pages(
    dev_server: Option<&DevServer<'_>>,
    session: &Session,
    progress: &Progress,
) -> Result<(), Error> {
    match dev_server {
        Some(dev_server) => dev_server.run(progress),
        None => {
            session.watch_pages();
            Ok(())
        }
    }
}

fn announce(address: &str, no_open: bool, progress: &Progress) {
    progress.note(format_args!("{GOOD}➜{GOOD:#} {address}"));
    progress.note(format_args!("{DIM}Watching for changes. Press Ctrl-C to stop.{DIM:#}"));
    if !no_open && let Err(error) = browser::open(address) {
        progress.warn(format_args!("{}; open the address above", one_line(&error)));
    }
}

fn no_ui() -> Error {
    Error::new("the extension has no dashboard tab to preview")
        .help("add the table `[workspace.metadata.docker-extension.ui]` to `Cargo.toml`")
        .usage()
}
