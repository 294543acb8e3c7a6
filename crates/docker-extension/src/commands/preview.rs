//! `cargo xtask preview`: the extension in an ordinary browser, as it is being worked on.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;

use xshell::Shell;

use crate::cli;
use crate::error::Error;
use crate::preview::build::Builder;
use crate::preview::dev_server::DevServer;
use crate::preview::guard::{Guard, Token};
use crate::preview::pages::Pages;
use crate::preview::server::Server;
use crate::preview::session::Session;
use crate::preview::{self, browser};
use crate::progress::Progress;
use crate::project::Project;
use crate::style::{DIM, GOOD};
use crate::ui;

/// Runs the command, until Ctrl-C.
///
/// # Errors
/// There is nothing to be shown, or the pages' dev server ends. Host binaries that don't compile are
/// no error: the page tells of them, and they are built again when they have changed.
pub fn run(options: &cli::PreviewArgs, progress: &Progress) -> Result<(), Error> {
    let sh = Shell::new()?;
    let project = Project::load(&super::current_folder(&sh)?)?;
    let ui = project.config.ui.as_ref().ok_or(preview::Error::NoUi)?;
    let sources = ui::Pages::find(&project, ui)?;
    let dev_server = sources.npm().map(DevServer::new).transpose().map_err(preview::Error::from)?;
    let pages = match &dev_server {
        Some(dev_server) => Pages::DevServer(dev_server.address),
        None => Pages::Folder(project.root.join(&ui.folder).into()),
    };
    let server = Server::bind(options.port).map_err(preview::Error::Port)?;
    let guard = Guard::new(server.host(), Token::new().map_err(preview::Error::Random)?);
    let address = guard.address(&ui.entry);
    let session = Arc::new(Session::new(guard, pages, preview::script(&project)));

    thread::scope(|scope| {
        let (built, first_build) = mpsc::channel();
        scope.spawn(|| build_and_watch(&project, &session, built, progress));
        let shown = install(&sources, &sh, progress).and_then(|()| {
            let pages = scope.spawn(|| run_pages(dev_server.as_ref(), &session, progress));
            if let Some(dev_server) = &dev_server {
                dev_server.wait(progress, || pages.is_finished() || session.is_over());
            }
            // It comes to nothing where Ctrl-C was pressed before.
            let is_built = first_build.recv().is_ok();
            if is_built && !pages.is_finished() && !session.is_over() {
                server.start(&session);
                announce(&address, options.no_open, progress);
            }
            let ended = pages.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            ended.map_err(Error::from)
        });
        session.end();
        shown
    })
}

/// Builds the host binaries, says so, and builds them again whenever their sources change.
fn build_and_watch(project: &Project, session: &Session, built: Sender<()>, progress: &Progress) {
    let mut builder = Builder::new(project, session, progress);
    builder.build(project);
    // Nobody waits for it where the pages have failed meanwhile.
    let _ = built.send(());
    builder.watch(&project.root);
}

fn install(sources: &ui::Pages<'_>, sh: &Shell, progress: &Progress) -> Result<(), Error> {
    if sources.npm().is_some() {
        let step = progress.step("Install the page's packages");
        sources.install_packages(sh, &step)?;
        step.done("");
    }
    Ok(())
}

/// Keeps the pages up to date until the session is over.
fn run_pages(
    dev_server: Option<&DevServer<'_>>,
    session: &Session,
    progress: &Progress,
) -> Result<(), preview::Error> {
    match dev_server {
        Some(dev_server) => Ok(dev_server.run(progress)?),
        None => {
            session.watch_pages();
            Ok(())
        }
    }
}

fn announce(address: &str, no_open: bool, progress: &Progress) {
    progress.note(format_args!("{GOOD}➜{GOOD:#} {address}"));
    progress.note(format_args!(
        "{DIM}Edit the page or a program, and it follows. Ctrl-C ends it.{DIM:#}"
    ));
    if !no_open && let Err(error) = browser::open(address) {
        progress.warn(format_args!("can't open a browser: {error}; open the address above"));
    }
}
