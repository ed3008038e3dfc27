//! Tests that lists are read to their end, whatever the totals say and whatever happens in the meantime.

use super::scripted::{Reply, ScriptedTelnyx, ok};
use super::*;
use crate::domain::{EventSource, OrderStatus};

/// A page of orders with numbers as names, with totals that may be wrong.
fn page(ids: impl IntoIterator<Item = u32>, total_pages: u64, total_results: u64) -> Reply {
    let orders: Vec<String> = ids
        .into_iter()
        .map(|id| order(&format!("o{id}"), "pending"))
        .collect();
    let meta = format!(r#"{{"total_pages":{total_pages},"total_results":{total_results}}}"#);
    ok(format!(r#"{{"data":[{}],"meta":{meta}}}"#, orders.join(",")))
}

/// Lists against a script. Returns the IDs that were found and the number of requests.
async fn listed(replies: impl IntoIterator<Item = Reply>) -> (Vec<u32>, usize) {
    let telnyx = ScriptedTelnyx::with(replies).await;
    let client = client(telnyx.base_url());
    let listed = client
        .list_all_orders(&OrderFilter::pending(), |_| ())
        .await
        .unwrap();
    let ids = listed.iter().map(|one| {
        let order = one.order.as_ref().unwrap();
        order.id.as_str().strip_prefix('o').unwrap().parse().unwrap()
    });
    (ids.collect(), telnyx.requests().len())
}

#[tokio::test]
async fn all_pages_are_read_before_anything_is_returned() {
    let telnyx = ScriptedTelnyx::with([
        page(0..250, 3, 600),
        page(250..500, 3, 600),
        page(500..600, 3, 600),
    ])
    .await;
    let mut seen = Vec::new();
    let client = client(telnyx.base_url());
    let listed = client
        .list_all_orders(&OrderFilter::pending(), |progress| seen.push(progress))
        .await
        .unwrap();
    assert_eq!(listed.len(), 600);
    assert_eq!(listed[0].body, order("o0", "pending").into_bytes());
    let progress = |pages, found| Progress {
        pages,
        total_pages: 3,
        found,
    };
    assert_eq!(seen, [progress(1, 250), progress(2, 500), progress(3, 600)]);
    for (number, request) in (1..).zip(telnyx.requests()) {
        let query = format!("filter%5Bstatus%5D=pending&page%5Bnumber%5D={number}&page%5Bsize%5D=250");
        assert!(
            request.starts_with(&format!("GET /v2/portouts?{query} HTTP/1.1")),
            "{request}"
        );
    }
}

#[tokio::test]
async fn a_list_without_totals_is_read_until_a_page_is_empty() {
    let bare = |id: u32| ok(data(&format!("[{}]", order(&format!("o{id}"), "pending"))));
    let (ids, requests) = listed([bare(1), bare(2), ok(data("[]"))]).await;
    assert_eq!((ids, requests), (vec![1, 2], 3));
}

#[tokio::test]
async fn a_page_count_that_lies_neither_hides_orders_nor_keeps_us_for_ever() {
    let (ids, requests) = listed([page(0..250, 1, 250), page(250..260, 1, 250)]).await;
    assert_eq!(
        (ids.len(), requests),
        (260, 2),
        "a full page is not taken for the last"
    );
    let (ids, requests) = listed([page(0..10, 1_000_000, 10)]).await;
    assert_eq!((ids.len(), requests), (10, 1), "all that was promised is there");
    let (ids, requests) = listed([page(0..10, 1_000_000, 11), page([], 1_000_000, 11)]).await;
    assert_eq!((ids.len(), requests), (10, 2), "an empty page is the end");
    let (ids, requests) = listed([page(0..10, 9, 90), page(0..10, 9, 90)]).await;
    assert_eq!(
        (ids.len(), requests),
        (10, 2),
        "the same page for every number is the end"
    );
    let (ids, requests) = listed([page([], 0, 0)]).await;
    assert_eq!((ids.len(), requests), (0, 1));
}

#[tokio::test]
async fn a_list_that_shrinks_while_it_is_read_is_read_once_more() {
    // Order 3 was answered between the first and the second page, so that 250 moved to the first page and was not read.
    let shrunk = (0..251).filter(|id| *id != 3);
    let script = [
        page(0..250, 2, 500),
        page(251..500, 2, 499),
        page(shrunk, 2, 499),
        page(251..500, 2, 499),
    ];
    let (mut ids, requests) = listed(script).await;
    ids.sort_unstable();
    assert_eq!(ids, (0..500).collect::<Vec<_>>());
    assert_eq!(requests, 4);
}

#[tokio::test]
async fn an_order_on_two_pages_is_listed_once_in_its_later_state() {
    let first = ok(format!(
        r#"{{"data":[{}],"meta":{{"total_pages":2}}}}"#,
        order("o1", "pending")
    ));
    let second = [order("o1", "authorized"), order("o2", "pending")].join(",");
    let second = ok(format!(r#"{{"data":[{second}],"meta":{{"total_pages":2}}}}"#));
    let telnyx = ScriptedTelnyx::with([first, second, ok(data("[]"))]).await;
    let listed = client(telnyx.base_url())
        .list_all_orders(&OrderFilter::pending(), |_| ())
        .await
        .unwrap();
    let statuses: Vec<_> = listed.into_iter().map(|one| one.order.unwrap().status).collect();
    assert_eq!(statuses, [OrderStatus::Authorized, OrderStatus::Pending]);
}

#[tokio::test]
async fn an_element_that_is_no_order_is_kept_beside_those_that_are() {
    let body = format!(
        r#"{{"data":[{{"x":1}},{}],"meta":{{"total_results":2}}}}"#,
        order("o1", "pending")
    );
    let telnyx = ScriptedTelnyx::with([ok(body)]).await;
    let listed = client(telnyx.base_url())
        .list_all_orders(&OrderFilter::pending(), |_| ())
        .await
        .unwrap();
    assert!(listed[0].order.is_err() && listed[1].order.is_ok());
    assert_eq!(listed[0].body, br#"{"x":1}"#);
}

#[tokio::test]
async fn pages_that_cannot_be_read_fail_the_list() {
    for body in ["", "{}", r#"{"data":{}}"#, r#"{"data":null}"#] {
        let telnyx = ScriptedTelnyx::answering(move |_| ok(body)).await;
        let client = super::client(telnyx.base_url());
        let error = client
            .list_all_orders(&OrderFilter::pending(), |_| ())
            .await
            .unwrap_err();
        assert!(
            matches!(error, ReadError::Unreadable(Unreadable::Malformed)),
            "{body}: {error:?}"
        );
    }
}

#[tokio::test]
async fn every_filter_is_sent_under_its_name() {
    let time = |text: &str| Some(text.parse().unwrap());
    let telnyx = ScriptedTelnyx::with([page([], 0, 0)]).await;
    let filter = OrderFilter {
        carrier_name: Some("Quill & Sons".to_owned()),
        country_codes: vec!["US".to_owned()],
        foc_date: time("2026-09-28T00:00:00Z"),
        inserted_at: TimeRange {
            from: time("2026-09-20T00:00:00Z"),
            to: time("2026-09-21T00:00:00Z"),
        },
        phone_number: Some("+13125550123".parse().unwrap()),
        pon: Some("PR-7731".to_owned()),
        ported_out_at: TimeRange {
            from: time("2026-09-22T00:00:00Z"),
            to: time("2026-09-23T00:00:00Z"),
        },
        spid: Some("914B".to_owned()),
        statuses: vec![OrderStatus::RejectedPending],
        support_key: Some("PO_18c2f4".to_owned()),
    };
    client(telnyx.base_url())
        .list_all_orders(&filter, |_| ())
        .await
        .unwrap();
    let request = telnyx.requests().remove(0);
    let url = reqwest::Url::parse(&format!("http://x{}", request.split(' ').nth(1).unwrap())).unwrap();
    let mut query: Vec<String> = url
        .query_pairs()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    query.sort();
    insta::assert_snapshot!(query.join("\n"), @r"
    filter[carrier_name]=Quill & Sons
    filter[country_code]=US
    filter[foc_date]=2026-09-28T00:00:00Z
    filter[inserted_at][gte]=2026-09-20T00:00:00Z
    filter[inserted_at][lte]=2026-09-21T00:00:00Z
    filter[phone_number]=+13125550123
    filter[pon]=PR-7731
    filter[ported_out_at][gte]=2026-09-22T00:00:00Z
    filter[ported_out_at][lte]=2026-09-23T00:00:00Z
    filter[spid]=914B
    filter[status]=rejected-pending
    filter[support_key]=PO_18c2f4
    page[number]=1
    page[size]=250
    ");
}

#[tokio::test]
async fn the_events_of_a_time_are_read_with_their_pins() {
    let event = format!(
        r#"{{"id":"e1","event_type":"portout.status_changed","portout_id":"{ORDER}","created_at":"2026-09-21T13:33:20Z",
            "payload":{{"id":"x","status":"pending","attempted_pin":"8264"}}}}"#
    );
    let telnyx = ScriptedTelnyx::with([ok(format!(
        r#"{{"data":[{event}],"meta":{{"total_results":1}}}}"#
    ))])
    .await;
    let filter = EventFilter {
        order_id: Some(order_id()),
        event_type: Some("portout.status_changed".to_owned()),
        created_at: TimeRange {
            from: Some("2026-09-21T00:00:00Z".parse().unwrap()),
            to: None,
        },
    };
    let listed = client(telnyx.base_url())
        .list_events(&filter, ListBounds::fact())
        .await;
    let events = listed.whole().unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].source, EventSource::EventsApi);
    assert_eq!(events[0].order_id, Some(order_id()));
    assert!(!String::from_utf8_lossy(&events[0].body).contains("8264"));
    let request = telnyx.requests().remove(0);
    assert!(
        request.starts_with("GET /v2/portouts/events?filter%5Bportout_id%5D="),
        "{request}"
    );
    assert!(
        request.contains("&filter%5Bcreated_at%5D%5Bgte%5D=2026-09-21T00%3A00%3A00Z&"),
        "{request}"
    );
}

#[tokio::test]
async fn numbers_being_ported_in_are_those_of_port_ins_under_way() {
    let number = |number: &str, status: &str| {
        format!(r#"{{"phone_number":"{number}","porting_order_id":"p","porting_order_status":"{status}"}}"#)
    };
    let page = |numbers: &[String]| {
        ok(format!(
            r#"{{"data":[{}],"meta":{{"total_results":{}}}}}"#,
            numbers.join(","),
            numbers.len()
        ))
    };
    let telnyx = ScriptedTelnyx::with([
        page(&[
            number("13125550123", "in-process"),
            number("{{number}}", "in-process"),
        ]),
        // As if the filter were ignored.
        page(&[
            number("+13125550124", "ported"),
            number("+13125550125", "submitted"),
        ]),
        page(&[]),
        page(&[]),
    ])
    .await;
    let found = client(telnyx.base_url()).numbers_being_ported_in().await.unwrap();
    let numbers: Vec<_> = found.iter().map(|one| one.number.to_string()).collect();
    assert_eq!(numbers, ["+13125550123", "+13125550125"]);
    let asked = telnyx.requests().join("\n");
    for status in ["in-process", "submitted", "exception", "foc-date-confirmed"] {
        assert!(
            asked.contains(&format!("filter%5Bporting_order_status%5D={status}&")),
            "{asked}"
        );
    }
    assert!(!asked.contains("=ported&"), "{asked}");
}
