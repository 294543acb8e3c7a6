//! Images, an HTTPS server for them, and an extension whose labels contain their URLs.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use flate2::Crc;
use flate2::write::ZlibEncoder;
use tempfile::TempDir;

use super::Extension;

/// A response with its head.
pub fn answer(head: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    [format!("HTTP/1.1 {head}\r\n\r\n").as_bytes(), body.as_ref()].concat()
}

/// A black image.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let mut pixels = ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..height {
        pixels.write_all(&vec![0; width as usize + 1]).unwrap();
    }
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", pixels.finish().unwrap()), (b"IEND", vec![])]
    {
        let mut sum = Crc::new();
        sum.update(kind);
        sum.update(&data);
        png.extend((data.len() as u32).to_be_bytes());
        png.extend([&kind[..], &data, &sum.sum().to_be_bytes()].concat());
    }
    png
}

/// A server that responds with files, which include the heads, and prints their paths.
pub struct Server {
    web: TempDir,
    process: Child,
    /// Kept open, because the server writes to it.
    _said: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    /// Starts a server without files.
    pub fn start() -> Self {
        let web = tempfile::tempdir().unwrap();
        let mut certificate = Command::new("openssl");
        certificate.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test"]);
        certificate.args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key", "-out"]);
        super::run(certificate.arg("certificate").current_dir(web.path()));
        let mut server = Command::new("openssl");
        server.args(["s_server", "-HTTP", "-accept", "127.0.0.1:0", "-key", "key"]);
        server.args(["-cert", "certificate"]).current_dir(web.path());
        server.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = server.spawn().unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        while !line.starts_with("ACCEPT ") {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "the server ended");
        }
        let address = format!("https://{}", line["ACCEPT ".len()..].trim());
        Self { web, process, _said: said, address }
    }

    /// Adds a response.
    pub fn put(&self, path: &str, answer: &[u8]) {
        fs::write(self.web.path().join(path), answer).unwrap();
    }

    /// The URL of the response at `path`.
    pub fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.address)
    }

    /// Runs `xtask`, which trusts the server's certificate.
    pub fn trusted(&self, extension: &Extension, args: &[&str]) -> Output {
        let mut command = extension.xtask(args);
        command.env("CURL_CA_BUNDLE", self.web.path().join("certificate")).output().unwrap()
    }

    /// Ends the server, and returns the number of requests for each file.
    pub fn served(&mut self) -> BTreeMap<String, usize> {
        self.process.kill().unwrap();
        let mut said = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let mut served = BTreeMap::new();
        for path in said.lines().filter_map(|line| line.strip_prefix("FILE:")) {
            *served.entry(path.to_owned()).or_default() += 1;
        }
        served
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An extension without host binaries, whose dist has these URLs in its labels.
pub fn with_pictures(icon: &str, screenshots: &[String]) -> Extension {
    let extension = Extension::with_pages();
    let screenshots = screenshots.iter().map(|url| format!("{{ alt = \"It\", url = \"{url}\" }}"));
    let screenshots = screenshots.collect::<Vec<_>>().join(", ");
    let table = super::TABLE
        .replace("https://acme.dev/icon.svg", icon)
        .replace("{ alt = \"It\", url = \"https://acme.dev/1.png\" }", &screenshots);
    let workspace = "[workspace]\nmembers = []\n[workspace.package]\nversion = \"1.2.3\"\n";
    let ui = "[workspace.metadata.docker-extension.ui]\ntitle = \"Tool\"\n";
    extension.write("Cargo.toml", &format!("{workspace}{table}{ui}"));
    extension.dist(&["--output", "dist"]);
    extension
}
