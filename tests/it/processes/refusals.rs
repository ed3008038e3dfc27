//! What `serve` refuses to start with: the exit code, and what is told to whoever has to mend it.

use std::net::TcpListener;

use sqlx::PgPool;

use super::program::Ended;
use super::site::{Site, free_port};

/// Starts the service with one setting otherwise and waits for its refusal.
async fn with(pool: PgPool, name: &str, value: &str) -> Ended {
    let mut site = Site::bare(pool).await;
    site.set(name, value);
    site.run(&["serve"]).await
}

#[sqlx::test]
async fn no_api_key_is_refused_and_the_variable_named(pool: PgPool) {
    let ended = with(pool, "TELNYX_API_KEY", "").await;
    ended.assert(78, &["`telnyx.api_key`", "TELNYX_API_KEY"]);
}

#[sqlx::test]
async fn a_misspelt_setting_is_refused_with_its_place_and_the_nearest_name(pool: PgPool) {
    let ended = with(pool.clone(), "PORTOUTD__TELNYX__POL_INTERVAL", "5s").await;
    ended.assert(
        78,
        &[
            "PORTOUTD__TELNYX__POL_INTERVAL",
            "`PORTOUTD__TELNYX__POLL_INTERVAL`",
        ],
    );

    let site = Site::bare(pool).await;
    site.write(
        "portoutd.toml",
        "mode = \"enforce\"\n\n[telnyx]\ntime_out = \"5s\"\n",
    );
    let ended = site.run(&["serve", "--config", "portoutd.toml"]).await;
    ended.assert(78, &["portoutd.toml:4", "`telnyx.time_out`", "`telnyx.timeout`"]);
}

#[sqlx::test]
async fn a_broken_rule_file_is_refused_with_line_and_column(pool: PgPool) {
    let site = Site::bare(pool).await;
    let broken = "version = 1\n\n[[rule]]\nid = \"one\"\nmatch.pinn = \"wrong\"\naction = \"hold\"\n";
    site.write("rules.toml", broken);
    let ended = site.run(&["serve"]).await;
    ended.assert(
        78,
        &["rules.toml:5:7", "pinn", "`pin`", "`portoutd check rules.toml`"],
    );
}

#[sqlx::test]
async fn rules_that_fail_their_own_tests_are_refused_with_the_test_and_the_difference(pool: PgPool) {
    let site = Site::bare(pool).await;
    let test = "\n[[test]]\nname = \"wrong PINs go\"\ngiven.pin = \"wrong\"\ngiven.numbers.frozen = false\nexpect = \"authorize\"\n";
    site.write("rules.toml", &format!("{}{test}", crate::test_service::RULES));
    let ended = site.run(&["serve"]).await;
    ended.assert(
        78,
        &[
            "wrong PINs go",
            "expected authorize, got reject",
            "`portoutd test rules.toml`",
        ],
    );
}

#[sqlx::test]
async fn a_rule_file_that_is_not_there_is_named(pool: PgPool) {
    let ended = with(pool, "PORTOUTD__RULES", "ruels.toml").await;
    ended.assert(78, &["ruels.toml"]);
}

#[sqlx::test]
async fn a_public_key_that_is_none_is_refused(pool: PgPool) {
    let ended = with(pool.clone(), "TELNYX_PUBLIC_KEY", "c2hvcnQ=").await;
    ended.assert(78, &["TELNYX_PUBLIC_KEY", "44 characters"]);
    let ended = with(pool, "TELNYX_PUBLIC_KEY", "").await;
    ended.assert(78, &["`telnyx.public_key`", "http.webhooks"]);
}

#[sqlx::test]
async fn a_pin_key_that_cannot_be_used_is_refused(pool: PgPool) {
    let ended = with(pool.clone(), "PORTOUTD__PIN_KEY_FILE", "no-such.key").await;
    ended.assert(78, &["`pin_key_file`", "no-such.key"]);
    let site = Site::bare(pool).await;
    site.write("pin.key", "1234\n");
    let ended = site.run(&["serve"]).await;
    ended.assert(78, &["`pin_key_file`", "portoutd keygen"]);
    assert!(!ended.log.contains("1234"), "a secret told: {ended}");
}

#[sqlx::test]
async fn a_database_that_is_away_is_69_and_one_that_refuses_is_78(pool: PgPool) {
    let away = format!("postgres://ann:hunter2@127.0.0.1:{}/ports", free_port());
    let ended = with(pool.clone(), "DATABASE_URL", &away).await;
    ended.assert(69, &["`ports`", "cannot be reached", "DATABASE_URL"]);
    assert!(!ended.log.contains("hunter2"), "a password told: {ended}");

    let known = pool.connect_options().get_database().unwrap().to_owned();
    let mut site = Site::bare(pool).await;
    let url = site.setting("DATABASE_URL").replace(&known, "no_such_database");
    site.set("DATABASE_URL", &url);
    site.run(&["serve"])
        .await
        .assert(78, &["no_such_database", "Create the database"]);
}

#[sqlx::test]
async fn a_schema_newer_than_the_program_is_refused(pool: PgPool) {
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
        values (29990101000000, 'from the future', true, '', 0)";
    sqlx::query(newer).execute(&pool).await.unwrap();
    let site = Site::bare(pool).await;
    for verb in [
        &["serve"][..],
        &["serve", "--no-migrate"],
        &["migrate"],
        &["pending"],
    ] {
        site.run(verb)
            .await
            .assert(78, &["29990101000000", "newer portoutd"]);
    }
}

#[sqlx::test(migrations = false)]
async fn an_empty_database_is_refused_only_where_no_migration_is_wanted(pool: PgPool) {
    let site = Site::bare(pool).await;
    site.run(&["serve", "--no-migrate"])
        .await
        .assert(78, &["older than this version of portoutd", "`portoutd migrate`"]);
    site.run(&["pending"]).await.assert(78, &["`portoutd migrate`"]);
    let _service = site.serve().await;
    site.run(&["pending"])
        .await
        .assert(0, &["No orders wait for an answer."]);
}

#[sqlx::test]
async fn a_busy_port_is_refused_and_its_setting_named(pool: PgPool) {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (name, setting) in [
        ("PORTOUTD__HTTP__PUBLIC_LISTEN", "http.public_listen"),
        ("PORTOUTD__HTTP__ADMIN_LISTEN", "http.admin_listen"),
    ] {
        let ended = with(pool.clone(), name, &address).await;
        ended.assert(78, &[&address, setting, "another program listens there"]);
    }
}
