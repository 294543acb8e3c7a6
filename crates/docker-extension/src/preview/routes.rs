//! Routes each request that the guard accepts, to the pages or to the API of the page's script.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::exec::Executables;
use super::pages::SCRIPT;
use super::session::Session;
use super::{browse, containers, exec, service_request};
use crate::error::{Error, Result};
use crate::http::{RequestHead, Server, ServerResponse, Status};

/// The port unless it is taken. A fixed port keeps the address the same for each preview.
const DEFAULT_PORT: u16 = 7474;
/// Requests below this path don't go to the dev server.
const API_PATHS: &str = "/@preview/";

/// Binds the given port. Without one, binds the default port, or any other if that is taken.
///
/// # Errors
/// The port can't be bound.
pub fn bind(port: Option<u16>) -> Result<Server> {
    let server = match port {
        Some(port) => Server::bind(port),
        None => Server::bind(DEFAULT_PORT).or_else(|_| Server::bind(0)),
    };
    server.map_err(|reason| {
        let port = port.unwrap_or(DEFAULT_PORT);
        let error = Error::new(format!("can't listen on port {port}")).because(reason);
        error.help("choose another port with `--port`, or omit the option").usage()
    })
}

/// Serves a session on separate threads until it is over.
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
    if let Err(rejection) = session.guard.check(request) {
        return session.guard.reject(rejection).send(&mut stream, &request.method);
    }
    match request.path().strip_prefix(API_PATHS) {
        None => session.pages.answer(request, &mut stream),
        Some(_) if request.path() == SCRIPT => {
            let script = session.script.as_str();
            ServerResponse::new(Status::Ok, "text/javascript; charset=utf-8", script)
                .send(&mut stream, &request.method)
        }
        Some(name) => serve_script(name, request, body, stream, session),
    }
}

/// Answers the page's script. Every request needs the token.
fn serve_script(
    name: &str,
    request: &RequestHead,
    body: &[u8],
    mut stream: TcpStream,
    session: &Arc<Session>,
) -> io::Result<()> {
    if let Err(rejection) = session.guard.check_token(request) {
        return session.guard.reject(rejection).send(&mut stream, &request.method);
    }
    let response = match (request.method.as_str(), name) {
        ("POST", "tab") => return session.tabs.serve(stream),
        ("POST", "exec") => start_program(body, session),
        ("POST", "end") => end_program(body, session),
        ("POST", "list") => match parse(body) {
            Ok(request) => list(&request, session),
            Err(response) => response,
        },
        ("POST", "browse") => match parse(body) {
            Ok(request) => browse(&request),
            Err(response) => response,
        },
        ("POST", "service") => match parse(body) {
            Ok(request) => ask_service(&request, session),
            Err(response) => response,
        },
        ("POST", _) => ServerResponse::text(Status::NotFound, "The preview has no such API."),
        _ => ServerResponse::text(Status::MethodNotAllowed, "This API supports POST only."),
    };
    response.send(&mut stream, &request.method)
}

/// A request on behalf of a tab.
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
    let cancelled = match tab.add_program(order.exec) {
        Ok(cancelled) => cancelled,
        Err(message) => return ServerResponse::text(Status::BadRequest, message),
    };
    // Counted here, because the session could end before the thread starts.
    let counted = session.count_running();
    let session = Arc::clone(session);
    thread::spawn(move || {
        let _counted = counted;
        let programs = session.programs();
        let is_cancelled = || cancelled.load(Ordering::SeqCst) || session.is_over();
        let executables = Executables {
            programs: programs.as_deref(),
            search_path: session.search_path,
            services: &session.services,
        };
        exec::run(&order, &tab, &executables, is_cancelled);
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

fn browse(request: &browse::BrowseRequest) -> ServerResponse {
    let listing = browse::list(request)
        .and_then(|listing| serde_json::to_vec(&listing).map_err(|error| error.to_string()));
    match listing {
        Ok(json) => ServerResponse::new(Status::Ok, "application/json", json),
        Err(message) => ServerResponse::text(Status::NotFound, message),
    }
}

fn ask_service(
    request: &service_request::ServiceRequest,
    session: &Arc<Session>,
) -> ServerResponse {
    let _counted = session.count_running();
    let is_over = || session.is_over();
    let services = session.services.wait(is_over);
    match services.and_then(|services| service_request::forward(request, &services, is_over)) {
        Ok(json) => ServerResponse::new(Status::Ok, "application/json", json),
        Err(message) => ServerResponse::text(Status::Unavailable, message),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServerResponse> {
    serde_json::from_slice(body).map_err(|error| {
        ServerResponse::text(Status::BadRequest, format!("The request is invalid: {error}."))
    })
}

fn no_tab() -> ServerResponse {
    ServerResponse::text(
        Status::NotFound,
        "The preview has no connection to this page. Reload the page.",
    )
}

fn done() -> ServerResponse {
    ServerResponse::new(Status::Ok, "application/json", "{}")
}
