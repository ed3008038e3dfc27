//! Tests of every outcome of a read.

use super::scripted::{Reply, ScriptedTelnyx, ok, status};
use super::*;
use crate::domain::OrderStatus;

async fn read(reply: Reply) -> Result<ReadOrder, ReadError> {
    let telnyx = ScriptedTelnyx::with([reply]).await;
    client(telnyx.base_url()).get_order(&order_id()).await
}

/// Formats an error and its sources as the caller logs them.
fn told(error: &ReadError) -> String {
    refusal::chain(error)
}

#[tokio::test]
async fn an_order_is_read() {
    let element = format!(
        r#"{{"id":"{}","status":"pending","x":1e400000}}"#,
        ORDER.to_uppercase()
    );
    let telnyx = ScriptedTelnyx::with([ok(data(&element))]).await;
    let read = client(telnyx.base_url()).get_order(&order_id()).await.unwrap();
    assert_eq!(read.order.status, OrderStatus::Pending);
    assert_eq!(read.body, element.into_bytes(), "kept as it came");
    let request = telnyx.requests().remove(0);
    assert!(
        request.starts_with(&format!("GET /v2/portouts/{ORDER} HTTP/1.1\r\n")),
        "{request}"
    );
}

#[tokio::test]
async fn what_is_no_usable_answer_is_unreadable_and_may_pass() {
    for (reply, expected) in [
        (ok(""), "no `data`"),
        (ok("[]"), "no `data`"),
        (ok(data("null")), "no `data`"),
        (ok(data("[]")), "is not a port-out"),
        (ok(data(&order("another", "pending"))), "another port-out"),
        (
            Reply::Cut(data(&order(ORDER, "pending"))),
            "response is incomplete",
        ),
        (Reply::Endless, "larger than 2 MiB"),
        (Reply::HangUp, "response is incomplete"),
        (status(408), "HTTP 408"),
        (status(500), "HTTP 500"),
        (status(503), "HTTP 503"),
    ] {
        let error = read(reply).await.unwrap_err();
        assert!(matches!(error, ReadError::Unreadable(_)), "{error:?}");
        assert!(told(&error).contains(expected), "{}", told(&error));
    }
}

#[tokio::test]
async fn a_silent_server_is_waited_for_only_so_long() {
    let telnyx = ScriptedTelnyx::with([Reply::Silence]).await;
    let error = impatient_client(telnyx.base_url())
        .get_order(&order_id())
        .await
        .unwrap_err();
    assert!(
        matches!(error, ReadError::Unreadable(Unreadable::Lost(_))),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_read_that_never_left_is_told_without_its_address() {
    let gone = ScriptedTelnyx::gone().await;
    let error = client(&gone).get_order(&order_id()).await.unwrap_err();
    assert!(matches!(error, ReadError::Unsent(_)), "{error:?}");
    let told = told(&error);
    assert!(told.contains("refused") && !told.contains(ORDER), "{told}");
}

#[tokio::test]
async fn a_refused_read_is_told_with_telnyx_s_own_words() {
    let explained = r#"{"errors":[{"code":"10009","title":"Authentication failed","detail":"Bad key."}]}"#;
    for code in [401, 403] {
        let error = read(Reply::Answer(code, "", explained.to_owned()))
            .await
            .unwrap_err();
        assert!(matches!(error, ReadError::AccountTrouble { .. }), "{error:?}");
        assert!(
            told(&error).contains("10009 Authentication failed: Bad key."),
            "{}",
            told(&error)
        );
    }
    let error = read(status(404)).await.unwrap_err();
    assert!(matches!(error, ReadError::NotFound { .. }), "{error:?}");
    for code in [302, 400, 409, 422] {
        let error = read(Reply::Answer(code, "location: /v2/x\r\n", String::new()))
            .await
            .unwrap_err();
        assert!(
            matches!(error, ReadError::Refused { status, .. } if status == code),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_limited_read_tells_how_long_to_stay_away() {
    let error = read(Reply::Answer(429, "retry-after: 7\r\n", String::new()))
        .await
        .unwrap_err();
    assert!(
        matches!(error, ReadError::Limited { retry_after } if retry_after.as_secs() == 7),
        "{error:?}"
    );
    let error = read(Reply::Answer(429, "retry-after: 86400\r\n", String::new()))
        .await
        .unwrap_err();
    assert!(
        matches!(error, ReadError::Limited { retry_after } if retry_after.as_secs() == 300),
        "{error:?}"
    );
    let error = read(status(429)).await.unwrap_err();
    assert!(
        matches!(error, ReadError::Limited { retry_after } if retry_after.as_secs() > 0),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_codes_for_a_rejection_are_read() {
    let codes =
        r#"[{"code":1002,"description":"Wrong PIN","reason_required":false},{"code":"1001"},{"x":1},null]"#;
    let telnyx = ScriptedTelnyx::with([ok(data(codes))]).await;
    let codes = client(telnyx.base_url())
        .list_rejections(&order_id())
        .await
        .unwrap();
    let code = |code, description: &str, reason_required| RejectionCode {
        code,
        description: description.to_owned(),
        reason_required,
    };
    assert_eq!(codes, [code(1002, "Wrong PIN", false), code(1001, "", true)]);
    let request = telnyx.requests().remove(0);
    assert!(
        request.starts_with(&format!("GET /v2/portouts/rejections/{ORDER} HTTP")),
        "{request}"
    );
}

#[tokio::test]
async fn a_date_in_retry_after_counts_by_telnyxs_own_clock() {
    // Differs from ours by years, in either direction.
    let headers = "date: Sat, 21 Nov 2015 12:00:00 GMT\r\nretry-after: Sat, 21 Nov 2015 12:00:09 GMT\r\n";
    let error = read(Reply::Answer(429, headers, String::new()))
        .await
        .unwrap_err();
    assert!(
        matches!(error, ReadError::Limited { retry_after } if retry_after.as_secs() == 9),
        "{error:?}"
    );
}
