//! Handles one request and its response, with the injected faults.

use std::pin::Pin;

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::{BodyExt, Limited, StreamBody};
use hyper::Response;
use hyper::body::Frame;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderValue};
use jiff::SignedDuration;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{Answer, Query};
use crate::simulator::faults::{Call, CodeGiven, Fault};
use crate::simulator::moves::later;
use crate::simulator::requests::RecordedRequest;
use crate::simulator::routes::Endpoint;
use crate::simulator::routes::request::Asked;
use crate::simulator::{Shared, control};

/// Breaks the connection without a response.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the connection is closed")]
pub(super) struct BrokenOff;

pub(super) type Frames = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, BrokenOff>> + Send>>;
pub(super) type Outgoing = Response<StreamBody<Frames>>;

const LARGEST_BODY: usize = 1024 * 1024;

/// An ID that no order of the simulator has.
const ANOTHER_ORDER: &str = "00000000-0000-4000-8000-000000000000";

/// The page of a proxy that cannot reach its backend.
const PAGE: &str =
    "<!DOCTYPE html><html><head><title>One moment</title></head><body>Please wait.</body></html>";

/// Handles a request to the control interface. `path` is the part after its prefix.
pub(super) async fn control(shared: &Shared, path: &str, request: Request) -> Result<Outgoing, BrokenOff> {
    let (head, body) = request.into_parts();
    let body = read(body).await.ok_or(BrokenOff)?;
    let answer = control::answer(shared, head.method.as_str(), path, &body).await;
    Ok(render(shared, &answer))
}

/// Handles one request: log, authenticate, inject a fault, respond.
pub(super) async fn exchange(
    shared: &Shared,
    endpoint: Endpoint,
    parameters: Vec<(String, String)>,
    request: Request,
) -> Result<Outgoing, BrokenOff> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let method = head.method.as_str().to_owned();
    let number = record(shared, endpoint.call, &method, &path, &query);
    if dropped_unread(shared, endpoint.call, number) {
        return Err(BrokenOff);
    }
    let bearer = head
        .headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let authorized = bearer == Some(&format!("Bearer {}", shared.keys().api_key()));
    let body = read(body).await.ok_or(BrokenOff)?;
    let body: Option<Value> = serde_json::from_slice(&body).ok();
    let asked = Asked {
        parameters,
        query: Query::parse(&query),
        body,
    };
    if !authorized {
        keep_body(shared, number, &asked, None);
        return Ok(finish(shared, number, &Answer::unauthorized()));
    }
    answer_or_fail(shared, number, endpoint, &asked).await
}

async fn answer_or_fail(
    shared: &Shared,
    number: u64,
    endpoint: Endpoint,
    asked: &Asked,
) -> Result<Outgoing, BrokenOff> {
    let call = endpoint.call;
    let code = match asked.body.as_ref().and_then(|body| body.get("rejection_code")) {
        Some(_) => CodeGiven::Yes,
        None => CodeGiven::No,
    };
    let fault = shared.change(|world, _| world.faults.take(call, code));
    keep_body(shared, number, asked, fault.as_ref());
    if let Some(limit) = over_limit(shared) {
        return Ok(finish(shared, number, &limit));
    }
    let Some(fault) = fault else {
        return Ok(finish(shared, number, &apply(shared, endpoint, asked)));
    };
    tracing::info!(call = %call, fault = ?fault, "A call fails as configured");
    match fault {
        Fault::Timeout => std::future::pending().await,
        Fault::Dropped => Err(BrokenOff),
        Fault::Delay(span) => {
            let came_at =
                shared.look(|world, now| world.requests.get_mut(number).map_or(now, |request| request.at));
            shared.clock().sleep_until(later(came_at, span)).await;
            Ok(finish(shared, number, &apply(shared, endpoint, asked)))
        }
        fault => match refusal(&fault) {
            Some(answer) => Ok(finish(shared, number, &answer)),
            None => answer_spoilt(shared, number, &fault, apply(shared, endpoint, asked)).await,
        },
    }
}

/// Returns the response of a fault that keeps the call from having any effect.
fn refusal(fault: &Fault) -> Option<Answer> {
    Some(match fault {
        Fault::Status(status) => Answer::of_status(*status),
        Fault::EmptyStatus(status) => Answer::empty(*status),
        Fault::RateLimited(seconds) => {
            Answer::too_many(10, *seconds).header("retry-after", seconds.to_string())
        }
        Fault::RateLimitedWithoutRetryAfter(seconds) => Answer::too_many(10, *seconds),
        Fault::RefusesCode => Answer::invalid("/rejection_code", "The parameter does not exist."),
        Fault::DemandsCode => Answer::invalid("/rejection_code", "The parameter is required."),
        _ => return None,
    })
}

/// Responds for the faults that follow the effect of the call.
async fn answer_spoilt(
    shared: &Shared,
    number: u64,
    fault: &Fault,
    mut answer: Answer,
) -> Result<Outgoing, BrokenOff> {
    match fault {
        Fault::AppliedThenTimeout => return std::future::pending().await,
        Fault::AppliedThenDropped => return Err(BrokenOff),
        Fault::EmptyBody => answer.body = None,
        Fault::OtherStatus(status) => show(&mut answer, "status", &Value::from(status.as_str())),
        Fault::OtherOrder => show(&mut answer, "id", &Value::from(ANOTHER_ORDER)),
        Fault::NullField(name) => show(&mut answer, name, &Value::Null),
        Fault::Html => {
            note_status(shared, number, &answer);
            return Ok(render_page(shared, &answer));
        }
        Fault::CutBody => {
            note_status(shared, number, &answer);
            return Ok(render_cut(shared, &answer));
        }
        Fault::HalfJson => {
            note_status(shared, number, &answer);
            return Ok(render_half(shared, &answer));
        }
        _ => {}
    }
    Ok(finish(shared, number, &answer))
}

/// Replaces a field of the order, or of every order of a list.
fn show(answer: &mut Answer, field: &str, value: &Value) {
    let data = answer.body.as_mut().and_then(|body| body.get_mut("data"));
    let orders = match data {
        Some(Value::Array(orders)) => orders.as_mut_slice(),
        Some(order) => std::slice::from_mut(order),
        None => return,
    };
    for order in orders {
        if let Some(shown) = order.get_mut(field) {
            *shown = value.clone();
        }
    }
}

fn apply(shared: &Shared, endpoint: Endpoint, asked: &Asked) -> Answer {
    shared.change(|world, now| endpoint.answer(world, asked, now))
}

fn record(shared: &Shared, call: Call, method: &str, path: &str, query: &str) -> u64 {
    let since_start = shared.since_start();
    shared.change(|world, now| {
        world.requests.push(RecordedRequest {
            number: 0,
            at: now,
            since_start,
            call,
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            body: None,
            fault: None,
            status: None,
        })
    })
}

/// Returns whether the connection breaks before the body is read. The fault applies only if it is next in the queue.
fn dropped_unread(shared: &Shared, call: Call, number: u64) -> bool {
    shared.change(|world, _| {
        let dropped = world.faults.take_if(call, &Fault::Dropped);
        if let Some(request) = world.requests.get_mut(number).filter(|_| dropped) {
            request.fault = Some(format!("{:?}", Fault::Dropped));
        }
        dropped
    })
}

fn keep_body(shared: &Shared, number: u64, asked: &Asked, fault: Option<&Fault>) {
    shared.change(|world, _| {
        if let Some(request) = world.requests.get_mut(number) {
            request.body.clone_from(&asked.body);
            request.fault = fault.map(|fault| format!("{fault:?}"));
        }
    });
}

fn over_limit(shared: &Shared) -> Option<Answer> {
    shared.look(|world, now| {
        let limit = world.assumptions.requests_per_second?;
        let from = now.saturating_add(SignedDuration::from_secs(-1)).unwrap_or(now);
        let count = world.requests.since(from);
        let over = count > usize::try_from(limit).unwrap_or(usize::MAX);
        over.then(|| Answer::too_many(limit, 1).header("retry-after", "1".to_owned()))
    })
}

fn finish(shared: &Shared, number: u64, answer: &Answer) -> Outgoing {
    note_status(shared, number, answer);
    render(shared, answer)
}

fn note_status(shared: &Shared, number: u64, answer: &Answer) {
    shared.change(|world, _| {
        if let Some(request) = world.requests.get_mut(number) {
            request.status = Some(answer.status);
        }
    });
}

async fn read(body: Body) -> Option<Bytes> {
    let collected = Limited::new(body, LARGEST_BODY).collect().await;
    collected.ok().map(http_body_util::Collected::to_bytes)
}

fn render(shared: &Shared, answer: &Answer) -> Outgoing {
    let bytes = bytes_of(answer);
    with_frames(shared, answer, bytes.len(), whole(bytes))
}

/// Announces the complete body and sends half of it.
fn render_cut(shared: &Shared, answer: &Answer) -> Outgoing {
    let bytes = bytes_of(answer);
    let half = whole(bytes.slice(..bytes.len() / 2));
    let broken = stream::once(async {
        // What was written so far is flushed while the body has nothing to send.
        tokio::task::yield_now().await;
        Err(BrokenOff)
    });
    with_frames(shared, answer, bytes.len(), half.chain(broken).boxed())
}

fn render_half(shared: &Shared, answer: &Answer) -> Outgoing {
    let bytes = bytes_of(answer);
    let half = bytes.slice(..bytes.len() / 2);
    with_frames(shared, answer, half.len(), whole(half))
}

/// Returns an HTML page in place of the JSON.
fn render_page(shared: &Shared, answer: &Answer) -> Outgoing {
    let mut response = with_frames(
        shared,
        &Answer::empty(answer.status),
        PAGE.len(),
        whole(Bytes::from_static(PAGE.as_bytes())),
    );
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

fn whole(bytes: Bytes) -> Frames {
    stream::once(std::future::ready(Ok(Frame::data(bytes)))).boxed()
}

fn bytes_of(answer: &Answer) -> Bytes {
    let text = answer.body.as_ref().map(Value::to_string);
    Bytes::from(text.unwrap_or_default())
}

fn with_frames(shared: &Shared, answer: &Answer, length: usize, frames: Frames) -> Outgoing {
    let mut response = Response::builder().status(answer.status);
    if let Ok(date) = rfc2822::to_string(&shared.signature_time().to_zoned(TimeZone::UTC)) {
        // Receivers compare it with their own clock, like the time of a signature.
        response = response.header(DATE, date.replace("+0000", "GMT"));
    }
    // 204 has no length, according to RFC 9110.
    if answer.status != 204 {
        response = response.header(CONTENT_LENGTH, length);
    }
    if answer.body.is_some() {
        response = response.header(CONTENT_TYPE, "application/json");
    }
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    match response.body(StreamBody::new(frames)) {
        Ok(response) => response,
        // This cannot happen: the status is from 200 to 599, and the headers are our own.
        Err(_) => Response::new(StreamBody::new(Box::pin(stream::empty()))),
    }
}
