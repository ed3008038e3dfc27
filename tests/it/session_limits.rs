//! What sessions of the database are opened with: no session of ours may keep the others waiting.

use std::collections::BTreeMap;

use portoutd::store::{self, Sessions};
use sqlx::PgPool;

/// What the server itself says of a session.
async fn shown(pool: &PgPool, setting: &str) -> String {
    sqlx::query_scalar("select current_setting($1)")
        .bind(setting)
        .fetch_one(pool)
        .await
        .unwrap()
}

#[sqlx::test]
async fn every_session_limits_statements_locks_and_idle_transactions(pool: PgPool) {
    let place = (*pool.connect_options()).clone();
    for (sessions, limits) in [
        (
            Sessions::Service,
            [
                ("statement_timeout", "5s"),
                ("lock_timeout", "2s"),
                ("idle_in_transaction_session_timeout", "10s"),
            ],
        ),
        (
            Sessions::Tool,
            [
                ("statement_timeout", "0"),
                ("lock_timeout", "10s"),
                ("idle_in_transaction_session_timeout", "10s"),
            ],
        ),
    ] {
        let opened = store::connect_with(place.clone(), 1, sessions).await.unwrap();
        for (setting, limit) in limits {
            assert_eq!(shown(&opened, setting).await, limit, "{sessions:?} {setting}");
        }
        opened.close().await;
    }
}

/// A Unix socket knows no such limits, so the server cannot be asked here.
#[test]
fn sessions_over_a_network_have_the_server_notice_a_client_that_is_gone() {
    for (sessions, more) in [
        (Sessions::Service, Some(("tcp_user_timeout", "15000"))),
        (Sessions::Tool, None),
    ] {
        let options = store::options("postgres://portoutd@db.example.com/portoutd", sessions).unwrap();
        let text = options.get_options().unwrap();
        let given: BTreeMap<&str, &str> = text
            .split("-c ")
            .filter_map(|one| one.trim().split_once('='))
            .collect();
        let keepalives = [
            ("tcp_keepalives_idle", "10"),
            ("tcp_keepalives_interval", "5"),
            ("tcp_keepalives_count", "3"),
        ];
        for (setting, value) in keepalives.into_iter().chain(more) {
            assert_eq!(given.get(setting), Some(&value), "{sessions:?}: {text}");
        }
    }
}

#[test]
fn what_the_url_itself_sets_stays() {
    let url = "postgres://portoutd@db.example.com/portoutd?options=-c%20statement_timeout%3D7s";
    let options = store::options(url, Sessions::Service).unwrap();
    let text = options.get_options().unwrap();
    assert!(text.contains("statement_timeout=7s"), "{text}");
    assert!(!text.contains("statement_timeout=5s"), "{text}");
}
