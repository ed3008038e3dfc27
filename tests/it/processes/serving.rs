//! `serve` opposite `simulate`, each in a process of its own.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::site::{PIN, Site, clean_order};
use super::soon;

/// What the contract names of a decision.
const FIELDS: [&str; 17] = [
    "id",
    "account",
    "order_id",
    "support_key",
    "episode",
    "action",
    "by",
    "rule",
    "rule_set",
    "cause",
    "code",
    "reason",
    "mode",
    "facts",
    "trace",
    "decided_at",
    "answer",
];

#[sqlx::test]
async fn an_order_announced_by_a_webhook_is_authorized_and_on_record(pool: PgPool) {
    let site = Site::new(pool).await;
    let service = site.serve().await;
    soon("the first poll is over", async || site.count(POLLED).await == 1).await;
    let order = site.telnyx.open(clean_order()).await;

    assert_authorized(&site, &order).await;
    let deliveries = site.telnyx.deliveries().await;
    assert_eq!(deliveries[0]["attempts"][0]["end"], json!({ "answered": 200 }));
    assert!(service.says("/readyz", 200).await);
    assert!(!service.program.log().contains(PIN), "a PIN in the log");
    let decided = service.program.logged("Recorded a decision").unwrap();
    assert_eq!(decided["span"]["order.id"], order.as_str());
    assert_eq!(decided["span"]["account"], "default");
    assert_eq!(decided["span"]["episode"], 1);
    assert_eq!(decided["order.id"], Value::Null, "once a line");
    let kept = "select count(*) from events where position('Zulu77' in encode(body, 'escape')) > 0";
    assert_eq!(site.count(kept).await, 0, "a PIN in the events");
    assert_eq!(
        site.count("select count(*) from events where source = 'webhook'")
            .await,
        2
    );
}

#[sqlx::test]
async fn polling_alone_finds_the_order_and_needs_no_public_key(pool: PgPool) {
    let mut site = Site::new(pool).await;
    site.unset("TELNYX_PUBLIC_KEY");
    site.set("PORTOUTD__HTTP__WEBHOOKS", "false");
    site.set("PORTOUTD__TELNYX__POLL_INTERVAL", "5s");
    let service = site.serve().await;
    assert_eq!(service.public, None, "nobody listens for webhooks");
    soon("the first poll is over", async || site.count(POLLED).await == 1).await;
    let order = site.telnyx.open(clean_order()).await;

    assert_authorized(&site, &order).await;
    assert_eq!(
        site.count("select count(*) from events where source = 'webhook'")
            .await,
        0
    );
}

#[sqlx::test]
async fn every_metric_of_a_running_service_is_described(pool: PgPool) {
    let site = Site::new(pool).await;
    let service = site.serve().await;
    soon("the first poll is over", async || site.count(POLLED).await == 1).await;
    let order = site.telnyx.open(clean_order()).await;
    assert_authorized(&site, &order).await;
    let (_, metrics) = service.get("/metrics").await.unwrap();
    let names: Vec<&str> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    assert!(names.contains(&"portoutd_decisions_total"), "{metrics}");
    for name in names {
        assert!(metrics.contains(&format!("# HELP {name} ")), "{name}");
    }
}

const POLLED: &str = "select count(*) from poll_cursors";

/// The order is authorized once, and everything that is printed for scripts says so.
async fn assert_authorized(site: &Site, order: &str) {
    soon("the order is authorized", async || {
        site.telnyx.status(order).await == "authorized"
    })
    .await;
    soon("the answer is verified", async || site.count(ANSWERED).await == 1).await;
    assert_eq!(site.telnyx.sent(order).await, ["authorized"]);

    let decisions = site.json(&["decisions", "list"]).await;
    assert_eq!(decisions.as_array().unwrap().len(), 1);
    let decision = &decisions[0];
    for field in FIELDS {
        assert!(
            decision.get(field).is_some(),
            "`{field}` is missing in {decision:#}"
        );
    }
    assert_eq!(decision["order_id"], order);
    assert_eq!(
        (
            &decision["action"],
            &decision["by"],
            &decision["rule"],
            &decision["mode"]
        ),
        (
            &json!("authorize"),
            &json!("rule"),
            &json!("clean-port"),
            &json!("enforce")
        )
    );
    assert_eq!(decision["facts"]["pin"], "right");
    assert_eq!(
        decision["trace"].as_array().unwrap().len(),
        3,
        "a line for each rule"
    );
    assert_eq!(decision["answer"]["state"], "confirmed");
    assert_eq!(decision["answer"]["attempts"][0]["outcome"], "confirmed");

    assert_eq!(site.json(&["pending"]).await, json!([]));
    let shown = site.json(&["decisions", "show", order]).await;
    assert!(
        shown.to_string().contains(decision["id"].as_str().unwrap()),
        "{shown:#}"
    );
}

const ANSWERED: &str = "select count(*) from episodes where state = 'answered'";
