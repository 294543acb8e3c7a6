//! Where each request goes that the guard lets in: to the pages, or to what the page's script asks for.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::pages::SCRIPT;
use super::session::Session;
use super::{containers, exec};
use crate::error::{Error, Result};
use crate::http::{RequestHead, Server, ServerResponse, Status};

/// The port, if it is free: the address stays the same from day to day.
const USUAL_PORT: u16 = 7474;
/// Everything below it is for the page's script, not for the dev server.
const OWN_PATHS: &str = "/@preview/";

/// Binds the given port, or the usual one, or if that is taken any other.
///
/// # Errors
/// The given port is taken.
pub fn bind(port: Option<u16>) -> Result<Server> {
    let server = match port {
        Some(port) => Server::bind(port),
        None => Server::bind(USUAL_PORT).or_else(|_| Server::bind(0)),
    };
    server.map_err(|reason| {
        let port = port.unwrap_or(USUAL_PORT);
        let error = Error::new(format!("can't listen on port {port}")).because(reason);
        error.help("choose another with `--port`, or leave it out").usage()
    })
}

/// Serves a session on threads of its own, until it is over.
pub fn start(server: Server, session: &Arc<Session>) {
    let (watched, served) = (Arc::clone(session), Arc::clone(session));
    server.start(
        move || watched.is_over(),
        move |request, body, stream| serve(request, body, stream, &served),
    );
}

fn serve(
    request: &RequestHead,
    body: &[u8],
    mut stream: TcpStream,
    session: &Arc<Session>,
) -> io::Result<()> {
    if let Err(refusal) = session.guard.check(request) {
        return session.guard.refuse(refusal).send(&mut stream, &request.method);
    }
    match request.path().strip_prefix(OWN_PATHS) {
        None => session.pages.answer(request, &mut stream),
        Some(_) if request.path() == SCRIPT => {
            let script = session.script.as_str();
            ServerResponse::new(Status::Ok, "text/javascript; charset=utf-8", script)
                .send(&mut stream, &request.method)
        }
        Some(name) => serve_script(name, request, body, stream, session),
    }
}

/// What the page's script asks for. All of it needs the token.
fn serve_script(
    name: &str,
    request: &RequestHead,
    body: &[u8],
    mut stream: TcpStream,
    session: &Arc<Session>,
) -> io::Result<()> {
    if let Err(refusal) = session.guard.check_token(request) {
        return session.guard.refuse(refusal).send(&mut stream, &request.method);
    }
    let response = match (request.method.as_str(), name) {
        ("POST", "tab") => return session.tabs.serve(stream),
        ("POST", "exec") => start_program(body, session),
        ("POST", "end") => end_program(body, session),
        ("POST", "list") => match parse(body) {
            Ok(request) => list(&request, session),
            Err(response) => response,
        },
        ("POST", _) => ServerResponse::text(Status::NotFound, "The preview has no such service."),
        _ => ServerResponse::text(Status::MethodNotAllowed, "The preview is asked with POST."),
    };
    response.send(&mut stream, &request.method)
}

/// What is asked for on behalf of a tab.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TabRequest<T> {
    tab: String,
    order: T,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndRequest {
    exec: u64,
}

fn start_program(body: &[u8], session: &Arc<Session>) -> ServerResponse {
    let TabRequest { tab, order } = match parse::<TabRequest<exec::ExecRequest>>(body) {
        Ok(request) => request,
        Err(response) => return response,
    };
    let Some(tab) = session.tabs.get(&tab) else { return no_tab() };
    let unwanted = match tab.add_program(order.exec) {
        Ok(unwanted) => unwanted,
        Err(message) => return ServerResponse::text(Status::BadRequest, message),
    };
    // Counted from now on: the session could end before the thread begins.
    let counted = session.count_running();
    let session = Arc::clone(session);
    thread::spawn(move || {
        let _counted = counted;
        let programs = session.programs();
        let is_unwanted = || unwanted.load(Ordering::SeqCst) || session.is_over();
        exec::run(&order, &tab, programs.as_ref(), is_unwanted);
    });
    done()
}

fn end_program(body: &[u8], session: &Session) -> ServerResponse {
    let TabRequest { tab, order } = match parse::<TabRequest<EndRequest>>(body) {
        Ok(request) => request,
        Err(response) => return response,
    };
    let Some(tab) = session.tabs.get(&tab) else { return no_tab() };
    tab.end_program(order.exec);
    done()
}

fn list(request: &containers::ListRequest, session: &Arc<Session>) -> ServerResponse {
    let _counted = session.count_running();
    match containers::list(request, || session.is_over()) {
        Ok(json) => ServerResponse::new(Status::Ok, "application/json", json),
        Err(message) => ServerResponse::text(Status::Unavailable, message),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServerResponse> {
    serde_json::from_slice(body).map_err(|error| {
        ServerResponse::text(Status::BadRequest, format!("Not understood: {error}."))
    })
}

fn no_tab() -> ServerResponse {
    ServerResponse::text(Status::NotFound, "The preview has lost this page. Reload it.")
}

fn done() -> ServerResponse {
    ServerResponse::new(Status::Ok, "application/json", "{}")
}
