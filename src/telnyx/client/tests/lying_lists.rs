//! Tests of lists whose server returns other pages than requested, wrong totals, bodies that are too large, or no end.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;

use super::scripted::{Reply, ScriptedTelnyx, ok, status};
use super::*;

/// The page that a request asks for.
struct Asked {
    number: usize,
    size: usize,
}

impl Asked {
    fn read(request: &str) -> Self {
        let path = request.split(' ').nth(1).unwrap();
        let url = reqwest::Url::parse(&format!("http://x{path}")).unwrap();
        let value = |name: &str| {
            let found = url.query_pairs().find(|(key, _)| key == name);
            found.unwrap().1.parse().unwrap()
        };
        Self {
            number: value("page[number]"),
            size: value("page[size]"),
        }
    }

    /// Returns the page of all elements, with at most `cap` of them.
    fn cut<'a>(&self, all: &'a [String], cap: usize) -> &'a [String] {
        let size = self.size.min(cap);
        let from = ((self.number - 1) * size).min(all.len());
        &all[from..(from + size).min(all.len())]
    }
}

fn orders(count: usize) -> Vec<String> {
    (0..count).map(|id| order(&format!("o{id}"), "pending")).collect()
}

fn listing(elements: &[String], meta: &str) -> Reply {
    ok(format!(r#"{{"data":[{}],"meta":{meta}}}"#, elements.join(",")))
}

fn small_bounds() -> ListBounds {
    ListBounds {
        page_bytes: 64 << 10,
        kept_bytes: 1 << 20,
        requests: 400,
        time: Duration::from_mins(5),
        limited: 1,
    }
}

async fn read(telnyx: &ScriptedTelnyx, bounds: ListBounds) -> Listing<ListedOrder> {
    client(telnyx.base_url())
        .list_orders(&OrderFilter::pending(), bounds, |_| ())
        .await
}

/// Returns how many different orders a listing contains.
fn count(listing: &Listing<ListedOrder>) -> usize {
    let ids: std::collections::BTreeSet<_> = listing
        .elements
        .iter()
        .map(|one| one.order.as_ref().unwrap().id.clone())
        .collect();
    assert_eq!(ids.len(), listing.elements.len(), "each order once");
    ids.len()
}

#[tokio::test]
async fn a_server_that_gives_fewer_orders_a_page_than_asked_for_hides_none() {
    for meta in [
        r#"{"total_pages":1,"total_results":180}"#,
        r#"{"total_pages":0,"total_results":180}"#,
        r#"{"total_pages":0}"#,
        r#"{"total_pages":1,"page_size":100}"#,
        r#"{"total_pages":"many","total_results":-1}"#,
        "null",
    ] {
        let all = orders(180);
        let telnyx =
            ScriptedTelnyx::answering(move |request| listing(Asked::read(request).cut(&all, 100), meta))
                .await;
        let listing = read(&telnyx, small_bounds()).await;
        assert_eq!(count(&listing), 180, "{meta}");
        assert!(matches!(listing.end, ListEnd::Whole), "{meta}: {:?}", listing.end);
    }
}

#[tokio::test]
async fn a_full_page_is_not_the_last_by_its_own_size_either() {
    let all = orders(180);
    let meta = r#"{"total_pages":1,"total_results":100,"page_size":100}"#;
    let telnyx =
        ScriptedTelnyx::answering(move |request| listing(Asked::read(request).cut(&all, 100), meta)).await;
    assert_eq!(count(&read(&telnyx, small_bounds()).await), 180);
}

#[tokio::test]
async fn fewer_orders_than_promised_are_reported() {
    let all = orders(100);
    let meta = r#"{"total_pages":2,"total_results":180}"#;
    let same_page = ScriptedTelnyx::answering(move |_| listing(&all, meta)).await;
    let listing = read(&same_page, small_bounds()).await;
    assert_eq!(count(&listing), 100);
    assert_eq!(
        same_page.requests().len(),
        2,
        "the same page again brings nothing new"
    );
    let ListEnd::Short { found, promised } = listing.end else {
        panic!("{:?}", listing.end);
    };
    assert_eq!((found, promised), (100, 180));
    let error = read(&same_page, small_bounds()).await.whole().unwrap_err();
    assert!(
        matches!(error, ReadError::Unreadable(Unreadable::Short { .. })),
        "a fact must not rest on a part of a list: {error:?}"
    );
    assert_eq!(
        read(&same_page, small_bounds()).await.to_the_end().unwrap().len(),
        100
    );
}

#[tokio::test]
async fn lists_that_fall_short_or_do_not_end_are_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let (_guard, handle) = (metrics::set_default_local_recorder(&recorder), recorder.handle());
    let counted = |name: &str| {
        let text = handle.render();
        let count = text.lines().find_map(|line| {
            let rest = line.strip_prefix(name)?.strip_prefix('{')?;
            rest.rsplit(' ').next()?.parse::<u64>().ok()
        });
        count.unwrap_or(0)
    };
    let all = orders(100);
    let meta = r#"{"total_pages":1,"total_results":100}"#;
    let whole = ScriptedTelnyx::answering(move |request| {
        let page: &[String] = if Asked::read(request).number == 1 {
            &all
        } else {
            &[]
        };
        listing(page, meta)
    })
    .await;
    let _ = read(&whole, small_bounds()).await;
    assert_eq!(counted("portoutd_short_lists_total"), 0);

    let all = orders(100);
    let meta = r#"{"total_pages":2,"total_results":180}"#;
    let short = ScriptedTelnyx::answering(move |_| listing(&all, meta)).await;
    let _ = read(&short, small_bounds()).await;
    assert_eq!(counted("portoutd_short_lists_total"), 1);

    assert_eq!(counted("portoutd_endless_lists_total"), 0);
    let bounds = ListBounds {
        requests: 1,
        ..small_bounds()
    };
    let _ = read(&short, bounds).await;
    assert_eq!(counted("portoutd_endless_lists_total"), 1);
}

#[tokio::test]
async fn a_list_that_grows_while_it_is_read_has_not_fallen_short() {
    // Order 180 arrived between the first and the second page and moved the others.
    let all = orders(181);
    let mut first = true;
    let telnyx = ScriptedTelnyx::answering(move |request| {
        let total = if std::mem::take(&mut first) { 180 } else { 181 };
        let newest_first: Vec<String> = all[..total].iter().rev().cloned().collect();
        let meta = format!(r#"{{"total_results":{total}}}"#);
        listing(Asked::read(request).cut(&newest_first, 100), &meta)
    })
    .await;
    let listing = read(&telnyx, small_bounds()).await;
    assert_eq!(count(&listing), 180);
    assert!(matches!(listing.end, ListEnd::Whole), "{:?}", listing.end);
}

#[tokio::test]
async fn a_page_count_that_grows_for_ever_ends_with_the_orders() {
    let all = orders(30);
    let telnyx = ScriptedTelnyx::answering(move |request| {
        let asked = Asked::read(request);
        let meta = format!(r#"{{"total_pages":{}}}"#, asked.number + 1);
        listing(asked.cut(&all, 10), &meta)
    })
    .await;
    let listing = read(&telnyx, small_bounds()).await;
    assert_eq!((count(&listing), telnyx.requests().len()), (30, 4));
}

#[tokio::test]
async fn pages_that_are_too_large_are_read_in_smaller_ones() {
    // 300 orders of 2 KiB: no page of 125 fits into 64 KiB.
    let numbers = vec![r#""+13125550123""#; 140].join(",");
    let all: Vec<String> = (0..300)
        .map(|id| format!(r#"{{"id":"o{id}","status":"pending","phone_numbers":[{numbers}]}}"#))
        .collect();
    let telnyx = ScriptedTelnyx::answering(move |request| {
        listing(Asked::read(request).cut(&all, 250), r#"{"total_results":300}"#)
    })
    .await;
    let listing = read(&telnyx, small_bounds()).await;
    assert_eq!(count(&listing), 300);
    assert!(matches!(listing.end, ListEnd::Whole), "{:?}", listing.end);
    assert!(listing.skipped.is_empty());
    assert!(telnyx.requests().len() < 20, "{}", telnyx.requests().len());
}

#[tokio::test]
async fn one_order_that_cannot_be_read_does_not_hide_the_others() {
    let huge = format!(r#"{{"id":"huge","x":"{}"}}"#, "x".repeat(65 << 10));
    let broken = r#"{"id":"broken","status":}"#.to_owned();
    for (odd, why) in [(huge, "larger than"), (broken, "documented format")] {
        let mut all = orders(600);
        all[301] = odd;
        let telnyx = ScriptedTelnyx::answering(move |request| {
            listing(Asked::read(request).cut(&all, 250), r#"{"total_results":600}"#)
        })
        .await;
        let listing = read(&telnyx, small_bounds()).await;
        assert_eq!(count(&listing), 599);
        let [skipped] = listing.skipped.as_slice() else {
            panic!("{:?}", listing.skipped);
        };
        assert_eq!(skipped.offset, 301);
        assert!(skipped.why.contains(why), "{}", skipped.why);
        assert!(matches!(listing.end, ListEnd::Whole), "{:?}", listing.end);
        assert!(listing.whole().is_err(), "a fact must not rest on it");
        assert!(telnyx.requests().len() < 40, "{}", telnyx.requests().len());
    }
}

#[tokio::test]
async fn an_order_that_the_server_itself_fails_over_does_not_hide_the_others() {
    let all = orders(300);
    let telnyx = ScriptedTelnyx::answering(move |request| {
        let page = Asked::read(request);
        let page = page.cut(&all, 250);
        if page.contains(&all[7]) {
            return status(500);
        }
        listing(page, r#"{"total_results":300}"#)
    })
    .await;
    let listing = read(&telnyx, small_bounds()).await;
    assert_eq!((count(&listing), listing.skipped.len()), (299, 1));
}

#[tokio::test]
async fn what_was_found_before_a_page_failed_is_kept() {
    let all = orders(300);
    let telnyx = ScriptedTelnyx::answering(move |request| {
        let page = Asked::read(request);
        let page = page.cut(&all, 250);
        if page.iter().any(|order| all[250..].contains(order)) {
            return Reply::HangUp;
        }
        listing(page, r#"{"total_results":300}"#)
    })
    .await;
    let listing = read(&telnyx, small_bounds()).await;
    assert_eq!(count(&listing), 250);
    assert!(matches!(listing.end, ListEnd::Failed(_)), "{:?}", listing.end);
    assert!(
        listing.skipped.is_empty(),
        "a server in trouble is not a bad order"
    );
    assert!(telnyx.requests().len() <= 9, "{}", telnyx.requests().len());
}

#[tokio::test]
async fn a_list_without_end_is_bounded_in_memory_and_keeps_what_was_found() {
    // Pages that keep growing, with orders that are always new.
    let telnyx = ScriptedTelnyx::answering(|request| {
        let asked = Asked::read(request);
        let page: Vec<String> = (0..20 + asked.number)
            .map(|place| {
                let padding = "x".repeat(1_000);
                format!(
                    r#"{{"id":"p{}-{place}","status":"pending","x":"{padding}"}}"#,
                    asked.number
                )
            })
            .collect();
        listing(&page, &format!(r#"{{"total_pages":{}}}"#, asked.number + 10))
    })
    .await;
    let bounds = small_bounds();
    let listing = read(&telnyx, bounds).await;
    let kept: usize = listing.elements.iter().map(|one| one.body.len()).sum();
    assert!(kept <= bounds.kept_bytes, "{kept}");
    assert!(kept > bounds.kept_bytes / 2, "{kept}");
    assert!(
        matches!(listing.end, ListEnd::Endless(ListBound::KeptBytes(_))),
        "{:?}",
        listing.end
    );
    assert!(listing.to_the_end().is_err());
}

#[tokio::test]
async fn a_list_without_end_is_bounded_in_requests_and_time() {
    let one_more = |request: &str| {
        let number = Asked::read(request).number;
        listing(&[order(&format!("o{number}"), "pending")], "{}")
    };
    let telnyx = ScriptedTelnyx::answering(one_more).await;
    let bounds = ListBounds {
        requests: 12,
        ..small_bounds()
    };
    let listing = read(&telnyx, bounds).await;
    assert_eq!((count(&listing), telnyx.requests().len()), (12, 12));
    assert!(matches!(listing.end, ListEnd::Endless(ListBound::Requests(12))));
    let bounds = ListBounds {
        time: Duration::from_nanos(1),
        ..small_bounds()
    };
    let listing = read(&telnyx, bounds).await;
    assert_eq!(count(&listing), 1);
    assert!(matches!(listing.end, ListEnd::Endless(ListBound::Time(_))));
}

#[tokio::test]
async fn a_429_between_two_pages_is_waited_for_and_does_not_fail_the_list() {
    let all = orders(300);
    let mut refused = false;
    let telnyx = ScriptedTelnyx::answering(move |request| {
        let asked = Asked::read(request);
        if asked.number == 2 && !std::mem::replace(&mut refused, true) {
            return Reply::Answer(429, "retry-after: 0\r\n", String::new());
        }
        listing(asked.cut(&all, 250), r#"{"total_results":300}"#)
    })
    .await;
    let listing = read(&telnyx, small_bounds()).await;
    assert_eq!((count(&listing), telnyx.requests().len()), (300, 3));
}

#[tokio::test]
async fn a_refused_key_fails_the_list_with_one_request() {
    let telnyx = ScriptedTelnyx::answering(|_| status(401)).await;
    let listing = read(&telnyx, small_bounds()).await;
    assert!(matches!(
        listing.end,
        ListEnd::Failed(ReadError::AccountTrouble { .. })
    ));
    assert_eq!(telnyx.requests().len(), 1);
}

#[tokio::test]
async fn an_order_in_two_spellings_of_one_id_is_listed_once_and_read_under_the_id_asked_for() {
    let page = [order(&ORDER.to_uppercase(), "pending"), order(ORDER, "pending")];
    let telnyx = ScriptedTelnyx::with([
        listing(&page, r#"{"total_results":1}"#),
        ok(data(&order(&ORDER.to_uppercase(), "pending"))),
    ])
    .await;
    let listing = read(&telnyx, small_bounds()).await;
    assert_eq!(count(&listing), 1);
    assert_eq!(listing.elements[0].order.as_ref().unwrap().id.as_str(), ORDER);
    let stored: OrderId = ORDER.parse().unwrap();
    let read = client(telnyx.base_url()).get_order(&stored).await.unwrap();
    assert_eq!(read.order.id, stored);
}
