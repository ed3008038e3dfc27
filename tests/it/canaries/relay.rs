//! A relay between the service and the simulator that puts canaries into what Telnyx answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::DATE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tokio_util::task::TaskTracker;

use super::{Canary, Entrance, ORDER_FIELDS, fields, marker, texts, unparsable};

/// Rejection codes whose descriptions hold the canaries that are texts.
fn more_codes() -> Vec<Value> {
    let mut texts: Vec<String> = Canary::all(Entrance::Rejections)
        .filter_map(Canary::text)
        .collect();
    texts.push(marker(Entrance::Rejections));
    let codes = 9_000_u32..;
    codes
        .zip(texts)
        .map(|(code, text)| json!({ "code": code, "description": text, "reason_required": false }))
        .collect()
}

/// Hands calls on to the simulator and puts canaries into its answers.
pub(super) struct Relay {
    telnyx: String,
    http: reqwest::Client,
    pub(super) refuses: AtomicBool,
    /// Adds an element that cannot be parsed to each list, and no canaries.
    pub(super) adds_unparsable: AtomicBool,
}

impl Relay {
    pub(super) async fn start(telnyx: &str, tracker: &TaskTracker) -> (Arc<Self>, String) {
        let relay = Arc::new(Self {
            telnyx: telnyx.trim_end_matches("/v2").to_owned(),
            http: reqwest::Client::builder()
                .no_proxy()
                .tls_certs_only([])
                .build()
                .unwrap(),
            refuses: AtomicBool::new(false),
            adds_unparsable: AtomicBool::new(false),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v2", listener.local_addr().unwrap());
        let pages = Router::new().fallback(pass_on).with_state(relay.clone());
        tracker.spawn(async move { axum::serve(listener, pages).await });
        (relay, url)
    }

    fn refusal() -> Response {
        let errors: Vec<Value> = Canary::all(Entrance::AnswerRefused)
            .map(|canary| match canary.text() {
                Some(text) => json!({ "code": "10015", "title": "Bad request", "detail": text }),
                None => json!({ "code": "10015", "title": "Bad request", "meta": canary.field() }),
            })
            .collect();
        let body = json!({ "errors": errors, "marker": marker(Entrance::AnswerRefused) });
        let date = [(DATE, "Mon, 23 Nov 2026 15:00:00 GMT")];
        (StatusCode::UNPROCESSABLE_ENTITY, date, axum::Json(body)).into_response()
    }

    fn furnish(method: &Method, path: &str, body: &mut Value) {
        let parts: Vec<&str> = path.trim_start_matches("/v2/").split('/').collect();
        let entrance = match (method.as_str(), parts.as_slice()) {
            ("GET", ["portouts"]) => Entrance::List,
            ("GET", ["portouts", "events"]) => Entrance::EventsApi,
            ("GET", ["portouts", "rejections", _]) => Entrance::Rejections,
            ("GET", ["portouts", _]) => Entrance::Read,
            ("GET", ["porting_phone_numbers"]) => Entrance::PortInNumbers,
            ("PATCH", ["portouts", _, _]) => Entrance::AnswerTaken,
            _ => return,
        };
        if let (Entrance::Rejections, Value::Array(codes)) = (entrance, &mut body["data"]) {
            codes.extend(more_codes());
        }
        let elements: Vec<&mut Map<String, Value>> = match &mut body["data"] {
            Value::Array(elements) => elements.iter_mut().filter_map(Value::as_object_mut).collect(),
            Value::Object(element) => vec![element],
            _ => Vec::new(),
        };
        for element in elements {
            match (entrance, element.get_mut("payload")) {
                (Entrance::EventsApi, Some(Value::Object(payload))) => payload.extend(fields(entrance)),
                _ => element.extend(fields(entrance)),
            }
            if entrance == Entrance::Read {
                let texts = ORDER_FIELDS.map(|(field, name)| (name.to_owned(), json!(texts(field))));
                element.extend(texts);
            }
        }
    }
}

async fn pass_on(State(relay): State<Arc<Relay>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if head.method == Method::PATCH && relay.refuses.load(Ordering::SeqCst) {
        return Relay::refusal();
    }
    let url = format!("{}{}", relay.telnyx, head.uri);
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut handed_on = relay.http.request(head.method.clone(), url).body(body);
    for name in ["authorization", "content-type"] {
        if let Some(value) = head.headers.get(name) {
            handed_on = handed_on.header(name, value);
        }
    }
    let answer = handed_on.send().await.unwrap();
    let status = answer.status();
    // The service takes Telnyx's clock from it, which is the simulator's and not the relay's.
    let date = answer.headers()[DATE].clone();
    let text = answer.text().await.unwrap();
    let Ok(mut body) = serde_json::from_str::<Value>(&text) else {
        return (status, [(DATE, date)], text).into_response();
    };
    if relay.adds_unparsable.load(Ordering::SeqCst) {
        unparsable::add_to(head.uri.path(), &mut body);
    } else if status.is_success() {
        Relay::furnish(&head.method, head.uri.path(), &mut body);
    }
    (status, [(DATE, date)], axum::Json(body)).into_response()
}
