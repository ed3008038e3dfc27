//! A simulator, a client and a receiver of webhooks for the tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use jiff::SignedDuration;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::ManualClock;
use crate::domain::OrderId;
use crate::simulator::assumptions::Assumptions;
use crate::simulator::config::SimulatorConfig;
use crate::simulator::handle::Simulator;
use crate::simulator::new_order::NewOrder;

/// The time at which every stage starts.
pub(super) const NOON: &str = "2026-11-23T12:00:00Z";

/// A simulator, its clock, and a client with its key.
pub(super) struct Stage {
    pub(super) sim: Simulator,
    pub(super) clock: ManualClock,
    client: reqwest::Client,
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Stage {
    pub(super) async fn new() -> Self {
        Self::assuming(|_| ()).await
    }

    pub(super) async fn assuming(change: impl FnOnce(&mut Assumptions)) -> Self {
        let clock = ManualClock::at(NOON.parse().unwrap());
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let mut config = SimulatorConfig::new(Arc::new(clock.clone()));
        change(&mut config.assumptions);
        let sim = Simulator::start(config, &tracker, stop.clone()).await.unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            sim,
            clock,
            client,
            tracker,
            stop,
        }
    }

    /// Starts a receiver that accepts every webhook, except that it responds to the first ones with these statuses.
    pub(super) async fn receiver(&self, first: impl IntoIterator<Item = u16>) -> Receiver {
        let receiver = Receiver {
            received: Arc::default(),
            answers: Arc::new(Mutex::new(first.into_iter().collect())),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let app = Router::new()
            .route("/hook", post(receive))
            .with_state(receiver.clone());
        let stop = self.stop.clone();
        self.tracker.spawn(async move {
            axum::serve(listener, app)
                .with_graceful_shutdown(stop.cancelled_owned())
                .await
        });
        self.sim.set_webhook_url(Some(url));
        receiver
    }

    pub(super) fn open(&self) -> OrderId {
        self.sim.open_order(NewOrder::default())
    }

    pub(super) fn pass(&self, hours: i64) {
        self.clock.advance(SignedDuration::from_hours(hours));
    }

    pub(super) fn clock_now(&self) -> jiff::Timestamp {
        crate::clock::Clock::now(&self.clock)
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, None).await.unwrap()
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("POST", path, Some(body)).await.unwrap()
    }

    pub(super) async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("PATCH", path, Some(body)).await.unwrap()
    }

    pub(super) async fn answer(&self, id: &OrderId, target: &str, body: Value) -> (u16, Value) {
        self.patch(&format!("/portouts/{id}/{target}"), body).await
    }

    /// Makes a call whose connection may break, or whose body may not be JSON.
    pub(super) async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<(u16, Value)> {
        let response = self.send(method, path, body).await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<reqwest::Response> {
        let url = match path.strip_prefix("/_simulator") {
            Some(rest) => format!("{}{rest}", self.sim.control_url()),
            None => format!("{}{path}", self.sim.base_url()),
        };
        let request = self.client.request(method.parse().unwrap(), url);
        let request = request.bearer_auth(self.sim.api_key());
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        request.send().await
    }

    pub(super) fn client(&self) -> &reqwest::Client {
        &self.client
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The receiver of the webhooks.
#[derive(Clone)]
pub(super) struct Receiver {
    received: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    pub(super) fn received(&self) -> Vec<(HeaderMap, Bytes)> {
        self.received.lock().unwrap().clone()
    }

    /// Returns the parsed bodies.
    pub(super) fn bodies(&self) -> Vec<Value> {
        let read = |(_, body): &(HeaderMap, Bytes)| serde_json::from_slice(body).unwrap();
        self.received().iter().map(read).collect()
    }

    /// Returns the status in each webhook.
    pub(super) fn statuses(&self) -> Vec<String> {
        let status = |body: &Value| {
            body["data"]["payload"]["status"]
                .as_str()
                .unwrap_or("-")
                .to_owned()
        };
        self.bodies().iter().map(status).collect()
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    receiver.received.lock().unwrap().push((headers, body));
    let answer = receiver.answers.lock().unwrap().pop_front();
    StatusCode::from_u16(answer.unwrap_or(200)).unwrap()
}
