//! Tests of every outcome of Update Status.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::scripted::{Reply, ScriptedTelnyx, ok, status};
use super::*;
use crate::clock::{Clock as _, ManualClock};
use crate::domain::{OrderStatus, Outcome, Target};

fn answer() -> AnswerRequest {
    AnswerRequest {
        reason: "The account PIN given does not match our records.".to_owned(),
        rejection_code: Some(1002),
        host_messaging: false,
        send_by: Duration::MAX,
    }
}

/// Sends at the next turn.
async fn answered(client: &Client, target: Target, answer: &AnswerRequest) -> SendOutcome {
    let turn = client.turn_to_answer(answer.send_by).await.unwrap();
    turn.update_status(&order_id(), target, answer).await
}

#[tokio::test]
async fn an_answer_whose_read_has_become_too_old_since_its_turn_is_not_sent() {
    let telnyx = ScriptedTelnyx::with([]).await;
    let clock = ManualClock::at("2026-11-21T12:00:00Z".parse().unwrap());
    let client = Client::new(&settings(telnyx.base_url()), Arc::new(clock.clone())).unwrap();
    let late = AnswerRequest {
        send_by: clock.uptime(),
        ..answer()
    };
    let turn = client.turn_to_answer(late.send_by).await.unwrap();
    clock.advance(SignedDuration::from_secs(1));
    let ended = turn.update_status(&order_id(), Target::Authorized, &late).await;
    assert_eq!(ended.outcome, Outcome::Unsent);
    assert!(telnyx.requests().is_empty());
}

async fn rejected(reply: Reply) -> SendOutcome {
    let telnyx = ScriptedTelnyx::with([reply]).await;
    let client = client(telnyx.base_url());
    answered(&client, Target::RejectedPending, &answer()).await
}

fn explained(code: u16, title: &str) -> String {
    json!({"errors": [{"code": code.to_string(), "title": title}]}).to_string()
}

#[tokio::test]
async fn a_good_answer_that_shows_the_target_is_a_confirmation() {
    let telnyx = ScriptedTelnyx::with([ok(data(&order(ORDER, "rejected-pending")))]).await;
    let client = client(telnyx.base_url());
    let ended = answered(&client, Target::RejectedPending, &answer()).await;
    assert_eq!(ended.outcome, Outcome::Confirmed);
    assert_eq!(ended.http_status, Some(200));
    assert_eq!(ended.status_seen, Some(OrderStatus::RejectedPending));
    assert_eq!(ended.error, None);
    assert_eq!(
        ended.response,
        data(&order(ORDER, "rejected-pending")).into_bytes()
    );

    let request = telnyx.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with(&format!("PATCH /v2/portouts/{ORDER}/rejected-pending HTTP/1.1")),
        "{head}"
    );
    assert!(
        head.contains(&format!("authorization: Bearer {API_KEY}")),
        "{head}"
    );
    assert!(
        head.contains(&format!("user-agent: portoutd/{}", env!("CARGO_PKG_VERSION"))),
        "{head}"
    );
    let expected = json!({"reason": answer().reason, "rejection_code": 1002, "host_messaging": false});
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), expected);
}

#[tokio::test]
async fn without_a_code_none_is_sent() {
    let telnyx = ScriptedTelnyx::with([ok(data(&order(ORDER, "authorized")))]).await;
    let client = client(telnyx.base_url());
    let answer = AnswerRequest {
        rejection_code: None,
        host_messaging: true,
        ..answer()
    };
    let ended = answered(&client, Target::Authorized, &answer).await;
    assert_eq!(ended.outcome, Outcome::Confirmed);
    let request = telnyx.requests().remove(0);
    assert!(
        request.contains("/authorized HTTP") && request.contains(r#""host_messaging":true"#),
        "{request}"
    );
    assert!(!request.contains("rejection_code"), "{request}");
}

#[tokio::test]
async fn a_good_answer_that_does_not_show_the_target_leaves_it_unknown() {
    let whole = data(&order(ORDER, "rejected-pending"));
    for (reply, seen, told) in [
        (
            ok(data(&order(ORDER, "pending"))),
            Some(OrderStatus::Pending),
            "still `pending`",
        ),
        (
            ok(data(&order(ORDER, "authorized"))),
            Some(OrderStatus::Authorized),
            "`authorized`",
        ),
        (
            ok(data(&order("another", "rejected-pending"))),
            None,
            "another port-out",
        ),
        (ok(""), None, "the body is empty"),
        (status(204), None, "the body is empty"),
        (ok("<html>"), None, "no `data`"),
        (ok(data("{}")), None, "status is missing"),
        (ok(data("[]")), None, "not an object"),
        (Reply::Cut(whole), None, "response is incomplete"),
        (Reply::Endless, None, "larger than 2 MiB"),
    ] {
        let ended = rejected(reply).await;
        assert_eq!(ended.outcome, Outcome::Unknown, "{told}");
        assert_eq!(ended.status_seen, seen, "{told}");
        let error = ended.error.unwrap();
        assert!(error.contains(told), "{error}");
    }
}

#[tokio::test]
async fn a_request_that_left_and_brought_no_answer_leaves_it_unknown() {
    let ended = rejected(Reply::HangUp).await;
    assert_eq!((ended.outcome, ended.http_status), (Outcome::Unknown, None));

    let telnyx = ScriptedTelnyx::with([Reply::Silence]).await;
    let client = impatient_client(telnyx.base_url());
    let ended = answered(&client, Target::Authorized, &answer()).await;
    assert_eq!((ended.outcome, ended.http_status), (Outcome::Unknown, None));
    assert!(ended.error.unwrap().contains("timed out"));
    assert_eq!(telnyx.requests().len(), 1, "and it is not sent again by itself");
}

#[tokio::test]
async fn a_request_that_never_left_is_unsent() {
    let client = client(&ScriptedTelnyx::gone().await);
    let ended = answered(&client, Target::Authorized, &answer()).await;
    assert_eq!((ended.outcome, ended.http_status), (Outcome::Unsent, None));
    let error = ended.error.unwrap();
    assert!(error.contains("refused") && !error.contains(ORDER), "{error}");
}

#[tokio::test]
async fn a_failed_tls_handshake_is_unsent() {
    let telnyx = ScriptedTelnyx::with([Reply::HangUp]).await;
    let client = client(&telnyx.base_url().replace("http:", "https:"));
    let ended = answered(&client, Target::Authorized, &answer()).await;
    assert_eq!(
        (ended.outcome, ended.http_status),
        (Outcome::Unsent, None),
        "{:?}",
        ended.error
    );
}

#[tokio::test]
async fn each_status_has_its_class() {
    for (code, expected) in [
        (301, Outcome::Refused),
        (307, Outcome::Refused),
        (400, Outcome::Refused),
        (401, Outcome::AccountTrouble),
        (403, Outcome::AccountTrouble),
        (404, Outcome::NotFound),
        (405, Outcome::Refused),
        (408, Outcome::Unknown),
        (409, Outcome::Refused),
        (422, Outcome::Refused),
        (429, Outcome::Limited),
        (500, Outcome::Unknown),
        (502, Outcome::Unknown),
        (503, Outcome::Unknown),
        (504, Outcome::Unknown),
    ] {
        let explained = Reply::Answer(code, "location: /elsewhere\r\n", explained(code, "Told so"));
        for (reply, told) in [(explained, "Told so"), (status(code), "no explanation given")] {
            let ended = rejected(reply).await;
            assert_eq!((ended.outcome, ended.http_status), (expected, Some(code)));
            assert_eq!(ended.status_seen, None);
            let error = ended.error.unwrap();
            assert!(
                error.contains(told) && error.contains(&code.to_string()),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn a_429_tells_how_long_to_stay_away_and_holds_every_clone_of_the_client() {
    let limited = Reply::Answer(
        429,
        "x-ratelimit-limit: 5\r\nx-ratelimit-reset: 30\r\n",
        String::new(),
    );
    let telnyx = ScriptedTelnyx::with([limited]).await;
    let clock = ManualClock::at("2026-11-21T12:00:00Z".parse().unwrap());
    let client = Client::new(&settings(telnyx.base_url()), Arc::new(clock.clone())).unwrap();
    let ended = answered(&client, Target::Authorized, &answer()).await;
    assert_eq!(ended.outcome, Outcome::Limited);
    assert_eq!(ended.retry_after, Some(Duration::from_secs(30)));

    let send_by = clock.uptime() + Duration::from_secs(29);
    let clone = client.clone();
    let mut waiting = Box::pin(clone.turn_to_answer(send_by));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    clock.advance(SignedDuration::from_secs(29));
    assert!(waiting.await.is_none(), "its turn did not come in time");
    assert_eq!(telnyx.requests().len(), 1);
}

#[tokio::test]
async fn no_pin_and_no_megabyte_is_kept_of_what_telnyx_answered() {
    let long = format!(r#"{{"attempted_pin":"8264","x":"{}"}}"#, "x".repeat(20_000));
    let ended = rejected(Reply::Answer(422, "", long)).await;
    assert_eq!(ended.response.len(), 16 * 1024);
    assert!(!String::from_utf8(ended.response).unwrap().contains("8264"));
}
