//! The server: one connection a request, each on a thread of its own.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::http::{self, Request, Response, Status};
use super::pages::SCRIPT;
use super::session::Session;
use super::{containers, exec};

/// The port, if it is free: the address stays the same from day to day.
const USUAL_PORT: u16 = 7474;
/// How many connections are served at once. A browser makes six, and one for each websocket.
const MAX_CONNECTIONS: usize = 128;
/// Everything below it is for the page's script, not for the dev server.
const OWN_PATHS: &str = "/@preview/";

/// The socket, bound to this machine alone.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    port: u16,
}

impl Server {
    /// Binds the given port, or the usual one, or if that is taken any other.
    ///
    /// # Errors
    /// The port is taken.
    pub fn bind(port: Option<u16>) -> io::Result<Self> {
        let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let listener = match port {
            Some(port) => bind(port)?,
            None => bind(USUAL_PORT).or_else(|_| bind(0))?,
        };
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port })
    }

    /// The address and the port, as browsers write it.
    pub fn host(&self) -> String {
        format!("{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    /// Serves on threads of its own, until the process ends.
    pub fn start(self, session: &Arc<Session>) {
        let session = Arc::clone(session);
        let connections = Arc::new(AtomicUsize::new(0));
        thread::spawn(move || {
            // A connection that fails before it is made is the other side's affair.
            for stream in self.listener.incoming().flatten() {
                if session.is_over() {
                    return;
                }
                let (session, connections) = (Arc::clone(&session), Arc::clone(&connections));
                if connections.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS {
                    connections.fetch_sub(1, Ordering::SeqCst);
                    continue;
                }
                thread::spawn(move || {
                    // The other side may go away whenever it likes.
                    let _ = serve(stream, &session);
                    connections.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
    }
}

fn serve(mut stream: TcpStream, session: &Arc<Session>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (request, body) = match http::read_request(&mut stream) {
        Ok(request) => request,
        Err(response) => {
            response.send(&mut stream, "GET")?;
            return http::drain(&mut stream);
        }
    };
    if let Err(refusal) = session.guard.check(&request) {
        return session.guard.refuse(refusal).send(&mut stream, &request.method);
    }
    match request.path().strip_prefix(OWN_PATHS) {
        None => session.pages.answer(&request, &mut stream),
        Some(_) if request.path() == SCRIPT => {
            Response::new(Status::Ok, "text/javascript; charset=utf-8", session.script.as_str())
                .send(&mut stream, &request.method)
        }
        Some(name) => serve_script(name, &request, &body, stream, session),
    }
}

/// What the page's script asks for. All of it needs the token.
fn serve_script(
    name: &str,
    request: &Request,
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
            Ok(question) => list(&question, session),
            Err(response) => response,
        },
        ("POST", _) => Response::text(Status::NotFound, "The preview knows nothing of that."),
        _ => Response::text(Status::MethodNotAllowed, "The preview is asked with POST."),
    };
    response.send(&mut stream, &request.method)
}

/// What is asked for on behalf of a tab.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Of<T> {
    tab: String,
    order: T,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    exec: u64,
}

fn start_program(body: &[u8], session: &Arc<Session>) -> Response {
    let Of { tab, order } = match parse::<Of<exec::Order>>(body) {
        Ok(order) => order,
        Err(response) => return response,
    };
    let Some(tab) = session.tabs.get(&tab) else { return no_tab() };
    let unwanted = match tab.add_program(order.exec) {
        Ok(unwanted) => unwanted,
        Err(message) => return Response::text(Status::BadRequest, message),
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

fn end_program(body: &[u8], session: &Session) -> Response {
    let Of { tab, order } = match parse::<Of<End>>(body) {
        Ok(order) => order,
        Err(response) => return response,
    };
    let Some(tab) = session.tabs.get(&tab) else { return no_tab() };
    tab.end_program(order.exec);
    done()
}

fn list(question: &containers::Question, session: &Arc<Session>) -> Response {
    let _counted = session.count_running();
    match containers::list(question, || session.is_over()) {
        Ok(json) => Response::new(Status::Ok, "application/json", json),
        Err(message) => Response::text(Status::Unavailable, message),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Response> {
    serde_json::from_slice(body)
        .map_err(|error| Response::text(Status::BadRequest, format!("Not understood: {error}.")))
}

fn no_tab() -> Response {
    Response::text(Status::NotFound, "The preview has lost this page. Reload it.")
}

fn done() -> Response {
    Response::new(Status::Ok, "application/json", "{}")
}
