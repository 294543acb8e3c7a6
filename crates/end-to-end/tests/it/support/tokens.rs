//! A token server, such as large registries have: it issues signed tokens, which the registry verifies.
//! Everyone may read the repositories `public/…`; only `me` may access the others.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::run;

const SERVICE: &str = "registry of a test";
const ISSUER: &str = "token server of a test";
const REFRESH_TOKEN: &str = "refresh-token-of-me";

/// A server that runs until the test ends.
#[derive(Clone)]
pub struct TokenServer {
    directory: PathBuf,
    address: String,
    password: Arc<Mutex<String>>,
    gives_identity_tokens: Arc<AtomicBool>,
}

impl TokenServer {
    /// Starts the server for one account, `me`, with its key and certificate in `directory`.
    pub fn start(directory: &Path, password: &str) -> Self {
        let key_and_certificate = [
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=token server",
            "-keyout",
            "key.pem",
            "-out",
            "certificate.pem",
        ];
        run(Command::new("openssl").args(key_and_certificate).current_dir(directory));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            directory: directory.to_owned(),
            address: listener.local_addr().unwrap().to_string(),
            password: Arc::new(Mutex::new(password.to_owned())),
            gives_identity_tokens: Arc::default(),
        };
        let serving = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                serving.answer(stream.unwrap());
            }
        });
        server
    }

    /// The configuration of a registry that uses this server.
    pub fn configuration(&self) -> String {
        let (address, directory) = (&self.address, self.directory.display());
        format!(
            "token: {{ realm: \"http://{address}/token\", service: {SERVICE}, issuer: {ISSUER}, \
             rootcertbundle: {directory}/certificate.pem }}"
        )
    }

    /// Later logins get a token, which Docker stores instead of the password.
    pub fn give_identity_tokens(&self) {
        self.gives_identity_tokens.store(true, Ordering::Relaxed);
    }

    pub fn change_password(&self, password: &str) {
        password.clone_into(&mut self.password.lock().unwrap());
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let length = header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let target = head.split(' ').nth(1).unwrap();
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let body = String::from_utf8(body).unwrap();
        let parameters: Vec<(String, String)> = [query, &body]
            .iter()
            .flat_map(|text| text.split('&'))
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), decoded(value)))
            .collect();
        let (status, json) = match self.token(header("authorization"), &parameters) {
            Some(json) => ("200 OK", json),
            None => ("401 Unauthorized", json!({ "details": "wrong login" })),
        };
        let json = json.to_string();
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{json}",
            json.len()
        );
        stream.write_all(answer.as_bytes()).unwrap();
    }

    /// The response; none if the login is invalid.
    fn token(&self, login: Option<&str>, parameters: &[(String, String)]) -> Option<Value> {
        let all = |name: &str| {
            let found = parameters.iter().filter(|(found, _)| found == name);
            found.map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        let password = self.password.lock().unwrap().clone();
        let expected = format!("Basic {}", BASE64_STANDARD.encode(format!("me:{password}")));
        let is_me = match (login, &*all("refresh_token"), &*all("password")) {
            (Some(login), _, _) if login == expected => true,
            (None, [token], _) if token == REFRESH_TOKEN => true,
            (None, _, [given]) if *given == password => true,
            (None, [], []) => false,
            _ => return None,
        };
        let scopes = all("scope").join(" ");
        let access = scopes.split_whitespace().map(|scope| {
            let mut parts = scope.splitn(3, ':');
            let (kind, name) = (parts.next().unwrap(), parts.next().unwrap());
            let wanted = parts.next().unwrap_or_default().split(',');
            let is_allowed = |action: &&str| {
                is_me && !name.starts_with("other/")
                    || name.starts_with("public/") && *action == "pull"
            };
            let actions: Vec<&str> = wanted.filter(is_allowed).collect();
            json!({ "type": kind, "name": name, "actions": actions })
        });
        let token = self.signed(access.collect());
        let mut answer = json!({ "token": token, "access_token": token, "expires_in": 300 });
        if is_me && self.gives_identity_tokens.load(Ordering::Relaxed) {
            answer["refresh_token"] = json!(REFRESH_TOKEN);
        }
        Some(answer)
    }

    fn signed(&self, access: Vec<Value>) -> String {
        let certificate = fs::read_to_string(self.directory.join("certificate.pem")).unwrap();
        let certificate: String = certificate.lines().filter(|it| !it.starts_with('-')).collect();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let header = json!({ "typ": "JWT", "alg": "RS256", "x5c": [certificate] });
        let claims = json!({
            "iss": ISSUER, "sub": "me", "aud": SERVICE, "jti": "1",
            "iat": now, "nbf": now - 60, "exp": now + 300, "access": access,
        });
        let encoded = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let text = format!("{}.{}", encoded(header), encoded(claims));
        let mut openssl = Command::new("openssl")
            .args(["dgst", "-sha256", "-sign", "key.pem"])
            .current_dir(&self.directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        openssl.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let signature = openssl.wait_with_output().unwrap().stdout;
        format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The value of a key in a query or a form.
fn decoded(value: &str) -> String {
    let value = value.replace('+', " ");
    let mut parts = value.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).unwrap()
}
