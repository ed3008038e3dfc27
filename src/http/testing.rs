//! A listener on a free port and a client that sends raw bytes, for the tests of this module.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::listener::{Limits, Listener, Pages};
use crate::lifecycle::Lifecycle;

/// Longer than any response takes in a test.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Served {
    pub(super) address: SocketAddr,
    pub(super) lifecycle: Lifecycle,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

pub(super) async fn serve(pages: impl Into<Pages>, limits: Limits) -> Served {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), "http.public_listen", "test")
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let lifecycle = Lifecycle::new();
    listener.start(pages, limits, &lifecycle);
    Served { address, lifecycle }
}

impl Served {
    pub(super) async fn stop(self) {
        assert!(self.lifecycle.drain().await, "every socket closes");
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Connects from one of this machine's addresses.
    pub(super) async fn connect_from(&self, address: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(&request("GET", path, "", b"")).await
    }

    /// Sends one request that closes the connection, and reads to the end.
    pub(super) async fn send(&self, request: &[u8]) -> Answer {
        let mut socket = self.connect().await;
        socket.write_all(request).await.unwrap();
        read_answer(&mut socket).await
    }
}

pub(super) async fn read_answer(socket: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    timeout(PATIENCE, socket.read_to_end(&mut bytes))
        .await
        .expect("an answer in time")
        .unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

/// Builds a complete request. `headers` are lines that end in CRLF.
pub(super) fn request(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Signs as Telnyx does.
pub(super) struct Signature {
    key: SigningKey,
}

impl Signature {
    pub(super) fn of_seed(seed: u8) -> Self {
        Self {
            key: SigningKey::from_bytes(&[seed; 32]),
        }
    }

    pub(super) fn public_key(&self) -> String {
        STANDARD.encode(self.key.verifying_key().as_bytes())
    }

    pub(super) fn headers(&self, at: Timestamp, body: &[u8]) -> String {
        let timestamp = at.as_second().to_string();
        let message = [timestamp.as_bytes(), b"|", body].concat();
        let signature = STANDARD.encode(self.key.sign(&message).to_bytes());
        format!("telnyx-timestamp: {timestamp}\r\ntelnyx-signature-ed25519: {signature}\r\n")
    }
}
