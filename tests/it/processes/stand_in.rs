//! `portoutd simulate` in a process of its own, and its control surface.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::program::{Program, portoutd};
use super::soon;

/// A Telnyx to talk to.
pub(crate) struct StandIn {
    pub(crate) base_url: String,
    pub(crate) api_key: String,
    pub(crate) public_key: String,
    control: String,
    http: reqwest::Client,
    _program: Program,
}

/// A client for this machine, without proxies and certificates.
pub(crate) fn http_client() -> reqwest::Client {
    // Without a provider reqwest builds no client.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .pool_max_idle_per_host(0)
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

impl StandIn {
    /// A stand-in without scenes: it knows only the orders that are opened by hand.
    pub(crate) async fn start() -> Self {
        let mut command = portoutd();
        command.args(["simulate", "--listen", "127.0.0.1:0", "--orders", "0"]);
        let program = Program::start(command);
        soon("the stand-in announces itself", async || {
            program.out().ends_with('\n')
        })
        .await;
        let announced: Value = serde_json::from_str(&program.out()).unwrap();
        let text = |key: &str| announced[key].as_str().unwrap().to_owned();
        let base_url = text("base_url");
        Self {
            control: base_url.replace("/v2", "/_simulator"),
            api_key: text("api_key"),
            public_key: text("public_key"),
            base_url,
            http: http_client(),
            _program: program,
        }
    }

    /// Opens an order and gives its id.
    pub(crate) async fn open(&self, order: Value) -> String {
        let opened = self.ask(Method::POST, "/orders", Some(order)).await;
        opened["id"].as_str().unwrap().to_owned()
    }

    /// The order with its history.
    pub(crate) async fn order(&self, id: &str) -> Value {
        self.ask(Method::GET, &format!("/orders/{id}"), None).await
    }

    pub(crate) async fn status(&self, id: &str) -> String {
        self.order(id).await["status"].as_str().unwrap().to_owned()
    }

    /// Moves an order: `bounce`, `cancel` and so on.
    pub(crate) async fn act(&self, id: &str, word: &str) {
        self.ask(Method::POST, &format!("/orders/{id}/{word}"), None)
            .await;
    }

    /// Lets calls go wrong, such as `update-status=applied-then-timeout:2`.
    pub(crate) async fn fault(&self, fault: &str) {
        self.ask(Method::POST, "/faults", Some(json!({ "fault": fault })))
            .await;
    }

    pub(crate) async fn clear_faults(&self) {
        self.ask(Method::DELETE, "/faults", None).await;
    }

    /// Where webhooks go.
    pub(crate) async fn post_to(&self, url: &str) {
        self.ask(Method::PUT, "/webhook-url", Some(json!({ "url": url })))
            .await;
    }

    /// Every request so far.
    pub(crate) async fn requests(&self) -> Vec<Value> {
        self.list("/requests").await
    }

    /// The requests about one order.
    pub(crate) async fn requests_about(&self, id: &str) -> Vec<Value> {
        let mut requests = self.requests().await;
        requests.retain(|one| one["path"].as_str().unwrap().contains(id));
        requests
    }

    /// The targets that were sent for an order, first to last.
    pub(crate) async fn sent(&self, id: &str) -> Vec<String> {
        let target = |one: &Value| {
            one["path"]
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap()
                .to_owned()
        };
        let requests = self.requests_about(id).await;
        let sent = requests.iter().filter(|one| one["call"] == "update-status");
        sent.map(target).collect()
    }

    /// Every webhook so far.
    pub(crate) async fn deliveries(&self) -> Vec<Value> {
        self.list("/deliveries").await
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let Value::Array(list) = self.ask(Method::GET, path, None).await else {
            panic!("{path} gives a list");
        };
        list
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.http.request(method, format!("{}{path}", self.control));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        if status == StatusCode::NO_CONTENT {
            return Value::Null;
        }
        let mut body: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {body}");
        body["data"].take()
    }
}
