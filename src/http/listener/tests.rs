//! Tests of connections, timeouts and limits of a listener.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::limits::Limits;
use super::{Listener, Pages};
use crate::http::testing::{read_answer, request, serve};

const GREETING: &[u8] = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n";

fn greeter() -> Router {
    Router::new().route("/", get(async || "hello"))
}

/// A page that reports when it is requested, and responds when the test releases it.
fn slow_page() -> (Router, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (asked, asked_by_client) = mpsc::channel(1);
    let (release, released) = mpsc::channel::<()>(1);
    let released = std::sync::Arc::new(tokio::sync::Mutex::new(released));
    let page = async move || {
        asked.send(()).await.unwrap();
        released.lock().await.recv().await;
        "done"
    };
    (Router::new().route("/", get(page)), asked_by_client, release)
}

async fn closed(socket: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = socket.read_to_end(&mut bytes);
    timeout(Duration::from_secs(10), read)
        .await
        .expect("closed in time")
        .unwrap();
    bytes
}

#[tokio::test]
async fn silent_half_sent_and_idle_sockets_are_closed() {
    let limits = Limits {
        head_timeout: Duration::from_millis(100),
        idle_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let served = serve(greeter(), limits).await;
    let mut silent = served.connect().await;
    let mut half_sent = served.connect().await;
    half_sent.write_all(b"GET / HTTP/1.1\r\nhost: te").await.unwrap();
    let mut idle = served.connect().await;
    idle.write_all(GREETING).await.unwrap();
    closed(&mut silent).await;
    let to_half = closed(&mut half_sent).await;
    assert!(!String::from_utf8_lossy(&to_half).contains("hello"));
    let to_idle = closed(&mut idle).await;
    assert!(
        String::from_utf8_lossy(&to_idle).contains("hello"),
        "answered, and closed later"
    );
    served.stop().await;
}

#[tokio::test]
async fn a_socket_that_is_used_for_long_is_closed_after_an_answer() {
    let limits = Limits {
        connection_age: Duration::from_millis(100),
        ..Limits::default()
    };
    let served = serve(greeter(), limits).await;
    let mut busy = served.connect().await;
    let mut byte = [0; 4096];
    while busy.write_all(GREETING).await.is_ok() {
        if busy.read(&mut byte).await.unwrap_or(0) == 0 {
            break;
        }
    }
    served.stop().await;
}

/// Limits under which a socket is closed only for lack of places and never for being slow.
fn patient(connections: u32, connections_per_address: u32) -> Limits {
    Limits {
        connections,
        connections_per_address,
        head_timeout: Duration::from_mins(1),
        body_timeout: Duration::from_mins(1),
        idle_timeout: Duration::from_mins(1),
        ..Limits::default()
    }
}

#[tokio::test]
async fn while_every_place_is_being_served_clients_wait_for_one() {
    let (page, mut asked, release) = slow_page();
    let served = serve(page, patient(1, 1)).await;
    let mut first = served.connect().await;
    first.write_all(&request("GET", "/", "", b"")).await.unwrap();
    asked.recv().await.unwrap();
    let mut second = served.connect().await;
    second.write_all(&request("GET", "/", "", b"")).await.unwrap();
    release.send(()).await.unwrap();
    assert_eq!(read_answer(&mut first).await.body, "done", "it kept its place");
    asked.recv().await.unwrap();
    release.send(()).await.unwrap();
    assert_eq!(read_answer(&mut second).await.body, "done");
    served.stop().await;
}

#[tokio::test]
async fn the_oldest_incomplete_request_gives_up_its_place_before_one_that_is_idle() {
    let served = serve(greeter(), patient(3, 3)).await;
    let mut idle = served.connect().await;
    idle.write_all(GREETING).await.unwrap();
    let mut byte = [0; 4096];
    assert!(idle.read(&mut byte).await.unwrap() > 0);
    let mut silent = served.connect().await;
    let mut half_sent = served.connect().await;
    half_sent.write_all(b"GET / HT").await.unwrap();
    for _ in 0..2 {
        assert_eq!(served.get("/").await.body, "hello");
    }
    assert!(closed(&mut silent).await.is_empty(), "silent for longest");
    half_sent
        .write_all(b"TP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(read_answer(&mut half_sent).await.body, "hello");
    idle.write_all(GREETING).await.unwrap();
    assert!(idle.read(&mut byte).await.unwrap() > 0, "still open");
    served.stop().await;
}

#[tokio::test]
async fn an_address_with_too_many_sockets_competes_only_with_itself() {
    let served = serve(greeter(), patient(100, 2)).await;
    let mut own = Vec::new();
    for _ in 0..3 {
        own.push(served.connect_from("127.0.0.2").await);
    }
    let mut other = served.connect_from("127.0.0.3").await;
    assert!(closed(&mut own[0]).await.is_empty());
    for socket in [&mut own[1], &mut other] {
        socket.write_all(&request("GET", "/", "", b"")).await.unwrap();
        assert_eq!(read_answer(socket).await.body, "hello");
    }
    served.stop().await;
}

#[tokio::test]
async fn a_body_that_trickles_is_closed() {
    let limits = Limits {
        body_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let page = Router::new().route("/", axum::routing::post(async |body: axum::body::Bytes| body));
    let served = serve(page, limits).await;
    let mut slow = served.connect().await;
    slow.write_all(b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 9\r\n\r\nhalf")
        .await
        .unwrap();
    assert!(closed(&mut slow).await.is_empty());
    served.stop().await;
}

#[tokio::test]
async fn a_stop_lets_a_request_under_way_end() {
    let (page, mut asked, release) = slow_page();
    let served = serve(page, Limits::default()).await;
    let mut socket = served.connect().await;
    let idle = served.connect().await;
    socket.write_all(GREETING).await.unwrap();
    asked.recv().await.unwrap();
    served.lifecycle.stop().cancel();
    release.send(()).await.unwrap();
    let answer = read_answer(&mut socket).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "done"));
    served.stop().await;
    drop(idle);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let (page, mut asked, _never) = slow_page();
    let served = serve(
        page,
        Limits {
            drain: Duration::from_millis(50),
            ..Limits::default()
        },
    )
    .await;
    let mut socket = served.connect().await;
    socket.write_all(GREETING).await.unwrap();
    asked.recv().await.unwrap();
    served.stop().await;
    assert!(closed(&mut socket).await.is_empty());
}

#[tokio::test]
async fn an_address_that_is_taken_is_told_with_what_to_do() {
    let bind = |address| Listener::bind(address, "http.public_listen", "public");
    let first = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = first.local_addr().unwrap();
    let error = bind(address).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on `{address}` (setting `http.public_listen`): another program listens there. Stop it or \
             choose another port"
        )
    );
}

#[tokio::test]
async fn an_open_connection_gets_the_pages_that_replaced_those_it_began_with() {
    let pages = Pages::from(Router::new().fallback(async || "starting"));
    let served = serve(pages.clone(), Limits::default()).await;
    let mut socket = served.connect().await;
    for (pages_are, expected) in [(None, "starting"), (Some(greeter()), "hello")] {
        if let Some(router) = pages_are {
            pages.replace(router);
        }
        socket.write_all(GREETING).await.unwrap();
        let mut said = Vec::new();
        while !said.ends_with(expected.as_bytes()) {
            let read = timeout(Duration::from_secs(10), socket.read_buf(&mut said)).await;
            assert!(read.expect("answered in time").unwrap() > 0, "{said:?}");
        }
    }
    drop(socket);
    served.stop().await;
}
