//! Uses what a runtime needs of macOS: event queues, sockets, timers, threads, signals and processes.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixStream};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

#[tokio::main]
async fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, peer) = listener.accept().await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        (text, peer.ip())
    });
    let mut client = TcpStream::connect(address).await.unwrap();
    client.set_nodelay(true).unwrap();
    client.write_all(b"over TCP").await.unwrap();
    drop(client);
    println!("{:?}", server.await.unwrap());

    let receiver = UdpSocket::bind("[::1]:0").await.unwrap();
    let sender = UdpSocket::bind("[::1]:0").await.unwrap();
    sender.send_to(b"over UDP", receiver.local_addr().unwrap()).await.unwrap();
    let mut bytes = [0; 16];
    let (count, from) = receiver.recv_from(&mut bytes).await.unwrap();
    println!("{:?} {}", String::from_utf8_lossy(&bytes[..count]), from.ip());

    let (mut one, mut other) = UnixStream::pair().unwrap();
    one.write_all(b"between sockets").await.unwrap();
    drop(one);
    let mut text = String::new();
    other.read_to_string(&mut text).await.unwrap();
    println!("{text:?}");

    let output = Command::new("sh").args(["-c", "echo a child; exit 3"]).output().await.unwrap();
    println!("{:?} {:?}", String::from_utf8_lossy(&output.stdout), output.status.code());
    let killed = Command::new("sh").args(["-c", "kill -s USR1 $$"]).status().await.unwrap();
    println!("{killed}");

    let mut signals = signal(SignalKind::user_defined2()).unwrap();
    let kill = format!("kill -s USR2 {}", std::process::id());
    Command::new("sh").args(["-c", &kill]).status().await.unwrap();
    println!("{:?}", signals.recv().await);

    let waited = timeout(Duration::from_millis(10), std::future::pending::<()>()).await;
    println!("{}", waited.unwrap_err());
    let refused = TcpStream::connect(address).await.unwrap_err();
    println!("{:?}", refused.kind());
    println!("{}", tokio::net::lookup_host("localhost:80").await.unwrap().count() > 0);
}
