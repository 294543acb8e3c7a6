//! A registry for one test, which requires a login.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

/// A registry that runs until it is dropped.
pub struct Registry {
    child: Child,
    address: String,
    directory: TempDir,
}

impl Registry {
    /// Starts the registry, and waits until it listens. `authentication` returns the value of `auth` in its
    /// configuration, given a directory for files.
    pub fn start(authentication: impl FnOnce(&Path) -> String) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let configuration = directory.path().join("config.yml");
        let text = format!(
            "version: 0.1\nlog: {{ level: info, accesslog: {{ disabled: true }} }}\n\
             storage: {{ inmemory: {{}} }}\nhttp: {{ addr: \"127.0.0.1:0\" }}\n\
             auth: {{ {} }}\n",
            authentication(directory.path())
        );
        fs::write(&configuration, text).unwrap();
        let log = directory.path().join("log");
        let mut command = Command::new(std::env::var_os("REGISTRY_PROGRAM").unwrap());
        command.arg("serve").arg(configuration);
        command.stdout(File::create(&log).unwrap()).stderr(File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let address = loop {
            let said = fs::read_to_string(&log).unwrap();
            let address = said.split_once("listening on ").and_then(|(_, rest)| {
                let end = rest.find(|c: char| c != '.' && c != ':' && !c.is_ascii_digit())?;
                Some(rest[..end].to_owned())
            });
            if let Some(address) = address {
                break address;
            }
            assert!(child.try_wait().unwrap().is_none(), "{said}");
            sleep(Duration::from_millis(20));
        };
        Self { child, address, directory }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
