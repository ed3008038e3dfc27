//! The database goes away while the service runs, and comes back.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use portoutd::postgres::{Binaries, Cluster, DATABASE, Durability};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, PgConnection, PgPool};

use super::site::{Site, clean_order};
use super::stand_in::http_client;
use super::{soon, within};

/// Another webhook was sent before; the next try of the same comes after ten seconds.
const COMES_AGAIN: Duration = Duration::from_secs(30);

#[sqlx::test]
async fn while_the_database_is_away_webhooks_are_put_off_and_afterwards_it_goes_on_by_itself(pool: PgPool) {
    let mut site = Site::new(pool).await;
    site.set("PORTOUTD__TELNYX__POLL_INTERVAL", "5s");
    let mut service = site.serve().await;
    soon("the service is ready", async || {
        service.says("/readyz", 200).await
    })
    .await;
    let signed = signed_webhook(&site).await;
    let database = Database::of(&site).await;
    database.take_away().await;

    let hook = format!("http://{}/webhooks/telnyx", service.public.as_ref().unwrap());
    site.telnyx.post_to(&hook).await;
    let order = site.telnyx.open(clean_order()).await;
    let answer = signed.post(&hook).await;
    assert_eq!(answer.status(), 503);
    assert!(
        answer.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse::<u32>()
            .unwrap()
            > 0
    );
    let said = answer.text().await.unwrap();
    assert!(
        said.contains("request_id") && !said.contains("sqlx"),
        "an id, and not the cause: {said}"
    );
    soon("it is not ready", async || service.says("/readyz", 503).await).await;
    let (_, verbose) = service.get("/readyz?verbose").await.unwrap();
    assert!(
        verbose.contains("database: not ready, Postgres does not answer"),
        "{verbose}"
    );
    assert!(
        verbose.contains("task workers: ok") && verbose.contains("task public listener: ok"),
        "{verbose}"
    );
    assert!(service.says("/livez", 200).await);
    assert!(service.program.runs());

    database.give_back().await;
    soon("it is ready again", async || service.says("/readyz", 200).await).await;
    within(COMES_AGAIN, "the order is authorized", async || {
        site.telnyx.status(&order).await == "authorized"
    })
    .await;
    assert_eq!(signed.post(&hook).await.status(), 200);
    assert!(service.program.runs());
}

#[tokio::test]
async fn while_the_database_hangs_the_service_says_so_and_afterwards_it_goes_on_by_itself() {
    let cluster = Cluster::start(&Binaries::find().unwrap(), Durability::Fast).unwrap();
    let pool = PgPool::connect(&cluster.url(DATABASE)).await.unwrap();
    let site = Site::bare(pool).await;
    let mut service = site.serve().await;
    soon("the service is ready", async || {
        service.says("/readyz", 200).await
    })
    .await;
    let hook = format!("http://{}/webhooks/telnyx", service.public.as_ref().unwrap());
    let signed = signed_webhook(&site).await;

    let hanging = Hanging::server_of(&cluster);
    soon("it is not ready", async || service.says("/readyz", 503).await).await;
    let answer = signed.post(&hook).await;
    assert_eq!(answer.status(), 503, "told in time, and not kept waiting");
    assert!(service.says("/livez", 200).await && service.program.runs());
    drop(hanging);
    soon("it is ready again", async || service.says("/readyz", 200).await).await;
    soon("the webhook is kept", async || {
        signed.post(&hook).await.status() == 200
    })
    .await;
    assert!(service.program.runs());
}

/// A Postgres whose every process is stopped. Dropping it lets them go on.
struct Hanging(Vec<Pid>);

impl Hanging {
    fn server_of(cluster: &Cluster) -> Self {
        let told = fs::read_to_string(cluster.directory().join("data/postmaster.pid")).unwrap();
        let server = told.lines().next().unwrap().to_owned();
        let is_child = |pid: &i32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let after_name = stat.rsplit(')').next().unwrap_or_default();
            after_name.split_whitespace().nth(1) == Some(&server)
        };
        let all = fs::read_dir("/proc").unwrap().flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let mut stopped = vec![server.parse().unwrap()];
        stopped.extend(pids.filter(is_child));
        let stopped: Vec<Pid> = stopped.into_iter().filter_map(Pid::from_raw).collect();
        assert!(stopped.len() > 2, "the server and what it has started");
        for pid in &stopped {
            kill_process(*pid, Signal::STOP).unwrap();
        }
        Self(stopped)
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        for pid in &self.0 {
            // One that is gone needs nothing.
            let _ = kill_process(*pid, Signal::CONT);
        }
    }
}

/// The way to take a database away from a service, from another database of the server.
pub(super) struct Database {
    name: String,
    replica: std::sync::Mutex<Option<PgConnection>>,
}

impl Database {
    pub(super) async fn of(site: &Site) -> Self {
        let name = sqlx::query_scalar("select current_database()::text")
            .fetch_one(&site.pool)
            .await
            .unwrap();
        let replica = PgConnection::connect(&std::env::var("DATABASE_URL").unwrap())
            .await
            .unwrap();
        Self {
            name,
            replica: std::sync::Mutex::new(Some(replica)),
        }
    }

    async fn take_away(&self) {
        self.alter("allow_connections false").await;
        self.end_sessions().await;
    }

    async fn give_back(&self) {
        self.alter("allow_connections true").await;
    }

    pub(super) async fn alter(&self, change: &str) {
        self.run(format!(r#"alter database "{}" {change}"#, self.name))
            .await;
    }

    pub(super) async fn end_sessions(&self) {
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname =";
        self.run(format!("{end} '{}'", self.name)).await;
    }

    async fn run(&self, statement: String) {
        let mut replica = self.replica.lock().unwrap().take().unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(&mut replica)
            .await
            .unwrap();
        *self.replica.lock().unwrap() = Some(replica);
    }
}

/// A webhook as Telnyx signs it, to be posted as often as wanted.
pub(super) struct SignedWebhook {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Listens for one webhook in the place of the service.
pub(super) async fn signed_webhook(site: &Site) -> SignedWebhook {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = std::thread::spawn({
        let listener = listener.try_clone().unwrap();
        move || take_webhook(&listener)
    });
    site.telnyx
        .post_to(&format!("http://{}/", listener.local_addr().unwrap()))
        .await;
    site.telnyx.open(clean_order()).await;
    soon("a webhook is taken", async || taken.is_finished()).await;
    taken.join().unwrap()
}

fn take_webhook(listener: &TcpListener) -> SignedWebhook {
    let (mut socket, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let mut headers = Vec::new();
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 0 && line != "\r\n" {
        if let Some((name, value)) = line.trim().split_once(": ") {
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        line.clear();
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").unwrap();
    let mut body = vec![0; length.1.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    socket
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        .unwrap();
    headers.retain(|(name, _)| name.starts_with("telnyx-"));
    SignedWebhook { headers, body }
}

impl SignedWebhook {
    /// The id of the event that it tells of.
    pub(super) fn event_id(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        body["data"]["id"].as_str().unwrap().to_owned()
    }

    pub(super) async fn post(&self, url: &str) -> reqwest::Response {
        let mut request = http_client().post(url).body(self.body.clone());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.send().await.unwrap()
    }
}
