//! A scripted server: one reply per connection, prepared or created from the request, over real HTTP.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

/// What happens when a request has been read.
pub(super) enum Reply {
    /// A response: status, more headers (each with its line end) and body.
    Answer(u16, &'static str, String),
    /// A response that ends before its `content-length` does.
    Cut(String),
    /// A response that is longer than the client accepts.
    Endless,
    /// The connection is closed.
    HangUp,
    /// No response, for as long as the script runs.
    Silence,
}

pub(super) struct ScriptedTelnyx {
    base_url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl ScriptedTelnyx {
    /// Serves one prepared reply per connection. A client that connects after the last one waits forever.
    pub(super) async fn with(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies = replies.into_iter().collect::<VecDeque<_>>();
        Self::answering(move |_| replies.pop_front().unwrap_or(Reply::Silence)).await
    }

    /// Serves a reply that is created from each request.
    pub(super) async fn answering(reply: impl FnMut(&str) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v2", listener.local_addr().unwrap());
        let requests = Arc::default();
        // The runtime of the test ends with the test, and this task with it.
        drop(TaskTracker::new().spawn(play(listener, reply, Arc::clone(&requests))));
        Self { base_url, requests }
    }

    /// Returns a base URL where no server listens.
    pub(super) async fn gone() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/v2", listener.local_addr().unwrap())
    }

    pub(super) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Returns every request so far, head and body.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

pub(super) fn ok(body: impl Into<String>) -> Reply {
    Reply::Answer(200, "", body.into())
}

pub(super) fn status(status: u16) -> Reply {
    Reply::Answer(status, "", String::new())
}

async fn play(
    listener: TcpListener,
    mut reply: impl FnMut(&str) -> Reply + Send,
    requests: Arc<Mutex<Vec<String>>>,
) {
    let mut left_hanging = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        let reply = reply(&request);
        requests.lock().unwrap().push(request);
        let answer = match reply {
            Reply::Answer(status, headers, body) => {
                format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
                    body.len()
                )
            }
            Reply::Cut(body) => format!(
                "HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n{body}",
                body.len() + 1
            ),
            Reply::Endless => format!("HTTP/1.1 200 x\r\n\r\n{}", "x".repeat(3 * 1024 * 1024)),
            Reply::HangUp => continue,
            Reply::Silence => {
                left_hanging.push(stream);
                continue;
            }
        };
        // The client may have disconnected already.
        let _ = stream.write_all(answer.as_bytes()).await;
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request);
        // A TLS handshake (record type 22) is not a request, and nothing follows it.
        if read == 0 || request.first() == Some(&22) || is_whole(&text) {
            return text.into_owned();
        }
    }
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}
