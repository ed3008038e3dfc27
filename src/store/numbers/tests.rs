//! Tests of the register in the database.

use jiff::SignedDuration;
use sqlx::PgPool;

use super::*;
use crate::domain::{Pin, PinKey};

fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn later() -> Timestamp {
    noon() + SignedDuration::from_hours(1)
}

fn number(last: u32) -> PhoneNumber {
    format!("+1312555{last:04}").parse().unwrap()
}

fn account(name: &str) -> AccountName {
    name.parse().unwrap()
}

fn bare(in_account: &str, last: u32) -> NumberToKeep {
    NumberToKeep {
        account: account(in_account),
        number: number(last),
        pin: None,
        zip: None,
        name: None,
        address: None,
        frozen: None,
        tags: Vec::new(),
    }
}

fn full(last: u32) -> NumberToKeep {
    let key = PinKey::from_hex(&"ab".repeat(32)).unwrap();
    let pin = key.hmac(&account("default"), number(last), &Pin::new("4711").unwrap());
    NumberToKeep {
        pin: Some(pin),
        zip: Some("60601".to_owned()),
        name: Some("Ann".to_owned()),
        address: Some("1 Main St".to_owned()),
        frozen: Some(true),
        tags: vec!["gold".to_owned(), "vip".to_owned()],
        ..bare("default", last)
    }
}

fn kept(added: usize, changed: usize, unchanged: usize) -> Kept {
    Kept {
        added,
        changed,
        unchanged,
    }
}

async fn one(pool: &PgPool, last: u32) -> RegisterRow {
    number_on_file(pool, number(last)).await.unwrap().remove(0)
}

#[sqlx::test]
async fn a_kept_number_reads_back_whole(pool: PgPool) {
    let given = full(1);
    assert_eq!(
        keep_numbers(&pool, std::slice::from_ref(&given), noon())
            .await
            .unwrap(),
        kept(1, 0, 0)
    );
    let row = one(&pool, 1).await;
    assert!(given.pin.unwrap().is(row.pin.as_ref().unwrap().as_bytes()));
    assert_eq!(
        (row.zip, row.name, row.address),
        (given.zip, given.name, given.address)
    );
    assert_eq!((row.frozen, row.tags, row.updated_at), (true, given.tags, noon()));
}

#[sqlx::test]
async fn importing_the_same_again_changes_nothing_not_even_the_time(pool: PgPool) {
    let batch = [full(1), bare("default", 2)];
    keep_numbers(&pool, &batch, noon()).await.unwrap();
    assert_eq!(keep_numbers(&pool, &batch, later()).await.unwrap(), kept(0, 0, 2));
    assert_eq!(one(&pool, 1).await.updated_at, noon());
}

#[sqlx::test]
async fn one_changed_cell_changes_one_row(pool: PgPool) {
    keep_numbers(&pool, &[full(1), full(2)], noon()).await.unwrap();
    let mut changed = full(2);
    changed.pin = None;
    let batch = [full(1), changed, full(3)];
    assert_eq!(keep_numbers(&pool, &batch, later()).await.unwrap(), kept(1, 1, 1));
    assert_eq!(
        (one(&pool, 1).await.updated_at, one(&pool, 2).await.updated_at),
        (noon(), later())
    );
    assert!(one(&pool, 2).await.pin.is_none());
}

#[sqlx::test]
async fn an_import_that_does_not_speak_of_locks_leaves_them(pool: PgPool) {
    keep_numbers(&pool, &[full(1), bare("default", 2)], noon())
        .await
        .unwrap();
    let batch = [bare("default", 1), bare("default", 2)];
    keep_numbers(&pool, &batch, later()).await.unwrap();
    assert!(one(&pool, 1).await.frozen);
    assert!(!one(&pool, 2).await.frozen);
}

#[sqlx::test]
async fn only_numbers_of_the_account_are_found(pool: PgPool) {
    let batch = [bare("default", 1), bare("east", 1), bare("east", 2)];
    keep_numbers(&pool, &batch, noon()).await.unwrap();
    let found = numbers_of(&pool, &account("default"), &[number(1), number(2), number(3)])
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].account.as_str(), found[0].number),
        ("default", number(1))
    );
}

#[sqlx::test]
async fn the_register_is_empty_for_each_account_by_itself(pool: PgPool) {
    keep_numbers(&pool, &[bare("east", 1)], noon()).await.unwrap();
    assert!(!register_is_empty(&pool, &account("east")).await.unwrap());
    assert!(register_is_empty(&pool, &account("default")).await.unwrap());
}

#[sqlx::test]
async fn pages_follow_one_another_without_gap_or_repeat(pool: PgPool) {
    let batch: Vec<_> = (0..25)
        .map(|last| bare(["default", "east"][last as usize % 2], last))
        .collect();
    keep_numbers(&pool, &batch, noon()).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = list_numbers(&pool, &NumberFilter::default(), after.as_ref(), 10)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.account.clone(), last.number));
        seen.extend(page.into_iter().map(|row| (row.account, row.number)));
    }
    let mut wanted: Vec<_> = batch.into_iter().map(|row| (row.account, row.number)).collect();
    wanted.sort();
    assert_eq!(seen, wanted);
}

#[sqlx::test]
async fn each_filter_narrows_the_list(pool: PgPool) {
    let batch = [full(1), bare("default", 2), bare("east", 1003)];
    keep_numbers(&pool, &batch, noon()).await.unwrap();
    let filters = [
        NumberFilter::default(),
        NumberFilter {
            account: Some(account("east")),
            ..Default::default()
        },
        NumberFilter {
            tag: Some("vip".to_owned()),
            ..Default::default()
        },
        NumberFilter {
            frozen: Some(false),
            ..Default::default()
        },
        NumberFilter {
            prefix: Some("+13125550".to_owned()),
            ..Default::default()
        },
    ];
    let mut found = Vec::new();
    for filter in &filters {
        let rows = list_numbers(&pool, filter, None, 10).await.unwrap();
        found.push(
            rows.iter()
                .map(|row| row.number.digits() % 10)
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(found, [vec![1, 2, 3], vec![3], vec![1], vec![2, 3], vec![1, 2]]);
}

#[sqlx::test]
async fn a_lock_tells_where_it_changed_something(pool: PgPool) {
    keep_numbers(&pool, &[bare("default", 1), bare("east", 1)], noon())
        .await
        .unwrap();
    let east = account("east");
    let set = |account, frozen| set_frozen(&pool, number(1), account, frozen, later());
    assert_eq!(
        set(Some(&east), Frozen::Yes).await.unwrap(),
        *std::slice::from_ref(&east)
    );
    assert_eq!(set(None, Frozen::Yes).await.unwrap(), [account("default")]);
    assert_eq!(set(None, Frozen::Yes).await.unwrap(), []);
    assert_eq!(set(Some(&east), Frozen::No).await.unwrap(), [east]);
    assert_eq!(one(&pool, 1).await.updated_at, later());
}

#[sqlx::test]
async fn a_locked_register_keeps_a_second_import_waiting_and_readers_not(pool: PgPool) {
    let mut first = pool.begin().await.unwrap();
    lock_register(&mut first).await.unwrap();
    keep_numbers(&mut *first, &[bare("default", 1)], noon())
        .await
        .unwrap();
    assert!(number_on_file(&pool, number(1)).await.unwrap().is_empty());
    let mut second = pool.begin().await.unwrap();
    sqlx::raw_sql("set local lock_timeout = '10ms'")
        .execute(&mut *second)
        .await
        .unwrap();
    assert!(lock_register(&mut second).await.is_err());
}
