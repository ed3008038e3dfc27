//! Sends PINs under many names and in many shapes through every entrance that faces Telnyx, then looks for each of them
//! in every table and in everything that was logged. Each PIN is used once, so a leak says where it came in.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::DATE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use portoutd::domain::OrderId;
use serde_json::{Map, Value, json};
use sqlx::PgPool;
use strum::{EnumCount, IntoEnumIterator};
use tokio_util::task::TaskTracker;
use tracing_subscriber::fmt::MakeWriter;

use crate::office::{Furnishing, Office};

const NAMES: [&str; 12] = [
    "attempted_pin",
    "pin",
    "account_pin",
    "port_out_pin",
    "attemptedPin",
    "PIN code",
    "PortOutPIN",
    "pinNumber",
    "passcode",
    "password",
    "secret",
    "security_code",
];

const FIRST_CANARY: usize = 918_273;

/// Keeps two texts so far apart that the name in one says nothing about the digits in the other.
const FAR_APART: &str =
    ". And then a long and harmless remark about nothing in particular follows here, for distance. ";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::EnumIter, strum::EnumCount)]
enum Entrance {
    StatusChanged,
    NewComment,
    FocDateChanged,
    UnknownType,
    CommentText,
    EventsApi,
    List,
    Read,
    ReadReason,
    ReadName,
    AnswerTaken,
    AnswerRefused,
    Rejections,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter, strum::EnumCount)]
enum Shape {
    String,
    Number,
    Nested,
    Pair,
    JsonInText,
    FreeText,
    Xml,
    Query,
}

/// One PIN and where it comes in.
#[derive(Debug, Clone, Copy)]
struct Canary {
    entrance: Entrance,
    name: usize,
    shape: Shape,
}

impl Canary {
    fn all(entrance: Entrance) -> impl Iterator<Item = Self> {
        let names = 0..NAMES.len();
        names.flat_map(move |name| {
            Shape::iter().map(move |shape| Self {
                entrance,
                name,
                shape,
            })
        })
    }

    fn digits(self) -> usize {
        let name = self.entrance as usize * NAMES.len() + self.name;
        FIRST_CANARY + name * Shape::COUNT + self.shape as usize
    }

    /// The canary as a text; `None` where its shape is none.
    fn text(self) -> Option<String> {
        let (name, digits) = (NAMES[self.name], self.digits());
        let tag = name.replace(' ', "_");
        match self.shape {
            Shape::JsonInText => Some(json!({ name: digits.to_string() }).to_string()),
            Shape::FreeText => Some(format!("The {name} is {digits}")),
            Shape::Xml => Some(format!("<{tag}>{digits}</{tag}>")),
            Shape::Query => Some(format!("carrier=073H&{tag}={digits}&done=yes")),
            _ => None,
        }
    }

    fn field(self) -> Value {
        let (name, digits) = (NAMES[self.name], self.digits());
        match self.shape {
            Shape::Number => json!({ name: digits }),
            Shape::Nested => json!({ name: { "typed": [digits.to_string()] } }),
            Shape::Pair => json!({ "name": name, "value": digits.to_string() }),
            _ => match self.text() {
                Some(text) => json!({ "note": text }),
                None => json!({ name: digits.to_string() }),
            },
        }
    }
}

/// What shows afterwards that something came through an entrance and was kept.
fn marker(entrance: Entrance) -> String {
    format!("came in by {entrance:?}")
}

/// All canaries of an entrance: the plain ones as fields of their own, the others each in an object.
fn fields(entrance: Entrance) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("marker".to_owned(), json!(marker(entrance)));
    for (place, canary) in Canary::all(entrance).enumerate() {
        if canary.shape == Shape::String {
            fields.insert(NAMES[canary.name].to_owned(), json!(canary.digits().to_string()));
        } else {
            fields.insert(format!("extra_{place}"), canary.field());
        }
    }
    fields
}

/// All canaries of an entrance that are texts, in one.
fn texts(entrance: Entrance) -> String {
    let texts: Vec<String> = Canary::all(entrance).filter_map(Canary::text).collect();
    format!("{}{FAR_APART}{}", marker(entrance), texts.join(FAR_APART))
}

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
struct Relay {
    telnyx: String,
    http: reqwest::Client,
    refuses: AtomicBool,
}

impl Relay {
    async fn start(telnyx: &str, tracker: &TaskTracker) -> (Arc<Self>, String) {
        let relay = Arc::new(Self {
            telnyx: telnyx.trim_end_matches("/v2").to_owned(),
            http: reqwest::Client::builder()
                .no_proxy()
                .tls_certs_only([])
                .build()
                .unwrap(),
            refuses: AtomicBool::new(false),
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
                element.insert("reason".to_owned(), json!(texts(Entrance::ReadReason)));
                element.insert("end_user_name".to_owned(), json!(texts(Entrance::ReadName)));
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
    if status.is_success() {
        Relay::furnish(&head.method, head.uri.path(), &mut body);
    }
    (status, [(DATE, date)], axum::Json(body)).into_response()
}

/// Everything that the process logs until it is read, as lines.
#[derive(Clone)]
struct Log(Arc<Mutex<Option<Vec<u8>>>>);

impl Log {
    /// For the whole process: what one thread alone captures depends on what other tests have logged before.
    fn capture() -> Self {
        let log = Self(Arc::new(Mutex::new(Some(Vec::new()))));
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(log.clone())
            .with_ansi(false)
            .without_time()
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("no other test captures the log");
        log
    }

    fn read(&self) -> String {
        let bytes = self.0.lock().unwrap().take().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Some(captured) = &mut *self.0.lock().unwrap() {
            captured.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// A webhook whose payload holds the canaries.
fn webhook(entrance: Entrance, event_type: &str, order: &OrderId, more: Map<String, Value>) -> String {
    static WEBHOOKS: AtomicU32 = AtomicU32::new(0);
    let mut payload = fields(entrance);
    payload.extend(more);
    let envelope = json!({
        "data": {
            "event_type": event_type,
            "id": format!("canary-{}", WEBHOOKS.fetch_add(1, Ordering::SeqCst)),
            "occurred_at": "2026-11-23T15:00:00Z",
            "payload": payload,
            "record_type": "event",
        },
        "meta": { "portout_id": order },
    });
    envelope.to_string()
}

async fn send_webhooks(office: &Office, order: &OrderId) {
    let pending = json!({ "id": order, "status": "pending", "spid": "999X" });
    let comment =
        json!({ "id": "c-1", "portout_id": order, "comment": texts(Entrance::NewComment), "body": "Hello." });
    let other = json!({ "id": order, "portout_id": order });
    for (entrance, event_type, more) in [
        (Entrance::StatusChanged, "portout.status_changed", pending),
        (Entrance::NewComment, "portout.new_comment", comment),
        (
            Entrance::FocDateChanged,
            "portout.foc_date_changed",
            other.clone(),
        ),
        (Entrance::UnknownType, "portout.something_new", other),
    ] {
        let Value::Object(more) = more else { continue };
        let body = webhook(entrance, event_type, order, more);
        office.telnyx.deliver_raw(body).await;
    }
    for canary in Canary::all(Entrance::CommentText) {
        if let Some(text) = canary.text() {
            office.telnyx.comment(order, &text).unwrap();
        }
    }
    office
        .telnyx
        .comment(order, &marker(Entrance::CommentText))
        .unwrap();
}

/// Orders that are authorized, rejected, held and refused, and webhooks of each type.
async fn converse(office: &Office, relay: &Relay) {
    for order in [Office::clean_order(), Office::wrong_pin_order()] {
        office.receive(order).await;
    }
    relay.refuses.store(true, Ordering::SeqCst);
    for order in [Office::clean_order(), Office::wrong_pin_order()] {
        office.receive(order).await;
    }
    relay.refuses.store(false, Ordering::SeqCst);
    let strange = office.receive(Office::strange_order()).await;
    send_webhooks(office, &strange).await;
    let unannounced = Office::strange_order().pin(Some("4711")).unannounced();
    let _ = office.telnyx.open_order(unannounced);
    office.pass(SignedDuration::from_secs(130)).await;
}

/// Every column that can hold text, by its name.
async fn contents(pool: &PgPool) -> BTreeMap<String, String> {
    let columns = "select c.table_name::text, c.column_name::text, c.data_type::text \
        from information_schema.columns c join information_schema.tables t using (table_schema, table_name) \
        where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.data_type in \
        ('text', 'character varying', 'character', 'bytea', 'json', 'jsonb', 'ARRAY')";
    let columns: Vec<(String, String, String)> = sqlx::query_as(columns).fetch_all(pool).await.unwrap();
    let mut contents = BTreeMap::new();
    for (table, column, kind) in columns {
        let text = if kind == "bytea" {
            format!("encode(\"{column}\", 'escape')")
        } else {
            format!("\"{column}\"::text")
        };
        let query = format!("select coalesce(string_agg({text}, E'\\n'), '') from \"{table}\"");
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(query));
        contents.insert(format!("{table}.{column}"), query.fetch_one(pool).await.unwrap());
    }
    contents
}

/// The canaries in a text. Digits that are part of a word, such as a digest, or behind a decimal point are none.
fn canaries_in(text: &str, known: &BTreeMap<usize, Canary>) -> BTreeSet<usize> {
    let in_word = |char: char| char.is_ascii_alphanumeric();
    let mut found = BTreeSet::new();
    let mut before = "";
    for word in text.split_inclusive(|char| !in_word(char)) {
        let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
        let whole = word.trim_end_matches(|char| !in_word(char)) == digits;
        let fraction = before.ends_with('.') && before.starts_with(|char: char| char.is_ascii_digit());
        if whole && !fraction && digits.len() == 6 {
            found.extend(digits.parse().ok().filter(|number| known.contains_key(number)));
        }
        before = word;
    }
    found
}

#[sqlx::test]
async fn no_pin_that_comes_in_from_telnyx_stands_in_a_table_or_a_log_line(pool: PgPool) {
    let log = Log::capture();
    let furnishing = Furnishing {
        webhooks: false,
        ..Furnishing::default()
    };
    let first = Office::furnished(pool.clone(), furnishing).await;
    first.close().await;
    let (relay, url) = Relay::start(&first.telnyx.base_url(), &TaskTracker::new()).await;
    let furnishing = Furnishing {
        telnyx_url: Some(url),
        ..Furnishing::default()
    };
    let (telnyx, clock, folder) = (first.telnyx.clone(), first.clock.clone(), first.folder.clone());
    let office = Box::pin(Office::beside(pool.clone(), telnyx, clock, folder, furnishing)).await;
    converse(&office, &relay).await;

    let known: BTreeMap<usize, Canary> = Entrance::iter()
        .flat_map(Canary::all)
        .map(|canary| (canary.digits(), canary))
        .collect();
    let mut places = contents(&pool).await;
    let kept: String = places.values().map(String::as_str).collect();
    places.insert("log".to_owned(), log.read());
    assert!(places["log"].contains("Telnyx answered"), "the log was captured");
    for entrance in Entrance::iter() {
        assert!(
            kept.contains(&marker(entrance)),
            "nothing is kept of what came in by {entrance:?}"
        );
    }
    let leaks: Vec<String> = places
        .iter()
        .flat_map(|(place, text)| {
            canaries_in(text, &known)
                .into_iter()
                .map(move |found| (place, found))
        })
        .map(|(place, found)| {
            let Canary {
                entrance,
                name,
                shape,
            } = known[&found];
            format!(
                "{place} holds {found}: {entrance:?} × {} × {shape:?}",
                NAMES[name]
            )
        })
        .collect();
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
}
