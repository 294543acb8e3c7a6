//! Runs a real `cargo xtask preview`, and connects to it as a browser or an attacker does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use serde_json::{Value, json};

/// A running preview. It is interrupted when dropped.
pub struct Preview {
    child: Child,
    messages: Receiver<String>,
    /// The address and port.
    pub host: String,
    pub token: String,
}

impl Preview {
    /// Starts the command, and waits until it prints the URL.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut preview = Self { child, messages, host: String::new(), token: String::new() };
        let line = preview.await_message("➜ http://");
        let (_, address) = line.split_once("http://").unwrap();
        let (host, token) = address.split_once("/#token=").unwrap();
        (preview.host, preview.token) = (host.to_owned(), token.to_owned());
        preview
    }

    pub fn address(&self) -> String {
        format!("http://{}/#token={}", self.host, self.token)
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line with `words` on standard error.
    pub fn await_message(&self, words: &str) -> String {
        let mut other = String::new();
        for line in &self.messages {
            if line.contains(words) {
                return line;
            }
            other.push_str(&line);
            other.push('\n');
        }
        panic!("the preview ended without `{words}`:\n{other}")
    }

    /// The lines on standard error that were not awaited.
    pub fn messages(&self) -> String {
        self.messages.try_iter().map(|line| format!("{line}\n")).collect()
    }

    pub fn interrupt(&mut self) -> std::process::ExitStatus {
        super::run(Command::new("kill").args(["-INT", &self.child.id().to_string()]));
        self.child.wait().unwrap()
    }

    /// Sends these bytes, and returns the whole response.
    pub fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A request head. `headers` replace those that the extension's page sends.
    pub fn head(&self, line: &str, headers: &[(&str, &str)]) -> String {
        let own = [
            ("Host", self.host.clone()),
            ("Origin", format!("http://{}", self.host)),
            ("Sec-Fetch-Site", "same-origin".to_owned()),
            ("X-Preview-Token", self.token.clone()),
        ];
        let mut head = format!("{line} HTTP/1.1\r\n");
        for (name, value) in own.iter().map(|(name, value)| (*name, value.as_str())) {
            if headers.iter().all(|(other, _)| *other != name) {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head
    }

    /// Sends a request, and returns the whole response. Headers with an empty value are left out.
    pub fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> String {
        let head = self.head(line, headers);
        self.raw(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes())
    }

    /// The response that the extension's page gets.
    pub fn get(&self, path: &str) -> String {
        self.send(&format!("GET {path}"), &[], "")
    }

    pub fn post(&self, path: &str, body: &Value) -> String {
        self.send(&format!("POST /@preview/{path}"), &[], &body.to_string())
    }

    pub fn tab(&self) -> Tab<'_> {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let head = self.head("POST /@preview/tab", &[]);
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        let mut messages = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            assert!(messages.read_line(&mut line).unwrap() > 0, "no stream");
        }
        let mut tab = Tab { preview: self, messages, name: String::new(), last: 0 };
        let hello = tab.next().unwrap();
        assert_eq!(hello["type"], "hello");
        tab.name = hello["tab"].as_str().unwrap().to_owned();
        tab
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.interrupt();
        }
    }
}

/// A browser tab's stream of messages.
pub struct Tab<'a> {
    preview: &'a Preview,
    messages: BufReader<TcpStream>,
    pub name: String,
    last: u64,
}

impl Tab<'_> {
    pub fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        if self.messages.read_line(&mut line).unwrap_or(0) == 0 {
            return None;
        }
        Some(serde_json::from_str(&line).unwrap())
    }

    /// The next message of this type.
    pub fn await_type(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().expect("the stream has ended");
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Starts the host binary `tool`, and returns the id of the execution.
    pub fn start(&mut self, args: &[&str]) -> u64 {
        self.order(json!({ "program": { "host": "tool" }, "args": args }))
    }

    pub fn order(&mut self, mut order: Value) -> u64 {
        self.last += 1;
        order["exec"] = self.last.into();
        let answer = self.preview.post("exec", &json!({ "tab": self.name, "order": order }));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        self.last
    }

    /// Runs a program, and returns its standard output and the message about its end.
    pub fn run(&mut self, order: Value) -> (String, Value) {
        let exec = self.order(order);
        let mut stdout = String::new();
        loop {
            let message = self.next().expect("the stream has ended");
            if message["exec"] != exec {
                continue;
            }
            match message["type"].as_str().unwrap() {
                "stdout" => stdout.push_str(message["text"].as_str().unwrap()),
                "stderr" => {}
                _ => return (stdout, message),
            }
        }
    }
}
