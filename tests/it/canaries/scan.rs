//! Looks for canaries in texts and in all tables.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgPool;
use strum::IntoEnumIterator;

use super::{Canary, Entrance, NAMES};

/// The places that hold a canary, a line each.
pub(super) fn leaks(places: &BTreeMap<String, String>) -> Vec<String> {
    let known: BTreeMap<usize, Canary> = Entrance::iter()
        .flat_map(Canary::all)
        .map(|canary| (canary.digits(), canary))
        .collect();
    let mut leaks = Vec::new();
    for (place, text) in places {
        for found in canaries_in(text, &known) {
            let Canary {
                entrance,
                name,
                shape,
            } = known[&found];
            leaks.push(format!(
                "{place} holds {found}: {entrance:?} × {} × {shape:?}",
                NAMES[name]
            ));
        }
    }
    leaks
}

/// Every column that can hold text, by its name.
pub(super) async fn contents(pool: &PgPool) -> BTreeMap<String, String> {
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
        // Keys of Telnyx's support desk are six digits and more.
        let key = matches!(before, "PO_" | "sr_");
        let fraction = before.ends_with('.') && before.starts_with(|char: char| char.is_ascii_digit());
        if whole && !fraction && !key && digits.len() == 6 {
            found.extend(digits.parse().ok().filter(|number| known.contains_key(number)));
        }
        before = word;
    }
    found
}
